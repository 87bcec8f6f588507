/** The server's stream of events, followed through every interruption. */

import type { Access } from "./access.ts";

export interface Told {
  readonly sid: string;
  readonly event_type: string;
  readonly event_date_ms: number;
  readonly description: string;
  readonly actor_type: string;
  readonly event_data: Readonly<Record<string, string | undefined>>;
}

export interface Listener {
  told(event: Told): void;
  /** Events are missing: what is known has to be read anew. */
  gap(): void;
  /** Whether the line is up. */
  line(isUp: boolean): void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
const SILENCE_MS = 40_000;

export class Stream {
  readonly #access: Access;
  readonly #listener: Listener;
  readonly #ended = new AbortController();
  #lastId: string | undefined;

  constructor(access: Access, listener: Listener) {
    this.#access = access;
    this.#listener = listener;
    void this.#follow();
  }

  end(): void {
    this.#ended.abort();
  }

  async #follow(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!this.#ended.signal.aborted) {
      const token = this.#access.granted?.token;
      if (token === undefined) {
        return;
      }
      const status = await this.#once(token, () => {
        waitMs = FIRST_WAIT_MS;
        this.#listener.line(true);
      }).catch(() => 0);
      if (this.#ended.signal.aborted) {
        return;
      }
      this.#listener.line(false);
      if (status === 401 && !(await this.#access.insteadOf(token))) {
        return;
      }
      if (status === 400 && this.#lastId !== undefined) {
        // The server knows of less than we do: it was given another database, or an older one.
        this.#lastId = undefined;
        this.#listener.gap();
      }
      await new Promise((wake) => setTimeout(wake, waitMs));
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }

  /** One connection, until it ends. */
  async #once(token: string, opened: () => void): Promise<number> {
    const gone = new AbortController();
    const end = () => gone.abort();
    this.#ended.signal.addEventListener("abort", end);
    let timer = setTimeout(end, SILENCE_MS);
    try {
      const headers: Record<string, string> = { authorization: `Bearer ${token}` };
      if (this.#lastId !== undefined) {
        headers["last-event-id"] = this.#lastId;
      }
      const sid = this.#access.granted?.workspaceSid ?? "";
      const response = await fetch(`/taskyard/v1/Workspaces/${sid}/EventStream`, {
        headers,
        credentials: "omit",
        signal: gone.signal,
      });
      if (!response.ok || response.body === null) {
        return response.status;
      }
      opened();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) {
          return 200;
        }
        clearTimeout(timer);
        timer = setTimeout(end, SILENCE_MS);
        const messages = (rest + value).split("\n\n");
        rest = messages.pop() ?? "";
        messages.forEach((message) => this.#read(message));
      }
    } finally {
      clearTimeout(timer);
      this.#ended.signal.removeEventListener("abort", end);
    }
  }

  #read(message: string): void {
    let name = "";
    let data: string | undefined;
    for (const line of message.split("\n")) {
      if (line.startsWith("id: ")) {
        this.#lastId = line.slice(4);
      } else if (line.startsWith("event: ")) {
        name = line.slice(7);
      } else if (line.startsWith("data: ")) {
        data = line.slice(6);
      }
    }
    if (name === "taskyard.gap") {
      this.#listener.gap();
    } else if (data !== undefined) {
      this.#listener.told(JSON.parse(data) as Told);
    }
  }
}
