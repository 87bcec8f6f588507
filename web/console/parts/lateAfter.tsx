/** A field for the seconds after which a wait is too long. */

import type { JSX } from "preact";

const LONGEST_S = 86_400;

export function LateAfter({ seconds, other, change }: {
  readonly seconds: number | undefined;
  /** What counts while the field is empty; undefined where it must not be. */
  readonly other?: number;
  readonly change: (seconds: number | undefined) => void;
}): JSX.Element {
  return (
    <label class="threshold">
      late after
      <input
        type="number"
        min={1}
        max={LONGEST_S}
        placeholder={other === undefined ? "" : String(other)}
        defaultValue={seconds === undefined ? "" : String(seconds)}
        onChange={(event) => {
          const typed = Math.floor(event.currentTarget.valueAsNumber);
          if (typed >= 1) {
            change(Math.min(typed, LONGEST_S));
          } else if (other !== undefined) {
            change(undefined);
          } else {
            event.currentTarget.value = String(seconds ?? "");
          }
        }}
      />
      s
    </label>
  );
}
