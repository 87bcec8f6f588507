/** The foot of every editor: save, and what stands in the way. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Draft } from "../live/draft.ts";
import { hold, release } from "../live/unsaved.ts";
import { clock } from "./time.tsx";

export function Saving<T>({ draft, isNew, mayBeSaved, save, takeTheirs, removed, children }: {
  readonly draft: Draft<T>;
  readonly isNew: boolean;
  readonly mayBeSaved: boolean;
  readonly save: (anyway: boolean) => void;
  readonly takeTheirs: () => void;
  /** What follows its end; undefined for what cannot be deleted here. */
  readonly removed: (() => void) | undefined;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const [isSure, setIsSure] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const form = place.current!.closest("form")!;
    const isTyped = (event: Event) => {
      // Buttons among the fields add and move steps of a workflow.
      if (event.type === "input" || (event.target as Element).closest("fieldset button") !== null) {
        hold(draft.typed);
      }
    };
    form.addEventListener("input", isTyped);
    form.addEventListener("click", isTyped);
    return () => {
      form.removeEventListener("input", isTyped);
      form.removeEventListener("click", isTyped);
      release(draft.typed);
    };
  }, [draft.typed]);
  const remove = async () => {
    if (!isSure) {
      setIsSure(true);
    } else if (await draft.remove()) {
      removed?.();
    } else {
      setIsSure(false);
    }
  };
  return (
    <div class="saving" ref={place}>
      {draft.trouble !== "" && <p class="trouble" role="alert">{draft.trouble}</p>}
      {draft.isOvertaken && (
        <p class="trouble" role="alert">
          Somebody else has saved this since you opened it. What you typed is still here.{" "}
          <button type="button" onClick={takeTheirs}>Show theirs instead</button>{" "}
          <button type="button" onClick={() => save(true)}>Save mine over it</button>
        </p>
      )}
      <p class="actions">
        <button type="submit" class="main" disabled={draft.isBusy || !mayBeSaved}>
          {isNew ? "Create" : "Save"}
        </button>
        {!isNew && removed !== undefined && (
          <button
            type="button"
            class={isSure ? "danger sure" : "danger"}
            disabled={draft.isBusy}
            onClick={() => void remove()}
            onBlur={() => setIsSure(false)}
          >
            {isSure ? "Yes, delete it" : "Delete"}
          </button>
        )}
        {children}
        <span class="saved" role="status">{draft.savedMs !== undefined && `Saved at ${clock(draft.savedMs)}`}</span>
      </p>
    </div>
  );
}
