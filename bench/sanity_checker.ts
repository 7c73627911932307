// deno-lint-ignore-file no-console -- a benchmark speaks to whoever started it
// document_sanity_checker against md5sum (v2) or openssl dgst -sha256 (v3) with two processes over the same
// files, in the same run. Usage:
//   ./denow run -A bench/sanity_checker.ts --library FOLDER [--rounds 5] [--binary dist/paperward]
// The library is one of bench/make_library.ts. Prints ratios of wall and of CPU time (on a busy machine the
// latter counts); the bounds stand beside them.

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readArguments } from "./_arguments.ts";
import { alternate, measure, median, type Run } from "./_measure.ts";

const { binary, rounds, values: { library } } = readArguments({ library: "" });
const media = join(library, "media");
const database = join(library, "data", "db.sqlite3");

/** CPU seconds of upstream's checker on 2,000 documents of this size, start-up without byte code taken off. */
const UPSTREAM = { v2: 4.2, v3: 4.8 } as const;

function lookAtLibrary(): { readonly isV2: boolean; readonly documents: number } {
  const db = new DatabaseSync(database, { readOnly: true });
  try {
    const columns = db.prepare("pragma table_info(documents_document)").all();
    const count = db.prepare("select count(*) as n from documents_document").get();
    return {
      isV2: columns.some(({ name }) => name === "storage_type"),
      documents: Number(count?.n),
    };
  } finally {
    db.close();
  }
}

const check = (...flags: string[]) =>
  measure([binary, "document_sanity_checker", "--no-progress-bar", ...flags], {
    PAPERLESS_DATA_DIR: join(library, "data"),
    PAPERLESS_MEDIA_ROOT: media,
  });
const shell = (script: string) => measure(["bash", "-c", `set -e; ${script}`]);

const { isV2, documents } = lookAtLibrary();
const tool = isV2 ? "md5sum" : "openssl dgst -sha256";
const bound = isV2 ? "at least 1.5" : "at least 1";
// A running server keeps a version 3 database's -wal and -shm in place; without them the whole file is copied first.
const server = new DatabaseSync(database, { readOnly: false });
server.prepare("select count(*) from documents_tag").get();
// Warm the page cache for both.
await shell(`find ${media} -type f -print0 | xargs -0 cat > /dev/null`);

const runs = await alternate([
  {
    name: "tool",
    run: () =>
      shell(
        `find ${media}/documents -type f -print0 | xargs -0 -n 500 -P 2 ${tool} > /dev/null`,
      ),
  },
  { name: "check", run: () => check() },
], rounds);
const deep = await alternate([{ name: "deep", run: () => check("--deep") }], Math.min(rounds, 2));

const of = (name: string, from: ReadonlyMap<string, Run[]>, key: keyof Run) =>
  median((from.get(name) ?? []).map((run) => run[key]));
const line = (what: string, key: "wall" | "cpu") => {
  const [ours, theirs] = [of("check", runs, key), of("tool", runs, key)];
  console.log(
    `${what}: ${(theirs / ours).toFixed(2)} times as fast as ${tool} with two processes ` +
      `(bound ${bound}; ${ours.toFixed(2)} s, ${theirs.toFixed(2)} s)`,
  );
};
server.close();
console.log(
  `${documents} documents, ${isV2 ? "v2" : "v3"}, medians of ${rounds} alternating runs, load ${
    Deno.loadavg()[0]?.toFixed(1)
  }`,
);
line("wall time", "wall");
line("CPU time ", "cpu");
if (documents === 2000) {
  const upstream = UPSTREAM[isV2 ? "v2" : "v3"];
  console.log(
    `upstream's checker: ${(upstream / of("check", runs, "cpu")).toFixed(1)} times our CPU time ` +
      `(bound 10; ${upstream} s when it was recorded)`,
  );
}
console.log(`peak memory: ${of("check", runs, "peak").toFixed(0)} MB (bound 300)`);
console.log(
  `--deep: ${of("deep", deep, "wall").toFixed(2)} s wall, ${
    of("deep", deep, "cpu").toFixed(2)
  } s ` +
    `CPU, ${of("deep", deep, "peak").toFixed(0)} MB; ` +
    `${(of("deep", deep, "cpu") / of("check", runs, "cpu")).toFixed(1)} times the usual check`,
);
