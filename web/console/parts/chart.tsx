/** Numbers over time, drawn by uPlot. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

const HEIGHT_PX = 160;

function hourOf(atS: number): string {
  return new Date(atS * 1_000).toLocaleTimeString(undefined, { hour12: false, timeStyle: "short" });
}

export function Chart({ label, atS, values }: {
  readonly label: string;
  /** Instants in seconds, rising. */
  readonly atS: readonly number[];
  /** One for each instant; null where there is none. */
  readonly values: readonly (number | null)[];
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const box = place.current;
    if (box === null) {
      return;
    }
    const style = getComputedStyle(box);
    const [accent, faint, line] = ["--accent", "--faint", "--line"].map((name) => style.getPropertyValue(name));
    const axis = { stroke: faint ?? "", grid: { stroke: line ?? "", width: 1 }, ticks: { show: false } };
    const drawn = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { y: false },
        scales: { y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.1] } },
        axes: [{ ...axis, size: 28, values: (_, atS) => atS.map(hourOf) }, { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000] }],
        series: [
          {},
          { label, stroke: accent ?? "", width: 1.5, fill: `color-mix(in srgb, ${accent} 14%, transparent)`, points: { show: true, size: 5, fill: accent ?? "" } },
        ],
      },
      [[...atS], [...values]],
      box,
    );
    plot.current = drawn;
    const watcher = new ResizeObserver(() => drawn.setSize({ width: box.clientWidth, height: HEIGHT_PX }));
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      drawn.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData([[...atS], [...values]]), [atS, values]);
  return <div ref={place} class="chart" role="img" aria-label={`${label}: ${values.map((one) => one ?? "–").join(", ")}`} />;
}
