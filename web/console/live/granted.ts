/** What a capability token says that it is for: enough to show the right pages, and no more. */

export type Role = "supervisor" | "agent" | "viewer";

export interface Granted {
  readonly token: string;
  readonly role: Role;
  readonly accountSid: string;
  readonly workspaceSid: string;
  readonly workerSid: string | undefined;
  readonly channelSid: string;
  readonly expiresMs: number;
}

interface Claims {
  readonly account_sid?: unknown;
  readonly workspace_sid?: unknown;
  readonly worker_sid?: unknown;
  readonly channel?: unknown;
  readonly exp?: unknown;
  readonly policies?: unknown;
}

/** Read a token; the server alone can tell whether it is genuine. Undefined for what is none. */
export function granted(token: string): Granted | undefined {
  const claims = claimsOf(token);
  if (claims === undefined) {
    return undefined;
  }
  const { account_sid, workspace_sid, worker_sid, channel, exp } = claims;
  if (!isText(account_sid) || !isText(workspace_sid) || !isText(channel) || !Number.isFinite(exp)) {
    return undefined;
  }
  const workerSid = isText(worker_sid) ? worker_sid : undefined;
  return {
    token,
    role: workerSid !== undefined ? "agent" : mayChange(claims) ? "supervisor" : "viewer",
    accountSid: account_sid,
    workspaceSid: workspace_sid,
    workerSid,
    channelSid: channel,
    expiresMs: Number(exp) * 1_000,
  };
}

function mayChange({ policies, workspace_sid }: Claims): boolean {
  const all = `/v1/Workspaces/${String(workspace_sid)}/**`;
  return (
    Array.isArray(policies) &&
    policies.some(
      (one: { url?: unknown; method?: unknown; allow?: unknown }) =>
        one.method === "POST" && one.allow === true && isText(one.url) && one.url.endsWith(all),
    )
  );
}

function claimsOf(token: string): Claims | undefined {
  try {
    const part = token.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "";
    const claims: unknown = JSON.parse(atob(part));
    return typeof claims === "object" && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
