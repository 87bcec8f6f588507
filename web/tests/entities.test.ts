import assert from "node:assert/strict";
import { test } from "node:test";

import { TaskRouterError, Workspace } from "../sdk/index.ts";
import { propertiesOf } from "../sdk/properties.ts";
import { ACCOUNT, page, reservation, setStage, settle, sid, task, token, worker, type Stage } from "./stage.ts";

async function workspace(stage: Stage): Promise<Workspace> {
  const client = new Workspace(token("WS"));
  await stage.open();
  stage.asked.length = 0;
  return client;
}

/** What a client makes of a payload. */
async function read(stage: Stage, payload: unknown): Promise<any> {
  const client = await workspace(stage);
  stage.answers((_, path) => (path === "/Tasks" ? { body: { payload } } : undefined));
  return await client.tasks.fetch();
}

for (const [prefix, path] of [
  ["WW", `/Workflows/${sid("WW")}`],
  ["WQ", `/TaskQueues/${sid("WQ")}`],
  ["WK", `/Workers/${sid("WK")}`],
  ["WA", `/Activities/${sid("WA")}`],
  ["WT", `/Tasks/${sid("WT")}`],
  ["WR", `/Tasks/${sid("WT", 7)}/Reservations/${sid("WR")}`],
  ["WC", `/Workers/${sid("WK", 7)}/Channels/${sid("WC")}`],
] as const) {
  test(`${prefix} is fetched, updated and deleted at its address`, async (t) => {
    const stage = setStage(t);
    const more = { task_sid: sid("WT", 7), worker_sid: sid("WK", 7) };
    const entity = await read(stage, { sid: sid(prefix), ...more });
    stage.answers((asked) => (asked.method === "POST" ? { body: { payload: { sid: sid(prefix), friendly_name: "new" } } } : undefined));
    stage.asked.length = 0;
    await entity.fetch();
    const updated = await entity.update("FriendlyName", "new");
    await entity.delete();
    assert.deepEqual(stage.pathsSince(0), [`GET ${path}`, `POST ${path}`, `DELETE ${path}`]);
    assert.equal(updated.friendlyName, "new");
    assert.equal(entity.friendlyName, "new");
  });
}

test("keys are camel-cased, enumerable and read-only; url, links and reservation_sid are left out", async (t) => {
  const entity = await read(setStage(t), { ...worker(), multi__part_name_: 1, reservation_sid: sid("WR") });
  assert.equal(entity.friendlyName, "Ada");
  assert.equal(entity.multiPartName, 1);
  for (const name of ["url", "links", "reservationSid", "friendly_name"]) {
    assert.equal(name in entity, false, name);
  }
  assert.ok(Object.keys(entity).includes("friendlyName"));
  assert.throws(() => (entity.friendlyName = "Eve"), TypeError);
});

test("attributes are parsed, and their own names stay", async (t) => {
  const entity = await read(setStage(t), task());
  assert.deepEqual(entity.attributes, { tiers: 3, cake_kind: { in_side: 1 } });
  assert.deepEqual(entity.addons, {});
});

test("attributes that are no JSON stay text, and the event is told", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  let told: any;
  client.on("task.updated", (one) => (told = one));
  stage.socket.say("task.updated", task(1, { attributes: "{no" }));
  assert.equal(told.attributes, "{no");
});

test("attributes that come as an object are a copy of it, with its names", () => {
  const attributes = { cake_kind: 1 };
  const [[name, read]] = propertiesOf({ attributes }) as [[string, unknown]];
  assert.equal(name, "attributes");
  assert.deepEqual(read, attributes);
  assert.notEqual(read, attributes);
});

test("dates are dates, null stays null, seconds and text are both understood", async (t) => {
  const eight = new Date("2026-01-05T08:00:00Z");
  const text = "2026-01-05T08:00:00Z";
  const seconds = eight.getTime() / 1_000;
  const entity = await read(setStage(t), {
    sid: sid("WT"),
    date_created: text,
    date_updated: null,
    date_status_changed: seconds,
    virtual_start_time: text,
    task_queue_entered_date: seconds,
    start_time: text,
    end_time: text,
    event_date: "no date",
    nested: { date_created: text },
  });
  assert.deepEqual(entity.dateCreated, eight);
  assert.equal(entity.dateUpdated, null);
  for (const name of ["dateStatusChanged", "virtualStartTime", "taskQueueEnteredDate", "startTime", "endTime"]) {
    assert.deepEqual(entity[name], eight, name);
  }
  assert.equal(entity.eventDate, "no date");
  assert.deepEqual(entity.nested, { dateCreated: eight });
});

