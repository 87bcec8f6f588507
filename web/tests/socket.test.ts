import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Worker, Workspace } from "../sdk/index.ts";
import { advance, NOW_MS, setStage, settle, sid, token, type Stage } from "./stage.ts";

function recorded(client: { on(event: string, listener: (...values: any[]) => void): unknown }) {
  const events: string[] = [];
  for (const event of ["connected", "ready", "disconnected", "token.expired", "error"]) {
    client.on(event, () => events.push(event));
  }
  return events;
}

/** Keep the line alive for so long, as a server does. */
async function beat(stage: Stage, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 15) {
    await advance(15_000);
    stage.socket.onmessage?.({ data: " " });
  }
}

test("a client connects at once, is connected, and is ready with its resource", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS"));
  const events = recorded(client);
  let ready: any;
  client.on("ready", (resource) => (ready = resource));
  await stage.open();
  assert.deepEqual(events, ["connected", "ready"]);
  assert.equal(ready.friendlyName, "Bakery");
  assert.equal(client.friendlyName, "Bakery");
  const { method, path, event_type } = stage.asked[0]!;
  assert.deepEqual([method, path, event_type], ["GET", "", "ready"]);
});

for (const [base, socket] of [
  ["https://tasks.example.com", "wss://tasks.example.com"],
  ["http://127.0.0.1:8080", "ws://127.0.0.1:8080"],
  ["http://127.0.0.1:8080/below/", "ws://127.0.0.1:8080/below"],
]) {
  test(`the socket of ${base} is at ${socket}`, async (t) => {
    const stage = setStage(t);
    new Worker(token("WK"), { eventBridgeBaseUrl: base, disconnectActivitySid: "WA & co" });
    await settle();
    const url = new URL(stage.socket.url);
    assert.equal(url.href.split("/v1/")[0], socket);
    assert.equal(url.pathname.split("/").at(-1), sid("WK"));
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      token: token("WK"),
      closeExistingSessions: "false",
      disconnectActivitySid: "WA & co",
    });
  });
}

test("who has deleted their own resource does not come back, and who could not does", async (t) => {
  const stage = setStage(t);
  const client = new Worker(token("WK", { exp: NOW_MS / 1_000 + 60 }));
  const events = recorded(client);
  await stage.open();
  stage.answers(({ method }) => (method === "DELETE" ? { status: 403, body: {} } : undefined));
  await assert.rejects(client.delete());
  await stage.lose();
  await advance(2_000);
  await stage.open();
  assert.equal(stage.sockets.length, 2);
  stage.answers(({ method }) => (method === "DELETE" ? { body: { payload: null } } : undefined));
  assert.equal(await client.delete(), undefined);
  assert.equal(stage.socket.closed, false, "the server is who ends it");
  await stage.lose();
  await advance(120_000);
  assert.equal(stage.sockets.length, 2);
  assert.deepEqual(events.slice(5), ["disconnected"]);
});

test("closeExistingSessions is said as true or as text", async (t) => {
  const stage = setStage(t);
  for (const flag of [true, "true"]) {
    new Worker(token("WK"), false, null, null, flag);
    await settle();
    assert.match(stage.socket.url, /closeExistingSessions=true/);
    assert.doesNotMatch(stage.socket.url, /disconnectActivitySid/);
  }
});

test("a lost socket is opened again after 1, 3, 7, 15, 30, 30 s and less by chance", async (t) => {
  const stage = setStage(t);
  for (const [chance, waits] of [
    [1, [1, 3, 7, 15, 30, 30]],
    [0, [0.5, 1.5, 3.5, 7.5, 15, 15]],
  ] as const) {
    mock.method(Math, "random", () => chance);
    const client = new Workspace(token("WS", { exp: undefined }));
    await settle();
    for (const seconds of waits) {
      const before = stage.sockets.length;
      await stage.lose();
      mock.timers.tick(seconds * 1_000 - 1);
      await settle();
      assert.equal(stage.sockets.length, before, `not before ${seconds} s`);
      mock.timers.tick(1);
      await settle();
      assert.equal(stage.sockets.length, before + 1);
    }
    client.disconnect();
  }
});

test("a connection that worked begins with the shortest wait, one that was only opened does not", async (t) => {
  const stage = setStage(t);
  mock.method(Math, "random", () => 1);
  new Workspace(token("WS"));
  stage.answers(() => ({ status: 403, body: { message: "no" } }));
  await stage.open();
  await stage.lose();
  await advance(1_000);
  await stage.open();
  await stage.lose();
  await advance(2_000);
  assert.equal(stage.sockets.length, 2);
  await advance(1_000);
  assert.equal(stage.sockets.length, 3);
  await stage.open();
  stage.socket.onmessage?.({ data: " " });
  await stage.lose();
  await advance(1_000);
  assert.equal(stage.sockets.length, 4);
});

test("every reconnect is ready again, and every listener is called once for it", async (t) => {
  const stage = setStage(t);
  const events = recorded(new Workspace(token("WS")));
  for (let round = 0; round < 3; round++) {
    await stage.open();
    await stage.lose();
    await advance(1_000);
  }
  assert.deepEqual(events, Array(3).fill(["connected", "ready", "disconnected"]).flat());
});

