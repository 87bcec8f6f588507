/** In the place of an editor: what it edits is being read, cannot be, or is not there. */

import type { JSX } from "preact";

import type { Draft } from "../live/draft.ts";

export function Unread<T>({ draft, what }: {
  readonly draft: Draft<T>;
  /** What it would be, such as "task queue". */
  readonly what: string;
}): JSX.Element {
  if (draft.isMissing) {
    return <section class="panel">There is no such {what}, or not any more.</section>;
  }
  return draft.trouble === "" ? (
    <section class="panel faint">Reading …</section>
  ) : (
    <p class="trouble" role="alert">{draft.trouble}</p>
  );
}