test("nested objects and arrays are camel-cased all the way down, scalars are copied", async (t) => {
  const entity = await read(setStage(t), {
    sid: sid("WT"),
    some_thing: { list_of_names: ["a_b", "c_d"], deep_er: [{ x_y: { z_z: null } }] },
  });
  assert.deepEqual(entity.someThing, { listOfNames: ["a_b", "c_d"], deepEr: [{ xY: { zZ: null } }] });
});

test("a payload stays as it is, and may be handled twice", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  const payload = Object.freeze(task(1, { some: Object.freeze({ deep: Object.freeze({ a_b: 1 }) }) }));
  stage.answers((_, path) => (path.startsWith("/Tasks/") ? { body: { payload } } : undefined));
  const entity = await client.tasks.fetch(sid("WT"));
  await entity.update({ Priority: 1 });
  await entity.update({ Priority: 1 });
  assert.deepEqual(entity.some, { deep: { aB: 1 } });
});

test("a sid names an entity that is not fetched yet", async (t) => {
  const stage = setStage(t);
  const entity = await read(stage, {
    sid: sid("WR"),
    workspace_sid: sid("WS"),
    workflow_sid: sid("WW"),
    queue_sid: sid("WQ"),
    worker_sid: sid("WK"),
    task_sid: sid("WT"),
    activity_sid: sid("WA", 1),
    assignment_activity_sid: sid("WA", 2),
    default_activity_sid: sid("WA", 3),
  });
  const sids = Object.fromEntries(
    ["workspace", "workflow", "queue", "worker", "task", "activity", "assignmentActivity", "defaultActivity"].map(
      (name) => [name, entity[name].sid],
    ),
  );
  assert.deepEqual(sids, {
    workspace: sid("WS"),
    workflow: sid("WW"),
    queue: sid("WQ"),
    worker: sid("WK"),
    task: sid("WT"),
    activity: sid("WA", 1),
    assignmentActivity: sid("WA", 2),
    defaultActivity: sid("WA", 3),
  });
  assert.equal((await entity.task.fetch()).priority, 0);
});

test("a taskQueueSid of REST has its queue, a reservation_sid its reservation of that task", async (t) => {
  const stage = setStage(t);
  const entity = await read(stage, task(1, { reservation_sid: sid("WR") }));
  assert.equal(entity.queue.sid, sid("WQ"));
  stage.asked.length = 0;
  await entity.reservation.fetch();
  assert.deepEqual(stage.pathsSince(0), [`GET /Tasks/${sid("WT")}/Reservations/${sid("WR")}`]);
});

test("a foreign entity is another one when its sid changes, gone when there is none, and else the same", async (t) => {
  const stage = setStage(t);
  let activity: string | null = sid("WA", 1);
  stage.answers((_, path) =>
    path.startsWith("/Workers/") ? { body: { payload: worker({ activity_sid: activity }) } } : undefined,
  );
  const client = await workspace(stage);
  const entity = await client.workers.fetch(sid("WK"));
  const first = entity.activity;
  await entity.fetch();
  assert.equal(entity.activity, first);
  activity = sid("WA", 2);
  await entity.fetch();
  assert.equal(entity.activity.sid, sid("WA", 2));
  activity = null;
  await entity.fetch();
  assert.equal(entity.activity, null);
});

test("what is of an unknown kind is a plain object in camel case", async (t) => {
  const stage = setStage(t);
  for (const prefix of ["TC", "EV", "TT", "XX"]) {
    const plain = await read(stage, { sid: sid(prefix), unique_name: "voice", inner: { a_b: 1 } });
    assert.deepEqual(plain, { sid: sid(prefix), uniqueName: "voice", inner: { aB: 1 } });
  }
});

