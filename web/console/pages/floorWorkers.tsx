/** The workers of the floor: in which activity, and at work on what. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { useSignal } from "../live/signal.ts";
import type { WorkerRow } from "../live/workers.ts";
import { Presence, Status } from "../parts/status.tsx";
import { Since } from "../parts/time.tsx";
import { Windowed } from "../parts/windowed.tsx";
import { linkTo } from "../route.ts";

const ROW_PX = 34;

export function FloorWorkers({ centre, mayChange }: {
  readonly centre: Centre;
  readonly mayChange: boolean;
}): JSX.Element {
  useSignal(centre.workers.changed);
  const [activity, setActivity] = useState("");
  const [wanted, setWanted] = useState("");
  const all = centre.workers.rows;
  const counts = new Map<string, number>();
  all.forEach((row) => counts.set(row.activitySid, (counts.get(row.activitySid) ?? 0) + 1));
  const text = wanted.toLowerCase();
  const rows = all.filter(
    (row) =>
      (activity === "" || row.activitySid === activity) && row.name.toLowerCase().includes(text),
  );
  const chips = [{ sid: "", friendly_name: "All" }, ...centre.activities];
  return (
    <section class="panel workers" aria-labelledby="workers">
      <div class="panel-head">
        <h2 id="workers">Workers</h2>
        <input
          type="search"
          placeholder="Find a worker"
          aria-label="Find a worker"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        {mayChange && <a class="button" aria-label="New worker" href={linkTo("workers", "new")}>New<span class="wide">&nbsp;worker</span></a>}
      </div>
      <div class="chips" role="group" aria-label="Activity">
        {chips.map(({ sid, friendly_name }) => (
          <button type="button" aria-pressed={activity === sid} onClick={() => setActivity(sid)}>
            {friendly_name}{" "}
            <span class="number">{sid === "" ? all.length : (counts.get(sid) ?? 0)}</span>
          </button>
        ))}
      </div>
      <Windowed
        label="Workers"
        items={rows}
        keyOf={(row) => row.sid}
        rowPx={ROW_PX}
        head={
          <div role="row" class="row head">
            <span role="columnheader">worker</span>
            <span role="columnheader">activity</span>
            <span role="columnheader">at work on</span>
            <span role="columnheader" class="right">for</span>
          </div>
        }
        seen={(row) => centre.workers.look(row.sid)}
        row={(row) => <Cells row={row} />}
        empty={all.length === 0 ? "There is no worker yet." : "No worker is like that."}
      />
    </section>
  );
}

function Cells({ row }: { readonly row: WorkerRow }): JSX.Element {
  const held = [...(row.held?.values() ?? [])];
  const [first] = held;
  return (
    <>
      <span role="cell" class="name">
        <a href={linkTo("workers", row.sid)} title={row.name}>{row.name}</a>
      </span>
      <span role="cell" class="activity">
        <Presence name={row.activity} available={row.available} />
      </span>
      <span role="cell" class="doing">
        {first === undefined ? (
          <span class="faint">{row.held === undefined ? "" : "–"}</span>
        ) : (
          <a href={linkTo("tasks", first.taskSid)} title={first.queue}>
            <Status status={first.status} />
            <span class="wide"> {first.queue}</span>
            {held.length > 1 && <span class="faint wide"> +{held.length - 1}</span>}
          </a>
        )}
      </span>
      <span role="cell" class={`right ${first === undefined ? "faint" : ""}`}>
        <Since ms={first?.sinceMs ?? row.sinceMs} />
      </span>
    </>
  );
}
