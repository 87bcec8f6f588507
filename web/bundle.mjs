// Makes what a page loads: the classic script, the same in few bytes, the module, and its types; and
// the console.
// usage: node bundle.mjs FOLDER

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { build } from "vite";

import { rolledUp } from "./declarations.mjs";

const here = import.meta.dirname;
const folder = resolve(process.argv[2]);

for (const { entry, format, file, minify } of [
  { entry: "script.ts", format: "iife", file: "taskrouter.js", minify: false },
  { entry: "script.ts", format: "iife", file: "taskrouter.min.js", minify: true },
  { entry: "index.ts", format: "es", file: "taskrouter.mjs", minify: false },
]) {
  await build({
    root: here,
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    build: {
      target: "es2022",
      outDir: folder,
      emptyOutDir: false,
      minify,
      sourcemap: minify,
      lib: { entry: join(here, "sdk", entry), formats: [format], name: "taskrouter", fileName: () => file },
    },
  });
}

await build({
  root: here,
  configFile: false,
  publicDir: false,
  logLevel: "warn",
  build: {
    target: "es2023",
    outDir: join(folder, "console"),
    emptyOutDir: true,
    minify: true,
    // A library build leaves the names of its files alone; the page of three lines is written by hand.
    lib: {
      entry: join(here, "console", "main.tsx"),
      name: "taskyardConsole",
      formats: ["iife"],
      fileName: () => "console.js",
      cssFileName: "console",
    },
  },
});
copyFileSync(join(here, "console", "index.html"), join(folder, "console", "index.html"));

const types = mkdtempSync(join(tmpdir(), "taskyard-types-"));
try {
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const options = ["--project", "tsconfig.sdk.json", "--outDir", types];
  execFileSync(process.execPath, [compiler, ...options], { cwd: here, stdio: "inherit" });
  writeFileSync(join(folder, "taskrouter.d.ts"), rolledUp(types, "index.d.ts"));
} finally {
  rmSync(types, { recursive: true });
}
