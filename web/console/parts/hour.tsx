/** Charts of the last hour of one thing, from the server's cumulative statistics. */

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { useHour } from "../live/hour.ts";
import { Chart } from "./chart.tsx";

export interface Curve<T> {
  readonly title: string;
  /** What the figure is, in a few words. */
  readonly label: string;
  /** The figure of one step; null where there is none. */
  readonly of: (step: T) => number | null;
  /** Whether it counts what happened in a step, and does not measure something. */
  readonly isCount?: boolean;
  /** Behind the number. */
  readonly unit?: string;
  /** The most that it can be. */
  readonly most?: number;
}

interface Props<T> {
  readonly centre: Centre;
  readonly path: string;
  readonly key_: string;
  readonly sid: string;
  readonly curves: readonly Curve<T>[];
}

export function Hour<T>({ centre, path, key_, sid, curves }: Props<T>): JSX.Element {
  const { atS, steps } = useHour<T>(centre, path, key_, sid);
  const values = useMemo(
    () => curves.map(({ of }) => steps.map((step) => (step === undefined ? null : of(step)))),
    [steps],
  );
  return (
    <section class="columns charts" aria-label="The last hour, every five minutes">
      {curves.map(({ title, label, isCount = false, unit = "", most }, place) => (
        <div class="panel">
          <Chart
            title={title}
            label={label}
            unit={unit}
            most={most}
            isCount={isCount}
            atS={atS}
            values={values[place] ?? []}
          />
        </div>
      ))}
    </section>
  );
}
