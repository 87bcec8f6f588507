/** What a call that failed is answered with. */

/** The body of a refusal, as the server words it. */
export interface Refusal {
  readonly code?: number;
  readonly message?: string;
  readonly more_info?: string;
}

/** A request that was refused, that got no answer, or whose answer cannot be read. */
export class TaskRouterError extends Error {
  /** The HTTP status; 0 if there was no answer. */
  declare readonly code: number;
  /** The same as `code`. */
  declare readonly status: number;
  /** The server's own number for what is wrong, such as 20404; null if it gave none. */
  declare readonly twilioCode: number | null;
  /** An address that says more; null if the server gave none. */
  declare readonly moreInfo: string | null;

  constructor(status: number, message: string, refusal: Refusal = {}) {
    super(message);
    const shown = {
      name: "TaskRouterError",
      message, // own and enumerable, so that an error turned into JSON still says what it is
      code: status,
      status,
      twilioCode: refusal.code ?? null,
      moreInfo: refusal.more_info ?? null,
    };
    for (const [name, value] of Object.entries(shown)) {
      Object.defineProperty(this, name, { value, enumerable: true, configurable: true });
    }
  }
}
