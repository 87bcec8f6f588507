import assert from "node:assert/strict";
import { test } from "node:test";

import { Worker } from "../sdk/index.ts";
import { advance, page, reservation, setStage, settle, sid, task, token, worker, type Stage } from "./stage.ts";

const RESERVATIONS = `/Workers/${sid("WK")}/Reservations`;
const OFFER = `/Tasks/${sid("WT")}/Reservations/${sid("WR")}`;

function told(client: Worker, ...events: string[]): [string, any][] {
  const all: [string, any][] = [];
  for (const event of events) {
    client.on(event, (value) => all.push([event, value]));
  }
  return all;
}

async function connected(stage: Stage, ...options: any[]): Promise<Worker> {
  const client = new Worker(token("WK"), ...options);
  await stage.open();
  stage.asked.length = 0;
  return client;
}

function pending(stage: Stage, ...offers: object[]): void {
  stage.answers((asked, path) =>
    path === RESERVATIONS && asked.method === "GET"
      ? { body: { payload: page("reservations", offers) } }
      : undefined,
  );
}

test("a worker client has its own members, and those of its worker once it is ready", async (t) => {
  const stage = setStage(t);
  const client = new Worker(token("WK"), false, sid("WA", 1), sid("WA", 2), "true");
  assert.deepEqual(
    [client.workerSid, client.connectActivitySid, client.disconnectActivitySid, client.closeExistingSessions],
    [sid("WK"), sid("WA", 1), sid("WA", 2), true],
  );
  await stage.open();
  assert.equal(client.friendlyName, "Ada");
  assert.deepEqual(client.attributes, { skills: ["cake"] });
  assert.equal(client.activity.sid, sid("WA"));
});

test("offers that wait are announced on ready, each with its task, and once only", async (t) => {
  const stage = setStage(t);
  pending(stage, reservation(1), reservation(2));
  const client = new Worker(token("WK"));
  const all = told(client, "reservation.created");
  await stage.open();
  assert.deepEqual(all.map(([, one]) => one.sid), [sid("WR", 1), sid("WR", 2)]);
  assert.equal(all[0]![1].task.attributes.tiers, 3);
  assert.deepEqual(stage.asked.find(({ path }) => path === RESERVATIONS)!.params, { ReservationStatus: "pending" });
  await stage.lose();
  await advance(2_000);
  pending(stage, reservation(2), reservation(3));
  await stage.open();
  stage.socket.say("reservation.created", task(3, { reservation_sid: sid("WR", 3) }));
  await settle();
  assert.deepEqual(all.map(([, one]) => one.sid).slice(2), [sid("WR", 3)]);
});

test("the connect activity is taken up on the first ready only, and not with an offer waiting", async (t) => {
  const stage = setStage(t);
  const moves = () => stage.asked.filter((one) => one.params?.ActivitySid === sid("WA", 9)).length;
  pending(stage, reservation(1));
  new Worker(token("WK"), false, sid("WA", 9));
  await stage.open();
  assert.equal(moves(), 0);
  pending(stage);
  new Worker(token("WK"), false, sid("WA", 9));
  await stage.open();
  assert.equal(moves(), 1);
  await stage.lose();
  await advance(2_000);
  await stage.open();
  assert.equal(moves(), 1);
});

test("an activity that is null or an empty text is none", async (t) => {
  const stage = setStage(t);
  for (const nothing of ["", null, undefined]) {
    const options = { connectActivitySid: nothing, disconnectActivitySid: nothing };
    for (const given of [[false, nothing, nothing, true], [options]]) {
      const client: any = new (Worker as any)(token("WK"), ...given);
      await stage.open();
      assert.deepEqual([client.connectActivitySid, client.disconnectActivitySid], [undefined, undefined]);
      assert.equal(new URL(stage.socket.url).searchParams.has("disconnectActivitySid"), false);
    }
  }
  stage.page.dispatchEvent(new Event("pagehide"));
  assert.equal(stage.beacons.length, 0);
  assert.equal(stage.asked.some(({ method }) => method === "POST"), false);
});

test("trouble with what a worker should find is an error event", async (t) => {
  const stage = setStage(t);
  stage.answers((_, path) => (path === RESERVATIONS ? { status: 403, body: { message: "no" } } : undefined));
  const client = new Worker(token("WK"));
  const all = told(client, "error");
  await stage.open();
  assert.equal(all[0]![1].response.message, "no");
});

