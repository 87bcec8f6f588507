/** A worker's channels: how much of each kind of work they take at once, to be seen and changed. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Params } from "../live/bridge.ts";
import type { Centre } from "../live/centre.ts";
import { wordsOf } from "../live/refused.ts";
import type { WorkerChannel } from "../live/wire.ts";
import { Tick } from "./tick.tsx";

const CAPACITY_MAX = 50;

export function Capacities({ centre, sid, stamp, mayChange }: {
  readonly centre: Centre;
  readonly sid: string;
  /** Changes whenever they hold something else: the channels are read again. */
  readonly stamp: string;
  readonly mayChange: boolean;
}): JSX.Element {
  const [channels, setChannels] = useState<readonly WorkerChannel[]>([]);
  const [unread, setUnread] = useState("");
  const [refusal, setRefusal] = useState("");
  const [changes, setChanges] = useState(0);
  const path = `/Workers/${sid}/Channels`;
  useEffect(() => {
    let isLatest = true;
    const show = (found: readonly WorkerChannel[]) => {
      setChannels(found);
      setUnread("");
    };
    centre.bridge.all<WorkerChannel>(path, "channels").then(
      (found) => isLatest && show(found),
      (error) => isLatest && setUnread(wordsOf(error)),
    );
    return () => {
      isLatest = false;
    };
  }, [path, stamp, changes]);
  const change = async (channel: WorkerChannel, form: Params) => {
    await centre.bridge.ask("POST", `${path}/${channel.sid}`, form).then(
      () => setRefusal(""),
      (error) => setRefusal(wordsOf(error)),
    );
    // Also after a refusal: what was typed is not what holds.
    setChanges((before) => before + 1);
  };
  const trouble = refusal || unread;
  return (
    <>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      <ul class="capacities">
        {channels.map((one) => {
          const name = one.task_channel_unique_name;
          return (
            <li key={one.sid} class={one.available ? "" : "faint"}>
              {mayChange ? (
                <Tick
                  label={name}
                  hint={`takes ${name}`}
                  value={one.available}
                  change={(Available) => void change(one, { Available })}
                />
              ) : (
                name
              )}
              <meter
                min={0}
                max={Math.max(one.configured_capacity, 1)}
                value={one.assigned_tasks}
                aria-label={`${name}: ${one.assigned_tasks} of ${one.configured_capacity}`}
              />
              <span class="capacity number">
                {one.assigned_tasks} /{" "}
                {mayChange ? (
                  <input
                    type="number"
                    min={0}
                    max={CAPACITY_MAX}
                    aria-label={`Capacity for ${name}`}
                    key={`${one.configured_capacity} ${trouble}`}
                    defaultValue={String(one.configured_capacity)}
                    onChange={(event) => void change(one, { Capacity: event.currentTarget.value })}
                  />
                ) : (
                  one.configured_capacity
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
