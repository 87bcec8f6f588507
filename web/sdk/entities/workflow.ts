import { pathOf } from "../session.ts";
import { Counted } from "./counted.ts";

export class WorkflowEntity extends Counted {
  /** @internal */
  override get path(): string {
    return pathOf("Workflows", this.sid);
  }
}
