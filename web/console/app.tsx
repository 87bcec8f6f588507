/** Who is signed in sees the pages of their role; nobody else sees anything. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Access } from "./live/access.ts";
import { Centre } from "./live/centre.ts";
import type { Granted } from "./live/granted.ts";
import { useSignal } from "./live/signal.ts";
import { Desk } from "./pages/desk.tsx";
import { Pages } from "./pages/pages.tsx";
import { SignIn, SignInAgain } from "./pages/signIn.tsx";

export function App({ access }: { readonly access: Access }): JSX.Element {
  useSignal(access.changed);
  const who = access.granted;
  if (who === undefined) {
    return <SignIn access={access} />;
  }
  return (
    <>
      {who.role === "agent" ? (
        <Desk key={who.channelSid} access={access} />
      ) : (
        <Supervised key={who.workspaceSid} access={access} who={who} />
      )}
      {access.isExpired && <SignInAgain access={access} />}
    </>
  );
}

function Supervised({ access, who }: {
  readonly access: Access;
  readonly who: Granted;
}): JSX.Element {
  const [centre] = useState(() => new Centre(access));
  useEffect(() => () => centre.end(), [centre]);
  useSignal(centre.changed);
  return <Pages access={access} centre={centre} mayChange={who.role === "supervisor"} />;
}
