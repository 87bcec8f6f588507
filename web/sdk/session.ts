/** What the entities and lists of one client share: its token, its address, and the way to ask. */

import type { Payload } from "./properties.ts";
import type { Token } from "./token.ts";
import type { Asked, Method, Params, Transport } from "./transport.ts";

/** Turns payloads into entities; handed in, so that an entity need not know all the others. */
export interface Reader {
  /** An entity, a list or a plain object: whatever a payload is. */
  read(session: Session, payload: any, path?: string): any;
  /** An entity of which nothing but these is known; undefined for a prefix that is no entity's. */
  unfetched(session: Session, known: Payload): any;
}

export class Session {
  readonly reader: Reader;
  /** Have the whole client go on with this token, its connection too. */
  readonly renew: (token: string) => void;
  readonly #token: Token;
  readonly #transport: Transport;
  readonly #workspace: string;

  constructor(
    token: Token,
    transport: Transport,
    api: string,
    reader: Reader,
    renew: (token: string) => void,
  ) {
    this.reader = reader;
    this.renew = renew;
    this.#token = token;
    this.#transport = transport;
    this.#workspace = `${api}/Workspaces/${encodeURIComponent(token.claims.workspace_sid)}`;
  }

  get workspaceSid(): string {
    return this.#token.claims.workspace_sid;
  }

  /**
   * Ask for what is at a path below the workspace, and give the payload of the answer.
   *
   * @param path begins with a slash, or is empty for the workspace; or a whole address of the server's own
   */
  async ask(
    method: Method,
    path: string,
    params?: Params,
    more: Pick<Asked, "eventType" | "creates"> = {},
  ): Promise<any> {
    const asked = { method, url: this.urlOf(path), params, ...more };
    return (await this.#transport.ask(asked)).payload;
  }

  urlOf(path: string): string {
    return /^https?:/.test(path) ? path : this.#workspace + path;
  }

  read(payload: any, path?: string): any {
    return this.reader.read(this, payload, path);
  }

  unfetched(known: Payload): any {
    return this.reader.unfetched(this, known);
  }
}

/** SIDs and path words, escaped and put together. */
export function pathOf(...parts: string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}
