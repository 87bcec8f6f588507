import { Entity } from "../entity.ts";
import { pathOf } from "../session.ts";
import { Statistics } from "../statistics.ts";

export class WorkerEntity extends Entity {
  /** @internal */
  override get path(): string {
    return pathOf("Workers", this.sid);
  }

  get statistics(): Statistics {
    return new Statistics(this.session, () => `${this.path}/Statistics`);
  }
}
