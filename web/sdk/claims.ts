/** What a token says of itself. It is only read here: the server is who verifies it. */

export interface Claims {
  readonly account_sid: string;
  readonly workspace_sid: string;
  readonly channel: string;
  readonly worker_sid?: string;
  readonly taskqueue_sid?: string;
  /** Seconds since the epoch; absent from a token that does not expire. */
  readonly exp?: number;
}

const REQUIRED = ["account_sid", "channel", "workspace_sid"] as const;

/**
 * The claims of a capability token.
 *
 * @throws Error if there is no token, it cannot be read, or a claim is missing that the clients need
 */
export function claimsOf(token: unknown): Claims {
  if (typeof token !== "string" || token === "") {
    throw new Error("a token is required: a capability token of the server, as text");
  }
  const claims = decode(token);
  for (const name of REQUIRED) {
    if (typeof claims[name] !== "string" || claims[name] === "") {
      throw new Error(`the token has no claim ${name}: make it with a workspace and a channel`);
    }
  }
  return claims as unknown as Claims;
}

function decode(token: string): Record<string, unknown> {
  try {
    const middle = token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(middle), (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder("utf-8").decode(bytes));
    if (claims !== null && typeof claims === "object") {
      return claims as Record<string, unknown>;
    }
  } catch {
    // whatever went wrong, it is the token that cannot be read
  }
  throw new Error("the token cannot be read: it has to be a JSON Web Token of three parts");
}
