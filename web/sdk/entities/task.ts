import { answer, type Callback } from "../answers.ts";
import { Entity } from "../entity.ts";
import { given } from "../overloads.ts";
import { pathOf } from "../session.ts";

export class TaskEntity extends Entity {
  /** @internal */
  override get path(): string {
    return pathOf("Tasks", this.sid);
  }

  /** Say that the work is done; `(callback, reason)` in either order, each of them optional. */
  complete(reason?: string): Promise<this>;
  complete(callback: Callback<this>, reason?: string): void;
  complete(reason: string, callback: Callback<this>): void;
  complete(...all: unknown[]): Promise<this> | void {
    const { values, callback } = given(all);
    const reason = values.find((value) => value != null);
    const params = { AssignmentStatus: "completed", Reason: reason };
    return answer(this.refreshed(this.session.ask("POST", this.path, params)), callback);
  }
}
