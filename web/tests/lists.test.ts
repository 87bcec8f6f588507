import assert from "node:assert/strict";
import { test } from "node:test";

import { TaskQueue, Worker, Workspace } from "../sdk/index.ts";
import { page, setStage, settle, sid, task, token, type Stage } from "./stage.ts";

async function workspace(stage: Stage): Promise<Workspace> {
  const client = new Workspace(token("WS"));
  await stage.open();
  stage.asked.length = 0;
  return client;
}

for (const [name, path] of [
  ["activities", "/Activities"],
  ["workflows", "/Workflows"],
  ["taskqueues", "/TaskQueues"],
  ["workers", "/Workers"],
  ["tasks", "/Tasks"],
] as const) {
  test(`workspace.${name} fetches, creates, updates and deletes at ${path}`, async (t) => {
    const stage = setStage(t);
    const list = (await workspace(stage))[name];
    const one = sid("WA");
    let calls = 0;
    const back = (error: unknown) => {
      assert.equal(error, null);
      calls += 1;
    };
    list.fetch(back);
    list.fetch({ FriendlyName: "x" }, back);
    list.fetch(one, back);
    list.create({ FriendlyName: "x" }, back);
    list.update(one, "FriendlyName", "x", back);
    list.update(one, { FriendlyName: "x" }, back);
    list.delete(one, back);
    await settle();
    assert.equal(calls, 7);
    assert.deepEqual(stage.pathsSince(0), [
      `GET ${path}`,
      `GET ${path}`,
      `GET ${path}/${one}`,
      `POST ${path}`,
      `POST ${path}/${one}`,
      `POST ${path}/${one}`,
      `DELETE ${path}/${one}`,
    ]);
  });
}

test("a fetched list has its items, its page, and the pages beside it", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  const next_page_url = `https://elsewhere/v1/Workspaces/${sid("WS")}/Tasks?Page=1&PageToken=a%20b`;
  stage.answers((asked, path) => {
    if (asked.url === next_page_url) {
      return { body: { payload: page("tasks", [task(2)], { page: 1, previous_page_url: "https://first" }) } };
    }
    return path === "/Tasks"
      ? { body: { payload: page("tasks", [task()], { next_page_url }) } }
      : undefined;
  });
  const first = await client.tasks.fetch();
  assert.deepEqual([first.data[0].sid, first.page, first.pageSize], [sid("WT"), 0, 50]);
  assert.deepEqual([first.hasNext, first.hasPrevious, first.previous], [true, false, undefined]);
  const second: any = await first.next!();
  assert.equal(stage.asked.at(-1)!.url, next_page_url, "verbatim");
  assert.deepEqual([second.data[0].sid, second.hasNext, second.hasPrevious], [sid("WT", 2), false, true]);
  let back: any;
  first.next!((_, list) => (back = list));
  await settle();
  assert.equal(back.page, 1);
  await second.fetch(sid("WT"));
  assert.equal(stage.asked.at(-1)!.path, `/Tasks/${sid("WT")}`, "a page is a list like any other");
});

test("a list is not what one of its items is updated to", async (t) => {
  const stage = setStage(t);
  const { tasks } = await workspace(stage);
  const updated = await tasks.update(sid("WT"), "Priority", "1");
  assert.equal(updated.sid, sid("WT"));
  assert.deepEqual(Object.keys(tasks), []);
});

test("values of an address are escaped", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  await client.tasks.fetch("WT1/../x?y");
  assert.equal(stage.asked[0]!.path, "/Tasks/WT1%2F..%2Fx%3Fy");
});

const STATS = { total_tasks: 3, tasks_by_status: { reserved: 1 }, activity_statistics: [{ friendly_name: "x" }] };

