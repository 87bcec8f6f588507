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

export interface Wanted {
  readonly workspaceSid: string;
  readonly role: Role;
  readonly workerSid: string | undefined;
}

export async function workspacesOf(who: Credentials): Promise<Named[]> {
  const path = "/v1/Workspaces?PageSize=1000";
  return (await ask<{ workspaces: Named[] }>(who, path)).workspaces;
}

export async function workersOf(who: Credentials, workspaceSid: string): Promise<Named[]> {
  const path = `/v1/Workspaces/${workspaceSid}/Workers?PageSize=1000&Ordering=FriendlyName`;
  return (await ask<{ workers: Named[] }>(who, path)).workers;
}

export async function tokenFor(who: Credentials, wanted: Wanted): Promise<string> {
  const form = new URLSearchParams({ WorkspaceSid: wanted.workspaceSid, Role: wanted.role });
  if (wanted.workerSid !== undefined) {
    form.set("WorkerSid", wanted.workerSid);
  }
  return (await ask<{ token: string }>(who, "/taskyard/v1/Tokens", form)).token;
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
