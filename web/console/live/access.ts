/**
 * Who is signed in.
 *
 * The credentials stay in this object, so they are gone with the page. The token, which opens less
 * and not for long, is kept for the tab: to load the page again does not mean to sign in again.
 */

import { granted, type Granted } from "./granted.ts";
import { Refused } from "./refused.ts";
import { tokenFor, type Credentials, type Wanted } from "./rest.ts";
import { Signal } from "./signal.ts";

const KEPT = "taskyard.token";
const LOOK_EVERY_MS = 5_000;
const RENEW_BEFORE_MS = 60_000;

export class Access {
  readonly changed = new Signal();
  #granted: Granted | undefined;
  #credentials: Credentials | undefined;
  #isExpired = false;
  #renewing: Promise<boolean> | undefined;
  #waiting: ((isSignedIn: boolean) => void)[] = [];

  constructor() {
    setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  get granted(): Granted | undefined {
    return this.#granted;
  }

  /** Whether whoever was signed in has to say again who they are; the page below stays as it is. */
  get isExpired(): boolean {
    return this.#isExpired;
  }

  /** Take up the token of this tab, or the one that the address brings. */
  resume(): void {
    const brought = /^#token=(.+)$/.exec(location.hash)?.[1];
    if (brought !== undefined) {
      // Not to be seen, nor kept in the history of the browser.
      history.replaceState(null, "", "#/");
    }
    const found = granted(brought ?? sessionStorage.getItem(KEPT) ?? "");
    if (found !== undefined && found.expiresMs > Date.now()) {
      this.#take(found);
    }
  }

  /** @throws Refused if the credentials or the wish are not good */
  async signIn(who: Credentials, wanted: Wanted): Promise<void> {
    const found = granted(await tokenFor(who, wanted));
    if (found === undefined) {
      throw new Refused(0, "The server's token cannot be read.");
    }
    this.#credentials = who;
    this.#take(found);
  }

  /** @throws Refused if it is no token, or for somebody else than is signed in */
  signInBy(token: string): void {
    const found = granted(token.trim());
    if (found === undefined) {
      throw new Refused(0, "This is no token.");
    }
    if (found.expiresMs <= Date.now()) {
      throw new Refused(0, "This token has expired.");
    }
    if (this.#granted !== undefined && found.channelSid !== this.#granted.channelSid) {
      throw new Refused(0, "This token is for somebody else.");
    }
    this.#take(found);
  }

  /** The same as before, with credentials typed anew. */
  async signInAgain(who: Credentials): Promise<void> {
    if (this.#granted !== undefined) {
      await this.signIn(who, this.#granted);
    }
  }

  signOut(): void {
    sessionStorage.removeItem(KEPT);
    this.#granted = undefined;
    this.#credentials = undefined;
    this.#isExpired = false;
    this.#letGo(false);
    this.changed.changed();
  }

  /**
   * Wait until there is another token than this one, which the server has not taken.
   *
   * @returns whether there is one; not if they sign out instead
   */
  async insteadOf(token: string): Promise<boolean> {
    if (this.#granted?.token === token && (await this.#renew())) {
      return true;
    }
    if (this.#granted?.token !== token) {
      return this.#granted !== undefined;
    }
    this.#isExpired = true;
    this.changed.changed();
    return new Promise((wake) => this.#waiting.push(wake));
  }

  async #look(): Promise<void> {
    const found = this.#granted;
    if (found === undefined || this.#isExpired) {
      return;
    }
    const leftMs = found.expiresMs - Date.now();
    if (leftMs > RENEW_BEFORE_MS || (await this.#renew())) {
      return;
    }
    if (leftMs <= 0 && this.#granted === found) {
      this.#isExpired = true;
      this.changed.changed();
    }
  }

  async #renew(): Promise<boolean> {
    this.#renewing ??= this.#renewed().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renewed(): Promise<boolean> {
    const [who, wanted] = [this.#credentials, this.#granted];
    if (who === undefined || wanted === undefined) {
      return false;
    }
    const found = await tokenFor(who, wanted).then(granted, () => undefined);
    // They may have signed out meanwhile, or be somebody else by now.
    if (found === undefined || this.#credentials !== who) {
      return false;
    }
    this.#take(found);
    return true;
  }

  #take(found: Granted): void {
    sessionStorage.setItem(KEPT, found.token);
    this.#granted = found;
    this.#isExpired = false;
    this.#letGo(true);
    this.changed.changed();
  }

  #letGo(isSignedIn: boolean): void {
    for (const wake of this.#waiting.splice(0)) {
      wake(isSignedIn);
    }
  }
}
