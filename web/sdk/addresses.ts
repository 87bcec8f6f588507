/** Where the server is: said by the page, or else where this script came from. */

/** The addresses that a client uses; neither ends with a slash. */
export interface Addresses {
  /** Ends with the version: `https://tasks.example.com/v1`. */
  readonly api: string;
  /** The server of the event bridge: `https://tasks.example.com`. */
  readonly bridge: string;
}

// The folders below which a server serves this script, with whatever a proxy put before them.
const SCRIPT = /\/(?:sdk|(?:js\/taskrouter|taskrouter\/js)\/[^/]+)\/[^/]*$/;

let ownServer: string | undefined;

/** Remember where this script was loaded from; `undefined` or text that is no web address is ignored. */
export function loadedFrom(script: string | undefined): void {
  if (script === undefined || !/^https?:/.test(script)) {
    return;
  }
  const url = new URL(script);
  const path = SCRIPT.test(url.pathname) ? url.pathname.replace(SCRIPT, "") : "";
  ownServer = url.origin + path;
}

/**
 * The addresses of a client.
 *
 * @param region fills `{region}` in an address, and means nothing where there is none
 * @throws Error if nothing says where the server is, or an address cannot be used
 */
export function addressesOf(api?: string, bridge?: string, region?: string): Addresses {
  const given = { api: filled(api, region), bridge: filled(bridge, region) };
  const root = given.bridge ?? given.api?.replace(/\/v1$/, "") ?? ownServer ?? ofThePage();
  return { api: given.api ?? `${root}/v1`, bridge: given.bridge ?? root };
}

function filled(address: string | undefined, region: string | undefined): string | undefined {
  if (!address) {
    return undefined;
  }
  if (address.includes("{region}") && !region) {
    throw new Error(`the address ${address} has a {region}: give a region`);
  }
  const whole = address.replaceAll("{region}", region ?? "").replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(whole)) {
    throw new Error(`the address ${address} has to begin with http:// or https://`);
  }
  return whole;
}

function ofThePage(): string {
  const origin = globalThis.location?.origin;
  if (!origin || origin === "null") {
    throw new Error("nothing says where the server is: give apiBaseUrl and eventBridgeBaseUrl");
  }
  return origin;
}
