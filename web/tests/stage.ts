/** A browser without a browser: a server that answers what it is told to, sockets, and a clock. */

import { mock, type TestContext } from "node:test";

import { loadedFrom } from "../sdk/addresses.ts";

export const ACCOUNT = `AC${"0".repeat(32)}`;
export const SERVER = "https://tasks.example.com";
export const NOW_MS = Date.UTC(2026, 0, 5, 9, 0, 0);

export const sid = (prefix: string, number = 1): string =>
  prefix + String(number).padStart(32, "0");

export interface Envelope {
  method: string;
  url: string;
  params?: Record<string, any>;
  token: string;
  event_type?: string;
}

export interface Said {
  status?: number;
  reason?: string;
  body?: unknown;
  text?: string;
  headers?: Record<string, string>;
}

type Answer = (asked: Envelope, path: string) => Said | "unreachable" | "silence" | undefined;

export class FakeSocket {
  readonly url: string;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  onclose: ((event: unknown) => void) | null = null;
  closed = false;

  constructor(url: string) {
    this.url = url;
    stage().sockets.push(this);
  }

  close(): void {
    this.closed = true;
  }

  say(event_type: string, payload: unknown): void {
    this.onmessage?.({ data: JSON.stringify({ event_type, payload }) });
  }
}

let current: Stage | undefined;

function stage(): Stage {
  if (current === undefined) {
    throw new Error("no stage is set");
  }
  return current;
}

export class Stage {
  readonly sockets: FakeSocket[] = [];
  readonly asked: (Envelope & { path: string })[] = [];
  readonly posts: { url: string; init: RequestInit }[] = [];
  readonly beacons: { url: string; body: string }[] = [];
  readonly logged: string[] = [];
  readonly page = new EventTarget();
  #answers: Answer[] = [];

  /** Answer requests with what the function gives; the newest that gives something wins. */
  answers(answer: Answer): void {
    this.#answers.unshift(answer);
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) {
      throw new Error("there is no socket yet");
    }
    return last;
  }

  /** Open the newest socket, and let what follows from it happen. */
  async open(): Promise<void> {
    await settle();
    this.socket.onopen?.();
    await settle();
  }

  async lose(): Promise<void> {
    this.socket.onclose?.({});
    await settle();
  }

  pathsSince(place: number): string[] {
    return this.asked.slice(place).map(({ method, path }) => `${method} ${path}`);
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    const envelope = JSON.parse(init.body as string) as Envelope;
    const path = envelope.url.replace(/^.*\/v1\/Workspaces\/WS0*1/, "");
    this.asked.push({ ...envelope, path });
    this.posts.push({ url, init });
    for (const answer of this.#answers) {
      const said = answer(envelope, path);
      if (said !== undefined) {
        return await responseOf(said, init);
      }
    }
    return await responseOf({ body: { payload: resourceOf(path, envelope) } }, init);
  }
}

/** Set the stage for one test, with a clock that moves only when it is told to. */
export function setStage(t: TestContext): Stage {
  const set = new Stage();
  current = set;
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: NOW_MS });
  const real = { ...Object.getOwnPropertyDescriptors(globalThis) };
  const put = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  put("WebSocket", FakeSocket);
  put("fetch", (url: string, init: RequestInit) => set.fetch(url, init));
  put("addEventListener", set.page.addEventListener.bind(set.page));
  put("removeEventListener", set.page.removeEventListener.bind(set.page));
  put("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  put("navigator", {
    sendBeacon: (url: string, body: string) => Boolean(set.beacons.push({ url, body })),
  });
  for (const level of ["log", "warn", "error"] as const) {
    mock.method(console, level, (...values: unknown[]) => {
      set.logged.push(values.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(" "));
    });
  }
  loadedFrom(`${SERVER}/sdk/taskrouter.js`);
  t.after(() => {
    mock.timers.reset();
    mock.restoreAll();
    for (const name of ["WebSocket", "fetch", "addEventListener", "removeEventListener", "document", "navigator"]) {
      const before = real[name as keyof typeof real];
      if (before === undefined) {
        Reflect.deleteProperty(globalThis, name);
      } else {
        Object.defineProperty(globalThis, name, before);
      }
    }
  });
  return set;
}

