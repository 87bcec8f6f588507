/** What saving would say, asked of the server while somebody types. Nothing is saved by it. */

import { useEffect, useState } from "preact/hooks";

import type { Access } from "./access.ts";
import { Refused, refusalOf } from "./refused.ts";

export interface Problem {
  readonly message: string;
  /** In a configuration, such as `task_routing.filters[0].expression`. */
  readonly place: string | null;
}

export interface Validation {
  readonly problem: Problem | null;
  readonly matching_workers: number | null;
  readonly available_workers: number | null;
}

const PAUSE_MS = 250;

export class Validations {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Have one field looked at. @throws Refused */
  async of(field: "TargetWorkers" | "Configuration", text: string): Promise<Validation> {
    for (;;) {
      const found = this.#access.granted;
      if (found === undefined) {
        throw new Refused(401, "Nobody is signed in.");
      }
      let response: Response;
      try {
        response = await fetch(`/taskyard/v1/Workspaces/${found.workspaceSid}/Validations`, {
          method: "POST",
          headers: { authorization: `Bearer ${found.token}` },
          credentials: "omit",
          body: new URLSearchParams({ [field]: text }),
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
      return (await response.json()) as Validation;
    }
  }
}

/**
 * What is wrong with a configuration as it is typed; undefined while nothing is known to be.
 *
 * @param text undefined where it is no configuration to ask about
 */
export function useProblem(validations: Validations, text: string | undefined): Problem | undefined {
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    let isLatest = true;
    const say = (found: Problem | undefined) => isLatest && setProblem(found);
    if (text === undefined) {
      say(undefined);
      return;
    }
    const timer = setTimeout(() => {
      validations.of("Configuration", text).then(
        (found) => say(found.problem ?? undefined),
        // It is looked at once more when it is saved.
        () => say(undefined),
      );
    }, PAUSE_MS);
    return () => {
      isLatest = false;
      clearTimeout(timer);
    };
  }, [validations, text]);
  return problem;
}
