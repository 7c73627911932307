// deno-lint-ignore-file no-console -- a benchmark speaks to whoever started it
// document_renamer against a bare loop of rename(2) and one SQLite transaction that do the same, in the same run.
// Usage: ./denow run -A bench/renamer.ts --library FOLDER [--small FOLDER] [--rounds 3] [--binary dist/paperward]
//   [--scratch FOLDER]
// Libraries are of bench/make_library.ts; they are copied (files as hard links), never changed. Prints ratios; the
// issue's bounds stand beside them.

import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readArguments } from "./_arguments.ts";
import { freshFolders } from "./_fresh_folders.ts";
import { alternate, measure, median, type Run } from "./_measure.ts";

const { binary, rounds, values } = readArguments({ library: "", small: "", scratch: "" }, 3);
const { library } = values;
const work = await Deno.makeTempDir({
  dir: values.scratch || dirname(library),
  prefix: "bench-renamer-",
});

/** Five variables, one folder for each year and correspondent. */
const FORMAT =
  "{{ created_year }}/{{ correspondent }}/{{ created_month }}-{{ created_day }}_{{ asn }}_{{ title }}";

const env = (copy: string) => ({
  PAPERLESS_DATA_DIR: join(copy, "data"),
  PAPERLESS_MEDIA_ROOT: join(copy, "media"),
  PAPERLESS_FILENAME_FORMAT: FORMAT,
  PAPERLESS_SECRET_KEY: "bench",
});

async function shell(script: string): Promise<void> {
  const { success } = await new Deno.Command("bash", { args: ["-c", `set -e; ${script}`] })
    .output();
  if (!success) throw new Error(`failed: ${script}`);
}

async function freshCopy(from: string, to: string): Promise<void> {
  await freshFolders(to);
  await shell(`mkdir ${to}/data; cp ${from}/data/db.sqlite3* ${to}/data/
    cp -al ${from}/media ${to}/media; sync -f ${to}`);
}

/** The same moves by nothing but the calls that they need: make folders, rename, bring the folders to the disk (what
 * rename(2) did is not there before: after a loss of power rows would name files that have their old names), write
 * the rows at once. */
const BARE = `
import json, os, sqlite3, sys
folder, plan = sys.argv[1], sys.argv[2]
db = sqlite3.connect(folder + "/data/db.sqlite3", isolation_level=None)
db.execute("begin immediate")
made = set()
with open(plan) as lines:
    moves = [json.loads(line) for line in lines]
for role, sub in (("original", "originals"), ("archive", "archive")):
    base = f"{folder}/media/documents/{sub}/"
    for move in moves:
        if move["file"] != role:
            continue
        to = base + move["to"]
        parent = os.path.dirname(to)
        if parent not in made:
            os.makedirs(parent, exist_ok=True)
            made.add(parent)
        os.rename(base + move["from"], to)
    made.update(os.path.dirname(base + move["from"]) for move in moves if move["file"] == role)
made.update({os.path.dirname(folder) for folder in made})
for folder in made:
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
rows = {}
for move in moves:
    rows.setdefault(move["document"], {})[move["file"]] = move["to"]
db.executemany("update documents_document set filename = ?, archive_filename = ?, modified = datetime() where id = ?",
    [(row["original"], row.get("archive"), id) for id, row in rows.items()])
db.execute("commit")
`;

interface Summary {
  readonly documents: number;
  readonly renamed: number;
  readonly names: number;
  readonly planning: number;
}

async function summaryOf(copy: string, ...flags: string[]): Promise<[Summary, string]> {
  const { stdout } = await new Deno.Command(binary, {
    args: ["document_renamer", "--no-progress-bar", "--json", "--quiet", ...flags],
    env: env(copy),
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(stdout);
  return [JSON.parse(text.trimEnd().split("\n").at(-1) ?? "{}") as Summary, text];
}

const renamer = (copy: string) =>
  measure([binary, "document_renamer", "--no-progress-bar", "--quiet"], env(copy));

const wall = (runs: readonly Run[]) => median(runs.map((run) => run.wall));
const peak = (runs: readonly Run[]) => median(runs.map((run) => run.peak));

try {
  const copy = join(work, "library");
  await freshCopy(library, copy);
  const rates: number[] = [];
  let plan = "";
  for (let round = 0; round < rounds; round++) {
    const [summary, text] = await summaryOf(copy, "--dry-run");
    rates.push(summary.names / (summary.planning / 1000));
    plan = text;
  }
  console.log(
    `planning: ${Math.round(median(rates))} names a second (bound 20,000; rounds ${
      rates.map((rate) => Math.round(rate)).join(", ")
    })`,
  );
  const moves = join(work, "plan.jsonl");
  await Deno.writeTextFile(
    moves,
    plan.split("\n").filter((line) => line.startsWith('{"type":"move"')).join("\n"),
  );
  const runs = await alternate([
    {
      name: "bare",
      prepare: () => freshCopy(library, copy),
      run: () => measure(["python3", "-c", BARE, copy, moves]),
    },
    { name: "renamer", prepare: () => freshCopy(library, copy), run: () => renamer(copy) },
  ], rounds);
  const [bare, ours] = [runs.get("bare") ?? [], runs.get("renamer") ?? []];
  console.log(
    `full rename: ${(wall(ours) / wall(bare)).toFixed(2)} × (bound 1.5; renamer ${
      wall(ours).toFixed(2)
    } s, bare ${wall(bare).toFixed(2)} s; each round ${
      ours.map((run, i) => (run.wall / bare[i]!.wall).toFixed(2)).join(", ")
    })`,
  );
  using database = new DatabaseSync(join(copy, "data/db.sqlite3"), { readOnly: true });
  const left = database.prepare(
    "select count(*) as n from documents_document where filename like '0%'",
  )
    .get();
  if (Number(left?.n) > 0) throw new Error(`${left?.n} documents were not renamed`);
  console.log(`peak memory: ${Math.round(peak(ours))} MB`);
  if (values.small) {
    const small = join(work, "small");
    const few: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      await freshCopy(values.small, small);
      few.push(await renamer(small));
    }
    console.log(
      `memory above the small library: ${Math.round(peak(ours) - peak(few))} MB (bound 50)`,
    );
  }
} finally {
  console.log(`load: ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
  await Deno.remove(work, { recursive: true });
}
