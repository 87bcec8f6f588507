/**
 * Requests over the event bridge, with the token of the moment.
 *
 * The pages of a supervisor use this and not the SDK's lists: they show thousands of resources as
 * they come, and save with `If-Match`, which the SDK's calls have no place for.
 */

import type { Access } from "./access.ts";
import { Refused, refusalOf } from "./refused.ts";

export type Params = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Answer<T> {
  readonly payload: T;
  /** The version of what is shown; null for lists. */
  readonly etag: string | null;
}

interface Meta {
  readonly meta: { readonly next_page_url: string | null };
}

const PAGE = 1_000;

export class Bridge {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /**
   * Ask for what is at a path below the workspace.
   *
   * A token that has expired means to wait until they have signed in again: what was asked for is
   * done then, and nothing that was typed is lost.
   *
   * @throws Refused
   */
  async ask<T>(
    method: "GET" | "POST" | "DELETE",
    path: string,
    params: Params = {},
    ifMatch?: string | null,
  ): Promise<Answer<T>> {
    for (;;) {
      const found = this.#access.granted;
      if (found === undefined) {
        throw new Refused(401, "Nobody is signed in.");
      }
      const url = /^https?:/.test(path) ? path : `Workspaces/${found.workspaceSid}${path}`;
      let response: Response;
      try {
        response = await fetch(`/v1/wschannels/${found.accountSid}/${found.channelSid}`, {
          method: "POST",
          body: JSON.stringify({ url, method, params, token: found.token }),
          credentials: "omit",
          ...(ifMatch == null ? {} : { headers: { "If-Match": ifMatch } }),
        });
      } catch {
        throw new Refused(0, "The server cannot be reached.");
      }
      if (response.status === 401 && (await this.#access.insteadOf(found.token))) {
        continue;
      }
      if (!response.ok) {
        throw await refusalOf(response);
      }
      const { payload } = (await response.json()) as { payload: T };
      return { payload, etag: response.headers.get("etag") };
    }
  }

  async get<T>(path: string, params: Params = {}): Promise<T> {
    return (await this.ask<T>("GET", path, params)).payload;
  }

  /** Every item of a list, page by page. */
  async all<T>(path: string, key: string, params: Params = {}): Promise<T[]> {
    const items: T[] = [];
    let next: string | null = path;
    let asked: Params = { PageSize: PAGE, ...params };
    while (next !== null) {
      const page: Meta & Record<string, unknown> = await this.get(next, asked);
      items.push(...(page[key] as T[]));
      next = page.meta.next_page_url;
      asked = {};
    }
    return items;
  }
}
