/** Every way in which the server, or the way to it, says no. */

export class Refused extends Error {
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What an answer that is an error says. */
export async function refusalOf(response: Response): Promise<Refused> {
  let said: unknown;
  try {
    said = ((await response.json()) as { message?: unknown }).message;
  } catch {
    said = undefined;
  }
  const message = typeof said === "string" && said !== "" ? said : `status ${response.status}`;
  return new Refused(response.status, message);
}

/** The words for whatever was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
