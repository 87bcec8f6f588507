/** An attribute bag as a table of names and values; nothing in it is run or read as markup. */

import type { JSX } from "preact";

const IN_A_LINE = 6;

/** The first of them in one line, for lists. */
export function AttributesLine({ text }: { readonly text: string }): JSX.Element {
  const bag = parsed(text);
  if (!isBag(bag)) {
    return <code>{text}</code>;
  }
  const entries = Object.entries(bag).slice(0, IN_A_LINE);
  if (entries.length === 0) {
    return <span class="faint">no attributes</span>;
  }
  return (
    <>
      {entries.map(([name, value]) => (
        <span class="attribute">
          <span class="faint">{name}</span> {textOf(value)}
        </span>
      ))}
    </>
  );
}

export function Attributes({ text }: { readonly text: string }): JSX.Element {
  const bag = parsed(text);
  if (!isBag(bag)) {
    return <code class="attributes">{text}</code>;
  }
  const entries = Object.entries(bag);
  if (entries.length === 0) {
    return <span class="faint">no attributes</span>;
  }
  return (
    <dl class="attributes">
      {entries.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{textOf(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function isBag(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
