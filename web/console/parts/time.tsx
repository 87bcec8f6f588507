/** Spans of time, as people read them. */

import type { JSX } from "preact";

import { useSeconds } from "../live/signal.ts";

export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  if (hours >= 24) {
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }
  const rest = String(seconds % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** How long it is since then, second by second. */
export function Since({ ms }: { readonly ms: number }): JSX.Element {
  return <span class="number">{span(useSeconds() - ms)}</span>;
}

/** The time of day. */
export function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, { hour12: false });
}
