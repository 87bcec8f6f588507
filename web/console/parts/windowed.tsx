/** A list of which only what is in sight is drawn, however long it is. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props<Item> {
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  readonly row: (item: Item) => ComponentChildren;
  readonly rowPx: number;
  readonly label: string;
  readonly head?: ComponentChildren;
  readonly empty: ComponentChildren;
  readonly seen?: (item: Item) => void;
}

const BEYOND = 6;

export function Windowed<Item>(props: Props<Item>): JSX.Element {
  const { items, keyOf, row, rowPx, label, head, empty, seen } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 600));
    if (frame.current !== null) {
      watcher.observe(frame.current);
    }
    return () => watcher.disconnect();
  }, []);
  const first = Math.max(0, Math.min(Math.floor(top / rowPx), items.length - 1) - BEYOND);
  const shown = items.slice(first, first + Math.ceil(height / rowPx) + 2 * BEYOND);
  useEffect(() => {
    if (seen !== undefined) {
      shown.forEach(seen);
    }
  });
  return (
    <div
      class="windowed"
      ref={frame}
      role="table"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={items.length}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      {head}
      {items.length === 0 ? (
        <div role="row">
          <div role="cell" class="empty">
            {empty}
          </div>
        </div>
      ) : (
        <div role="rowgroup" class="windowed-all" style={{ height: `${items.length * rowPx}px` }}>
          {shown.map((item, place) => (
            <div
              role="row"
              class="row"
              key={keyOf(item)}
              aria-rowindex={first + place + 1}
              style={{ height: `${rowPx}px`, transform: `translateY(${(first + place) * rowPx}px)` }}
            >
              {row(item)}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
