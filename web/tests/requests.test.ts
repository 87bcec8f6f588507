import assert from "node:assert/strict";
import { test } from "node:test";

import { TaskRouterError, Workspace, type Options } from "../sdk/index.ts";
import { advance, setStage, settle, sid, SERVER, token, type Said, type Stage } from "./stage.ts";

async function workspace(stage: Stage, options: Options = {}): Promise<Workspace> {
  const client = new Workspace(token("WS"), options);
  await stage.open();
  stage.asked.length = 0;
  return client;
}

/** Answers a list of the workspace with each of these in turn, and the last one for ever. */
function inTurn(stage: Stage, ...said: (Said | "unreachable" | "silence")[]): void {
  stage.answers((_, path) =>
    path.startsWith("/Tasks") ? (said.length > 1 ? said.shift() : said[0]) : undefined,
  );
}

const LIST: Said = { body: { payload: { tasks: [], meta: { key: "tasks" } } } };

test("an envelope goes as text to the channel of the token, with an absolute address", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  await client.tasks.fetch({ Priority: 5 });
  const { url, init } = stage.posts.at(-1)!;
  assert.equal(url, `${SERVER}/v1/wschannels/AC${"0".repeat(32)}/${sid("WS")}`);
  assert.equal(typeof init.body, "string");
  assert.deepEqual(JSON.parse(init.body as string), {
    url: `${SERVER}/v1/Workspaces/${sid("WS")}/Tasks`,
    method: "GET",
    params: { Priority: 5 },
    token: token("WS"),
  });
});

for (const failure of ["unreachable", { status: 429 }, { status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }] as const) {
  test(`${JSON.stringify(failure)} is tried again as often as maxRetries says`, async (t) => {
    const stage = setStage(t);
    const client = await workspace(stage, { maxRetries: 2 });
    inTurn(stage, failure, failure, LIST);
    const answered = client.tasks.fetch();
    await settle();
    assert.equal(stage.asked.length, 1, "a retry waits");
    await advance(3_000);
    assert.equal((await answered).data.length, 0);
    assert.equal(stage.asked.length, 3);
  });
}

test("without maxRetries nothing is tried again, and the callback is called", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  inTurn(stage, { status: 500, body: { code: 20500, message: "out of order" } });
  const calls: unknown[][] = [];
  client.tasks.fetch((...values) => calls.push(values));
  await advance(60_000);
  assert.equal(stage.asked.length, 1);
  assert.equal(calls.length, 1);
  assert.equal((calls[0]![0] as TaskRouterError).code, 500);
});

test("what is refused is not tried again", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage, { maxRetries: 5 });
  inTurn(stage, { status: 403, body: { message: "no" } });
  await assert.rejects(client.tasks.fetch());
  assert.equal(stage.asked.length, 1);
});

test("a create is repeated only if the server says that it was not done", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage, { maxRetries: 1 });
  inTurn(stage, "unreachable", LIST);
  await assert.rejects(client.tasks.create({ Attributes: {} }));
  inTurn(stage, { status: 503 }, LIST);
  const created = client.tasks.create({ Attributes: {} });
  await settle();
  await advance(2_000);
  await created;
  assert.equal(stage.asked.length, 3);
});

test("waits grow, and are spread by chance", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage, { maxRetries: 2 });
  const asked = async (chance: number): Promise<number[]> => {
    t.mock.method(Math, "random", () => chance);
    inTurn(stage, { status: 503 });
    const at: number[] = [];
    stage.answers((_, path) => void (path === "/Tasks" && at.push(Date.now())));
    const failed = client.tasks.fetch().catch(() => undefined);
    await settle();
    for (let ms = 0; ms < 3_000; ms += 50) {
      await advance(50);
    }
    await failed;
    return at.slice(1).map((ms, place) => ms - at[place]!);
  };
  assert.deepEqual(await asked(0), [250, 500]);
  assert.deepEqual(await asked(1), [500, 1_000]);
});

test("a wait that the server asks for is kept", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage, { maxRetries: 1 });
  inTurn(stage, { status: 429, headers: { "retry-after": "7" } }, LIST);
  const answered = client.tasks.fetch();
  await advance(6_000);
  assert.equal(stage.asked.length, 1);
  await advance(2_000);
  await answered;
});

