import { Client } from "./client.ts";
import type { WorkspaceEntity } from "./entities/workspace.ts";
import type { List, TaskQueueList, WorkerList } from "./list.ts";
import { optionsOf, type Options } from "./options.ts";
import type { Statistics } from "./statistics.ts";

const ARGUMENTS = ["debug", "region", "maxRetries", "apiBaseUrl", "eventBridgeBaseUrl"] as const;

/** A workspace and all that is in it, as far as the token allows. */
export class Workspace extends Client<WorkspaceEntity> {
  constructor(token: string, options?: Options);
  constructor(
    token: string,
    debug?: boolean | string | null,
    region?: string | null,
    maxRetries?: number | null,
    apiBaseUrl?: string | null,
    eventBridgeBaseUrl?: string | null,
  );
  constructor(token: string, ...values: unknown[]) {
    super(token, optionsOf<Options>(ARGUMENTS, values), ({ claims }) => claims.workspace_sid);
  }

  get activities(): List {
    return this.resource.activities;
  }

  get workflows(): List {
    return this.resource.workflows;
  }

  get taskqueues(): TaskQueueList {
    return this.resource.taskqueues;
  }

  get workers(): WorkerList {
    return this.resource.workers;
  }

  get tasks(): List {
    return this.resource.tasks;
  }

  get statistics(): Statistics {
    return this.resource.statistics;
  }

  get realtimeStats(): Statistics {
    return this.resource.realtimeStats;
  }

  get cumulativeStats(): Statistics {
    return this.resource.cumulativeStats;
  }
}
