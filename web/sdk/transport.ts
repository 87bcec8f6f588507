/** Posts envelopes to the event bridge, and tries again where that helps. */

import type { Addresses } from "./addresses.ts";
import { TaskRouterError, type Refusal } from "./errors.ts";
import type { Token } from "./token.ts";

export type Method = "GET" | "POST" | "DELETE";
export type Params = Readonly<Record<string, unknown>>;

/** One request of the REST API, to be carried by an envelope. */
export interface Asked {
  readonly method: Method;
  /** Absolute, as the bridge wants it. */
  readonly url: string;
  readonly params?: Params | undefined;
  /** Asked for by a client's first request, and echoed. */
  readonly eventType?: string | undefined;
  /** Whether doing it twice makes a second thing, so that it may be repeated only if it was not done. */
  readonly creates?: boolean | undefined;
}

/** What the bridge answers with. */
export interface Answered {
  readonly payload: any;
  readonly event_type?: string;
}

const RETRIED = new Set([0, 429, 500, 502, 503, 504]);
const NOT_DONE = new Set([429, 503]);
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

export class Transport {
  readonly #url: string;
  readonly #token: Token;
  readonly #retries: number;
  readonly #timeoutMs: number;

  constructor(addresses: Addresses, token: Token, maxRetries: number, timeoutMs: number) {
    const { account_sid, channel } = token.claims;
    const path = [account_sid, channel].map(encodeURIComponent).join("/");
    this.#url = `${addresses.bridge}/v1/wschannels/${path}`;
    this.#token = token;
    this.#retries = maxRetries;
    this.#timeoutMs = timeoutMs;
  }

  /** Where envelopes go; the socket is at the same place. */
  get url(): string {
    return this.#url;
  }

  /** The text of an envelope, with the token of this moment. */
  envelope(asked: Asked): string {
    return JSON.stringify({
      url: asked.url,
      method: asked.method,
      params: asked.params,
      event_type: asked.eventType,
      token: this.#token.text,
    });
  }

  /**
   * Ask, and ask again as often as `maxRetries` allows.
   *
   * @throws TaskRouterError always of this kind, and always in the end
   */
  async ask(asked: Asked): Promise<Answered> {
    for (let tried = 0; ; tried++) {
      try {
        return await this.#askOnce(asked);
      } catch (error) {
        const failed = error as Failed;
        if (tried >= this.#retries || !mayRepeat(asked, failed.error.code)) {
          throw failed.error;
        }
        await new Promise((wake) => setTimeout(wake, waitMs(tried, failed.retryAfterMs)));
      }
    }
  }

  async #askOnce(asked: Asked): Promise<Answered> {
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), this.#timeoutMs);
    let response: Response;
    let text: string;
    try {
      // Text as the body makes it a simple request: no browser asks for permission first.
      response = await fetch(this.#url, {
        method: "POST",
        body: this.envelope(asked),
        credentials: "omit",
        signal: given.signal,
      });
      text = await response.text();
    } catch (cause) {
      const said = given.signal.aborted
        ? `no answer within ${this.#timeoutMs} ms`
        : `the server cannot be reached: ${cause instanceof Error ? cause.message : cause}`;
      throw new Failed(new TaskRouterError(0, said));
    } finally {
      clearTimeout(timer);
    }
    return read(response, text);
  }
}

class Failed extends Error {
  readonly error: TaskRouterError;
  readonly retryAfterMs: number;

  constructor(error: TaskRouterError, retryAfterMs = 0) {
    super(error.message);
    this.error = error;
    this.retryAfterMs = retryAfterMs;
  }
}

function read(response: Response, text: string): Answered {
  const body = parsed(text);
  if (!response.ok) {
    const refusal = (isObject(body) ? body : {}) as Refusal;
    const message = refusal.message || response.statusText || `status ${response.status}`;
    const after = Number(response.headers?.get("retry-after") ?? 0) * 1_000 || 0;
    throw new Failed(new TaskRouterError(response.status, message, refusal), after);
  }
  if (text.trim() === "") {
    return { payload: null };
  }
  if (!isObject(body)) {
    const message = "the answer cannot be read: it is not a JSON object";
    throw new Failed(new TaskRouterError(response.status, message));
  }
  return body as unknown as Answered;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function mayRepeat(asked: Asked, status: number): boolean {
  return (asked.creates ? NOT_DONE : RETRIED).has(status);
}

/** Whether the server may say something else after a while. */
export function mayPass(error: unknown): boolean {
  return error instanceof TaskRouterError && (error.code === 0 || error.code === 429 || error.code >= 500);
}

/** Twice as long each time, and up to half of it by chance, so that clients do not come back as one. */
export function waitMs(tried: number, atLeastMs = 0): number {
  const whole = Math.min(FIRST_WAIT_MS * 2 ** tried, LONGEST_WAIT_MS);
  return Math.max(whole * (0.5 + Math.random() / 2), Math.min(atLeastMs, LONGEST_WAIT_MS));
}
