import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { claimsOf } from "../sdk/claims.ts";
import { TaskQueue, Worker, Workspace } from "../sdk/index.ts";
import { advance, NOW_MS, page, reservation, setStage, settle, sid, token, tokenOf } from "./stage.ts";

const NOW_S = NOW_MS / 1_000;

test("a token is required, and has to name account, channel and workspace", (t) => {
  setStage(t);
  assert.throws(() => new (Worker as any)(), /token is required/);
  for (const missing of ["account_sid", "channel", "workspace_sid"]) {
    assert.throws(() => new Worker(token("WK", { [missing]: undefined })), new RegExp(missing));
  }
  assert.throws(() => new Worker("no token"), /cannot be read/);
});

test("a token of another kind of channel is refused with its name", (t) => {
  setStage(t);
  assert.throws(() => new Worker(token("WQ")), new RegExp(sid("WQ")));
  assert.throws(() => new TaskQueue(token("WK")), new RegExp(sid("WK")));
});

test("claims are read as UTF-8", () => {
  const claims = claimsOf(tokenOf({ account_sid: "AC1", channel: "Zoë ☎", workspace_sid: "WS1" }));
  assert.equal(claims.channel, "Zoë ☎");
});

test("token.expired comes 5 s before exp, once", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS", { exp: NOW_S + 600 }));
  let expired = 0;
  client.on("token.expired", () => (expired += 1));
  await stage.open();
  await advance(594_000);
  assert.equal(expired, 0);
  await advance(1_000);
  assert.equal(expired, 1);
  await advance(100_000);
  assert.equal(expired, 1);
});

test("a token for forty days, and one without exp, do not expire at once", async (t) => {
  const stage = setStage(t);
  let expired = 0;
  const waits: number[] = [];
  const wait = globalThis.setTimeout;
  t.mock.method(globalThis, "setTimeout", (call: () => void, ms: number) => {
    waits.push(ms);
    return wait(call, ms);
  });
  for (const exp of [NOW_S + 40 * 86_400, undefined]) {
    new Workspace(token("WS", { exp })).on("token.expired", () => (expired += 1));
    await stage.open();
  }
  mock.timers.tick(86_400_000);
  await settle();
  assert.equal(expired, 0);
  assert.ok(waits.length > 0 && Math.max(...waits) < 2 ** 31, "a browser's timer holds no more");
});

test("updateToken restarts the timer, gives nothing back, and leaves the socket open", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS", { exp: NOW_S + 60 }));
  let expired = 0;
  client.on("token.expired", () => (expired += 1));
  await stage.open();
  assert.equal(client.updateToken(token("WS", { exp: NOW_S + 120 })), undefined);
  await settle();
  assert.deepEqual([stage.sockets.length, stage.socket.closed], [1, false]);
  await advance(100_000);
  assert.equal(expired, 0);
  await advance(15_000);
  assert.equal(expired, 1);
});

test("a new token reaches everything that was handed out before", async (t) => {
  const stage = setStage(t);
  stage.answers((_, path) => {
    if (path === `/Workers/${sid("WK")}/Reservations`) {
      const next_page_url = `https://elsewhere/v1/Workspaces/${sid("WS")}${path}?Page=1`;
      return { body: { payload: page("reservations", [reservation()], { next_page_url }) } };
    }
    return undefined;
  });
  const client = new Worker(token("WK"));
  let announced: any;
  client.on("reservation.created", (one) => (announced = one));
  await stage.open();
  const workspace: any = announced.workspace;
  const list = await client.fetchReservations();
  const fresh = token("WK", { exp: NOW_S + 7_200, jti: "new" });
  client.updateToken(fresh);
  stage.asked.length = 0;
  await announced.accept();
  await announced.task.complete();
  await list.data[0].task.fetch();
  await list.data[0].worker.fetch();
  await list.next!();
  await client.statistics.fetch();
  await client.activities.fetch();
  await client.fetch();
  for (const name of ["statistics", "realtimeStats", "cumulativeStats"]) {
    await workspace[name].fetch();
    await workspace.taskqueues[name].fetch();
    await workspace.workers[name].fetch();
    await announced.task.workflow[name].fetch();
    await announced.task.queue[name].fetch();
  }
  assert.ok(stage.asked.length > 20);
  assert.deepEqual([...new Set(stage.asked.map((one) => one.token))], [fresh]);
});

test("any entity, list or statistics renews the token of the whole client", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS"));
  await stage.open();
  const entity = await client.tasks.fetch(sid("WT"));
  let number = 0;
  for (const one of [entity, client.tasks, client.statistics, client]) {
    const fresh = token("WS", { jti: number++ });
    one.updateToken(fresh);
    await client.realtimeStats.fetch();
    assert.equal(stage.asked.at(-1)!.token, fresh);
  }
});

test("a token that cannot be read is refused, and the old one stays", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS"));
  await stage.open();
  assert.throws(() => client.updateToken("none"), /JSON Web Token/);
  await client.fetch();
  assert.equal(stage.asked.at(-1)!.token, token("WS"));
});

test("a token of another channel is shown to the server, at the client's own channel", async (t) => {
  const stage = setStage(t);
  const client = new Worker(token("WK"));
  await stage.open();
  const other = token("WS");
  client.updateToken(other);
  await client.fetch();
  assert.deepEqual([stage.asked.at(-1)!.token, stage.asked.at(-1)!.path], [other, `/Workers/${sid("WK")}`]);
  assert.ok(stage.posts.at(-1)!.url.endsWith(`/${sid("WK")}`));
});

test("a token that an entity is given opens a lost connection again too", async (t) => {
  const stage = setStage(t);
  const client = new Workspace(token("WS", { exp: NOW_S + 60 }));
  await stage.open();
  const task = await client.tasks.fetch(sid("WT"));
  await advance(60_000);
  await stage.lose();
  await advance(60_000);
  assert.equal(stage.sockets.length, 1);
  task.updateToken(token("WS"));
  await settle();
  assert.equal(stage.sockets.length, 2);
});

test("no token is ever written to the console, not even with debug on", async (t) => {
  const stage = setStage(t);
  const client = new Worker(token("WK", { exp: NOW_S + 60 }), true, sid("WA", 1), sid("WA", 2));
  await stage.open();
  stage.socket.say("activity.update", { sid: sid("WK") });
  await stage.lose();
  await advance(2_000);
  client.updateToken(token("WK"));
  client.disconnect();
  const text = stage.logged.join("\n");
  assert.ok(text.includes("activity.update"), "but frames are, with what is in them");
  assert.ok(text.includes(sid("WK")));
  assert.ok(!text.includes(token("WK").split(".")[1]!.slice(0, 20)));
});

test("without debug nothing is logged", async (t) => {
  const stage = setStage(t);
  for (const debug of [undefined, false, "false"]) {
    new Workspace(token("WS"), debug);
    await stage.open();
    stage.socket.say("worker.activity.update", { sid: sid("WK") });
    await stage.lose();
  }
  assert.deepEqual(stage.logged, []);
});
