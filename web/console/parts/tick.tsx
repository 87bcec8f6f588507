/** A box to tick, with what it means. */

import type { JSX } from "preact";

export function Tick({ label, value, change, isFixed = false }: {
  readonly label: string;
  readonly value: boolean;
  readonly change: (value: boolean) => void;
  readonly isFixed?: boolean;
}): JSX.Element {
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={value}
        disabled={isFixed}
        onChange={(event) => change(event.currentTarget.checked)}
      />{" "}
      {label}
    </label>
  );
}
