import { Entity } from "../entity.ts";
import { pathOf } from "../session.ts";

export class ActivityEntity extends Entity {
  /** @internal */
  override get path(): string {
    return pathOf("Activities", this.sid);
  }
}
