// deno-lint-ignore-file no-console -- a benchmark speaks to whoever started it
// document_importer against the file system and SQLite: cp -a of the files plus the bare inserts of the rows.
// Usage: ./denow run -A bench/import.ts --library FOLDER [--rounds 5] [--binary dist/paperward]
// The library is one of bench/make_library.ts. Prints ratios; the bounds stand beside them.

import { join } from "node:path";
import { readArguments } from "./_arguments.ts";
import { freshFolders } from "./_fresh_folders.ts";
import { alternate, measure, median, type Run } from "./_measure.ts";

const { root, binary, rounds, values: { library } } = readArguments({ library: "" });
const media = join(library, "media");
const database = join(library, "data", "db.sqlite3");
const work = await Deno.makeTempDir({ dir: library, prefix: "bench-" });
const [source, zips, target, copy] = ["export", "zips", "target", "copy"].map((name) =>
  join(work, name)
) as [string, string, string, string];

const paperward = (folder: string, ...args: string[]) =>
  measure([binary, ...args, "--quiet"], {
    PAPERLESS_DATA_DIR: join(folder, "data"),
    PAPERLESS_MEDIA_ROOT: join(folder, "media"),
  });
const shell = (script: string) => measure(["bash", "-c", `set -e; ${script}`]);

async function emptyLibrary(folder: string): Promise<void> {
  await freshFolders(folder);
  await paperward(folder, "migrate", "--generation", await generation());
}

async function generation(): Promise<"v2" | "v3"> {
  const { DatabaseSync } = await import("node:sqlite");
  using db = new DatabaseSync(database, { readOnly: true });
  const columns = db.prepare("SELECT name FROM pragma_table_info('documents_document')").all();
  return columns.some(({ name }) => name === "storage_type") ? "v2" : "v3";
}

function show(what: string, bound: string, runs: Map<string, Run[]>, ours: string): void {
  const wall = (name: string) => median((runs.get(name) ?? []).map((run) => run.wall));
  const floor = wall("cp -a && sync -f") + wall("inserts");
  const cpu = (name: string) => median((runs.get(name) ?? []).map((run) => run.cpu));
  const parts = [...runs.keys()].map((name) =>
    `${name} ${wall(name).toFixed(2)} s (processors ${cpu(name).toFixed(2)} s)`
  ).join(", ");
  const peak = Math.max(...(runs.get(ours) ?? []).map((run) => run.peak));
  console.log(
    `${what}: ${(wall(ours) / floor).toFixed(2)} × (bound ${bound}; ${parts}); peak memory ${
      peak.toFixed(0)
    } MB (bound 300); load ${Deno.loadavg()[0]?.toFixed(1)}`,
  );
}

try {
  await freshFolders(source, zips);
  await paperward(library, "document_exporter", source);
  await paperward(library, "document_exporter", zips, "-z", "-zn", "export");
  // Warm the page cache for both.
  await shell(`find ${source} ${zips} -type f -print0 | xargs -0 cat > /dev/null`);
  const runs = await alternate([
    {
      name: "cp -a && sync -f",
      prepare: () => freshFolders(copy),
      run: () => shell(`cp -a ${media}/documents/. ${copy} && sync -f ${copy}`),
    },
    {
      name: "inserts",
      prepare: () => emptyLibrary(target),
      run: () =>
        measure([
          Deno.execPath(),
          "run",
          "-A",
          "--no-check",
          join(root, "bench", "_bare_inserts.ts"),
          database,
          join(target, "data", "db.sqlite3"),
        ]),
    },
    {
      name: "paperward",
      prepare: () => emptyLibrary(target),
      run: () => paperward(target, "document_importer", source),
    },
    {
      name: "paperward, from a zip",
      prepare: () => emptyLibrary(target),
      run: () => paperward(target, "document_importer", join(zips, "export.zip")),
    },
  ], rounds);
  show("import", "2", runs, "paperward");
  show("import from a zip", "none", runs, "paperward, from a zip");
} finally {
  await Deno.remove(work, { recursive: true });
}