for (const [name, tail] of [
  ["statistics", "Statistics"],
  ["realtimeStats", "RealTimeStatistics"],
  ["cumulativeStats", "CumulativeStatistics"],
] as const) {
  test(`${name} of client, entity and collection are in camel case, asked for with texts`, async (t) => {
    const stage = setStage(t);
    const client = await workspace(stage);
    const queues = new TaskQueue(token("WQ"));
    await stage.open();
    const flow = await client.workflows.fetch(sid("WW")).catch(() => undefined);
    stage.answers((_, path) =>
      path.endsWith(tail) ? { body: { payload: { ...STATS, url: "https://x", start_time: null } } } : undefined,
    );
    stage.asked.length = 0;
    const params = { Minutes: 30, SplitByWaitTime: "5,10" };
    for (const source of [client, queues, client.workers]) {
      let result: any;
      (source as any)[name].fetch(params, (_: unknown, one: any) => (result = one));
      await settle();
      assert.deepEqual(result, {
        totalTasks: 3,
        tasksByStatus: { reserved: 1 },
        activityStatistics: [{ friendlyName: "x" }],
        startTime: null,
      });
    }
    assert.ok(flow);
    assert.deepEqual(stage.pathsSince(0), [
      `GET /${tail}`,
      `GET /TaskQueues/${sid("WQ")}/${tail}`,
      `GET /Workers/${tail}`,
    ]);
    assert.deepEqual(stage.asked[0]!.params, { Minutes: "30", SplitByWaitTime: "5,10" });
    (client as any)[name].fetch(() => undefined);
    assert.equal(stage.asked.at(-1)!.params, undefined);
  });
}

test("a worker has statistics, and only those", async (t) => {
  const stage = setStage(t);
  const client: any = new Worker(token("WK"));
  await stage.open();
  await client.statistics.fetch({ Minutes: 5 });
  assert.equal(stage.asked.at(-1)!.path, `/Workers/${sid("WK")}/Statistics`);
  assert.deepEqual([client.realtimeStats, client.cumulativeStats], [undefined, undefined]);
});

function ofQueues(stage: Stage): void {
  const next_page_url = "https://next";
  const entry = (number: number) => ({
    task_queue_sid: sid("WQ", number),
    url: "https://x",
    realtime: { tasks_by_status: { pending: number } },
    cumulative: { tasks_entered: 10 * number },
  });
  const key = "task_queues_statistics";
  stage.answers((asked, path) => {
    if (asked.url === next_page_url) {
      return { body: { payload: page(key, [entry(3)]) } };
    }
    return path.endsWith("TaskQueues/Statistics")
      ? { body: { payload: page(key, [entry(1), entry(2)], { next_page_url }) } }
      : undefined;
  });
}

test("statistics of all task queues have index keys, an array, and pages", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  ofQueues(stage);
  const result = await client.taskqueues.statistics.fetch();
  assert.deepEqual(Object.keys(result), ["0", "1"]);
  assert.equal(result[1].taskQueueSid, sid("WQ", 2));
  assert.equal(result[1].cumulative.tasksEntered, 20);
  assert.equal(result.data[0].realtime.tasksByStatus.pending, 1);
  assert.equal(result.hasNext, true);
  const next = await result.next();
  assert.deepEqual([next[0].taskQueueSid, next.hasNext, next.next], [sid("WQ", 3), false, undefined]);
});

test("the real-time and cumulative halves of all task queues come from an address that there is", async (t) => {
  const stage = setStage(t);
  const client = await workspace(stage);
  ofQueues(stage);
  const now = await client.taskqueues.realtimeStats.fetch();
  assert.deepEqual(now[1], { taskQueueSid: sid("WQ", 2), tasksByStatus: { pending: 2 } });
  const past = await client.taskqueues.cumulativeStats.fetch({ Minutes: 5 });
  assert.deepEqual(past.data[0], { taskQueueSid: sid("WQ"), tasksEntered: 10 });
  assert.deepEqual([...new Set(stage.pathsSince(0))], ["GET /TaskQueues/Statistics"]);
});
