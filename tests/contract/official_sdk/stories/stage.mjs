// What every story needs: clients of the package, the account's REST, and a list of what happened.

import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(new URL("../../../npm/package.json", import.meta.url));
export const { Supervisor, Worker, Workspace } = require("twilio-taskrouter");

const BRIDGE = "/v1/wschannels";
const QUIET_MS = 300;

export class Stage {
  constructor(given) {
    this.given = given;
    this.told = [];
    this.clients = [];
    this.over = false;
    const { url } = given;
    this.servers = {
      ebServer: url + BRIDGE,
      wsServer: url.replace("http", "ws") + BRIDGE,
      logLevel: "silent",
    };
  }

  tell(what, ...details) {
    this.told.push([what, ...details]);
  }

  // The message with which something is refused; that it is not refused is told as well.
  async refused(what, promise) {
    const message = await promise.then(() => "nothing", (error) => error.message);
    this.tell(what, message);
  }

  client(name, options = {}, Kind = Worker) {
    const client = new Kind(this.given.tokens[name], { ...this.servers, ...options });
    this.clients.push(client);
    return client;
  }

  async ready(name, options, Kind) {
    const client = this.client(name, options, Kind);
    await once(client, "ready");
    return client;
  }

  workspace(name, options = {}) {
    return new Workspace(this.given.tokens[name], { ...this.servers, ...options });
  }

  // Tell of these events of an emitter, each with what `shown` makes of its first argument.
  watch(who, emitter, events, shown = () => null) {
    for (const event of events) {
      emitter.on(event, (subject) => this.tell(`${who} ${event}`, shown(subject)));
    }
  }

  // Wait until the told things of this name are so many.
  async until(what, times = 1) {
    const heard = () => this.told.filter(([told]) => told === what).length;
    while (!this.over && heard() < times) await sleep(5);
  }

  quiet() {
    return sleep(QUIET_MS);
  }

  // The next offer to a worker, with all its events told.
  async offer(worker, who) {
    const [reservation] = await once(worker, "reservationCreated");
    this.follow(who, reservation);
    return reservation;
  }

  follow(who, reservation) {
    this.watch(
      who,
      reservation,
      ["accepted", "canceled", "completed", "rejected", "rescinded", "timeout", "wrapup"],
      statuses,
    );
    this.watch(
      `${who}'s task`,
      reservation.task,
      ["canceled", "completed", "updated", "wrapup", "transferInitiated"],
      (one) => one.status,
    );
  }

  async rest(method, path, form) {
    const { account, auth_token: secret, url, workspace } = this.given;
    const answer = await fetch(`${url}/v1/Workspaces/${workspace}${path}`, {
      method,
      headers: { Authorization: `Basic ${btoa(`${account}:${secret}`)}` },
      body: form && new URLSearchParams(form),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
    return text && JSON.parse(text);
  }

  async task(attributes = {}, more = {}) {
    return this.rest("POST", "/Tasks", { Attributes: JSON.stringify(attributes), ...more });
  }

  close() {
    this.over = true;
    for (const client of this.clients) client.disconnect();
  }
}

export function statuses(reservation) {
  return [reservation.status, reservation.task.status];
}
