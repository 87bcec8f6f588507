/** The last hour of one thing, in steps of five minutes, of the server's cumulative statistics. */

import { useEffect, useState } from "preact/hooks";

import type { Centre } from "./centre.ts";
import { startOf, STEP_MS, STEPS, stepsUntil, windowOf } from "./steps.ts";

const APART_MS = 2_000;

export interface Hour<T> {
  /** When each step begins, in seconds; rising. The last step goes on. */
  readonly atS: readonly number[];
  /** What is known of each; undefined while it is read. */
  readonly steps: readonly (T | undefined)[];
}

/**
 * Read the steps one after the other, the latest first; then the one that goes on, again and again.
 *
 * @param path of cumulative statistics below the workspace
 * @param key_ what in an event's data names the thing
 */
export function useHour<T>(centre: Centre, path: string, key_: string, sid: string): Hour<T> {
  const [hour, setHour] = useState<Hour<T>>(() => beginning(Date.now()));
  useEffect(() => {
    let isShown = true;
    let isReading = false;
    let isStale = false;
    const read = async (startMs: number, endMs: number) => {
      const found = await centre.bridge.get<T>(path, windowOf(startMs, endMs));
      if (isShown) {
        setHour((before) => withStep(before, startMs / 1_000, found));
      }
    };
    const latest = async () => {
      isReading = true;
      isStale = false;
      const nowMs = Date.now();
      const startMs = startOf(nowMs);
      // The one before as well: it may have ended since it was last looked at.
      await read(startMs - STEP_MS, startMs);
      // A window ends with a whole second: what is happening in this one comes with the next look.
      await read(startMs, Math.ceil((nowMs + 1) / 1_000) * 1_000);
      isReading = false;
    };
    const whole = async () => {
      await latest();
      for (let back = 2; back < STEPS && isShown; back++) {
        const endMs = startOf(Date.now()) - (back - 1) * STEP_MS;
        await read(endMs - STEP_MS, endMs);
      }
    };
    // What cannot be read now is read when something happens next.
    const quietly = (work: Promise<void>) => void work.catch(() => (isReading = false));
    const end = centre.listen((event) => {
      isStale ||= event.event_data[key_] === sid;
    });
    const timer = setInterval(() => {
      const isNewStep = startOf(Date.now()) !== startOf(Date.now() - APART_MS);
      if (!isReading && (isStale || isNewStep)) {
        quietly(latest());
      }
    }, APART_MS);
    setHour(beginning(Date.now()));
    quietly(whole());
    return () => {
      isShown = false;
      clearInterval(timer);
      end();
    };
  }, [centre, path, sid]);
  return hour;
}

function beginning<T>(nowMs: number): Hour<T> {
  const atS = stepsUntil(startOf(nowMs)).map((startMs) => startMs / 1_000);
  return { atS, steps: atS.map(() => undefined) };
}

/** The same with what is known of one step; a later step than all makes the first one go. */
function withStep<T>(hour: Hour<T>, startS: number, found: T): Hour<T> {
  const known = new Map(hour.atS.map((atS, place) => [atS, hour.steps[place]]));
  known.set(startS, found);
  const atS = [...known.keys()].sort((a, b) => a - b).slice(-STEPS);
  return { atS, steps: atS.map((at) => known.get(at)) };
}
