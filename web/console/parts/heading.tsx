/** What a page is about, and what it belongs to. */

import type { ComponentChildren, JSX } from "preact";

import { linkTo } from "../route.ts";

export interface Above {
  readonly page: string;
  readonly name: string;
}

export const FLOOR: Above = { page: "", name: "Floor" };
export const TASKS: Above = { page: "tasks", name: "Tasks" };
export const WORKFLOWS: Above = { page: "workflows", name: "Workflows" };
export const SETTINGS: Above = { page: "settings", name: "Settings" };

export function Heading({ above, children }: {
  readonly above: Above;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="heading">
      <a class="above" href={linkTo(above.page)}>{above.name}</a>
      <h1>{children}</h1>
    </div>
  );
}
