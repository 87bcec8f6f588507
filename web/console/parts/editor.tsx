/** An editor of a few fields: read with its version, typed over, saved, deleted. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Bridge, Params } from "../live/bridge.ts";
import { useDraft } from "../live/draft.ts";
import { Saving } from "./saving.tsx";
import { Unread } from "./unread.tsx";

interface Props<T> {
  readonly bridge: Bridge;
  /** Of the resource; of its list for one that is new. */
  readonly path: string;
  readonly title: string;
  /** What a new one begins with; undefined for one that is there. */
  readonly blank?: T | undefined;
  readonly fields: readonly (keyof T)[];
  readonly mayChange: boolean;
  readonly formOf: (typed: T) => Params;
  readonly children: (typed: T, change: (part: Partial<T>) => void) => ComponentChildren;
  readonly saved?: ((now: T) => void) | undefined;
  /** What follows its end; undefined for what cannot be deleted here. */
  readonly removed?: () => void;
}

export function Editor<T extends object>(props: Props<T>): JSX.Element {
  const { bridge, path, title, blank, fields, mayChange, formOf, children, saved, removed } = props;
  const isNew = blank !== undefined;
  const draft = useDraft<T>(bridge, path, isNew, fields);
  const [typed, setTyped] = useState<T | undefined>(blank);
  useEffect(() => setTyped((now) => now ?? draft.saved), [draft.saved]);
  if (typed === undefined) {
    return <Unread draft={draft} what={title.toLowerCase()} />;
  }
  const save = async (anyway: boolean) => {
    const now = await draft.save(formOf(typed), anyway);
    if (now !== undefined) {
      saved?.(now);
    }
  };
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save(false);
        }}
      >
        <fieldset disabled={!mayChange}>
          {children(typed, (part) => setTyped({ ...typed, ...part }))}
        </fieldset>
        {mayChange && (
          <Saving
            draft={draft}
            isNew={isNew}
            mayBeSaved
            save={(anyway) => void save(anyway)}
            takeTheirs={() => void draft.reload().then((theirs) => setTyped(theirs))}
            removed={removed}
          />
        )}
      </form>
    </section>
  );
}
