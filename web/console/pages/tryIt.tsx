/** A task made by hand, and followed through the workflow step by step. */

import type { JSX, TargetedEvent } from "preact";
import { useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { wordsOf } from "../live/refused.ts";
import type { Task } from "../live/wire.ts";
import { Field, valueOf } from "../parts/field.tsx";
import { Way } from "../parts/way.tsx";
import { linkTo } from "../route.ts";

export function TryIt({ centre }: { readonly centre: Centre }): JSX.Element {
  const [attributes, setAttributes] = useState('{\n  "language": "en"\n}');
  const [made, setMade] = useState<readonly string[]>([]);
  const [trouble, setTrouble] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const wrong = wrongIn(attributes);
  const create = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setIsBusy(true);
    setTrouble("");
    try {
      const task = await centre.bridge.ask<Task>("POST", "/Tasks", {
        Attributes: attributes,
        WorkflowSid: valueOf(form, "workflow"),
        TaskChannel: valueOf(form, "channel"),
        Priority: valueOf(form, "priority") || "0",
      });
      setMade([task.payload.sid, ...made]);
    } catch (error) {
      setTrouble(wordsOf(error));
    }
    setIsBusy(false);
  };
  return (
    <div class="page">
      <h1>Try it</h1>
      <div class="columns">
        <section class="panel" aria-label="A new task">
          {centre.workflows.length === 0 && (
            <p class="empty">
              There is no workflow to route it. <a href={linkTo("workflows", "new")}>Make one</a>
            </p>
          )}
          <form onSubmit={(event) => void create(event)}>
            <Field label="Workflow">
              <select name="workflow" required>
                {centre.workflows.map((one) => (
                  <option value={one.sid}>{one.friendly_name}</option>
                ))}
              </select>
            </Field>
            <Field label="Attributes" trouble={wrong} hint="What the filters of the workflow look at.">
              <textarea
                class="code"
                rows={6}
                spellcheck={false}
                aria-invalid={wrong !== ""}
                value={attributes}
                onInput={(event) => setAttributes(event.currentTarget.value)}
              />
            </Field>
            <div class="pair">
              <Field label="Task channel">
                <select name="channel">
                  {centre.taskChannels.map((one) => (
                    <option value={one.unique_name}>{one.friendly_name}</option>
                  ))}
                </select>
              </Field>
              <Field label="Priority"><input name="priority" type="number" min={0} placeholder="0" /></Field>
            </div>
            {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
            <button class="main" type="submit" disabled={isBusy || wrong !== ""}>Create the task</button>
          </form>
        </section>
        <div>
          {made.length === 0 && (
            <p class="panel invitation">Create a task, and watch here which way it goes, step by step.</p>
          )}
          {made.map((sid) => (
            <div key={sid} class="tried">
              <Way centre={centre} sid={sid} head={<a href={linkTo("tasks", sid)}><code>{sid}</code></a>} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** What keeps a text from being attributes; nothing if it is. */
export function wrongIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? ""
      : "Attributes are a JSON object: { … }";
  } catch (error) {
    return wordsOf(error);
  }
}
