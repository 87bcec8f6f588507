/** The few requests that need credentials: who there is to be, and a token for being it. */

import { Refused, refusalOf } from "./refused.ts";
import type { Role } from "./granted.ts";

export interface Credentials {
  readonly sid: string;
  readonly secret: string;
}

export interface Named {
  readonly sid: string;
  readonly friendly_name: string;
}

interface Paged {
  readonly meta: { readonly next_page_url: string | null };
  readonly [key: string]: unknown;
}

export interface Wanted {
  readonly workspaceSid: string;
  readonly role: Role;
  readonly workerSid: string | undefined;
}

export function workspacesOf(who: Credentials): Promise<Named[]> {
  return named(who, "/v1/Workspaces", "workspaces");
}

export function workersOf(who: Credentials, workspaceSid: string): Promise<Named[]> {
  return named(who, `/v1/Workspaces/${workspaceSid}/Workers`, "workers", "&Ordering=FriendlyName");
}

export async function tokenFor(who: Credentials, wanted: Wanted): Promise<string> {
  const form = new URLSearchParams({ WorkspaceSid: wanted.workspaceSid, Role: wanted.role });
  if (wanted.workerSid !== undefined) {
    form.set("WorkerSid", wanted.workerSid);
  }
  return (await ask<{ token: string }>(who, "/taskyard/v1/Tokens", form)).token;
}

/** Every item of a list, page by page. */
async function named(who: Credentials, path: string, key: string, order = ""): Promise<Named[]> {
  const found: Named[] = [];
  let query: string | undefined = `?PageSize=1000${order}`;
  while (query !== undefined) {
    const page: Paged = await ask(who, path + query);
    found.push(...(page[key] as Named[]));
    const next: string | null = page.meta.next_page_url;
    // Its host is the server's public one, which may be another than the page is from.
    query = next === null ? undefined : new URL(next).search;
  }
  return found;
}

async function ask<T>(who: Credentials, path: string, form?: URLSearchParams): Promise<T> {
  const octets = new TextEncoder().encode(`${who.sid}:${who.secret}`);
  const authorization = `Basic ${btoa(String.fromCharCode(...octets))}`;
  let response: Response;
  try {
    response = await fetch(path, {
      method: form === undefined ? "GET" : "POST",
      headers: { authorization },
      credentials: "omit",
      ...(form === undefined ? {} : { body: form }),
    });
  } catch {
    throw new Refused(0, "The server cannot be reached.");
  }
  if (response.status === 401) {
    throw new Refused(401, "No account or API key has this SID and secret.");
  }
  if (!response.ok) {
    throw await refusalOf(response);
  }
  return (await response.json()) as T;
}
