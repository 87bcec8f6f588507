// One file of types from the many that the compiler writes: ours have no name twice.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const IMPORT = /^(?:import|export) (?:type )?\{([^}]*)\} from "(\.[^"]+)";\n/gm;

/**
 * The declarations that a file and those that it imports make, with the file's own exports.
 *
 * @throws Error if two files declare the same name
 */
export function rolledUp(folder, entry) {
  const done = new Set();
  const names = new Map();
  const parts = [];
  const exported = [];

  function add(path) {
    if (done.has(path)) {
      return;
    }
    done.add(path);
    const text = readFileSync(path, "utf8");
    for (const [statement, listed, from] of text.matchAll(IMPORT)) {
      add(join(dirname(path), from.replace(/\.ts$/, ".d.ts")));
      if (statement.startsWith("export") && path === join(folder, entry)) {
        const kind = statement.startsWith("export type") ? "type " : "";
        exported.push(...listed.split(",").map((name) => kind + name.trim()));
      }
    }
    const own = text.replace(IMPORT, "").replace(/^export \{\};\n/gm, "").replace(/^export /gm, "");
    for (const [, name] of own.matchAll(/^(?:declare )?(?:abstract )?(?:class|function|const|interface|type) (\w+)/gm)) {
      if ((names.get(name) ?? path) !== path) {
        throw new Error(`${name} is declared in ${names.get(name)} and in ${path}`);
      }
      names.set(name, path);
    }
    parts.push(own.trim());
  }

  add(join(folder, entry));
  return `${parts.filter(Boolean).join("\n\n")}\n\nexport { ${exported.join(", ")} };\n`;
}
