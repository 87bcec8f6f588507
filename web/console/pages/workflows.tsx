/** The workflows of the workspace. */

import type { JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import { linkTo } from "../route.ts";

export function Workflows({ centre, mayChange }: {
  readonly centre: Centre;
  readonly mayChange: boolean;
}): JSX.Element {
  return (
    <div class="page">
      <div class="panel-head">
        <h1>Workflows</h1>
        {mayChange && <a class="button" href={linkTo("workflows", "new")}>New</a>}
      </div>
      <section class="panel" aria-label="Workflows">
        {centre.workflows.length === 0 && <p class="empty">There is no workflow yet.</p>}
        <ul class="tasks">
          {centre.workflows.map((one) => (
            <li key={one.sid}>
              <a href={linkTo("workflows", one.sid)}>{one.friendly_name}</a>
              <span class="faint">{filtersOf(one.configuration)} filters</span>
              <span class="faint">offers last {one.task_reservation_timeout} s</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function filtersOf(configuration: string): number {
  try {
    const routing = (JSON.parse(configuration) as { task_routing?: { filters?: unknown[] } }).task_routing;
    return routing?.filters?.length ?? 0;
  } catch {
    return 0;
  }
}
