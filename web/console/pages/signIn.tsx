/** Saying who one is: with credentials, or with a token that somebody made for one. */

import type { ComponentChildren, JSX, TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Access } from "../live/access.ts";
import type { Role } from "../live/granted.ts";
import { wordsOf } from "../live/refused.ts";
import { workersOf, workspacesOf, type Credentials, type Named } from "../live/rest.ts";
import { Field, valueOf } from "../parts/field.tsx";

export function SignIn({ access }: { readonly access: Access }): JSX.Element {
  const [who, setWho] = useState<Credentials>();
  const [workspaces, setWorkspaces] = useState<Named[]>([]);
  const prove = async (given: Credentials) => {
    setWorkspaces(await workspacesOf(given));
    setWho(given);
  };
  return (
    <main class="sign-in panel">
      <h1>Taskyard</h1>
      <p class="faint">{who === undefined ? "Who are you?" : "Where to, and as whom?"}</p>
      {who === undefined ? (
        <>
          <CredentialsForm submit={prove} />
          <TokenForm access={access} />
        </>
      ) : (
        <Choice access={access} who={who} workspaces={workspaces} back={() => setWho(undefined)} />
      )}
    </main>
  );
}

/** Over the page, which stays as it is with all that was typed into it. */
export function SignInAgain({ access }: { readonly access: Access }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="sign-in"
      aria-labelledby="again"
      onCancel={(event) => event.preventDefault()}
    >
      <h1 id="again">Your sign-in has expired</h1>
      <p>Sign in again to go on. What you have typed is still there.</p>
      <CredentialsForm submit={(given) => access.signInAgain(given)} />
      <TokenForm access={access} />
      <button type="button" class="quiet" onClick={() => access.signOut()}>
        Sign out instead
      </button>
    </dialog>
  );
}

function CredentialsForm({ submit }: {
  readonly submit: (who: Credentials) => Promise<void>;
}): JSX.Element {
  return (
    <Asking
      name="Sign in"
      submit={(form) => submit({ sid: valueOf(form, "sid").trim(), secret: valueOf(form, "secret") })}
    >
      <Field label="Account SID or API key">
        <input name="sid" required autocomplete="username" spellcheck={false} placeholder="AC… or SK…" />
      </Field>
      <Field label="Auth token or secret">
        <input name="secret" type="password" required autocomplete="current-password" />
      </Field>
    </Asking>
  );
}

function TokenForm({ access }: { readonly access: Access }): JSX.Element {
  return (
    <details>
      <summary>I was given a token</summary>
      <Asking
        name="Use the token"
        submit={async (form) => access.signInBy(valueOf(form, "token"))}
      >
        <Field label="Token">
          <textarea name="token" rows={3} required spellcheck={false} />
        </Field>
      </Asking>
    </details>
  );
}

interface ChoiceProps {
  readonly access: Access;
  readonly who: Credentials;
  readonly workspaces: readonly Named[];
  readonly back: () => void;
}

function Choice({ access, who, workspaces, back }: ChoiceProps): JSX.Element {
  const [workspaceSid, setWorkspaceSid] = useState(workspaces[0]?.sid ?? "");
  const [role, setRole] = useState<Role>("supervisor");
  const [workers, setWorkers] = useState<readonly Named[]>([]);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    let isLatest = true;
    setWorkers([]);
    setTrouble("");
    if (role === "agent" && workspaceSid !== "") {
      workersOf(who, workspaceSid).then(
        (found) => isLatest && setWorkers(found),
        (error) => isLatest && setTrouble(wordsOf(error)),
      );
    }
    return () => {
      isLatest = false;
    };
  }, [role, workspaceSid]);
  if (workspaces.length === 0) {
    return (
      <p class="empty">
        This account has no workspace yet. Make one by <code>taskyard init</code> or over REST, and come back.{" "}
        <button type="button" onClick={back}>Back</button>
      </p>
    );
  }
  const submit = (form: FormData) =>
    access.signIn(who, {
      workspaceSid,
      role,
      workerSid: role === "agent" ? valueOf(form, "worker") : undefined,
    });
  return (
    <Asking name="Enter" submit={submit}>
      <Field label="Workspace">
        <select value={workspaceSid} onChange={(event) => setWorkspaceSid(event.currentTarget.value)}>
          {workspaces.map((one) => (
            <option value={one.sid}>{one.friendly_name}</option>
          ))}
        </select>
      </Field>
      <Field label="As">
        <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
          <option value="supervisor">supervisor: sees and changes everything</option>
          <option value="viewer">viewer: sees everything</option>
          <option value="agent">agent: works as one worker</option>
        </select>
      </Field>
      {role === "agent" && (
        <Field label="Worker">
          <select name="worker" required>
            {workers.map((one) => (
              <option value={one.sid}>{one.friendly_name}</option>
            ))}
          </select>
        </Field>
      )}
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
    </Asking>
  );
}

/** A form that is sent once at a time, and shows why it was refused. */
function Asking({ name, submit, children }: {
  readonly name: string;
  readonly submit: (form: FormData) => Promise<void>;
  readonly children: ComponentChildren;
}): JSX.Element {
  const [isBusy, setIsBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const onSubmit = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    setIsBusy(true);
    setTrouble("");
    try {
      await submit(new FormData(event.currentTarget));
    } catch (error) {
      setTrouble(wordsOf(error));
    }
    setIsBusy(false);
  };
  return (
    <form onSubmit={(event) => void onSubmit(event)}>
      {children}
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      <button type="submit" class="main" disabled={isBusy}>{name}</button>
    </form>
  );
}
