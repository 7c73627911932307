// What each command may touch, asserted one by one; and that the sandbox holds from inside.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { commands } from "../../../commands/mod.ts";
import type { Options } from "../../../core/flags/flag.ts";
import { grantsFor } from "../../../core/sandbox/grants.ts";
import type { Settings } from "../../../core/settings/settings.ts";

const SETTINGS: Settings = {
  dataDir: "/library/data",
  mediaRoot: "/library/media",
  scratchDir: "/scratch",
  database: { kind: "sqlite", path: "/library/data/db.sqlite3", timeoutMs: 5000 },
  timeZone: "UTC",
  filenameFormatRemoveNone: false,
  auditLogEnabled: true,
  raw: {},
};

const DATABASE = ["", "-wal", "-shm", "-journal"].map((suffix) =>
  `/library/data/db.sqlite3${suffix}`
);
const LIBRARY = ["/library/data", "/library/media", ...DATABASE];

/** Command lines and what they may write, besides their own scratch folder. Reading includes it. */
const WRITES: readonly { command: string; options: Options; write: readonly string[] }[] = [
  {
    command: "document_exporter",
    options: { target: "/backup" },
    write: ["/library/media/media.lock", "/backup"],
  },
  {
    command: "document_exporter",
    options: { target: "/backup", zip: true, zipName: "/elsewhere/a" },
    write: ["/library/media/media.lock", "/backup", "/elsewhere"],
  },
];

for (const { command: name, options, write } of WRITES) {
  Deno.test(`${name} ${JSON.stringify(options)} may write ${write.join(", ")} and nothing else`, () => {
    const command = commands.find((each) => each.name === name);
    ok(command, name);
    const grants = grantsFor(command.access(SETTINGS, options), "/scratch/run");
    deepStrictEqual([...grants.write].sort(), [...write, "/scratch/run"].sort());
    deepStrictEqual(
      [...grants.read].sort(),
      [...new Set([...LIBRARY, ...write, "/scratch/run"])].sort(),
    );
    strictEqual(grants.net, false);
    strictEqual(grants.env, false);
  });
}

Deno.test("no command is granted programs, libraries, modules, the environment or another host", () => {
  for (const command of commands) {
    const grants = grantsFor(command.access(SETTINGS, {}), "/scratch/run");
    deepStrictEqual(
      { run: grants.run, ffi: grants.ffi, import: grants.import, env: grants.env, sys: grants.sys },
      { run: false, ffi: false, import: false, env: false, sys: ["statfs"] },
      command.name,
    );
    strictEqual(grants.net, false, command.name);
    for (const path of grants.write) {
      ok(
        !["/library/data", "/library/media", "/library", "/"].includes(path),
        `${command.name} may write all of ${path}`,
      );
    }
  }
});

/** Everything that a hostile document could make a command try. Sent to a Worker with an exporter's grants. */
const ATTEMPTS = `
const attempts = {
  readPasswd: () => Deno.readTextFileSync("/etc/passwd"),
  listRoot: () => [...Deno.readDirSync("/")],
  readHome: () => Deno.readTextFileSync("/root/.bashrc"),
  writeMedia: (base) => Deno.writeTextFileSync(base + "/media/evil", ""),
  writeData: (base) => Deno.writeTextFileSync(base + "/data/db.sqlite3", ""),
  removeOriginal: (base) => Deno.removeSync(base + "/media/original.pdf"),
  linkOut: (base) => Deno.symlinkSync("/etc/passwd", base + "/backup/link"),
  run: () => new Deno.Command("id").outputSync(),
  ffi: () => Deno.dlopen("libc.so.6", {}),
  env: () => Deno.env.toObject(),
  net: () => fetch("http://127.0.0.1:1/"),
  kill: () => Deno.kill(1, 0),
};
const allowed = {
  readOriginal: (base) => Deno.readTextFileSync(base + "/media/original.pdf"),
  writeTarget: (base) => Deno.writeTextFileSync(base + "/backup/new", ""),
  lock: (base) => Deno.openSync(base + "/media/media.lock", { write: true, create: true }).close(),
};
self.onmessage = async ({ data: base }) => {
  const outcomes = {};
  for (const [name, attempt] of Object.entries({ ...attempts, ...allowed })) {
    try { await attempt(base); outcomes[name] = "allowed"; } catch (error) { outcomes[name] = error.name; }
  }
  self.postMessage({ outcomes, denied: Object.keys(attempts) });
};
`;

Deno.test("from inside, nothing but the library can be read and nothing but the target written", async () => {
  const base = Deno.realPathSync(Deno.makeTempDirSync());
  for (const folder of ["data", "media", "backup", "scratch"]) Deno.mkdirSync(join(base, folder));
  Deno.writeTextFileSync(join(base, "media", "original.pdf"), "");
  const settings: Settings = {
    ...SETTINGS,
    dataDir: join(base, "data"),
    mediaRoot: join(base, "media"),
    database: { kind: "sqlite", path: join(base, "data", "db.sqlite3"), timeoutMs: 0 },
  };
  const exporter = commands.find(({ name }) => name === "document_exporter");
  ok(exporter);
  const permissions = grantsFor(
    exporter.access(settings, { target: join(base, "backup") }),
    join(base, "scratch"),
  );
  const entry = `data:text/javascript,${encodeURIComponent(ATTEMPTS)}`;
  const worker = new Worker(entry, { type: "module", deno: { permissions } });
  const { promise, resolve } = Promise.withResolvers<
    { outcomes: Record<string, string>; denied: string[] }
  >();
  worker.onmessage = (event) => resolve(event.data);
  worker.postMessage(base);
  const { outcomes, denied } = await promise;
  worker.terminate();
  for (const [name, outcome] of Object.entries(outcomes)) {
    strictEqual(outcome, denied.includes(name) ? "NotCapable" : "allowed", name);
  }
  Deno.removeSync(base, { recursive: true });
});
