import { Entity } from "../entity.ts";
import { pathOf } from "../session.ts";

export class WorkerChannelEntity extends Entity {
  /** @internal */
  override get path(): string {
    return pathOf("Workers", this.workerSid, "Channels", this.sid);
  }
}
