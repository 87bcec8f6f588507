// What a worker does to tasks.

export async function completes_its_task(stage) {
  const worker = await stage.ready("alice");
  const coming = stage.offer(worker, "alice");
  await stage.task();
  const reservation = await coming;
  await reservation.accept();
  await stage.until("alice accepted");
  const { task } = reservation;
  const before = Number(task.version);
  await task.setAttributes({ sugar: 2 });
  stage.tell("attributes", task.attributes, Number(task.version) - before);
  await stage.until("alice's task updated");
  const started = new Date("2026-01-05T09:15:00.750Z");
  await task.setVirtualStartTime(started);
  stage.tell("started", task.virtualStartTime);
  await stage.refused("future", task.setVirtualStartTime(new Date(Date.now() + 3_600_000)));
  await task.wrapUp({ reason: "notes" });
  stage.tell("wrapUp", task.status, task.reason);
  await stage.until("alice wrapup");
  const completed = await task.complete("served");
  stage.tell("complete", completed.status, completed.reason);
  await stage.until("alice's task completed");
  await stage.until("alice completed");
  stage.tell("left", worker.reservations.size);
}

export async function makes_tasks(stage) {
  const { workflow, queue, channel } = stage.given;
  const worker = await stage.ready("alice");
  const make = async (what, options) => {
    const sid = await worker.createTask("+15550001", "+15550002", workflow, queue, options);
    const made = await stage.rest("GET", `/Tasks/${sid}`);
    stage.tell(what, JSON.parse(made.attributes), made.task_channel_unique_name);
    return made;
  };
  const made = await make("plain");
  stage.tell("routed", made.routing_target === worker.sid, made.workflow_sid, made.task_queue_sid);
  await make("by name", { taskChannelUniqueName: "chat", attributes: { product: "tea" } });
  await make("by sid", { taskChannelSid: channel });
  const late = await make("late", { virtualStartTime: new Date("2026-01-05T09:15:00.750Z") });
  stage.tell("started", late.virtual_start_time);
  const refuse = (what, ...places) =>
    stage.refused(what, worker.createTask("+15550001", "+15550002", ...places));
  await refuse("workflow", "nonsense", queue);
  await refuse("queue", workflow, "nonsense");
  const virtualStartTime = new Date(Date.now() + 3_600_000);
  await refuse("future", workflow, queue, { virtualStartTime });
}

export async function is_meant_and_declines(stage) {
  const { workflow, queue } = stage.given;
  const worker = await stage.ready("alice");
  const coming = stage.offer(worker, "alice");
  await worker.createTask("+15550001", "+15550002", workflow, queue);
  const reservation = await coming;
  stage.tell("meant", reservation.task.routingTarget === worker.sid);
  await reservation.reject();
  await stage.until("alice rejected");
  await stage.refused("read", reservation.task.fetchLatestVersion());
}

export async function is_meant_and_never_there(stage) {
  const worker = await stage.ready("alice");
  worker.on("reservationFailed", (task) => {
    stage.tell("failed", task.routing_target === worker.sid, JSON.parse(task.attributes));
  });
  await stage.task(
    { product: "tea" },
    { RoutingTarget: worker.sid, IgnoreCapacity: "false", Timeout: "1" },
  );
  await stage.until("failed");
}
