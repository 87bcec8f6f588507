// Reads stories to play from standard input, one JSON object a line, and answers each with a line.

import { createInterface } from "node:readline";
import * as reservations from "./reservations.mjs";
import * as sessions from "./sessions.mjs";
import { Stage } from "./stage.mjs";
import * as tasks from "./tasks.mjs";
import * as transfers from "./transfers.mjs";
import * as worker from "./worker.mjs";
import * as workspace from "./workspace.mjs";

const STORIES = { ...reservations, ...sessions, ...tasks, ...transfers, ...worker, ...workspace };

const GUARD_MS = 30_000; // against a hang only

let fail = () => {};
// What the package throws while it handles a frame reaches nobody else.
process.on("uncaughtException", (error) => fail(error));
process.on("unhandledRejection", (error) => fail(error));

async function play({ story, given }) {
  const stage = new Stage(given);
  const failed = new Promise((_, reject) => (fail = reject));
  const guard = setTimeout(() => fail(new Error("it came to no end")), GUARD_MS);
  try {
    await Promise.race([STORIES[story](stage), failed]);
    return { told: [...stage.told] };
  } catch (error) {
    return { told: [...stage.told], failed: String(error?.stack ?? error) };
  } finally {
    clearTimeout(guard);
    stage.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await play(JSON.parse(line)))}\n`);
}
// The package's clock for each token would keep the process up until the token expires.
process.exit();
