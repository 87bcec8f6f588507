/** An attribute bag as a table of names and values; nothing in it is run or read as markup. */

import type { JSX } from "preact";

export function Attributes({ text }: { readonly text: string }): JSX.Element {
  const bag = parsed(text);
  if (typeof bag !== "object" || bag === null || Array.isArray(bag)) {
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
          <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
