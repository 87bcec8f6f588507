/** Numbers over time, drawn by uPlot: counts as bars, measures as a curve. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

const HEIGHT_PX = 150;
const STEP_S = 300;
const NICE = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000, 50_000];

interface Props {
  readonly title: string;
  /** What the figure is, in a few words. */
  readonly label: string;
  readonly unit: string;
  readonly most: number | undefined;
  readonly isCount: boolean;
  /** When each step begins, in seconds, rising. */
  readonly atS: readonly number[];
  /** One for each step; null where there is none. */
  readonly values: readonly (number | null)[];
}

export function Chart({ title, label, unit, most, isCount, atS, values }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  /** The step that is pointed at. */
  const [pointed, setPointed] = useState<number>();
  useEffect(() => {
    const box = place.current;
    if (box === null) {
      return;
    }
    const drawn = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT_PX,
        padding: [8, 18, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: !isCount } },
        scales: {
          x: { range: (_, first, last) => [first, last + STEP_S] },
          y: { range: (_, __, highest) => [0, most ?? Math.max(highest, 1) * 1.1] },
        },
        axes: [
          { ...axis(), size: 26, values: (_, at) => at.map(hourOf) },
          { ...axis(), size: 44, space: 26, incrs: NICE },
        ],
        series: [
          {},
          {
            label,
            stroke: () => colour("--accent"),
            fill: () => colour(isCount ? "--accent" : "--accent-wash"),
            width: isCount ? 0 : 1.75,
            points: { show: !isCount, size: 6, fill: () => colour("--accent") },
            ...(isCount ? { paths: uPlot.paths.bars!({ align: 1, size: [0.8] }) } : {}),
          },
        ],
        hooks: { setCursor: [({ cursor }) => setPointed(cursor.idx ?? undefined)] },
      },
      [[...atS], [...values]],
      box,
    );
    plot.current = drawn;
    const watcher = new ResizeObserver(() => drawn.setSize({ width: box.clientWidth, height: HEIGHT_PX }));
    watcher.observe(box);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => drawn.redraw();
    scheme.addEventListener("change", redraw);
    return () => {
      scheme.removeEventListener("change", redraw);
      watcher.disconnect();
      drawn.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData([[...atS], [...values]]), [atS, values]);
  const at = pointed ?? values.length - 1;
  return (
    <>
      <div class="chart-head">
        <h2>{title}</h2>
        <span class="faint number">
          {hourOf(atS[at] ?? 0)} <b>{values[at]?.toLocaleString() ?? "–"}</b> {unit}
        </span>
      </div>
      <div ref={place} class="chart" role="img" aria-label={`${label}: ${values.map((one) => one ?? "–").join(", ")}`} />
    </>
  );
}

/** Looked up at each drawing: the theme may have changed since. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

function axis(): uPlot.Axis {
  return {
    font: "11px system-ui, sans-serif",
    stroke: () => colour("--faint"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
  };
}

function hourOf(atS: number): string {
  return new Date(atS * 1_000).toLocaleTimeString(undefined, { hour12: false, timeStyle: "short" });
}
