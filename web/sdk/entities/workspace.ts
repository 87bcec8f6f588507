import { List, TaskQueueList, WorkerList } from "../list.ts";
import { Counted } from "./counted.ts";

export class WorkspaceEntity extends Counted {
  /** @internal */
  override get path(): string {
    return "";
  }

  get activities(): List {
    return new List(this.session, () => "/Activities");
  }

  get workflows(): List {
    return new List(this.session, () => "/Workflows");
  }

  get taskqueues(): TaskQueueList {
    return new TaskQueueList(this.session, () => "/TaskQueues");
  }

  get workers(): WorkerList {
    return new WorkerList(this.session, () => "/Workers");
  }

  get tasks(): List {
    return new List(this.session, () => "/Tasks");
  }
}
