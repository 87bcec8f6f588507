// Tasks that Alice hands on.

import { statuses } from "./stage.mjs";

// Alice holds a task, and Bob is free.
async function pair(stage) {
  const alice = await stage.ready("alice");
  const bob = await stage.ready("bob");
  const coming = stage.offer(alice, "alice");
  await stage.task();
  const held = await coming;
  await held.accept();
  await stage.until("alice accepted");
  const { Available } = stage.given.activities;
  await bob.activities.get(Available).setAsCurrent();
  return { alice, bob, held };
}

function outgoing(transfer) {
  const { mode, status, to, type } = transfer;
  return { mode, status, to, type };
}

// Alice hands her task on; Bob is offered it.
async function hand(stage, { bob, held }, to, options) {
  const coming = stage.offer(bob, "bob");
  const task = await held.task.transfer(to, options);
  stage.tell("transfer", task === held.task, outgoing(task.transfers.outgoing));
  await stage.until("alice's task transferInitiated");
  const offer = await coming;
  const { incoming } = offer.task.transfers;
  stage.tell("incoming", offer.task.status, outgoing(incoming), incoming.workerSid);
  const events = ["attemptFailed", "canceled", "completed", "failed"];
  stage.watch("transfer", task.transfers.outgoing, events, (one) => one.status);
  return offer;
}

export async function hands_on(stage) {
  const cast = await pair(stage);
  const { to, options } = stage.given;
  const offer = await hand(stage, cast, to, options);
  await offer.accept();
  stage.tell("accept", ...statuses(offer));
  await stage.until("bob accepted");
  await stage.until("transfer completed");
  const latest = await offer.fetchLatestVersion();
  stage.tell("latest", ...statuses(latest));
  await stage.refused("cancel", cast.held.task.transfers.outgoing.cancel());
  await offer.complete();
  await stage.until("bob completed");
  if (stage.given.options.mode === "COLD") await stage.until("alice completed");
  await stage.quiet();
}

export async function hands_on_in_vain(stage) {
  const cast = await pair(stage);
  const offer = await hand(stage, cast, stage.given.to, stage.given.options);
  await offer.reject();
  stage.tell("reject", offer.status);
  await stage.until("transfer failed");
  await stage.until("bob rejected");
  await stage.until("alice's task updated");
  const { transferFailedReason } = cast.held.task.transfers.outgoing;
  stage.tell("failed", Boolean(transferFailedReason), ...statuses(cast.held));
}

export async function tries_a_queue_in_vain(stage) {
  const cast = await pair(stage);
  const offer = await hand(stage, cast, stage.given.queue);
  await offer.reject({ activitySid: stage.given.activities.Offline });
  await stage.until("transfer attemptFailed");
  await stage.until("bob rejected");
  stage.tell("still", cast.held.task.transfers.outgoing.status);
}

export async function thinks_better_of_it(stage) {
  const cast = await pair(stage);
  await hand(stage, cast, cast.bob.sid);
  const transfer = cast.held.task.transfers.outgoing;
  const canceled = await transfer.cancel();
  stage.tell("cancel", canceled === transfer, canceled.status);
  await stage.until("transfer canceled");
  await stage.until("bob canceled");
  stage.tell("sid", transfer.sid);
  await stage.refused("again", transfer.cancel());
  stage.tell("left", cast.bob.reservations.size);
}

export async function comes_back_to_transfers(stage) {
  const cast = await pair(stage);
  await hand(stage, cast, cast.bob.sid);
  const alice = await stage.ready("alice");
  const bob = await stage.ready("bob");
  const [held] = alice.reservations.values();
  const [offer] = bob.reservations.values();
  stage.tell("out", outgoing(held.task.transfers.outgoing), held.task.transfers.incoming);
  stage.tell("in", outgoing(offer.task.transfers.incoming), offer.task.transfers.outgoing);
}
