/** A field for an expression: what is wrong with it stands under the very place, as one types. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Refused, wordsOf } from "../live/refused.ts";
import { Field } from "./field.tsx";

const PAUSE_MS = 250;

export interface Checked {
  readonly trouble: string;
  readonly hint: string;
}

interface Props {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  /** Has the server read it. @returns a hint @throws Refused with the place of the mistake */
  readonly check: (value: string) => Promise<string>;
  readonly isReadOnly?: boolean;
}

export function Expression({ label, value, change, check, isReadOnly = false }: Props): JSX.Element {
  const { trouble, hint } = useCheck(value, check);
  const [place, said] = placeOf(trouble, value);
  return (
    <Field label={label} trouble={said} hint={hint}>
      <textarea
        class="code"
        rows={2}
        spellcheck={false}
        readOnly={isReadOnly}
        aria-invalid={trouble !== ""}
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {place >= 0 && (
        <code class="misplaced" aria-hidden="true">
          {value.slice(0, place)}
          <mark>{value.slice(place, place + 1).trim() === "" ? "▲" : value.slice(place, place + 1)}</mark>
          {value.slice(place + 1)}
        </code>
      )}
    </Field>
  );
}

/** Which character a message is about, or -1; and the message without that. */
function placeOf(trouble: string, value: string): readonly [number, string] {
  const found = /at (?:position (\d+)|line (\d+), column (\d+)): (.*)$/.exec(trouble);
  if (found === null) {
    return [-1, trouble];
  }
  const [, position, line, column, said = ""] = found;
  if (position !== undefined) {
    return [Number(position), said];
  }
  const above = value.split("\n").slice(0, Number(line) - 1);
  return [above.reduce((sum, one) => sum + one.length + 1, 0) + Number(column) - 1, said];
}

/** What the server says of the latest text; answers to what was typed before are passed over. */
export function useCheck(value: string, check: (value: string) => Promise<string>): Checked {
  const [checked, setChecked] = useState<Checked>({ trouble: "", hint: "" });
  useEffect(() => {
    let isLatest = true;
    const say = (found: Checked) => isLatest && setChecked(found);
    const timer = setTimeout(() => {
      check(value).then(
        (hint) => say({ trouble: "", hint }),
        (error) =>
          say(
            error instanceof Refused && error.status === 400
              ? { trouble: error.message, hint: "" }
              : { trouble: "", hint: `It could not be checked: ${wordsOf(error)}` },
          ),
      );
    }, PAUSE_MS);
    return () => {
      isLatest = false;
      clearTimeout(timer);
    };
  }, [value]);
  return checked;
}
