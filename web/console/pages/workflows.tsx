/** The workflows of the workspace. */

import type { JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import { documentOf } from "../live/routing.ts";
import { linkTo } from "../route.ts";

export function Workflows({ centre, mayChange }: {
  readonly centre: Centre;
  readonly mayChange: boolean;
}): JSX.Element {
  return (
    <div class="page">
      <div class="panel-head">
        <h1>Workflows</h1>
        {mayChange && <a class="button" href={linkTo("workflows", "new")}>New workflow</a>}
      </div>
      <section class="panel" aria-label="Workflows">
        {centre.workflows.length === 0 && <p class="empty">There is no workflow yet: without one, tasks cannot be routed.</p>}
        <ul class="tasks">
          {centre.workflows.map((one) => (
            <li key={one.sid}>
              <a href={linkTo("workflows", one.sid)}>
                <span class="strong">{one.friendly_name}</span>
                <span class="attributes-line faint wide">{filtersOf(one.configuration)}</span>
              </a>
              <span class="faint">offers last {one.task_reservation_timeout} s</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

/** The names of its filters, in their order. */
function filtersOf(configuration: string): string {
  try {
    const filters = documentOf(configuration).task_routing.filters ?? [];
    const names = filters.map((one, place) => one.filter_friendly_name || `Filter ${place + 1}`);
    return names.length === 0 ? "everything to one queue" : names.join(", ");
  } catch {
    return "";
  }
}
