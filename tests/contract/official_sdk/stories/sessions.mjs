// Connections that end, and come back.

import { once } from "node:events";

export async function outlives_its_token(stage) {
  const worker = stage.client("short");
  stage.watch("alice", worker, ["tokenExpired", "tokenUpdated"]);
  await once(worker, "ready");
  await stage.until("alice tokenExpired");
  worker.updateToken(stage.given.tokens.alice);
  const coming = stage.offer(worker, "alice");
  await stage.task();
  const reservation = await coming;
  await reservation.accept();
  await stage.until("alice accepted");
}

export async function is_there_while_the_server_restarts(stage) {
  const worker = await stage.ready("alice");
  worker.on("error", () => {});
  const gone = once(worker, "disconnected");
  process.stdout.write('{"cue": "restart"}\n');
  await gone;
  stage.tell("gone");
  await new Promise((resolve) => worker.on("ready", resolve));
  stage.tell("back", worker.reservations.size);
  const [reservation] = worker.reservations.values();
  stage.follow("alice", reservation);
  await reservation.accept();
  await stage.until("alice accepted");
}

export async function sits_at_two_desks(stage) {
  const options = { closeExistingSessions: true };
  const first = await stage.ready("alice", options);
  stage.watch("first", first, ["disconnected", "ready"]);
  const second = await stage.ready("alice", options);
  stage.watch("second", second, ["disconnected", "ready"]);
  await stage.until("first disconnected");
  await stage.until("first ready");
  await stage.quiet();
  for (const [who, worker] of [["first", first], ["second", second]]) {
    stage.watch(who, worker, ["attributesUpdated"], (one) => one.attributes);
  }
  await first.setAttributes({ desks: 2 });
  await stage.until("first attributesUpdated");
  await stage.until("second attributesUpdated");
}

export async function goes_offline_with_its_last_session(stage) {
  const worker = await stage.ready("alice", { setWorkerOfflineIfDisconnected: true });
  stage.tell("there", worker.activity.name);
  worker.disconnect();
  let activity;
  do {
    activity = (await stage.rest("GET", `/Workers/${worker.sid}`)).activity_name;
  } while (activity !== "Offline");
  stage.tell("gone", activity);
}

export async function checks_versions(stage) {
  const worker = await stage.ready("alice", { enableVersionCheck: true });
  stage.watch("alice", worker, ["attributesUpdated"]);
  await worker.setAttributes({ level: 1 });
  await worker.setAttributes({ level: 2 });
  stage.tell("current", worker.attributes);
  // A frame that is still under way would bring the version up to date.
  await stage.until("alice attributesUpdated", 2);
  worker.version = String(Number(worker.version) - 1);
  await stage.refused("stale worker", worker.setAttributes({ level: 3 }));
  await worker.fetchLatestVersion();
  stage.tell("unchanged", worker.attributes);
  const coming = stage.offer(worker, "alice");
  await stage.task();
  const reservation = await coming;
  reservation.version = "7";
  await stage.refused("stale reservation", reservation.accept());
  await reservation.fetchLatestVersion();
  await reservation.accept();
  await stage.until("alice accepted");
  // The frame brought both up to date.
  await reservation.task.setAttributes({ sugar: 1 });
  await stage.until("alice's task updated");
  reservation.task.version = "0";
  await stage.refused("stale task", reservation.task.setAttributes({ sugar: 2 }));
  await worker.setAttributes({ level: 4 });
  stage.tell("in step", worker.attributes);
}
