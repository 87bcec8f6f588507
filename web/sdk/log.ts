/** The one place that writes to the console. It is never given a token. */

export class Log {
  readonly #debug: boolean;

  constructor(debug: boolean) {
    this.#debug = debug;
  }

  debug(...values: unknown[]): void {
    if (this.#debug) {
      console.log("taskrouter:", ...values);
    }
  }

  warn(...values: unknown[]): void {
    console.warn("taskrouter:", ...values);
  }
}
