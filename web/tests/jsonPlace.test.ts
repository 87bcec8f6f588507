import assert from "node:assert/strict";
import { test } from "node:test";

import { placeIn } from "../console/live/jsonPlace.ts";

const TEXT = `{
  "note": "filters[0] { \\"task_routing\\": [",
  "task_routing": {
    "filters": [
      {"targets": [{"queue": "WQ1"}], "expression": "a"},
      {"expression": "b", "targets": [{"queue": "WQ2", "timeout": 5}, {"queue": "WQ3"}]}
    ],
    "default_filter": {"queue": "WQ4"}
  }
}`;

const at = (path: string, length: number) => TEXT.slice(placeIn(TEXT, path)).slice(0, length);

test("a value is found by its path, whatever stands before it", () => {
  assert.equal(at("task_routing.filters[0].expression", 3), '"a"');
  assert.equal(at("task_routing.filters[1].expression", 3), '"b"');
  assert.equal(at("task_routing.filters[1].targets[0].timeout", 1), "5");
  assert.equal(at("task_routing.filters[1].targets[1].queue", 5), '"WQ3"');
  assert.equal(at("task_routing.default_filter.queue", 5), '"WQ4"');
});

test("what is missing is shown where it should be", () => {
  assert.equal(at("task_routing.filters[1].targets[1].timeout", 9), '{"queue":');
  assert.equal(at("task_routing.filters[7]", 1), "[");
  assert.equal(at("nothing.like.this", 1), "{");
});
