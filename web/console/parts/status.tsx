/** A status as a word with a dot: the colour repeats the word, and never replaces it. */

import type { JSX } from "preact";

const TONES: Readonly<Record<string, string | undefined>> = {
  pending: "waits",
  reserved: "offered",
  assigned: "works",
  accepted: "works",
  wrapping: "wraps",
  completed: "done",
  canceled: "ended",
  rejected: "ended",
  timeout: "ended",
  rescinded: "ended",
};

export function Status({ status }: { readonly status: string }): JSX.Element {
  return <span class={`status ${TONES[status] ?? "done"}`}>{status}</span>;
}

export function Presence({ name, available }: {
  readonly name: string;
  readonly available: boolean;
}): JSX.Element {
  return <span class={`status ${available ? "works" : "away"}`}>{name}</span>;
}