test("offers that could not be listed are looked for again, as long as the connection lasts", async (t) => {
  const stage = setStage(t);
  let failures = 3;
  pending(stage, reservation(1));
  stage.answers((_, path) => (path === RESERVATIONS && failures-- > 0 ? { status: 503 } : undefined));
  const client = new Worker(token("WK"));
  const all = told(client, "reservation.created", "error");
  await stage.open();
  await advance(10_000);
  assert.deepEqual(all.map(([event]) => event), ["error", "error", "error", "reservation.created"]);
  assert.equal(stage.sockets.length, 1);
});

test("a list that fails in a connection is not asked for any more once that connection is lost", async (t) => {
  const stage = setStage(t);
  const lists = () => stage.asked.filter(({ path }) => path === RESERVATIONS).length;
  stage.answers((_, path) => (path === RESERVATIONS ? { status: 503 } : undefined));
  const client = new Worker(token("WK"));
  told(client, "error");
  await stage.open();
  client.disconnect();
  await advance(60_000);
  assert.equal(lists(), 1);
});

test("leaving the page posts the disconnect activity once, by a beacon", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage, false, null, sid("WA", 2));
  for (let again = 0; again < 3; again++) {
    await stage.lose();
    await advance(2_000);
    await stage.open();
  }
  client.updateToken(token("WK", { jti: "new" }));
  stage.page.dispatchEvent(new Event("pagehide"));
  assert.equal(stage.beacons.length, 1);
  const { url, body } = stage.beacons[0]!;
  assert.ok(url.endsWith(`/v1/wschannels/AC${"0".repeat(32)}/${sid("WK")}`));
  const envelope = JSON.parse(body);
  assert.deepEqual([envelope.method, envelope.params], ["POST", { ActivitySid: sid("WA", 2) }]);
  assert.ok(envelope.url.endsWith(`/Workers/${sid("WK")}`));
  assert.equal(envelope.token, token("WK", { jti: "new" }));
});

test("a beacon that is not taken is posted, and none is sent without an activity or after disconnect", async (t) => {
  const stage = setStage(t);
  await connected(stage);
  (await connected(stage, false, null, sid("WA", 2))).disconnect();
  stage.page.dispatchEvent(new Event("pagehide"));
  assert.equal(stage.beacons.length, 0);
  await connected(stage, false, null, sid("WA", 2));
  Object.assign(navigator, { sendBeacon: () => false });
  stage.page.dispatchEvent(new Event("pagehide"));
  assert.deepEqual(stage.asked.at(-1)!.params, { ActivitySid: sid("WA", 2) });
  assert.equal(stage.posts.at(-1)!.init.keepalive, true);
});

for (const event of ["created", "accepted", "rejected", "timeout", "canceled", "rescinded", "completed", "wrapup"]) {
  test(`reservation.${event} brings the reservation with its task`, async (t) => {
    const stage = setStage(t);
    const client = await connected(stage);
    const all = told(client, `reservation.${event}`);
    stage.socket.say(`reservation.${event}`, task(1, { reservation_sid: sid("WR") }));
    await settle();
    assert.equal(all.length, 1);
    const [[, one]] = all as [[string, any]];
    assert.deepEqual([one.sid, one.reservationStatus, one.workerName], [sid("WR"), "pending", "Ada"]);
    assert.deepEqual([one.task.sid, one.task.attributes.tiers], [sid("WT"), 3]);
    assert.deepEqual(stage.pathsSince(0), [`GET ${OFFER}`], "the frame had the task already");
  });
}

test("a frame that has next to nothing costs two requests, one that has everything none", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage);
  const all = told(client, "reservation.accepted");
  stage.socket.say("reservation.accepted", { sid: sid("WT"), reservation_sid: sid("WR") });
  await settle();
  assert.deepEqual(stage.pathsSince(0).sort(), [`GET /Tasks/${sid("WT")}`, `GET ${OFFER}`]);
  stage.asked.length = 0;
  const more = { reservation_sid: sid("WR"), worker_sid: sid("WK"), reservation_status: "accepted" };
  stage.socket.say("reservation.accepted", task(1, more));
  await settle();
  assert.deepEqual(stage.pathsSince(0), [`GET ${OFFER}`], "for its own dates");
  stage.asked.length = 0;
  stage.socket.say("reservation.accepted", task(1, { ...more, reservation_date_created: 1767603600 }));
  stage.socket.say("reservation.accepted", reservation(1, { task: task(1) }));
  await settle();
  assert.equal(stage.asked.length, 0);
  assert.equal(all.length, 4);
  assert.deepEqual(all[2]![1].dateCreated, new Date(1767603600_000));
  assert.equal(all[2]![1].reservationStatus, "accepted");
  assert.equal(all[3]![1].task.priority, 0);
  stage.asked.length = 0;
  await all[2]![1].accept();
  assert.equal(stage.asked[0]!.path, OFFER);
});

