/** The resources as they are on the wire, as far as the console looks at them. */

export interface Activity {
  readonly sid: string;
  readonly friendly_name: string;
  readonly available: boolean;
}

export interface Workspace {
  readonly friendly_name: string;
  readonly default_activity_sid: string;
  readonly timeout_activity_sid: string;
  readonly prioritize_queue_order: string;
  readonly multi_task_enabled: boolean;
}

export interface TaskChannel {
  readonly sid: string;
  readonly friendly_name: string;
  readonly unique_name: string;
  readonly channel_optimized_routing: boolean;
}

export interface Worker {
  readonly sid: string;
  readonly friendly_name: string;
  readonly activity_sid: string;
  readonly activity_name: string;
  readonly available: boolean;
  readonly attributes: string;
  readonly date_status_changed: string;
}

export interface WorkerChannel {
  readonly sid: string;
  readonly task_channel_unique_name: string;
  readonly assigned_tasks: number;
  readonly available: boolean;
  readonly configured_capacity: number;
  readonly available_capacity_percentage: number;
}

export interface TaskQueue {
  readonly sid: string;
  readonly friendly_name: string;
  readonly target_workers: string;
  readonly max_reserved_workers: number;
  readonly task_order: "FIFO" | "LIFO";
}

export interface Workflow {
  readonly sid: string;
  readonly friendly_name: string;
  readonly configuration: string;
  readonly task_reservation_timeout: number;
}

export interface Task {
  readonly sid: string;
  readonly age: number;
  readonly assignment_status: string;
  readonly attributes: string;
  readonly date_created: string;
  readonly priority: number;
  readonly reason: string | null;
  readonly task_channel_unique_name: string | null;
  readonly task_queue_sid: string | null;
  readonly task_queue_friendly_name: string | null;
  readonly timeout: number;
  readonly workflow_sid: string | null;
  readonly workflow_friendly_name: string | null;
}

export interface Reservation {
  readonly sid: string;
  readonly task_sid: string;
  readonly worker_sid: string;
  readonly worker_name: string;
  readonly reservation_status: string;
  readonly date_created: string;
  readonly date_updated: string;
}

export interface QueueStatistics {
  readonly task_queue_sid: string;
  readonly realtime: {
    readonly tasks_by_status: Readonly<Record<string, number>>;
    readonly longest_task_waiting_age: number;
    readonly longest_task_waiting_sid: string | null;
    readonly total_available_workers: number;
    readonly total_eligible_workers: number;
  };
  readonly cumulative: CumulativeStatistics;
}

/** Of a task queue or a workflow, in a window of time. */
export interface CumulativeStatistics {
  readonly end_time: string;
  readonly tasks_entered: number;
  readonly reservations_accepted: number;
  readonly tasks_completed: number;
  readonly tasks_canceled: number;
  readonly avg_task_acceptance_time: number;
  readonly taskyard: {
    readonly service_level: Readonly<
      Record<string, { readonly of_accepted: number | null; readonly of_all: number | null }>
    >;
    readonly wait_until_accepted: {
      readonly p50: number | null;
      readonly p90: number | null;
      readonly p99: number | null;
    };
  };
}

/** Of one worker, in a window of time. */
export interface WorkerStatistics {
  readonly cumulative: {
    readonly reservations_accepted: number;
    readonly taskyard: { readonly occupancy: number | null };
  };
}
