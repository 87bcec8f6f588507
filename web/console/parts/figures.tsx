/** The figures that matter most, large and side by side. */

import type { ComponentChildren, JSX } from "preact";

/** What it counts, and how much that is. */
export type Figure = readonly [string, ComponentChildren];

export function Figures({ figures }: { readonly figures: readonly Figure[] }): JSX.Element {
  return (
    <dl class="figures">
      {figures.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd class="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
