// deno-lint-ignore-file no-console -- a benchmark speaks to whoever started it
// document_exporter against the file system: cp, rsync, md5sum or openssl on the same files in the same run.
// Usage: ./denow run -A bench/export.ts --library FOLDER [--rounds 5] [--binary dist/paperward]
// The library is one of bench/make_library.ts. Prints ratios; the bounds stand beside them.

import { join } from "node:path";
import { readArguments } from "./_arguments.ts";
import { freshFolders } from "./_fresh_folders.ts";
import { alternate, type Contender, measure, median, type Run } from "./_measure.ts";

const { root, binary, rounds, values: { library } } = readArguments({ library: "" });
const media = join(library, "media");
const database = join(library, "data", "db.sqlite3");
const work = await Deno.makeTempDir({ dir: library, prefix: "bench-" });
const [target, copy] = [join(work, "export"), join(work, "copy")];

const shell = (script: string) => measure(["bash", "-c", `set -e; ${script}`]);
const exporter = (...flags: string[]) =>
  measure([
    binary,
    "document_exporter",
    target,
    "--no-progress-bar",
    "--quiet",
    ...flags,
  ], { PAPERLESS_DATA_DIR: join(library, "data"), PAPERLESS_MEDIA_ROOT: media });

function show(
  what: string,
  bound: string,
  runs: Map<string, Run[]>,
  ours: string,
  theirs: readonly string[],
): void {
  const wall = (name: string) => median((runs.get(name) ?? []).map((run) => run.wall));
  const reference = theirs.reduce((sum, name) => sum + wall(name), 0);
  const parts = [ours, ...theirs].map((name) => `${name} ${wall(name).toFixed(2)} s`).join(", ");
  console.log(`${what}: ${(wall(ours) / reference).toFixed(2)} × (bound ${bound}; ${parts})`);
}

async function contest(
  what: string,
  bound: string,
  ours: Contender,
  theirs: readonly Contender[],
): Promise<Map<string, Run[]>> {
  const runs = await alternate([...theirs, ours], rounds);
  show(what, bound, runs, ours.name, theirs.map(({ name }) => name));
  return runs;
}

try {
  const isV2 = await generationIsV2();
  const checksum = isV2 ? "md5sum" : "openssl dgst -sha256";
  // Warm the page cache for both.
  await shell(`find ${media} -type f -print0 | xargs -0 cat > /dev/null`);

  const full = await contest("full export", "1.5", {
    name: "paperward",
    prepare: () => freshFolders(target),
    run: () => exporter(),
  }, [{
    name: "cp -a && sync -f",
    prepare: () => freshFolders(copy),
    run: () => shell(`cp -a ${media}/documents/. ${copy} && sync -f ${copy}`),
  }]);

  await freshFolders(copy, target);
  await shell(`cp -a ${media}/documents/. ${copy}`);
  await exporter();
  const second = await contest("second export, nothing changed", "2", {
    name: "paperward",
    run: () => exporter(),
  }, [
    {
      name: "rsync --dry-run",
      run: () => shell(`rsync -a --dry-run ${media}/documents/ ${copy}/`),
    },
    {
      name: "bare loop",
      run: () =>
        measure([
          Deno.execPath(),
          "run",
          "-A",
          "--no-check",
          join(root, "bench", "_bare_loop.ts"),
          database,
          join(target, "manifest.json"),
          join(work, "bare.json"),
        ]),
    },
  ]);
  await contest("second export with -c", "1", { name: "paperward -c", run: () => exporter("-c") }, [
    {
      name: `${checksum}, two processes`,
      run: () =>
        shell(
          `find ${media}/documents -type f -print0 | xargs -0 -P 2 -n 100 ${checksum} > /dev/null`,
        ),
    },
  ]);
  const help = await alternate([{
    name: "help",
    run: () => measure([binary, "document_exporter", "--help"]),
  }], rounds);
  const peak = Math.max(...[...full.values(), ...second.values()].flat().map((run) => run.peak));
  const ours = [...full.get("paperward") ?? [], ...second.get("paperward") ?? []].map((run) =>
    run.peak
  );
  console.log(
    `peak memory: ${Math.max(...ours).toFixed(0)} MB (bound 300; of all measured ${
      peak.toFixed(0)
    })`,
  );
  console.log(
    `--help: ${
      (median((help.get("help") ?? []).map((run) => run.user)) * 1000).toFixed(0)
    } ms of user time (bound 100)`,
  );
} finally {
  await Deno.remove(work, { recursive: true });
}

async function generationIsV2(): Promise<boolean> {
  const { DatabaseSync } = await import("node:sqlite");
  using db = new DatabaseSync(database, { readOnly: true });
  const columns = db.prepare("SELECT name FROM pragma_table_info('documents_document')").all();
  return columns.some(({ name }) => name === "storage_type");
}
