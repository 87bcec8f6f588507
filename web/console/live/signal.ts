/** Says that something has changed, at most once for each frame that the browser paints. */

import { useEffect, useState } from "preact/hooks";

export class Signal {
  readonly #listeners = new Set<() => void>();
  #isDue = false;
  /** Grows with each change. */
  version = 0;

  /** @returns what ends it */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A thousand changes before the next frame are one to whoever listens. */
  changed(): void {
    this.version += 1;
    if (this.#isDue) {
      return;
    }
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      for (const listener of [...this.#listeners]) {
        listener();
      }
    });
  }
}

/** Draw the component again whenever the signal says so. */
export function useSignal(signal: Signal): void {
  const [, setCount] = useState(0);
  const drawn = signal.version;
  useEffect(() => {
    const draw = () => setCount((count) => count + 1);
    if (signal.version !== drawn) {
      draw(); // it changed after the drawing and before anybody listened
    }
    return signal.subscribe(draw);
  }, [signal]);
}

const seconds = new Signal();
setInterval(() => seconds.changed(), 1_000);

/** Draw the component again at every second, for what counts time. */
export function useSeconds(): number {
  useSignal(seconds);
  return Date.now();
}
