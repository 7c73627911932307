// deno-lint-ignore-file no-console -- a benchmark speaks to whoever started it
// document_retagger over a library with 200 rules of all kinds. Usage:
//   ./denow run -A bench/retagger.ts --library FOLDER [--small FOLDER] [--rounds 3] [--binary dist/paperward]
//     [--scratch FOLDER] [--format TEMPLATE]
// FOLDER is a library of bench/make_library.ts, of which a copy is retagged: -c -T -t -s -f. With --small its peak
// memory is compared with that of a run on a smaller library.

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { readArguments } from "./_arguments.ts";
import { measure, median, type Run } from "./_measure.ts";

const { binary, rounds, values } = readArguments(
  { library: "", small: "", scratch: "", format: "" },
  3,
);

const RULES = 200;
const KINDS = [
  { table: "documents_correspondent", rules: 100 },
  { table: "documents_documenttype", rules: 20 },
  { table: "documents_tag", rules: 80 },
] as const;

/** Numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor(state / 2147483648 * below);
  };
}

/** A rule: text, algorithm, whether case is ignored. */
type Rule = readonly [match: string, algorithm: number, insensitive: number];

/** Rules of all kinds, from the words of some documents: some match often, most hardly ever. */
function makeRules(texts: readonly string[]): Rule[] {
  const roll = dice(42);
  const words = texts.map((text) => text.split(/\s+/).filter((word) => word.length > 3));
  const word = () => {
    const list = words[roll(words.length)]!;
    return list[roll(list.length)]!;
  };
  const phrase = (length: number) => {
    const list = words[roll(words.length)]!;
    const at = roll(list.length - length);
    return list.slice(at, at + length).join(" ");
  };
  const typo = (text: string) => {
    const at = 1 + roll(text.length - 2);
    return text.slice(0, at) + "x" + text.slice(at + 1);
  };
  const rare = () => `Kunde${roll(1_000_000)} Nr${roll(1_000_000)}`;
  const makers: readonly (() => Rule)[] = [
    () => [`${rare()} "${phrase(2)}"`, 1, 1],
    () => [`${word()} ${word()} ${rare()}`, 2, 1],
    () => [phrase(3), 3, 1],
    () => [phrase(2), 3, 0],
    () => [`\\bInvoice\\s+${roll(100_000)}\\b`, 4, 1],
    () => [`[A-Z]{2}\\d{2}(?: \\d{4}){${2 + roll(3)},}`, 4, 0],
    () => [`(?i)${word()}\\s+\\w+\\s+${word()}.{0,${roll(20)}}?${roll(100_000)}`, 4, 1],
    () => [`^(?:Rechnung|Invoice|Facture)[^\\n]*${roll(10_000)}`, 4, 1],
    () => [typo(typo(phrase(3))), 5, 1],
    () => [typo(phrase(2)), 5, 0],
    () => ["", 0, 1],
    () => ["", 6, 1],
  ];
  return Array.from({ length: RULES }, (_, i) => makers[i % makers.length]!());
}

function copyLibrary(library: string, folder: string): void {
  const run = (...args: string[]) => {
    const { success, stderr } = new Deno.Command(args[0]!, { args: args.slice(1) }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  run("rm", "-rf", folder);
  run("mkdir", "-p", folder);
  run("cp", "-r", join(library, "data"), folder);
  // Links: files are moved, never written.
  run("cp", "-rl", join(library, "media"), folder);
  const database = new DatabaseSync(join(folder, "data", "db.sqlite3"));
  try {
    const texts = database.prepare("select content from documents_document order by id limit 50")
      .all().map(({ content }) => String(content));
    const rules = makeRules(texts);
    database.exec("begin");
    for (const { table, rules: count } of KINDS) {
      database.exec(`update ${table} set match = '', matching_algorithm = 0, owner_id = null`);
      const ids = database.prepare(`select id from ${table} order by id`).all();
      const missing = count - ids.length;
      if (missing > 0) throw new Error(`${table} has too few rows for ${count} rules`);
      for (const { id } of ids.slice(0, count)) {
        const [match, algorithm, insensitive] = rules.pop()!;
        database.prepare(
          `update ${table} set match = ?, matching_algorithm = ?, is_insensitive = ? where id = ?`,
        ).run(match.slice(0, 256), algorithm, insensitive, id!);
      }
    }
    database.exec("commit; pragma wal_checkpoint(truncate)");
  } finally {
    database.close();
  }
}

async function retag(library: string): Promise<Run> {
  const scratch = values.scratch || Deno.makeTempDirSync({ prefix: "paperward_bench_" });
  const folder = join(scratch, "retagger");
  try {
    copyLibrary(library, folder);
    return await measure([
      binary,
      "document_retagger",
      ...["--no-progress-bar", "--quiet", "--yes", "-c", "-T", "-t", "-s", "-f"],
    ], {
      PAPERLESS_DATA_DIR: join(folder, "data"),
      PAPERLESS_MEDIA_ROOT: join(folder, "media"),
      PAPERLESS_SECRET_KEY: "bench",
      ...(values.format ? { PAPERLESS_FILENAME_FORMAT: values.format } : {}),
    });
  } finally {
    Deno.removeSync(values.scratch ? folder : scratch, { recursive: true });
  }
}

const load = () => Deno.loadavg().map((each) => each.toFixed(2)).join(" ");

for (const library of [values.small, values.library]) {
  if (!library) continue;
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    runs.push(await retag(library));
    const { wall, cpu, peak } = runs.at(-1)!;
    console.log(
      `${library}: ${wall.toFixed(1)} s, ${cpu.toFixed(1)} s of the processor, peak ${
        peak.toFixed(0)
      } MB (load ${load()})`,
    );
  }
  const of = (key: keyof Run) => median(runs.map((run) => run[key]));
  console.log(
    `${library}: median ${of("wall").toFixed(1)} s (bound for 20,000 documents: 60 s), peak ${
      of("peak").toFixed(0)
    } MB`,
  );
}
