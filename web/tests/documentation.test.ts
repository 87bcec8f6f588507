import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { CALL, CONFERENCE, DEQUEUE, REDIRECT, type Signature } from "../sdk/entities/instructions.ts";

const PAGE = readFileSync(new URL("../../docs/sdk/javascript.md", import.meta.url), "utf8");

test("the answers to an offer take the arguments that the documentation names, in its order", () => {
  const rows = PAGE.split("| answer to an offer |")[1]!.split("\n\n")[0]!.split("\n").slice(2);
  const documented = rows.map((row) => row.split("|").slice(1, 3).map((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name)));
  const named = (signature: Signature) => signature.map(([option]) => option);
  assert.deepEqual(
    documented.map(([method, names]) => [method![0], names]),
    [
      ["accept", []],
      ["reject", ["activitySid"]],
      ["dequeue", named(DEQUEUE)],
      ["call", named(CALL)],
      ["redirect", named(REDIRECT)],
      ["conference", named(CONFERENCE)],
    ],
  );
});
