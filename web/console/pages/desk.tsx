/** An agent's desk: what they are offered, what they are at, and whether they are there at all. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Access } from "../live/access.ts";
import { DeskModel, type Step, type Work } from "../live/desk.ts";
import { useSeconds, useSignal } from "../live/signal.ts";
import { Attributes } from "../parts/attributes.tsx";
import { Status } from "../parts/status.tsx";
import { Since, span } from "../parts/time.tsx";

const LINES = { connecting: "connecting", up: "live", down: "reconnecting" };

export function Desk({ access }: { readonly access: Access }): JSX.Element {
  const [desk] = useState(() => new DeskModel(access));
  useEffect(() => () => desk.end(), [desk]);
  useSignal(desk.changed);
  const { offers, ownWork } = desk;
  useTitle(offers.length, desk.name);
  return (
    <>
      <header class="top">
        <b class="mark">Taskyard</b>
        <span class="workspace">{desk.name}</span>
        <label class={`activity-choice ${isAvailable(desk) ? "available" : ""}`}>
          <span class="unseen">Activity</span>
          <select
            value={desk.activitySid}
            disabled={desk.isMoving || desk.activities.length === 0}
            onChange={(event) => void desk.moveTo(event.currentTarget.value)}
          >
            {desk.activities.map((one) => (
              <option value={one.sid}>{one.friendly_name}</option>
            ))}
          </select>
        </label>
        <span class={`line ${desk.line}`} role="status">{LINES[desk.line]}</span>
        <button type="button" class="quiet" onClick={() => access.signOut()}>Sign out</button>
      </header>
      <main class="desk">
        <h1 class="unseen">Desk</h1>
        {desk.trouble !== undefined && <p class="trouble" role="alert">{desk.trouble}</p>}
        <section aria-labelledby="offers" aria-live="polite">
          <h2 id="offers">Offers</h2>
          {offers.length === 0 && <NoOffer desk={desk} />}
          {offers.map((one) => (
            <Offer key={one.sid} work={one} take={(step) => void desk.take(one.sid, step)} />
          ))}
        </section>
        <section aria-labelledby="own">
          <h2 id="own">Your work</h2>
          {ownWork.length === 0 && <p class="panel invitation">You are not at work on anything.</p>}
          {ownWork.map((one) => (
            <Own key={one.sid} work={one} take={(step) => void desk.take(one.sid, step)} />
          ))}
        </section>
        <section aria-labelledby="channels">
          <h2 id="channels">Channels</h2>
          <ul class="panel capacities">
            {desk.channels.map((one) => (
              <li class={one.available ? "" : "faint"}>
                <span>{one.task_channel_unique_name}</span>
                <meter min={0} max={Math.max(one.configured_capacity, 1)} value={one.assigned_tasks}
                  aria-label={`${one.task_channel_unique_name}: ${one.assigned_tasks} of ${one.configured_capacity}`} />
                <span class="number">{one.assigned_tasks} / {one.configured_capacity}</span>
              </li>
            ))}
          </ul>
        </section>
      </main>
    </>
  );
}

function isAvailable(desk: DeskModel): boolean {
  return desk.activities.find((one) => one.sid === desk.activitySid)?.available ?? false;
}

function NoOffer({ desk }: { readonly desk: DeskModel }): JSX.Element {
  if (isAvailable(desk) || desk.activities.length === 0) {
    return <p class="panel invitation">Nothing is offered to you now.</p>;
  }
  const available = desk.activities.find((one) => one.available);
  return (
    <div class="panel invitation">
      <p>You are not available: nothing is offered to you.</p>
      {available !== undefined && (
        <button type="button" disabled={desk.isMoving} onClick={() => void desk.moveTo(available.sid)}>
          Become {available.friendly_name}
        </button>
      )}
    </div>
  );
}

interface CardProps {
  readonly work: Work;
  readonly take: (step: Step) => void;
}

function Offer({ work, take }: CardProps): JSX.Element {
  const now = useSeconds();
  const { deadlineMs, sinceMs } = work;
  return (
    <article class="card offer">
      <Head work={work} />
      {deadlineMs !== undefined && (
        <p class="countdown">
          <progress max={deadlineMs - sinceMs} value={Math.max(0, deadlineMs - now)} aria-label="time left" />
          <span class="number">{span(deadlineMs - now)} left</span>
        </p>
      )}
      <p class="actions">
        <button type="button" class="main" disabled={work.isBusy} onClick={() => take("accept")}>Accept</button>
        <button type="button" disabled={work.isBusy} onClick={() => take("reject")}>Reject</button>
      </p>
    </article>
  );
}

function Own({ work, take }: CardProps): JSX.Element {
  return (
    <article class="card">
      <Head work={work} />
      <p class="actions">
        <button type="button" class="main" disabled={work.isBusy} onClick={() => take("complete")}>Complete</button>
        {work.status === "accepted" && (
          <button type="button" disabled={work.isBusy} onClick={() => take("wrap")}>Wrap up</button>
        )}
      </p>
    </article>
  );
}

function Head({ work }: { readonly work: Work }): JSX.Element {
  const { task } = work;
  return (
    <>
      <p class="card-head">
        <b class="card-name">{task?.task_queue_friendly_name ?? "Straight to you"}</b>
        {task !== undefined && <span class="tag">{task.task_channel_unique_name}</span>}
        {task !== undefined && task.priority > 0 && <span class="tag">priority {task.priority}</span>}
        {work.status !== "pending" && (
          <span class="card-time"><Status status={work.status} /> <Since ms={work.sinceMs} /></span>
        )}
      </p>
      {task !== undefined && <Attributes text={task.attributes} />}
      {work.trouble !== undefined && <p class="trouble" role="alert">{work.trouble}</p>}
    </>
  );
}

function useTitle(offers: number, name: string): void {
  useEffect(() => {
    document.title = offers > 0 ? `(${offers}) New offer · Taskyard` : `${name} · Taskyard`;
    return () => {
      document.title = "Taskyard";
    };
  }, [offers, name]);
}
