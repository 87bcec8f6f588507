import { Client } from "./client.ts";
import type { TaskQueueEntity } from "./entities/taskQueue.ts";
import { optionsOf, type Options } from "./options.ts";
import type { Statistics } from "./statistics.ts";

const ARGUMENTS = ["debug", "region", "maxRetries", "apiBaseUrl", "eventBridgeBaseUrl"] as const;

/** A task queue, watched with the token of that queue. */
export class TaskQueue extends Client<TaskQueueEntity> {
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
    super(token, optionsOf<Options>(ARGUMENTS, values), ({ claims }) => claims.taskqueue_sid);
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
