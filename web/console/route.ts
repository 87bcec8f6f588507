/** Which page is shown: it stands behind the `#` of the address, so that it can be kept and sent. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { mayLeave } from "./live/unsaved.ts";

export interface Place {
  readonly page: string;
  readonly sid: string | undefined;
}

export function placeOf(hash: string): Place {
  const [page, sid] = hash.replace(/^#\/?/, "").split("/");
  return { page: page ?? "", sid: sid === "" ? undefined : sid };
}

export function linkTo(page: string, sid?: string): string {
  return sid === undefined ? `#/${page}` : `#/${page}/${sid}`;
}

export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    let shown = location.hash;
    const look = () => {
      if (location.hash !== shown && !mayLeave()) {
        history.pushState(null, "", shown);
      }
      shown = location.hash;
      setHash(shown);
    };
    addEventListener("hashchange", look);
    look(); // it may have changed after the drawing and before anybody listened
    return () => removeEventListener("hashchange", look);
  }, []);
  return useMemo(() => placeOf(hash), [hash]);
}