for (const status of [200, 201, 202, 204]) {
  test(`status ${status} is a success`, async (t) => {
    const stage = setStage(t);
    const client = await workspace(stage);
    inTurn(stage, status === 204 ? { status, text: "" } : { ...LIST, status });
    await client.tasks.delete(sid("WT"));
  });
}

test("an answer that is no JSON is an error", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  inTurn(stage, { text: "<html>" });
  await assert.rejects(client.tasks.fetch(), { code: 200, message: /not a JSON object/ });
});

test("an error has the server's words and numbers, and shows them", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  const body = { code: 20404, message: "there is no such task", more_info: "https://x", status: 404 };
  inTurn(stage, { status: 404, reason: "Not Found", body });
  const error = await client.tasks.fetch(sid("WT")).catch((one: unknown) => one);
  assert.ok(error instanceof TaskRouterError && error instanceof Error);
  assert.match(error.stack!, /requests\.test|transport/);
  const { name, ...shown } = JSON.parse(JSON.stringify(error));
  assert.equal(name, "TaskRouterError");
  assert.deepEqual(shown, {
    code: 404,
    status: 404,
    twilioCode: 20404,
    message: "there is no such task",
    moreInfo: "https://x",
  });
});

test("an error without a body has the reason phrase", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  inTurn(stage, { status: 404, reason: "Not Found", text: "" });
  await assert.rejects(client.tasks.fetch(), { message: "Not Found" });
});

test("the time limit is 15 s, or what the page says, and ends with an answer", async (t) => {
  const stage = setStage(t);
  for (const [options, limit] of [[{}, 15_000], [{ timeoutMs: 2_000 }, 2_000]] as const) {
    const client = await workspace(stage, options);
    inTurn(stage, "silence");
    const failures: (TaskRouterError | null)[] = [];
    client.tasks.fetch((error) => failures.push(error));
    await advance(limit - 1_000);
    assert.equal(failures.length, 0);
    await advance(1_000);
    assert.equal(failures[0]?.code, 0);
    assert.match(failures[0].message, new RegExp(`within ${limit} ms`));
  }
});

test("the caller's object stays as it is, and objects go as JSON text, in update and in create", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  const changes = { Attributes: { a: { b: 1 } }, Priority: 3, Flag: true };
  await client.tasks.update(sid("WT"), changes);
  await client.tasks.create(changes);
  const sent = { Attributes: '{"a":{"b":1}}', Priority: 3, Flag: "true" };
  assert.deepEqual(stage.asked.map((one) => one.params), [sent, sent]);
  assert.deepEqual(changes, { Attributes: { a: { b: 1 } }, Priority: 3, Flag: true });
});

test("a method calls back or gives a promise, never both", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  const results: unknown[] = [];
  assert.equal(client.tasks.fetch((error, list) => results.push(error, list)), undefined);
  await settle();
  assert.equal(results[0], null);
  assert.deepEqual((results[1] as any).data, []);
  assert.ok(client.fetch() instanceof Promise);
  const deleted: unknown[] = [];
  client.tasks.delete(sid("WT"), (...values) => deleted.push(values));
  await settle();
  assert.deepEqual(deleted, [[null, undefined]]);
});

test("arguments of a wrong type throw at once", async (t) => {
  const stage = setStage(t);
  const client = (await workspace(stage)) as any;
  for (const wrong of [
    () => client.update(),
    () => client.update(5),
    () => client.update("FriendlyName"),
    () => client.update("FriendlyName", 5),
    () => client.update({ FriendlyName: "x" }, "no function"),
    () => client.fetch("no function"),
    () => client.delete(5),
    () => client.tasks.fetch(5),
    () => client.tasks.fetch({}, 5),
    () => client.tasks.create("x"),
    () => client.tasks.create({}, 5),
    () => client.tasks.update(5, {}),
    () => client.tasks.delete(),
    () => client.statistics.fetch(5),
  ]) {
    assert.throws(wrong, TypeError);
  }
  assert.equal(stage.asked.length, 0);
});

test("what a callback throws is the page's error, and the callback is not called again", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  const caught: unknown[] = [];
  const before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => caught.push(error.message));
  let calls = 0;
  client.tasks.fetch(() => {
    calls += 1;
    throw new Error("of the page");
  });
  await settle();
  before.forEach((one) => process.on("uncaughtException", one));
  assert.deepEqual([calls, caught], [1, ["of the page"]]);
});