test("what cannot be fetched stays as the frame has it", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage);
  stage.answers((_, path) => (path.startsWith("/Tasks") ? { status: 404, body: {} } : undefined));
  const all = told(client, "reservation.canceled");
  stage.socket.say("reservation.canceled", {
    sid: sid("WT"),
    reservation_sid: sid("WR"),
    worker_sid: sid("WK"),
    priority: 7,
  });
  await settle();
  assert.deepEqual([all[0]![1].sid, all[0]![1].workerSid, all[0]![1].task.priority], [sid("WR"), sid("WK"), 7]);
});

test("with skipFetchReservation nothing is fetched, and there are the sid and the task; it can be changed back", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage);
  const all = told(client, "reservation.created");
  client.setSkipFetchReservation(true);
  stage.socket.say("reservation.created", task(1, { reservation_sid: sid("WR") }));
  await settle();
  assert.deepEqual(Object.keys(all[0]![1]), ["sid", "task"]);
  assert.equal(all[0]![1].task.attributes.tiers, 3);
  assert.equal(stage.asked.length, 0);
  await all[0]![1].accept();
  assert.equal(stage.asked[0]!.path, OFFER);
  client.setSkipFetchReservation(false);
  assert.equal(client.skipFetchReservation, false);
  stage.asked.length = 0;
  stage.socket.say("reservation.created", task(2, { reservation_sid: sid("WR", 2) }));
  await settle();
  assert.equal(stage.asked.length, 1);
});

test("frames are told in their order, however long the fetching for each takes", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage, { timeoutMs: 4_000 });
  const all = told(client, "reservation.created", "reservation.timeout", "task.updated", "activity.update");
  stage.answers((_, path) => (path.includes(sid("WR", 1)) ? "silence" : undefined));
  stage.socket.say("reservation.created", task(1, { reservation_sid: sid("WR", 1) }));
  stage.socket.say("task.updated", task(1));
  stage.socket.say("reservation.timeout", task(2, { reservation_sid: sid("WR", 2) }));
  stage.socket.say("worker.activity.update", worker({ activity_name: "Break" }));
  await settle();
  assert.equal(all.length, 0);
  assert.equal(client.activityName, "Break", "what a frame says of the worker is known at once");
  await advance(5_000);
  assert.deepEqual(
    all.map(([event]) => event),
    ["reservation.created", "task.updated", "reservation.timeout", "activity.update"],
  );
});

test("a frame's task and reservation have each what is their own", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage);
  const all = told(client, "reservation.created");
  stage.socket.say(
    "reservation.created",
    task(1, {
      reservation_sid: sid("WR"),
      reservation_status: "pending",
      reservation_date_created: "2026-01-05T08:30:00Z",
      reservation_date_updated: "2026-01-05T08:31:00Z",
      worker_sid: sid("WK"),
      worker_name: "Ada",
    }),
  );
  await settle();
  const [[, offer]] = all as [[string, any]];
  assert.equal(stage.asked.length, 0);
  assert.deepEqual(
    [offer.dateCreated, offer.dateUpdated, offer.task.dateCreated].map((date: Date) => date.getUTCMinutes()),
    [30, 31, 0],
  );
  for (const name of ["reservationStatus", "reservationDateCreated", "workerSid", "workerName"]) {
    assert.equal(name in offer.task, false, name);
  }
  const shown = Object.keys(offer);
  assert.deepEqual(Object.keys(await offer.fetch()), shown, "fetching adds nothing");
});

test("offers that wait are announced however many pages they are", async (t) => {
  const stage = setStage(t);
  const following = `https://tasks.example.com/v1/Workspaces/${sid("WS")}${RESERVATIONS}?Page=1`;
  stage.answers((asked, path) => {
    const key = "reservations";
    if (path === RESERVATIONS) {
      return { body: { payload: page(key, [reservation(1)], { next_page_url: following }) } };
    }
    return asked.url === following ? { body: { payload: page(key, [reservation(2)]) } } : undefined;
  });
  const client = new Worker(token("WK"));
  const all = told(client, "reservation.created");
  await stage.open();
  assert.deepEqual(all.map(([, one]) => one.sid), [sid("WR", 1), sid("WR", 2)]);
  assert.equal(all[1]![1].task.attributes.tiers, 3);
});