/** Let everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    await new Promise((done) => setImmediate(done));
  }
}

export async function advance(ms: number): Promise<void> {
  // Step by step: a timer that is set by another has to come due at its own instant.
  for (let left = ms; left > 0; left -= 1_000) {
    mock.timers.tick(Math.min(left, 1_000));
    await settle();
  }
}

export function tokenOf(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}

export function token(kind: "WK" | "WQ" | "WS", more: Record<string, unknown> = {}): string {
  const claims: Record<string, unknown> = {
    account_sid: ACCOUNT,
    workspace_sid: sid("WS"),
    channel: sid(kind),
    exp: NOW_MS / 1_000 + 3_600,
    ...more,
  };
  if (kind === "WK") {
    claims.worker_sid = sid("WK");
  } else if (kind === "WQ") {
    claims.taskqueue_sid = sid("WQ");
  }
  return tokenOf(claims);
}

export function task(number = 1, more: object = {}): Record<string, unknown> {
  return {
    sid: sid("WT", number),
    account_sid: ACCOUNT,
    workspace_sid: sid("WS"),
    workflow_sid: sid("WW"),
    task_queue_sid: sid("WQ"),
    assignment_status: "reserved",
    attributes: '{"tiers": 3, "cake_kind": {"in_side": 1}}',
    addons: "{}",
    priority: 0,
    reason: null,
    date_created: "2026-01-05T08:00:00Z",
    date_updated: "2026-01-05T08:00:00Z",
    ...more,
  };
}

export function reservation(number = 1, more: object = {}): Record<string, unknown> {
  return {
    sid: sid("WR", number),
    account_sid: ACCOUNT,
    workspace_sid: sid("WS"),
    task_sid: sid("WT", number),
    worker_sid: sid("WK"),
    worker_name: "Ada",
    reservation_status: "pending",
    date_created: "2026-01-05T08:30:00Z",
    date_updated: "2026-01-05T08:30:00Z",
    ...more,
  };
}

export function worker(more: object = {}): Record<string, unknown> {
  return {
    sid: sid("WK"),
    account_sid: ACCOUNT,
    workspace_sid: sid("WS"),
    friendly_name: "Ada",
    activity_sid: sid("WA"),
    activity_name: "Available",
    attributes: '{"skills": ["cake"]}',
    available: true,
    date_created: "2026-01-05T08:00:00Z",
    date_updated: null,
    date_status_changed: 1767603600,
    url: "https://tasks.example.com/v1/…",
    links: { channels: "…" },
    ...more,
  };
}

export function page(key: string, items: object[], meta: object = {}): Record<string, unknown> {
  return { [key]: items, meta: { key, page: 0, page_size: 50, ...meta } };
}

/** What a server has at a path, if the test says nothing else. */
function resourceOf(path: string, asked: Envelope): unknown {
  const [, noun, of, below, one] = path.split(/[/?]/);
  const number = Number(of?.slice(2) ?? 1);
  if (asked.method === "DELETE") {
    return null;
  }
  if (noun === undefined || noun === "") {
    return { sid: sid("WS"), friendly_name: "Bakery", prioritize_queue_order: "FIFO" };
  }
  if (noun === "Workers" && below === "Reservations") {
    return page("reservations", []);
  }
  if (below === "Channels" && one !== undefined) {
    return { sid: one, worker_sid: of };
  }
  if (noun === "Workers" && of !== undefined) {
    return worker({ sid: of });
  }
  if (noun === "Tasks" && below === "Reservations") {
    const status = asked.params?.ReservationStatus ?? "pending";
    return reservation(number, { sid: one, reservation_status: status });
  }
  if (noun === "Tasks" && of !== undefined) {
    return task(number);
  }
  if (noun === "TaskQueues" && of !== undefined) {
    return { sid: of, friendly_name: "Cakes", target_workers: "1==1", max_reserved_workers: 1 };
  }
  return of === undefined ? page(noun.toLowerCase(), []) : { sid: of };
}

async function responseOf(said: Said | "unreachable" | "silence", init: RequestInit): Promise<Response> {
  if (said === "unreachable") {
    throw new TypeError("fetch failed");
  }
  if (said === "silence") {
    return await new Promise((_, reject) =>
      init.signal?.addEventListener("abort", () => reject(new Error("aborted"))),
    );
  }
  const status = said.status ?? 200;
  const text = said.text ?? JSON.stringify(said.body);
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: said.reason ?? "",
    headers: new Headers(said.headers ?? {}),
    text: () => Promise.resolve(text),
  } as Response;
}
