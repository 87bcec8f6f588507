// A worker who comes, and changes.

import { once } from "node:events";

export async function comes(stage) {
  const worker = await stage.ready("alice");
  const { accountSid, workspaceSid, sid, name, attributes, available, version } = worker;
  stage.tell("worker", { accountSid, workspaceSid, sid, name, attributes, available, version });
  stage.tell("dates", [worker.dateCreated, worker.dateUpdated, worker.dateStatusChanged]);
  stage.tell("activity", worker.activity.name, worker.activity.isCurrent);
  stage.tell(
    "activities",
    Object.fromEntries([...worker.activities].map(([key, { sid, name, available }]) => {
      return [key, { sid, name, available }];
    })),
  );
  for (const [key, channel] of worker.channels) {
    stage.tell("channel", key === channel.sid, channel.taskChannelUniqueName, {
      capacity: channel.capacity,
      available: channel.available,
      assignedTasks: channel.assignedTasks,
      availableCapacityPercentage: channel.availableCapacityPercentage,
      workerSid: channel.workerSid,
      lastReserved: channel.lastReservedTime.getTime(),
    });
  }
  for (const [key, one] of worker.reservations) {
    const { task } = one;
    stage.tell("reservation", key === one.sid, one.status, one.timeout, one.version, {
      sid: task.sid,
      attributes: task.attributes,
      addOns: task.addOns,
      priority: task.priority,
      queueName: task.queueName,
      queueSid: task.queueSid,
      workflowName: task.workflowName,
      workflowSid: task.workflowSid,
      status: task.status,
      taskChannelUniqueName: task.taskChannelUniqueName,
      timeout: task.timeout,
      started: task.virtualStartTime.getTime() === task.dateCreated.getTime(),
    });
  }
}

export async function changes_activity(stage) {
  const worker = await stage.ready("alice");
  const named = (name) => [...worker.activities.values()].find((one) => one.name === name);
  stage.watch("alice", worker, ["activityUpdated"], (one) => one.activity.name);
  const set = await named("Available").setAsCurrent();
  stage.tell("set", set.name, worker.activity.name, worker.available, named("Offline").isCurrent);
  await stage.until("alice activityUpdated");
  const offered = stage.offer(worker, "alice");
  await stage.task();
  await offered;
  await named("Offline").setAsCurrent({ rejectPendingReservations: true });
  stage.tell("set", worker.activity.name, worker.available);
  await stage.until("alice rejected");
  await stage.until("alice activityUpdated", 2);
  await worker.fetchLatestVersion();
  stage.tell("left", worker.reservations.size);
}

export async function begins_in_an_activity(stage) {
  const { Available } = stage.given.activities;
  const worker = await stage.ready("alice", { connectActivitySid: Available });
  while (worker.activity.name !== "Available") await once(worker, "activityUpdated");
  stage.tell("activity", worker.activity.name, worker.available);
}

export async function is_changed(stage) {
  const worker = await stage.ready("alice");
  const alice = `/Workers/${worker.sid}`;
  stage.watch("alice", worker, ["attributesUpdated"], (one) => one.attributes);
  const before = Number(worker.version);
  await worker.setAttributes({ languages: ["en", "fi"], level: 2 });
  stage.tell("set", worker.attributes, Number(worker.version) - before);
  await stage.until("alice attributesUpdated");
  const channel = [...worker.channels.values()].find((one) => one.taskChannelUniqueName === "chat");
  stage.watch("chat", channel, ["capacityUpdated", "availabilityUpdated"], (one) => {
    return [one.capacity, one.available];
  });
  await stage.rest("POST", `${alice}/Channels/chat`, { Capacity: "4" });
  await stage.until("chat capacityUpdated");
  await stage.rest("POST", `${alice}/Channels/chat`, { Available: "false" });
  await stage.until("chat availabilityUpdated");
  const counted = worker.version;
  await worker.fetchLatestVersion();
  stage.tell("the version it counted is ours", counted === worker.version);
}
