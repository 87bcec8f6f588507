/** The tasks of the workspace, by status. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { TaskList } from "../parts/taskList.tsx";

const STATUSES = ["pending", "reserved", "assigned", "wrapping", "completed", "canceled"];

export function Tasks({ centre }: { readonly centre: Centre }): JSX.Element {
  const [status, setStatus] = useState("pending,reserved,assigned,wrapping");
  const chips = [["open", STATUSES.slice(0, 4).join()], ...STATUSES.map((one) => [one, one])] as const;
  return (
    <div class="page">
      <h1>Tasks</h1>
      <div class="chips" role="group" aria-label="Status">
        {chips.map(([name, value]) => (
          <button type="button" aria-pressed={status === value} onClick={() => setStatus(value ?? "")}>
            {name}
          </button>
        ))}
      </div>
      <TaskList
        centre={centre}
        title="The oldest first"
        by={{ AssignmentStatus: status, Ordering: "DateCreated:asc" }}
        empty="There is no such task now."
      />
    </div>
  );
}
