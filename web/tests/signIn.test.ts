import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { workersOf } from "../console/live/rest.ts";

test("everybody may be chosen to sign in as, however many pages they are", async () => {
  const asked: string[] = [];
  mock.method(globalThis, "fetch", async (path: string) => {
    asked.push(path);
    const next = path.includes("PageToken") ? null : "https://tasks.example.com/v1/Workers?PageSize=1000&PageToken=PT1";
    const workers = [{ sid: `WK${asked.length}`, friendly_name: "Ada" }];
    return new Response(JSON.stringify({ workers, meta: { next_page_url: next } }));
  });
  const found = await workersOf({ sid: "AC1", secret: "secret" }, "WS1");
  assert.deepEqual(found.map(({ sid }) => sid), ["WK1", "WK2"]);
  assert.deepEqual(asked, [
    "/v1/Workspaces/WS1/Workers?PageSize=1000&Ordering=FriendlyName",
    "/v1/Workspaces/WS1/Workers?PageSize=1000&PageToken=PT1",
  ]);
});
