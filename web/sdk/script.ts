/** The classic script: gives its component to a loader if there is one, and to the page otherwise. */

import { loadedFrom } from "./addresses.ts";
import { TaskQueue } from "./taskQueueClient.ts";
import { Worker } from "./workerClient.ts";
import { Workspace } from "./workspaceClient.ts";

// Only known while the script runs for the first time.
const script = globalThis.document?.currentScript;
loadedFrom(script && "src" in script ? script.src : undefined);

const component = { TaskQueue, Worker, Workspace };
const page = globalThis as any;
if (typeof page.define === "function" && page.define.amd) {
  page.define([], () => component);
} else {
  page.Twilio ??= function Twilio() {};
  page.Twilio.TaskRouter = component;
  page.Taskyard = component;
}
