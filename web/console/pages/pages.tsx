/** The frame around a supervisor's or viewer's page: where to go, and how the line is. */

import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Access } from "../live/access.ts";
import type { Centre } from "../live/centre.ts";
import { useSeconds, useSignal } from "../live/signal.ts";
import { linkTo, usePlace, type Place } from "../route.ts";
import { ActivityPage } from "./activity.tsx";
import { Floor } from "./floor.tsx";
import { QueuePage } from "./queue.tsx";
import { Settings } from "./settings.tsx";
import { TaskPage } from "./task.tsx";
import { TaskChannelPage } from "./taskChannel.tsx";
import { Tasks } from "./tasks.tsx";
import { TryIt } from "./tryIt.tsx";
import { WorkerPage } from "./worker.tsx";
import { WorkflowPage } from "./workflow.tsx";
import { Workflows } from "./workflows.tsx";

const LINES = { connecting: "connecting", up: "live", down: "reconnecting" };

/** The pages that a tab leads to beside its own. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  "": ["queues", "workers"],
  settings: ["activities", "channels"],
};

interface Props {
  readonly access: Access;
  readonly centre: Centre;
  readonly mayChange: boolean;
}

export function Pages({ access, centre, mayChange }: Props): JSX.Element {
  const place = usePlace();
  const main = useFocusOn(place);
  const tabs = [
    ["", "Floor"],
    ["tasks", "Tasks"],
    ["workflows", "Workflows"],
    ["settings", "Settings"],
    ...(mayChange ? [["try", "Try it"]] : []),
  ] as const;
  return (
    <>
      <header class="top">
        <b class="mark">Taskyard</b>
        <span class="workspace">{centre.name}</span>
        <nav aria-label="Pages">
          {tabs.map(([page, name]) => (
            <a href={linkTo(page)} aria-current={isIn(place, page) ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        {!mayChange && <span class="tag">read only</span>}
        <LateFlag centre={centre} isShown={place.page !== ""} />
        <span class={`line ${centre.line}`} role="status">
          {LINES[centre.line]}
        </span>
        <button type="button" class="quiet" onClick={() => access.signOut()}>
          Sign out
        </button>
      </header>
      <main ref={main} tabIndex={-1}>
        {centre.trouble !== undefined && <p class="trouble" role="alert">{centre.trouble}</p>}
        {centre.isLoaded ? (
          <Page key={`${place.page}/${place.sid}`} place={place} centre={centre} mayChange={mayChange} />
        ) : (
          centre.trouble === undefined && <p class="page faint">Reading the workspace …</p>
        )}
      </main>
    </>
  );
}

/** That a queue is late, for those who look at another page; and in the title, for another tab. */
function LateFlag({ centre, isShown }: {
  readonly centre: Centre;
  readonly isShown: boolean;
}): JSX.Element {
  useSignal(centre.queues.changed);
  const { length: late } = centre.queues.late(useSeconds());
  useEffect(() => {
    document.title = late > 0 ? `(${late} late) Taskyard` : "Taskyard";
    return () => {
      document.title = "Taskyard";
    };
  }, [late]);
  return (
    <span role="status">
      {isShown && late > 0 && (
        <a class="late-flag" href={linkTo("")} aria-label={late === 1 ? "1 queue is late" : `${late} queues are late`}>
          {late} <span class="wide">{late === 1 ? "queue is" : "queues are"} </span>late
        </a>
      )}
    </span>
  );
}

/** Who follows a link by the keyboard, or listens, goes on in the page that it leads to. */
function useFocusOn(place: Place): RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current !== place) {
      shown.current = place;
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }, [place]);
  return main;
}

function isIn(place: Place, page: string): boolean {
  return place.page === page || (BELOW[page] ?? []).includes(place.page);
}

function Page({ place, centre, mayChange }: {
  readonly place: Place;
  readonly centre: Centre;
  readonly mayChange: boolean;
}): JSX.Element {
  const { page, sid } = place;
  const given = { centre, mayChange };
  switch (page) {
    case "":
      return <Floor {...given} />;
    case "tasks":
      return sid === undefined ? <Tasks centre={centre} /> : <TaskPage {...given} sid={sid} />;
    case "queues":
      return <QueuePage {...given} sid={sid} />;
    case "workers":
      return <WorkerPage {...given} sid={sid} />;
    case "workflows":
      return sid === undefined ? <Workflows {...given} /> : <WorkflowPage {...given} sid={sid} />;
    case "settings":
      return <Settings {...given} />;
    case "activities":
      return <ActivityPage {...given} sid={sid ?? "new"} />;
    case "channels":
      return <TaskChannelPage {...given} sid={sid ?? "new"} />;
    case "try":
      return <TryIt centre={centre} />;
    default:
      return (
        <div class="page">
          <h1>There is no such page.</h1>
          <p><a href={linkTo("")}>To the floor</a></p>
        </div>
      );
  }
}
