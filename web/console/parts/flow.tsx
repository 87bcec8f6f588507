/** A workflow as it is walked through: filter after filter, target after target, then the default. */

import type { JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import { withDefault, withFilter, type Document, type Filter, type Target } from "../live/routing.ts";
import type { Problem } from "../live/validations.ts";
import { Expression } from "./expression.tsx";

interface Props {
  readonly centre: Centre;
  readonly document: Document;
  /** What the server says is wrong with the document: it stands in the step that it is about. */
  readonly problem: Problem | undefined;
  readonly change: (document: Document) => void;
}

export function Flow({ centre, document, problem, change }: Props): JSX.Element {
  const filters = document.task_routing.filters ?? [];
  const move = (place: number, by: number) => {
    const moved = [...filters];
    moved.splice(place + by, 0, ...moved.splice(place, 1));
    change({ ...document, task_routing: { ...document.task_routing, filters: moved } });
  };
  return (
    <div class="flow">
      <p class="flow-end">A task comes in</p>
      {filters.map((filter, place) => (
        <Step
          key={place}
          centre={centre}
          filter={filter}
          place={place}
          trouble={troubleAt(`filters[${place}]`, problem)}
          targetTrouble={(at) => troubleAt(`filters[${place}].targets[${at}]`, problem)}
          change={(after) => change(withFilter(document, place, after))}
          up={place === 0 ? undefined : () => move(place, -1)}
        />
      ))}
      <button
        type="button"
        onClick={() =>
          change(withFilter(document, filters.length, { expression: "1==1", targets: [] }))
        }
      >
        Add a filter
      </button>
      <div class="flow-step">
        <b>Nothing has matched</b>{" "}
        <QueueChoice
          centre={centre}
          label="Goes to"
          sid={document.task_routing.default_filter?.queue ?? ""}
          none="nowhere: it is canceled"
          change={(queue) => change(withDefault(document, queue))}
        />
        <Trouble text={troubleAt("default_filter", problem)} />
      </div>
    </div>
  );
}

/** What a target may say of workers, as expressions, and what that means. */
const WORDS = [
  ["expression", "workers who match"],
  ["order_by", "the first by"],
  ["skip_if", "nobody, if"],
] as const;

interface StepProps {
  readonly centre: Centre;
  readonly filter: Filter;
  readonly place: number;
  readonly trouble: string;
  readonly targetTrouble: (at: number) => string;
  readonly change: (filter: Filter | undefined) => void;
  readonly up: (() => void) | undefined;
}

function Step({ centre, filter, place, trouble, targetTrouble, change, up }: StepProps): JSX.Element {
  const targets = filter.targets ?? [];
  const check = async (expression: string) => {
    const asked = { EvaluateTaskAttributes: expression, PageSize: 1_000 };
    const { tasks } = await centre.bridge.get<{ tasks: unknown[] }>("/Tasks", asked);
    return `Holds for ${tasks.length === 1_000 ? "1,000 or more" : tasks.length} of the tasks that there are.`;
  };
  const changeTarget = (at: number, target: Target | undefined) =>
    change({ ...filter, targets: targets.toSpliced(at, 1, ...(target === undefined ? [] : [target])) });
  return (
    <section class="flow-step" aria-label={`Filter ${place + 1}`}>
      <p class="flow-head">
        <input
          class="bare"
          aria-label="Name of the filter"
          placeholder={`Filter ${place + 1}`}
          value={filter.filter_friendly_name ?? ""}
          onInput={(event) => change({ ...filter, filter_friendly_name: event.currentTarget.value })}
        />
        {up !== undefined && <button type="button" class="quiet" onClick={up}>Up</button>}
        <button type="button" class="quiet" onClick={() => change(undefined)}>Remove</button>
      </p>
      <Expression
        label="If the task matches"
        value={filter.expression ?? ""}
        change={(expression) => change({ ...filter, expression })}
        check={check}
      />
      <ol class="targets">
        {targets.map((target, at) => (
          <li key={at}>
            <QueueChoice
              centre={centre}
              label={at === 0 ? "it goes to" : "then to"}
              sid={target.queue ?? ""}
              none="choose a queue"
              change={(queue) => changeTarget(at, { ...target, queue })}
            />
            <NumberOf
              label="with priority"
              value={target.priority}
              change={(priority) => changeTarget(at, with_(target, "priority", priority))}
            />
            <NumberOf
              label="for seconds"
              value={target.timeout}
              change={(timeout) => changeTarget(at, with_(target, "timeout", timeout))}
            />
            <button type="button" class="quiet" onClick={() => changeTarget(at, undefined)}>Remove</button>
            <details open={WORDS.some(([name]) => target[name] !== undefined)}>
              <summary>Whom it is offered to</summary>
              {WORDS.map(([name, label]) => (
                <WordsOf
                  label={label}
                  value={target[name]}
                  change={(words) => changeTarget(at, with_(target, name, words))}
                />
              ))}
            </details>
            <Trouble text={targetTrouble(at)} />
          </li>
        ))}
      </ol>
      <button
        type="button"
        class="quiet"
        onClick={() => changeTarget(targets.length, { queue: centre.queues.rows[0]?.queue.sid ?? "" })}
      >
        Add a target
      </button>
      {targets.every((_, at) => targetTrouble(at) === "") && <Trouble text={trouble} />}
    </section>
  );
}

function Trouble({ text }: { readonly text: string }): JSX.Element | null {
  return text === "" ? null : <p class="field-trouble">{text}</p>;
}

/** What is wrong somewhere in a part of the routing; but for a filter's expression, which says so itself. */
function troubleAt(part: string, problem: Problem | undefined): string {
  const here = `task_routing.${part}`;
  const place = problem?.place ?? "";
  if (problem === undefined || !(place === here || place.startsWith(`${here}.`))) {
    return "";
  }
  const within = place.slice(here.length + 1);
  return within === "expression" && !part.includes("targets")
    ? ""
    : `${within === "" ? "" : `${within}: `}${problem.message}`;
}

function QueueChoice({ centre, label, sid, none, change }: {
  readonly centre: Centre;
  readonly label: string;
  readonly sid: string;
  readonly none: string;
  readonly change: (sid: string) => void;
}): JSX.Element {
  const queues = centre.queues.rows.map((row) => row.queue);
  const isKnown = sid === "" || queues.some((queue) => queue.sid === sid);
  return (
    <label class="inline">
      {label}{" "}
      <select value={sid} aria-invalid={!isKnown} onChange={(event) => change(event.currentTarget.value)}>
        <option value="">{none}</option>
        {!isKnown && <option value={sid}>{sid} (is not there)</option>}
        {queues.map((queue) => (
          <option value={queue.sid}>{queue.friendly_name}</option>
        ))}
      </select>
    </label>
  );
}

function NumberOf({ label, value, change }: {
  readonly label: string;
  readonly value: number | string | undefined;
  readonly change: (value: number | undefined) => void;
}): JSX.Element {
  return (
    <label class="inline">
      {label}{" "}
      <input
        type="number"
        min={0}
        placeholder="–"
        value={value ?? ""}
        onInput={(event) => {
          const { valueAsNumber: number } = event.currentTarget;
          change(Number.isNaN(number) ? undefined : number);
        }}
      />
    </label>
  );
}

function WordsOf({ label, value, change }: {
  readonly label: string;
  readonly value: string | undefined;
  readonly change: (value: string | undefined) => void;
}): JSX.Element {
  return (
    <label class="words">
      {label}{" "}
      <input
        class="code"
        spellcheck={false}
        placeholder="–"
        value={value ?? ""}
        onInput={(event) => change(event.currentTarget.value === "" ? undefined : event.currentTarget.value)}
      />
    </label>
  );
}

/** The same with another value, or without any. */
function with_<Name extends keyof Target>(target: Target, name: Name, value: Target[Name] | undefined): Target {
  const { [name]: _, ...rest } = target;
  return value === undefined ? rest : { ...rest, [name]: value };
}
