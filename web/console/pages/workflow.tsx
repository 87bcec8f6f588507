/** One workflow, as steps and as the JSON that they are: whichever is changed, the other follows. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { useDraft } from "../live/draft.ts";
import { placeIn } from "../live/jsonPlace.ts";
import { wordsOf } from "../live/refused.ts";
import { documentOf, textOf, type Document } from "../live/routing.ts";
import { useProblem, type Problem } from "../live/validations.ts";
import type { CumulativeStatistics, Workflow } from "../live/wire.ts";
import { CAME, WAIT } from "../parts/curves.ts";
import { Field } from "../parts/field.tsx";
import { Flow } from "../parts/flow.tsx";
import { Heading, WORKFLOWS } from "../parts/heading.tsx";
import { Hour } from "../parts/hour.tsx";
import { Saving } from "../parts/saving.tsx";
import { Tick } from "../parts/tick.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { Unread } from "../parts/unread.tsx";
import { linkTo } from "../route.ts";

interface Typed {
  readonly name: string;
  readonly timeoutS: number;
  readonly text: string;
}

const CURVES = [
  CAME,
  {
    title: "Tasks completed",
    label: "tasks completed",
    of: (step: CumulativeStatistics) => step.tasks_completed,
    isCount: true,
  },
  WAIT,
];
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
  const [isSentAgain, setIsSentAgain] = useState(false);
  const [typed, setTyped] = useState<Typed | undefined>(isNew ? BLANK : undefined);
  useEffect(() => setTyped((now) => now ?? typedOf(draft.saved)), [draft.saved]);
  const { document, wrong } = read(typed?.text ?? "");
  const problem = useProblem(centre.validations, mayChange && document !== undefined ? typed?.text : undefined);
  if (typed === undefined) {
    return (
      <div class="page">
        <Heading above={WORKFLOWS}>{sid}</Heading>
        <Unread draft={draft} what="workflow" />
      </div>
    );
  }
  const change = (part: Partial<Typed>) => setTyped({ ...typed, ...part });
  const save = async (anyway: boolean) => {
    const form = {
      FriendlyName: typed.name,
      TaskReservationTimeout: typed.timeoutS,
      Configuration: typed.text,
      ...(isNew ? {} : { ReEvaluateTasks: isSentAgain }),
    };
    const saved = await draft.save(form, anyway);
    if (saved !== undefined && isNew) {
      location.hash = linkTo("workflows", saved.sid);
    }
  };
  return (
    <div class="page">
      <Heading above={WORKFLOWS}>{isNew ? "New workflow" : (draft.saved?.friendly_name ?? sid)}</Heading>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save(false);
        }}
      >
        <fieldset class="columns drawn" disabled={!mayChange}>
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
              <Flow
                centre={centre}
                document={document}
                problem={problem}
                change={(after) => change({ text: textOf(after) })}
              />
            )}
          </section>
          <section class="panel beside" aria-labelledby="json">
            <h2 id="json">JSON</h2>
            <Json text={typed.text} wrong={wrong} problem={problem} change={(text) => change({ text })} />
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
          >
            {!isNew && (
              <Tick label="send what waits through the new rules" value={isSentAgain} change={setIsSentAgain} />
            )}
          </Saving>
        )}
      </form>
      {!isNew && (
        <Hour<CumulativeStatistics>
          centre={centre}
          path={`/Workflows/${sid}/CumulativeStatistics`}
          key_="workflow_sid"
          sid={sid}
          curves={CURVES}
        />
      )}
      {!isNew && <Timeline centre={centre} by="WorkflowSid" key_="workflow_sid" sid={sid} />}
    </div>
  );
}

function Json({ text, wrong, problem, change }: {
  readonly text: string;
  readonly wrong: string;
  readonly problem: Problem | undefined;
  readonly change: (text: string) => void;
}): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  const isRead = wrong === "" && problem !== undefined;
  const place = isRead && problem.place !== null ? placeIn(text, problem.place) : undefined;
  const show = (at: number) => {
    const end = text.indexOf("\n", at);
    area.current?.focus();
    area.current?.setSelectionRange(at, end < 0 ? text.length : end);
  };
  return (
    <>
      <Field label="Configuration" trouble={isRead ? wordsFor(problem) : wrong}>
        <textarea
          ref={area}
          class="code json"
          rows={24}
          spellcheck={false}
          aria-invalid={wrong !== "" || isRead}
          value={text}
          onInput={(event) => change(event.currentTarget.value)}
        />
      </Field>
      {place !== undefined && (
        <button type="button" onClick={() => show(place)}>
          Show it, in line {text.slice(0, place).split("\n").length}
        </button>
      )}
    </>
  );
}

function wordsFor({ place, message }: Problem): string {
  return place === null ? message : `${place}: ${message}`;
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
