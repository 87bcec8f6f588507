/** The browser SDK: a task queue, a worker or a workspace, followed from a page. */

import { loadedFrom } from "./addresses.ts";

export type { Callback } from "./answers.ts";
export type { Entity } from "./entity.ts";
export type { ActivityEntity } from "./entities/activity.ts";
export type { ReservationEntity } from "./entities/reservation.ts";
export type { TaskEntity } from "./entities/task.ts";
export type { TaskQueueEntity } from "./entities/taskQueue.ts";
export type { WorkerEntity } from "./entities/worker.ts";
export type { WorkerChannelEntity } from "./entities/workerChannel.ts";
export type { WorkflowEntity } from "./entities/workflow.ts";
export type { WorkspaceEntity } from "./entities/workspace.ts";
export { TaskRouterError } from "./errors.ts";
export type { FetchedList, List } from "./list.ts";
export type { Options, WorkerOptions } from "./options.ts";
export { TaskQueue } from "./taskQueueClient.ts";
export { Worker } from "./workerClient.ts";
export { Workspace } from "./workspaceClient.ts";

loadedFrom(import.meta.url);