test("worker frames bring the worker, without a leading worker., and the client shows it", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage);
  const all = told(client, "activity.update", "attributes.update", "capacity.update", "something.new");
  stage.socket.say("worker.activity.update", worker({ activity_name: "Break" }));
  stage.socket.say("attributes.update", worker({ attributes: '{"skills":[]}' }));
  stage.socket.say("worker.capacity.update", { sid: sid("WC"), worker_sid: sid("WK"), assigned_tasks: 1 });
  stage.socket.say("worker.something.new", { sid: sid("TT"), a_b: 1 });
  await settle();
  assert.deepEqual(
    all.map(([event, one]) => [event, one.sid]),
    [
      ["activity.update", sid("WK")],
      ["attributes.update", sid("WK")],
      ["capacity.update", sid("WC")],
      ["something.new", sid("TT")],
    ],
  );
  assert.equal(client.activityName, "Available");
  assert.deepEqual(client.attributes, { skills: [] });
  assert.equal(all[2]![1].assignedTasks, 1);
  assert.equal(all[2]![1].worker.sid, sid("WK"));
});

test("reservations are fetched with parameters in either order, each with its task", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage);
  pending(stage, reservation(1), reservation(2));
  stage.answers((_, path) => (path === `/Tasks/${sid("WT", 2)}` ? { status: 404, body: {} } : undefined));
  const lists: any[] = [];
  const params = { ReservationStatus: "accepted" };
  client.fetchReservations((_, list) => lists.push(list));
  client.fetchReservations((_, list) => lists.push(list), params);
  client.fetchReservations(params, (_, list) => lists.push(list));
  lists.push(await client.fetchReservations(params));
  await settle();
  assert.equal(lists.length, 4);
  const asked = stage.asked.filter(({ path }) => path === RESERVATIONS).map((one) => one.params);
  assert.deepEqual(asked, [{}, params, params, params]);
  const [first, second] = lists[0].data;
  assert.equal(first.task.priority, 0);
  assert.deepEqual([second.task.sid, second.task.priority], [sid("WT", 2), undefined]);
});

test("reservations have their tasks on every page, whichever way it is turned to", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage);
  const at = (number: number) => `https://tasks.example.com/v1/Workspaces/${sid("WS")}${RESERVATIONS}?Page=${number}`;
  stage.answers((asked, path) => {
    if (!path.startsWith(RESERVATIONS)) {
      return undefined;
    }
    const beside = asked.url === at(1) ? { previous_page_url: at(0) } : { next_page_url: at(1) };
    return { body: { payload: page("reservations", [reservation()], beside) } };
  });
  const first = await client.fetchReservations();
  const second = await first.next!();
  const again = await new Promise<any>((done) => second.previous!((_, list) => done(list)));
  for (const list of [first, second, again]) {
    assert.equal(list.data[0].task.attributes.tiers, 3);
  }
  assert.deepEqual([first.hasPrevious, second.hasNext, again.hasNext], [false, false, true]);
});

test("channels, activities and tasks are reached from the worker", async (t) => {
  const stage = setStage(t);
  const client = await connected(stage);
  let calls = 0;
  const back = (error: unknown) => {
    assert.equal(error, null);
    calls += 1;
  };
  client.fetchChannels(back);
  client.activities.fetch(back);
  client.updateTask(sid("WT"), { Attributes: { a: 1 } }, back);
  client.completeTask(sid("WT"), back);
  client.completeTask(sid("WT"), back, "done");
  client.fetchActivityList(back);
  client.updateActivity(sid("WA"), back);
  await settle();
  assert.equal(calls, 7);
  assert.deepEqual(
    stage.asked.map(({ method, path, params }) => [method, path, params]),
    [
      ["GET", `/Workers/${sid("WK")}/Channels`, {}],
      ["GET", "/Activities", {}],
      ["POST", `/Tasks/${sid("WT")}`, { Attributes: '{"a":1}' }],
      ["POST", `/Tasks/${sid("WT")}`, { AssignmentStatus: "completed" }],
      ["POST", `/Tasks/${sid("WT")}`, { AssignmentStatus: "completed", Reason: "done" }],
      ["GET", "/Activities", {}],
      ["POST", `/Workers/${sid("WK")}`, { ActivitySid: sid("WA") }],
    ],
  );
  assert.equal(stage.logged.filter((line) => line.includes("deprecated")).length, 2);
});

test("methods of the worker client check what they are given", async (t) => {
  const client: any = await connected(setStage(t));
  assert.throws(() => client.updateTask(sid("WT"), "x"), TypeError);
  assert.throws(() => client.updateTask(undefined, {}), TypeError);
  assert.throws(() => client.completeTask(), TypeError);
});