test("heart beats are no frames, and keep the line", async (t) => {
  const stage = setStage(t);
  const events = recorded(new Workspace(token("WS")));
  await stage.open();
  await beat(stage, 300);
  assert.deepEqual(events, ["connected", "ready"]);
  assert.equal(stage.sockets.length, 1);
});

test("silence of 60 s is a loss, noticed within 5 s; the old socket is closed and deaf", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS"));
  const events = recorded(client);
  let frames = 0;
  client.on("task.updated", () => (frames += 1));
  await stage.open();
  const old = stage.socket;
  const { onmessage, onclose } = old;
  await advance(2_000);
  stage.socket.onmessage?.({ data: " " });
  await advance(59_000);
  assert.equal(old.closed, false);
  await advance(6_000);
  assert.deepEqual(events, ["connected", "ready", "disconnected"]);
  assert.ok(old.closed && onmessage && onclose);
  old.say("task.updated", {});
  old.onclose?.({});
  await advance(1_000);
  assert.deepEqual([stage.sockets.length, frames], [2, 0]);
});

test("a laptop that slept looks at its line when it wakes", async (t) => {
  const stage = setStage(t);
  const events = recorded(new Workspace(token("WS", { exp: undefined })));
  await stage.open();
  mock.timers.setTime(NOW_MS + 3_600_000); // no timer ran meanwhile
  stage.page.dispatchEvent(new Event("online"));
  await settle();
  assert.deepEqual(events, ["connected", "ready", "disconnected"]);
  stage.page.dispatchEvent(new Event("online"));
  await settle();
  assert.equal(stage.sockets.length, 2, "and does not wait for the next try");
});

test("a token that ran out while the laptop slept is said to have expired within a minute", async (t) => {
  const stage = setStage(t);
  const events = recorded(new Workspace(token("WS", { exp: NOW_MS / 1_000 + 7_200 })));
  await stage.open();
  mock.timers.setTime(NOW_MS + 8_000_000);
  await advance(60_000);
  assert.ok(events.includes("token.expired"));
});

test("after expiry nothing connects until updateToken, which does so at once", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS", { exp: NOW_MS / 1_000 + 60 }));
  await stage.open();
  await beat(stage, 60);
  assert.equal(stage.sockets.length, 1, "an open socket is kept");
  await stage.lose();
  await advance(300_000);
  assert.equal(stage.sockets.length, 1);
  const fresh = token("WS", { exp: Date.now() / 1_000 + 3_600 });
  client.updateToken(fresh);
  assert.equal(stage.sockets.length, 2);
  assert.ok(stage.socket.url.includes(fresh));
});

test("disconnect closes for good", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS", { exp: NOW_MS / 1_000 + 60 }));
  const events = recorded(client);
  await stage.open();
  client.disconnect();
  assert.ok(stage.socket.closed);
  client.updateToken(token("WS"));
  stage.page.dispatchEvent(new Event("online"));
  await advance(4_000_000);
  assert.deepEqual(events, ["connected", "ready", "disconnected"]);
  assert.equal(stage.sockets.length, 1);
});

test("a disconnect before the first connection leaves nothing behind", async (t) => {
  const stage = setStage(t);
  new Workspace(token("WS")).disconnect();
  await advance(60_000);
  assert.equal(stage.sockets.length, 0);
});

test("an error that nobody listens for is logged and thrown at nobody", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS"));
  await stage.open();
  stage.socket.onerror?.({ type: "error" });
  stage.socket.onmessage?.({ data: "{no json" });
  assert.equal(stage.logged.filter((line) => line.includes("nobody listens")).length, 2);
  const errors: any[] = [];
  client.on("error", (error) => errors.push(error));
  stage.socket.onmessage?.({ data: "{no json" });
  stage.socket.onmessage?.({ data: "{}" });
  assert.deepEqual(errors.map((one) => one.response), ["{no json", "{}"]);
  assert.ok(errors.every((one) => typeof one.message === "string"));
});

test("a ready that was refused is an error, one that the server could not give is tried on a new connection", async (t) => {
  const stage = setStage(t);
  const events = recorded(new Workspace(token("WS")));
  stage.answers(() => ({ status: 403, body: { message: "no" } }));
  await stage.open();
  await advance(5_000);
  assert.deepEqual(events, ["connected", "error"]);
  assert.equal(stage.sockets.length, 1);
  await stage.lose();
  await advance(3_000);
  stage.answers(() => ({ status: 503 }));
  await stage.open();
  assert.deepEqual(events.slice(3), ["connected", "error", "disconnected"]);
  await advance(7_000);
  assert.equal(stage.sockets.length, 3);
});

test("a ready that comes after its connection is lost is not told", async (t) => {
  const stage = setStage(t);
  const events = recorded(new Workspace(token("WS")));
  await settle();
  stage.socket.onopen?.();
  stage.socket.onclose?.({});
  await settle();
  assert.deepEqual(events, ["connected", "disconnected"]);
});

test("a listener that throws stops neither the others nor the socket", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS"));
  const heard: string[] = [];
  client.on("task.updated", () => {
    throw new Error("of the page");
  });
  client.on("task.updated", (task) => heard.push(task.sid));
  await stage.open();
  stage.socket.say("task.updated", { sid: sid("WT") });
  assert.deepEqual(heard, [sid("WT")]);
  assert.throws(() => mock.timers.tick(1), /of the page/);
});
