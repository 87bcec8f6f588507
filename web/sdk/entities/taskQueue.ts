import { pathOf } from "../session.ts";
import { Counted } from "./counted.ts";

export class TaskQueueEntity extends Counted {
  /** @internal */
  override get path(): string {
    return pathOf("TaskQueues", this.sid);
  }
}
