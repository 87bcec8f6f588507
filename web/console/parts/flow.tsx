/** A workflow as it is walked through: filter after filter, target after target, then the default. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

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
          down={place === filters.length - 1 ? undefined : () => move(place, 1)}
        />
      ))}
      <button
        type="button"
        class="flow-add"
        onClick={() =>
          change(withFilter(document, filters.length, { expression: "1==1", targets: [] }))
        }
      >
        Add a filter
      </button>
      <div class="flow-step last">
        <b>{filters.length === 0 ? "Every task" : "What no filter matches"}</b>{" "}
        <QueueChoice
          centre={centre}
          label="goes to"
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
  ["known_worker_sid", "the one with the SID"],
  ["known_worker_friendly_name", "the one called"],
] as const;

interface StepProps {
  readonly centre: Centre;
  readonly filter: Filter;
  readonly place: number;
  readonly trouble: string;
  readonly targetTrouble: (at: number) => string;
  readonly change: (filter: Filter | undefined) => void;
  readonly up: (() => void) | undefined;
  readonly down: (() => void) | undefined;
}

function Step({ centre, filter, place, trouble, targetTrouble, change, up, down }: StepProps): JSX.Element {
  const targets = filter.targets ?? [];
  const check = async (expression: string) => {
    const asked = { EvaluateTaskAttributes: expression, PageSize: 1_000 };
    const { tasks } = await centre.bridge.get<{ tasks: unknown[] }>("/Tasks", asked);
    return `Holds for ${tasks.length === 1_000 ? "1,000 or more" : tasks.length} of the tasks that there are.`;
  };
  const changeTarget = (at: number, target: Target | undefined) =>
    change({ ...filter, targets: targets.toSpliced(at, 1, ...(target === undefined ? [] : [target])) });
  const added: Target = targets.length === 0 ? { queue: centre.queues.rows[0]?.queue.sid ?? "" } : {};
  return (
    <section class="flow-step" aria-label={`Filter ${place + 1}`}>
      <p class="flow-head">
        <span class="flow-number" aria-hidden="true">{place + 1}</span>
        <input
          class="bare"
          aria-label="Name of the filter"
          placeholder={`Filter ${place + 1}`}
          value={filter.filter_friendly_name ?? ""}
          onInput={(event) => change({ ...filter, filter_friendly_name: event.currentTarget.value })}
        />
        <button type="button" class="quiet" aria-label="Move the filter up" disabled={up === undefined} onClick={up}>↑</button>
        <button type="button" class="quiet" aria-label="Move the filter down" disabled={down === undefined} onClick={down}>↓</button>
        <button type="button" class="quiet" aria-label="Remove the filter" onClick={() => change(undefined)}>✕</button>
      </p>
      <Expression
        label="If the task matches"
        value={filter.expression ?? ""}
        change={(expression) => change({ ...filter, expression })}
        check={check}
      />
      <ol class="targets">
        {targets.map((target, at) => (
          <TargetStep
            key={at}
            centre={centre}
            target={target}
            isFirst={at === 0}
            trouble={targetTrouble(at)}
            change={(after) => changeTarget(at, after)}
          />
        ))}
      </ol>
      <button type="button" class="quiet" onClick={() => changeTarget(targets.length, added)}>
        Add a target
      </button>
      {targets.every((_, at) => targetTrouble(at) === "") && <Trouble text={trouble} />}
    </section>
  );
}

function TargetStep({ centre, target, isFirst, trouble, change }: {
  readonly centre: Centre;
  readonly target: Target;
  readonly isFirst: boolean;
  readonly trouble: string;
  readonly change: (target: Target | undefined) => void;
}): JSX.Element {
  const [isOpen, setIsOpen] = useState(false);
  const isWrong = trouble !== "";
  useEffect(() => setIsOpen((before) => before || isWrong), [isWrong]);
  const said = WORDS.filter(([name]) => target[name] !== undefined);
  return (
    <li>
      <div class="target">
        <QueueChoice
          centre={centre}
          label={isFirst ? "it goes to" : "then to"}
          sid={target.queue ?? ""}
          none={isFirst ? "choose a queue" : "the same queue"}
          change={(queue) => change(with_(target, "queue", queue === "" ? undefined : queue))}
        />
        <NumberOf
          label="with priority"
          before="priority"
          value={target.priority}
          change={(priority) => change(with_(target, "priority", priority))}
        />
        <NumberOf
          label="for seconds"
          before="for"
          after="s"
          value={target.timeout}
          change={(timeout) => change(with_(target, "timeout", timeout))}
        />
        <button type="button" class="quiet" aria-label="Remove the target" onClick={() => change(undefined)}>✕</button>
      </div>
      <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>
          Whom it is offered to
          {said.length === 0 && !isOpen && ": all whom the queue is for"}
          {!isOpen && said.map(([name, label]) => (
            <span class="said">{label} <code>{target[name]}</code></span>
          ))}
        </summary>
        {WORDS.map(([name, label]) => (
          <WordsOf
            label={label}
            value={target[name]}
            change={(words) => change(with_(target, name, words))}
          />
        ))}
      </details>
      <Trouble text={trouble} />
    </li>
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

function NumberOf({ label, before, after = "", value, change }: {
  /** The whole of it; what is seen is as short as the row wants it. */
  readonly label: string;
  readonly before: string;
  readonly after?: string;
  readonly value: number | string | undefined;
  readonly change: (value: number | undefined) => void;
}): JSX.Element {
  return (
    <label class="inline">
      {before}{" "}
      <input
        type="number"
        min={0}
        aria-label={label}
        placeholder="–"
        value={value ?? ""}
        onInput={(event) => {
          const { valueAsNumber: number } = event.currentTarget;
          change(Number.isNaN(number) ? undefined : number);
        }}
      />
      {after}
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
