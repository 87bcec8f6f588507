/** A field of a form with its name, and with what is wrong with it. */

import type { ComponentChildren, JSX } from "preact";

export function Field({ label, trouble, hint, children }: {
  readonly label: string;
  readonly trouble?: string | undefined;
  readonly hint?: ComponentChildren;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="field">
      <label>
        <span class="field-name">{label}</span>
        {children}
      </label>
      {trouble !== undefined && trouble !== "" && (
        <span class="field-trouble" role="alert">{trouble}</span>
      )}
      {hint !== undefined && <span class="field-hint">{hint}</span>}
    </div>
  );
}

/** What a form says under a name; nothing if it does not say it. */
export function valueOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
