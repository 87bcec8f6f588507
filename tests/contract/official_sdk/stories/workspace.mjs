// Those who see more than one worker.

import { Supervisor } from "./stage.mjs";

export async function looks_around(stage) {
  const workspace = stage.workspace("admin", { pageSize: 2 });
  const names = (map) => [...map.values()].map((one) => one.friendlyName ?? one.name);
  const sids = (map) => [...map].every(([sid, one]) => sid === one.sid);
  const everybody = await workspace.fetchWorkersInfo();
  stage.tell("workers", names(everybody), sids(everybody));
  const workers = async (what, params) =>
    stage.tell(what, names(await workspace.fetchWorkersInfo(params)));
  await workers("latest first", { Ordering: "DateStatusChanged:desc" });
  await workers("earliest first", { Ordering: "DateStatusChanged:asc" });
  await workers("at most", { MaxWorkers: 3 });
  await workers("named", { FriendlyName: "w3" });
  await workers("available", { ActivityName: "Available" });
  await workers("skilled", { TargetWorkersExpression: "n > 2" });
  const { w0 } = stage.given.workers;
  stage.tell("after", names(await workspace.fetchWorkers({ AfterSid: w0 })));
  const one = await workspace.fetchWorkerInfo(w0);
  stage.tell("worker", one.friendlyName, one.attributes, one.activityName);
  const queues = async (what, params) =>
    stage.tell(what, names(await workspace.fetchTaskQueues(params)));
  await queues("queues");
  await queues("last first", { Ordering: "DateUpdated:desc" });
  await queues("of a worker", { WorkerSid: w0 });
  const queue = await workspace.fetchTaskQueue(stage.given.queue);
  stage.tell("queue", queue.name, queue.targetWorkers, queue.maxReservedWorkers, queue.taskOrder);
  const made = await stage.task({ product: "tea" });
  const task = await workspace.fetchTask(made.sid);
  stage.tell("task", task.sid === made.sid, task.attributes, task.queueName);
  await stage.refused("nobody", workspace.fetchWorkerInfo(`WK${"0".repeat(32)}`));
  await stage.refused("after nobody", workspace.fetchWorkers({ AfterSid: "nonsense" }));
}

export async function supervises(stage) {
  const supervisor = await stage.ready("sam", {}, Supervisor);
  const bob = await stage.ready("bob");
  stage.watch("bob", bob, ["activityUpdated", "attributesUpdated"], (one) => {
    return [one.activity.name, one.attributes];
  });
  const { Available } = stage.given.activities;
  await supervisor.setWorkerAttributes(bob.sid, { level: 5 });
  await stage.until("bob attributesUpdated");
  await supervisor.setWorkerActivity(bob.sid, Available);
  await stage.until("bob activityUpdated");
  const coming = stage.offer(bob, "bob");
  await stage.task();
  const reservation = await coming;
  await reservation.accept();
  await stage.until("bob accepted");
  await supervisor.monitor(reservation.task.sid, reservation.sid);
  stage.tell("monitors");
  await stage.refused("nobody", supervisor.monitor(reservation.task.sid, `WR${"0".repeat(32)}`));
  const upstart = await stage.ready("bob", {}, Supervisor);
  await stage.refused("a worker", upstart.setWorkerAttributes(supervisor.sid, { level: 0 }));
}
