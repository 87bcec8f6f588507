/** The one token of a client: everything that asks the server reads it here, at that moment. */

import { claimsOf, type Claims } from "./claims.ts";

const EARLY_MS = 5_000;
// A longer time-out overflows in browsers and fires at once; and one that a sleeping laptop held up is
// made good within a step.
const STEP_MS = 60_000;

export class Token {
  #text: string;
  #claims: Claims;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #announced = false;
  readonly #onExpiring: () => void;

  /** @param onExpiring called once for each token, five seconds before it expires */
  constructor(text: unknown, onExpiring: () => void) {
    this.#claims = claimsOf(text);
    this.#text = text as string;
    this.#onExpiring = onExpiring;
    this.#wait();
  }

  get text(): string {
    return this.#text;
  }

  get claims(): Claims {
    return this.#claims;
  }

  /** Whether there is no use in showing it to the server any more. */
  get isSpent(): boolean {
    return this.#leftMs() <= 0;
  }

  /**
   * Use another token from now on. Whether it is for the same channel is the server's to judge.
   *
   * @throws Error if it cannot be read: the old one stays in use
   */
  replace(text: unknown): void {
    this.#claims = claimsOf(text);
    this.#text = text as string;
    this.#announced = false;
    this.#wait();
  }

  /** Say that it expires if it does by now, without waiting for the timer. */
  look(): void {
    this.#wait();
  }

  /** Never say so any more. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#announced = true;
  }

  #leftMs(): number {
    const { exp } = this.#claims;
    return typeof exp === "number" ? exp * 1_000 - EARLY_MS - Date.now() : Infinity;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const left = this.#leftMs();
    if (this.#announced || left === Infinity) {
      return;
    }
    this.#timer = setTimeout(
      () => {
        if (this.#leftMs() > 0) {
          this.#wait();
        } else if (!this.#announced) {
          this.#announced = true;
          this.#onExpiring();
        }
      },
      Math.min(Math.max(left, 0), STEP_MS),
    );
  }
}