test("a list of task channels is not one of worker channels, whose key it shares", async (t) => {
  const stage = setStage(t);
  const items = [{ sid: sid("TC"), unique_name: "voice" }, { sid: sid("WC"), worker_sid: sid("WK") }];
  const { data } = await read(stage, page("channels", items));
  assert.equal(data[0].update, undefined);
  assert.equal(typeof data[1].update, "function");
});

test("a list of what nobody knows is a list of plain objects", async (t) => {
  const list = await read(setStage(t), page("novelties", [{ sid: "ZZ1", some_name: 1 }]));
  assert.deepEqual(list.data, [{ sid: "ZZ1", someName: 1 }]);
});

test("a property never hides a method", async (t) => {
  const entity = await read(setStage(t), { sid: sid("WT"), update: 1, complete: 2, to_string: 3 });
  assert.equal(typeof entity.update, "function");
  assert.equal(typeof entity.complete, "function");
  assert.equal(typeof entity.toString, "function");
});

test("update takes a name and a value, an object, and its own sid before either", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  const entity = await client.activities.fetch(sid("WA"));
  const calls: unknown[] = [];
  const back = (error: TaskRouterError | null) => void calls.push(error);
  stage.answers((asked) => ({ body: { payload: { sid: sid("WA"), ...asked.params } } }));
  stage.asked.length = 0;
  entity.update("FriendlyName", "Tea", back);
  entity.update({ FriendlyName: "Tea" }, back);
  entity.update(sid("WA"), "FriendlyName", "Tea", back);
  entity.update(sid("WA"), { FriendlyName: "Tea" }, back);
  await entity.update("FriendlyName", "Tea");
  await settle();
  assert.deepEqual(calls, [null, null, null, null]);
  assert.deepEqual(stage.asked.map((one) => one.params), Array(5).fill({ FriendlyName: "Tea" }));
});

test("a client shows what its resource is like after an update, and keeps its own members", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  stage.answers((asked) =>
    asked.method === "POST"
      ? { body: { payload: { sid: sid("WS"), friendly_name: asked.params!.FriendlyName, tasks: "none" } } }
      : undefined,
  );
  await client.update({ FriendlyName: "Patisserie" });
  assert.equal(client.friendlyName, "Patisserie");
  assert.equal(typeof client.tasks.fetch, "function");
});

test("a task is completed with a reason, in any of the published orders", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  const one = await client.tasks.fetch(sid("WT"));
  stage.asked.length = 0;
  let calls = 0;
  one.complete();
  one.complete(() => (calls += 1));
  one.complete(() => (calls += 1), "done");
  one.complete("done", () => (calls += 1));
  await one.complete("done");
  await settle();
  assert.equal(calls, 3);
  assert.deepEqual(
    stage.asked.map(({ path, params }) => [path, params]),
    [undefined, undefined, "done", "done", "done"].map((Reason) => [
      `/Tasks/${sid("WT")}`,
      { AssignmentStatus: "completed", ...(Reason && { Reason }) },
    ]),
  );
});

