// Offers, and what becomes of them.

import { statuses } from "./stage.mjs";

async function offered(stage, more) {
  const worker = await stage.ready("alice");
  const coming = stage.offer(worker, "alice");
  const task = await stage.task({ product: "tea" }, more);
  const reservation = await coming;
  stage.tell("offered", reservation.task.sid === task.sid, ...statuses(reservation));
  return { worker, reservation };
}

export async function accepts_wraps_up_and_completes(stage) {
  const { worker, reservation } = await offered(stage);
  const accepted = await reservation.accept();
  // The frame has not come yet: listeners that are set from here on hear it.
  stage.tell("accept", accepted === reservation, ...statuses(reservation));
  await stage.until("alice accepted");
  const wrapping = await reservation.wrap();
  stage.tell("wrap", wrapping.status);
  await stage.until("alice wrapup");
  await stage.until("alice's task wrapup");
  const completed = await reservation.complete();
  stage.tell("complete", completed.status);
  await stage.until("alice completed");
  await stage.until("alice's task completed");
  stage.tell("left", worker.reservations.size);
  const latest = await reservation.fetchLatestVersion();
  const task = await reservation.task.fetchLatestVersion();
  stage.tell("latest", latest.status, task.status);
}

export async function rejects(stage) {
  const { worker, reservation } = await offered(stage);
  const rejected = await reservation.reject({ activitySid: stage.given.activities.Offline });
  stage.tell("reject", rejected.status);
  await stage.until("alice rejected");
  stage.tell("left", worker.reservations.size);
}

export async function lets_it_lapse(stage) {
  const { worker } = await offered(stage);
  await stage.until("alice timeout");
  stage.tell("left", worker.reservations.size);
}

export async function loses_it_to_a_cancel(stage) {
  const { worker, reservation } = await offered(stage);
  await stage.rest("POST", `/Tasks/${reservation.task.sid}`, {
    AssignmentStatus: "canceled",
    Reason: "too late",
  });
  await stage.until("alice canceled");
  stage.tell("reason", reservation.task.reason);
  stage.tell("left", worker.reservations.size);
}

export async function loses_it_to_a_delete(stage) {
  const { reservation } = await offered(stage);
  await reservation.accept();
  await stage.until("alice accepted");
  await stage.rest("DELETE", `/Tasks/${reservation.task.sid}`);
  await stage.until("alice completed");
}

export async function is_quicker_than_another(stage) {
  const [alice, bob] = [await stage.ready("alice"), await stage.ready("bob")];
  const offers = [stage.offer(alice, "alice"), stage.offer(bob, "bob")];
  await stage.task();
  const [first, second] = await Promise.all(offers);
  await first.accept();
  await stage.until("alice accepted");
  await stage.until("bob rescinded");
  stage.tell("left", alice.reservations.size, bob.reservations.size);
  await stage.refused("bob accepts", second.accept());
}

export async function is_refused(stage) {
  const { worker, reservation } = await offered(stage);
  await stage.refused("complete", reservation.complete());
  await stage.refused("call", reservation.call("alice", "not an address"));
  await stage.refused("activity", worker._updateWorkerActivity("WAnothing"));
  await stage.refused("hold", reservation.task.hold(worker.sid, true, {}));
}
