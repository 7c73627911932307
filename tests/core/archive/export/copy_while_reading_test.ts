// Files are copied, and those of the target checksummed, while rows are still read; what comes out is the same, and
// a target without enough space is not filled.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { exportLibrary } from "../../../../core/archive/export/export_library.ts";
import type { ExportOptions } from "../../../../core/archive/export/export_options.ts";
import type { ExportWorld } from "../../../../core/archive/export/export_world.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import type { Report } from "../../../../core/report/report.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import { registerRegexp } from "../../../../migrations/create_library.ts";
import { inlineTransferPool, type TransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { tempFolder } from "../../../_fixtures.ts";
import { silentReport } from "../../../_silent_report.ts";
import { makeSampleLibrary, sampleSettings } from "../../../sample_library.ts";

/** Documents whose texts fill a batch of rows each. */
const DOCUMENTS = 24;

async function makeStage(base: string) {
  const library = await makeSampleLibrary(`${base}/library`, {
    generation: "v3",
    documents: DOCUMENTS,
  });
  using database = new DatabaseSync(library.databasePath);
  registerRegexp(database);
  database.prepare("UPDATE documents_document SET content = ?").run("word ".repeat(30_000));
  const target = `${base}/export`;
  Deno.mkdirSync(target);
  return { base, library, target };
}

type Stage = Awaited<ReturnType<typeof makeStage>>;

/** Exports. @returns how many transfers had begun when the last row was read */
async function run(
  { base, library, target }: Stage,
  options: Partial<ExportOptions> = {},
  change: (world: ExportWorld) => Partial<ExportWorld> = () => ({}),
) {
  const scratch = Deno.makeTempDirSync({ dir: base });
  const begun = { whileReading: 0, all: 0 };
  let isReading = false;
  const counted = async function* <Job>(jobs: AsyncIterable<Job> | Iterable<Job>) {
    for await (const job of jobs) {
      begun.all++;
      if (isReading) begun.whileReading++;
      yield job;
    }
  };
  const silent = silentReport();
  const report: Report = {
    ...silent,
    progress(label) {
      if (label === "Reading the database") isReading = true;
      return {
        advance: () => {},
        end() {
          if (label === "Reading the database") isReading = false;
        },
      };
    },
  };
  const world: ExportWorld = {
    settings: sampleSettings(library, base),
    report,
    stop: new StopSignal(),
    files: openFiles({
      read: [library.dataDir, library.mediaRoot],
      write: [target, scratch],
    }),
    scratch,
    openTransfers(): TransferPool {
      const pool = inlineTransferPool();
      return {
        ...pool,
        run: (jobs, options) => pool.run(counted(jobs), options),
        read: (batches, options) => pool.read(counted(batches), options),
      };
    },
    now: () => new Date("2024-05-06T00:00:00Z"),
  };
  const summary = await exportLibrary({ ...world, ...change(world) }, { target, ...options });
  return { summary, begun };
}

function tree(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(`${folder}/${below}`)) {
    const path = below ? `${below}/${name}` : name;
    if (isDirectory) Object.assign(found, tree(folder, path));
    else found[path] = new Uint8Array(Deno.readFileSync(`${folder}/${path}`)).toBase64();
  }
  return found;
}

Deno.test("new files are copied while rows are read, each once, and the export is that of one without", async () => {
  using temp = tempFolder();
  const stage = await makeStage(temp.path);
  const { summary, begun } = await run(stage);
  ok(begun.whileReading > 0, "nothing was copied while rows were read");
  strictEqual(begun.all, summary.copied);
  ok(summary.copied > DOCUMENTS);
  deepStrictEqual(summary.problems, {});
  const first = tree(stage.target);
  // Nothing may be copied early where a target says that it has no space; what little fits is found out later.
  const other = { ...stage, target: `${temp.path}/other` };
  Deno.mkdirSync(other.target);
  let asked = 0;
  const late = await run(other, {}, ({ files }) => ({
    files: { ...files, freeSpace: (path) => asked++ === 0 ? 0 : files.freeSpace(path) },
  }));
  strictEqual(late.begun.whileReading, 0);
  strictEqual(late.summary.copied, summary.copied);
  deepStrictEqual(tree(other.target), first);
});

Deno.test("a database that readers lock is read to its end before anything is copied", async () => {
  using temp = tempFolder();
  const stage = await makeStage(temp.path);
  {
    using database = new DatabaseSync(stage.library.databasePath);
    database.exec("PRAGMA journal_mode = delete");
  }
  const { summary, begun } = await run(stage);
  strictEqual(begun.whileReading, 0);
  strictEqual(begun.all, summary.copied);
  ok(summary.copied > DOCUMENTS);
  const again = await run(stage, { compareChecksums: true });
  ok(again.begun.whileReading > 0, "Workers could checksum the target meanwhile");
  strictEqual(again.summary.copied, 0);
});

Deno.test("with -c, files of the target are checksummed while rows are read, and a bad one is found", async () => {
  using temp = tempFolder();
  const stage = await makeStage(temp.path);
  await run(stage);
  const before = tree(stage.target);
  const again = await run(stage, { compareChecksums: true });
  ok(again.begun.whileReading > 0, "nothing was checksummed while rows were read");
  strictEqual(again.summary.copied, 0);
  const name = Object.keys(before).find((path) => path.endsWith(".pdf") && before[path] !== "");
  Deno.writeTextFileSync(`${stage.target}/${name}`, "not what it was");
  const { summary } = await run(stage, { compareChecksums: true });
  strictEqual(summary.copied, 1);
  deepStrictEqual(tree(stage.target), before);
});

Deno.test("a target without enough space is refused with half of it free, and nothing is left", async () => {
  using temp = tempFolder();
  const stage = await makeStage(temp.path);
  const free = 20_000;
  let written = 0;
  await rejects(
    run(stage, {}, ({ files, openTransfers }) => ({
      files: { ...files, freeSpace: () => free - written },
      openTransfers(options) {
        const pool = openTransfers(options);
        return {
          ...pool,
          async *run(jobs, runOptions) {
            for await (const result of pool.run(jobs, runOptions)) {
              written += result.bytes;
              yield result;
            }
          },
        };
      },
    })),
    /Cannot export to .*: .* are needed there, 20\.0 kB are free/,
  );
  ok(written <= free / 2, `${written} bytes were written`);
  deepStrictEqual(tree(stage.target), {});
});