const FROM = "+15550001";
for (const [name, ask, params] of [
  ["accept", (one: any, back: any) => one.accept(back), { ReservationStatus: "accepted" }],
  ["reject(callback)", (one: any, back: any) => one.reject(back), { ReservationStatus: "rejected" }],
  [
    "reject(activity, callback)",
    (one: any, back: any) => one.reject(sid("WA"), back),
    { ReservationStatus: "rejected", WorkerActivitySid: sid("WA") },
  ],
  [
    "dequeue",
    (one: any, back: any) => one.dequeue(FROM, sid("WA"), true, 30, "https://x", ["ringing", "answered"], "+2", back),
    {
      Instruction: "dequeue",
      DequeueFrom: FROM,
      DequeuePostWorkActivitySid: sid("WA"),
      DequeueRecord: "true",
      DequeueTimeout: 30,
      DequeueStatusCallbackUrl: "https://x",
      DequeueStatusCallbackEvent: ["ringing", "answered"],
      DequeueTo: "+2",
    },
  ],
  [
    "dequeue with an object",
    (one: any, back: any) => one.dequeue({ from: FROM, to: "+2", DequeueStatusCallbackEvent: "ringing" }, back),
    { Instruction: "dequeue", DequeueFrom: FROM, DequeueTo: "+2", DequeueStatusCallbackEvent: "ringing" },
  ],
  [
    "dequeue without events, as the published sample has it",
    (one: any, back: any) => one.dequeue(FROM, sid("WA"), "record-from-answer", "30", "https://x", "client:joey", back),
    {
      Instruction: "dequeue",
      DequeueFrom: FROM,
      DequeuePostWorkActivitySid: sid("WA"),
      DequeueRecord: "record-from-answer",
      DequeueTimeout: "30",
      DequeueStatusCallbackUrl: "https://x",
      DequeueTo: "client:joey",
    },
  ],
  [
    "dequeue with events and without to",
    (one: any, back: any) => one.dequeue(FROM, null, null, null, "https://x", "initiated,ringing", back),
    {
      Instruction: "dequeue",
      DequeueFrom: FROM,
      DequeueStatusCallbackUrl: "https://x",
      DequeueStatusCallbackEvent: "initiated,ringing",
    },
  ],
  [
    "dequeue with few arguments",
    (one: any, back: any) => one.dequeue(FROM, back),
    { Instruction: "dequeue", DequeueFrom: FROM },
  ],
  [
    "call",
    (one: any, back: any) => one.call(FROM, "https://x", null, "true", "record-from-answer", "+2", back),
    {
      Instruction: "call",
      CallFrom: FROM,
      CallUrl: "https://x",
      CallAccept: "true",
      CallRecord: "record-from-answer",
      CallTo: "+2",
    },
  ],
  [
    "redirect",
    (one: any, back: any) => one.redirect("CA1", "https://x", true, back),
    { Instruction: "redirect", RedirectCallSid: "CA1", RedirectUrl: "https://x", RedirectAccept: "true" },
  ],
  [
    "conference",
    (one: any, back: any) => one.conference(FROM, sid("WA"), 20, "+2", back, { Timeout: 5, Beep: false }),
    { Instruction: "conference", From: FROM, PostWorkActivitySid: sid("WA"), Timeout: 5, To: "+2", Beep: "false" },
  ],
] as const) {
  test(`a reservation's ${name} sends what is published, and calls back with the task fetched`, async (t) => {
    const stage = setStage(t);
    const one = await read(stage, reservation());
    stage.asked.length = 0;
    const calls: any[] = [];
    ask(one, (...values: unknown[]) => calls.push(values));
    await settle();
    assert.deepEqual(stage.pathsSince(0), [
      `POST /Tasks/${sid("WT")}/Reservations/${sid("WR")}`,
      `GET /Tasks/${sid("WT")}`,
    ]);
    assert.deepEqual(stage.asked[0]!.params, params);
    const [[error, result]] = calls;
    assert.equal(calls.length, 1);
    assert.equal(error, null);
    assert.equal(result.task.assignmentStatus, "reserved");
  });
}

test("options of a conference without a callback are found behind its place", async (t) => {
  const stage = setStage(t);
  const one = await read(stage, reservation());
  await one.conference(FROM, undefined, undefined, undefined, null, { Beep: true });
  const params = stage.asked.find((asked) => asked.method === "POST")!.params;
  assert.deepEqual(params, { Instruction: "conference", From: FROM, Beep: "true" });
});

test("an answer to an offer calls back even if its task cannot be fetched", async (t) => {
  const stage = setStage(t);
  const one = await read(stage, reservation());
  stage.answers((asked, path) =>
    asked.method === "GET" && path.startsWith("/Tasks/") ? { status: 404, body: {} } : undefined,
  );
  const accepted = await one.accept();
  assert.equal(accepted.reservationStatus, "accepted");
  assert.equal(accepted.task.sid, sid("WT"));
});

test("an entity as JSON shows its properties, and nothing of its client", async (t) => {
  const text = JSON.stringify(await read(setStage(t), reservation()));
  assert.ok(text.includes(ACCOUNT));
  assert.ok(!text.includes(token("WS")));
});
