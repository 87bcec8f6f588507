/** One workflow, as steps and as the JSON that they are: whichever is changed, the other follows. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { useDraft } from "../live/draft.ts";
import { wordsOf } from "../live/refused.ts";
import { documentOf, textOf, type Document } from "../live/routing.ts";
import type { Workflow } from "../live/wire.ts";
import { Field } from "../parts/field.tsx";
import { Flow } from "../parts/flow.tsx";
import { Saving } from "../parts/saving.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { linkTo } from "../route.ts";

interface Typed {
  readonly name: string;
  readonly timeoutS: number;
  readonly text: string;
}

const FIELDS = ["friendly_name", "configuration", "task_reservation_timeout"] as const;
const BLANK: Typed = { name: "", timeoutS: 120, text: textOf({ task_routing: { filters: [] } }) };

export function WorkflowPage({ centre, sid, mayChange }: {
  readonly centre: Centre;
  readonly sid: string;
  readonly mayChange: boolean;
}): JSX.Element {
  const isNew = sid === "new";
  const path = isNew ? "/Workflows" : `/Workflows/${sid}`;
  const draft = useDraft<Workflow>(centre.bridge, path, isNew, FIELDS);
  const [typed, setTyped] = useState<Typed | undefined>(isNew ? BLANK : undefined);
  useEffect(() => setTyped((now) => now ?? typedOf(draft.saved)), [draft.saved]);
  if (typed === undefined) {
    return <p class="empty">{draft.trouble === "" ? "Reading …" : draft.trouble}</p>;
  }
  const change = (part: Partial<Typed>) => setTyped({ ...typed, ...part });
  const { document, wrong } = read(typed.text);
  const save = async (anyway: boolean) => {
    const form = {
      FriendlyName: typed.name,
      TaskReservationTimeout: typed.timeoutS,
      Configuration: typed.text,
    };
    const saved = await draft.save(form, anyway);
    if (saved !== undefined && isNew) {
      location.hash = linkTo("workflows", saved.sid);
    }
  };
  return (
    <div class="page">
      <h1>{isNew ? "New workflow" : (draft.saved?.friendly_name ?? sid)}</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save(false);
        }}
      >
        <fieldset class="columns" disabled={!mayChange}>
          <section class="panel" aria-labelledby="steps">
            <h2 id="steps">Steps</h2>
            <div class="pair">
              <Field label="Name">
                <input required value={typed.name} onInput={(event) => change({ name: event.currentTarget.value })} />
              </Field>
              <Field label="An offer lasts, in seconds">
                <input
                  type="number"
                  min={1}
                  max={86_400}
                  required
                  value={typed.timeoutS}
                  onInput={(event) => change({ timeoutS: event.currentTarget.valueAsNumber })}
                />
              </Field>
            </div>
            {document === undefined ? (
              <p class="empty">The steps are shown again when the JSON can be read.</p>
            ) : (
              <Flow centre={centre} document={document} change={(after) => change({ text: textOf(after) })} />
            )}
          </section>
          <section class="panel" aria-labelledby="json">
            <h2 id="json">JSON</h2>
            <Field label="Configuration" trouble={wrong}>
              <textarea
                class="code"
                rows={24}
                spellcheck={false}
                aria-invalid={wrong !== ""}
                value={typed.text}
                onInput={(event) => change({ text: event.currentTarget.value })}
              />
            </Field>
          </section>
        </fieldset>
        {mayChange && (
          <Saving
            draft={draft}
            isNew={isNew}
            mayBeSaved={wrong === ""}
            save={(anyway) => void save(anyway)}
            takeTheirs={() => void draft.reload().then((theirs) => setTyped(typedOf(theirs)))}
            removed={() => (location.hash = linkTo("workflows"))}
          />
        )}
      </form>
      {!isNew && <Timeline centre={centre} by="WorkflowSid" key_="workflow_sid" sid={sid} />}
    </div>
  );
}

function typedOf(workflow: Workflow | undefined): Typed | undefined {
  if (workflow === undefined) {
    return undefined;
  }
  const { document } = read(workflow.configuration);
  return {
    name: workflow.friendly_name,
    timeoutS: workflow.task_reservation_timeout,
    text: document === undefined ? workflow.configuration : textOf(document),
  };
}

function read(text: string): { document: Document | undefined; wrong: string } {
  try {
    return { document: documentOf(text), wrong: "" };
  } catch (error) {
    return { document: undefined, wrong: wordsOf(error) };
  }
}
