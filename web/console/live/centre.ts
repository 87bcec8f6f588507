/** One workspace as it is at this moment: read once, and kept up to date by the stream of events. */

import type { Access } from "./access.ts";
import { Bridge } from "./bridge.ts";
import { Queues } from "./queues.ts";
import { wordsOf } from "./refused.ts";
import { Signal } from "./signal.ts";
import { Stream, type Told } from "./stream.ts";
import type { Activity, TaskChannel, Workflow, Workspace } from "./wire.ts";
import { Validations } from "./validations.ts";
import { Workers } from "./workers.ts";

export type Line = "connecting" | "up" | "down";

const OF_SETTINGS = /^(activity|task-channel|task-queue|workflow|workspace)\.(created|updated|deleted|expression)/;

export class Centre {
  readonly changed = new Signal();
  readonly bridge: Bridge;
  readonly queues: Queues;
  readonly workers: Workers;
  readonly validations: Validations;
  name = "";
  activities: readonly Activity[] = [];
  taskChannels: readonly TaskChannel[] = [];
  workflows: readonly Workflow[] = [];
  line: Line = "connecting";
  isLoaded = false;
  trouble: string | undefined;
  readonly #stream: Stream;
  readonly #listeners = new Set<(event: Told) => void>();

  constructor(access: Access) {
    this.bridge = new Bridge(access);
    this.queues = new Queues(this.bridge);
    this.workers = new Workers(this.bridge);
    this.validations = new Validations(access);
    // Followed from before the first read on, so that nothing falls between the two: see #line.
    this.#stream = new Stream(access, {
      told: (event) => this.#told(event),
      gap: () => void this.load(),
      line: (isUp) => this.#line(isUp),
    });
  }

  end(): void {
    this.#stream.end();
    this.queues.end();
  }

  /** Hear of every event. @returns what ends it */
  listen(listener: (event: Told) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async load(): Promise<void> {
    this.queues.arrivals.forget();
    try {
      await Promise.all([this.#settings(), this.queues.load(), this.workers.load()]);
      this.trouble = undefined;
      this.isLoaded = true;
    } catch (error) {
      this.trouble = wordsOf(error);
      if (!this.isLoaded) {
        setTimeout(() => void this.load(), 3_000);
      }
    }
    this.changed.changed();
  }

  async #settings(): Promise<void> {
    const [workspace, activities, taskChannels, workflows] = await Promise.all([
      this.bridge.get<Workspace>(""),
      this.bridge.all<Activity>("/Activities", "activities"),
      this.bridge.all<TaskChannel>("/TaskChannels", "channels"),
      this.bridge.all<Workflow>("/Workflows", "workflows"),
    ]);
    this.name = workspace.friendly_name;
    this.activities = activities;
    this.taskChannels = taskChannels;
    this.workflows = workflows;
    this.workers.availableIn = new Map(activities.map((one) => [one.sid, one.available]));
    this.changed.changed();
  }

  #told(event: Told): void {
    if (OF_SETTINGS.test(event.event_type)) {
      void this.#settings().catch(() => undefined);
    }
    this.queues.told(event);
    this.workers.told(event);
    for (const listener of this.#listeners) {
      listener(event);
    }
  }

  #line(isUp: boolean): void {
    const isFirst = this.line === "connecting";
    this.line = isUp ? "up" : "down";
    if (isUp || isFirst) {
      // Also after a while without it: what the stream does not tell, such as a task that was
      // forgotten, is read anew.
      void this.load();
    }
    this.changed.changed();
  }
}
