/** One task channel: a kind of work. */

import type { JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import type { TaskChannel } from "../live/wire.ts";
import { Editor } from "../parts/editor.tsx";
import { Field } from "../parts/field.tsx";
import { Heading, SETTINGS } from "../parts/heading.tsx";
import { Tick } from "../parts/tick.tsx";
import { linkTo } from "../route.ts";

const BLANK: TaskChannel = { sid: "", friendly_name: "", unique_name: "", channel_optimized_routing: false };
const FIELDS = ["friendly_name", "channel_optimized_routing"] as const;

export function TaskChannelPage({ centre, sid, mayChange }: {
  readonly centre: Centre;
  readonly sid: string;
  readonly mayChange: boolean;
}): JSX.Element {
  const isNew = sid === "new";
  const known = centre.taskChannels.find((one) => one.sid === sid);
  const toSettings = () => (location.hash = linkTo("settings"));
  return (
    <div class="page">
      <Heading above={SETTINGS}>{isNew ? "New task channel" : (known?.friendly_name ?? sid)}</Heading>
      <div class="alone">
        <Editor<TaskChannel>
          bridge={centre.bridge}
          path={isNew ? "/TaskChannels" : `/TaskChannels/${sid}`}
          title="Task channel"
          blank={isNew ? BLANK : undefined}
          fields={FIELDS}
          mayChange={mayChange}
          formOf={(typed) => ({
            FriendlyName: typed.friendly_name,
            ChannelOptimizedRouting: typed.channel_optimized_routing,
            ...(isNew ? { UniqueName: typed.unique_name } : {}),
          })}
          saved={isNew ? toSettings : undefined}
          removed={toSettings}
        >
          {(typed, change) => (
            <>
              <Field label="Name">
                <input
                  required
                  maxLength={64}
                  value={typed.friendly_name}
                  onInput={(event) => change({ friendly_name: event.currentTarget.value })}
                />
              </Field>
              <Field label={isNew ? "Name for programs: it never changes" : "Name for programs"}>
                <input
                  required
                  maxLength={64}
                  class="code"
                  readOnly={!isNew}
                  value={typed.unique_name}
                  onInput={(event) => change({ unique_name: event.currentTarget.value })}
                />
              </Field>
              <Tick
                label="Workers with the most room are asked first"
                value={typed.channel_optimized_routing}
                change={(channel_optimized_routing) => change({ channel_optimized_routing })}
              />
            </>
          )}
        </Editor>
      </div>
    </div>
  );
}
