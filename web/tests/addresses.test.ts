import assert from "node:assert/strict";
import { test } from "node:test";

import { addressesOf, loadedFrom } from "../sdk/addresses.ts";

const OWN = { api: "https://a.example/v1", bridge: "https://a.example" };

for (const [script, root] of [
  ["https://a.example/sdk/taskrouter.js", "https://a.example"],
  ["https://a.example/sdk/taskrouter.min.js?x=/sdk/y", "https://a.example"],
  ["https://a.example/js/taskrouter/v1.21/taskrouter.min.js", "https://a.example"],
  ["https://a.example/taskrouter/js/v1.13/taskrouter.min.js", "https://a.example"],
  ["https://a.example/below/sdk/taskrouter.mjs", "https://a.example/below"],
  ["http://a.example:8080/assets/bundle.js", "http://a.example:8080"],
]) {
  test(`a script from ${script} talks to ${root}`, () => {
    loadedFrom(script);
    assert.deepEqual(addressesOf(), { api: `${root}/v1`, bridge: root });
  });
}

test("a place that is no web address is not where the server is", () => {
  loadedFrom("https://a.example/sdk/taskrouter.js");
  loadedFrom("file:///sdk/taskrouter.js");
  loadedFrom(undefined);
  assert.deepEqual(addressesOf(), OWN);
});

test("what the page says goes before where the script came from", () => {
  assert.deepEqual(addressesOf("http://x/v1/", "http://y/"), { api: "http://x/v1", bridge: "http://y" });
  assert.deepEqual(addressesOf("http://x/v1"), { api: "http://x/v1", bridge: "http://x" });
  assert.deepEqual(addressesOf(undefined, "http://y"), { api: "http://y/v1", bridge: "http://y" });
});

test("a region fills its place in an address, and means nothing elsewhere", () => {
  assert.deepEqual(addressesOf(undefined, "https://{region}.y", "eu"), {
    api: "https://eu.y/v1",
    bridge: "https://eu.y",
  });
  assert.deepEqual(addressesOf("http://x/v1", undefined, "eu"), { api: "http://x/v1", bridge: "http://x" });
  assert.deepEqual(addressesOf(undefined, undefined, "eu"), OWN);
  assert.throws(() => addressesOf("https://{region}.y/v1"), /give a region/);
});

test("an address of another kind is refused", () => {
  assert.throws(() => addressesOf("ftp://x"), /begin with http/);
  assert.throws(() => addressesOf("tasks.example.com"), /begin with http/);
});
