/** A few numbers as a line, small enough to stand in a row. */

import type { JSX } from "preact";

const WIDTH = 84;
const HEIGHT = 20;

export function Sparkline({ values, label }: {
  readonly values: readonly number[] | undefined;
  readonly label: string;
}): JSX.Element {
  if (values === undefined || values.length < 2) {
    return <span class="faint">–</span>;
  }
  const most = Math.max(...values, 1);
  const points = values.map((value, place) => {
    const x = (place / (values.length - 1)) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
  });
  const total = values.reduce((sum, value) => sum + value, 0);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${label}: ${total}`}>
      <polygon points={`0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`} />
      <polyline points={points.join(" ")} />
    </svg>
  );
}
