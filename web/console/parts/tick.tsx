/** A box to tick, with what it means. */

import type { JSX } from "preact";

export function Tick({ label, hint, value, change, isFixed = false }: {
  readonly label: string;
  /** The whole of it, where the label is short for want of room. */
  readonly hint?: string;
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
        aria-label={hint}
        title={hint}
        onChange={(event) => change(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
