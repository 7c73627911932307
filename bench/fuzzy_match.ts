// Fuzzy matching against RapidFuzz's cdist (PyPI), in one run, alternating, two Workers against two threads:
// pairs a second, each pair counted once, and whether the pairs are the same. Usage:
//   ./denow run -A bench/fuzzy_match.ts [--count 1000] [--rounds 5] [--kinds mixed,invoices] [--python PYTHON]
//   ./denow run -A bench/fuzzy_match.ts --library 20000 [--binary dist/paperward] [--kinds mixed]
//   ./denow run -A bench/fuzzy_match.ts --recall [--count 5000] [--ratios 85,90,95]
//
// PYTHON needs rapidfuzz and numpy. `mixed` are letters and what a bad scanner makes of letters, half and half;
// `invoices` are of one template. Ours is measured from the raw texts on: preparing them, starting the Workers
// and sorting are part of it, for cdist they are not.

import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { tilePairs } from "../core/matching/duplicates/blocks.ts";
import { candidateBlocks } from "../core/matching/duplicates/candidates.ts";
import type { TileFacts } from "../core/matching/duplicates/texts.ts";
import {
  openSimilarityPool,
  openTextPreparation,
  type SimilarityJob,
  type Tile,
} from "../wasm/similarity/mod.ts";
import { makeTextLibrary } from "../tests/_text_library.ts";
import { makeTexts, type TextKind } from "./_fuzzy_texts.ts";
import { measure, median } from "./_measure.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    kinds: { type: "string", default: "mixed,invoices" },
    python: { type: "string", default: "python3" },
    library: { type: "string" },
    binary: { type: "string", default: "dist/paperward" },
    recall: { type: "boolean", default: false },
    ratios: { type: "string", default: "85,90,95" },
  },
});
const TARGETS: Readonly<Partial<Record<TextKind, number>>> = { mixed: 20, invoices: 5 };
const RATIO = 85;
const WORKERS = 2;

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Texts in memory, cut into tiles as a library's are. */
function pack(texts: readonly string[], sketches: boolean) {
  const preparation = openTextPreparation();
  const known = texts.map((text, index) => ({ index, ...preparation.prepare(text) }));
  known.sort((a, b) => a.length - b.length || a.index - b.index);
  const tiles: TileFacts[] = [];
  for (let first = 0; first < known.length; first += 192) {
    const some = known.slice(first, first + 192);
    const [shortest, longest] = [some[0]!.length, some.at(-1)!.length];
    tiles.push({ first, count: some.length, shortest, longest, newer: true });
  }
  const readSome = (numbers: readonly number[]): Tile => {
    const ends = new Uint32Array(numbers.length);
    numbers.forEach((number, i) => ends[i] = (ends[i - 1] ?? 0) + known[number]!.bytes.length);
    const bytes = new Uint8Array(ends.at(-1) ?? 0);
    numbers.forEach((number, i) => bytes.set(known[number]!.bytes, ends[i - 1] ?? 0));
    return { bytes, ends };
  };
  const { bands } = preparation;
  const sketched = new Uint32Array(sketches ? known.length * bands : 0);
  if (sketches) {
    for (const { bytes } of known) preparation.count(bytes);
    known.forEach(({ bytes }, i) => sketched.set(preparation.sketch(bytes), i * bands));
  }
  return {
    count: known.length,
    lengths: Uint32Array.from(known, ({ length }) => length),
    indices: known.map(({ index }) => index),
    tiles,
    readSome,
    readTile: (tile: number) =>
      readSome(Array.from({ length: tiles[tile]!.count }, (_, i) => tiles[tile]!.first + i)),
    alphabet: preparation.alphabet(),
    sketches: { bands, values: sketched },
  };
}

/** All pairs that match, as `smaller,greater` indices of the texts. */
async function ours(
  texts: readonly string[],
  approximate = false,
  ratio = RATIO,
): Promise<{ readonly pairs: string[]; readonly compared: number }> {
  const packed = pack(texts, approximate);
  const places = new Map<number, readonly [(text: number) => number, (text: number) => number]>();
  function* jobs(): Generator<SimilarityJob> {
    if (approximate) {
      for (const { number, block, texts } of candidateBlocks(packed, ratio)) {
        places.set(number, [(text) => texts[text]!, (text) => texts[text]!]);
        yield { number, block };
      }
      return;
    }
    for (const { number, left, right } of tilePairs(packed, ratio)) {
      const [one, other] = [packed.tiles[left]!.first, packed.tiles[right]!.first];
      places.set(number, [(text) => one + text, (text) => other + text]);
      yield {
        number,
        block: {
          left: packed.readTile(left),
          ...(left === right ? {} : { right: packed.readTile(right) }),
        },
      };
    }
  }
  const pool = openSimilarityPool({
    size: WORKERS,
    alphabet: packed.alphabet,
    ratio,
    rule: "compared",
  });
  const pairs: string[] = [];
  let compared = 0;
  for await (const { number, matches, counters } of pool.run(jobs())) {
    compared += counters.pairs;
    const [left, right] = places.get(number)!;
    for (let i = 0; i < matches.length; i += 3) {
      const a = packed.indices[left(matches[i]!)]!;
      const b = packed.indices[right(matches[i + 1]!)]!;
      pairs.push(a < b ? `${a},${b}` : `${b},${a}`);
    }
  }
  pool.close();
  return { pairs, compared };
}

function digest(pairs: readonly string[]): string {
  return createHash("sha256").update(pairs.toSorted().join(";")).digest("hex").slice(0, 16);
}

const CDIST = `
import hashlib, json, sys, time
import numpy, rapidfuzz
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process
texts = [default_process(text) for text in json.load(open(sys.argv[1]))]
start = time.monotonic()
scores = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=${RATIO}, workers=${WORKERS}, dtype=numpy.float32)
wall = time.monotonic() - start
pairs = [f"{i},{j}" for i, j in zip(*numpy.nonzero(scores)) if i < j]
print(json.dumps({"wall": wall, "pairs": len(pairs), "version": rapidfuzz.__version__,
  "digest": hashlib.sha256(";".join(sorted(pairs)).encode()).hexdigest()[:16]}))
`;

interface Reference {
  /** seconds */
  readonly wall: number;
  readonly pairs: number;
  readonly digest: string;
  readonly version: string;
}

async function reference(file: string): Promise<Reference> {
  const { success, stdout, stderr } = await new Deno.Command(values.python, {
    args: ["-c", CDIST, file],
  }).output();
  if (!success) throw new Error(`cdist failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function compare(kind: TextKind, count: number, rounds: number): Promise<void> {
  const texts = makeTexts({ kind, count });
  const all = count * (count - 1) / 2;
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, JSON.stringify(texts));
  const walls: { readonly ours: number[]; readonly cdist: number[] } = { ours: [], cdist: [] };
  let [same, found, version] = [true, 0, ""];
  try {
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      const { pairs } = await ours(texts);
      walls.ours.push((performance.now() - start) / 1000);
      const theirs = await reference(file);
      walls.cdist.push(theirs.wall);
      same &&= digest(pairs) === theirs.digest;
      [found, version] = [pairs.length, theirs.version];
    }
  } finally {
    await Deno.remove(file);
  }
  const rate = (list: readonly number[]) => all / median(list);
  const ratio = rate(walls.ours) / rate(walls.cdist);
  const target = TARGETS[kind];
  say(
    `${kind}, ${count} texts, ${all} pairs, ${found} match, ${
      same ? "the same as" : "NOT THE SAME AS"
    } RapidFuzz ${version}'s: ` +
      `${Math.round(rate(walls.ours))} pairs/s against ${Math.round(rate(walls.cdist))}, ` +
      `ratio ${ratio.toFixed(1)}` +
      (target === undefined ? "" : ` (target ${target}: ${ratio >= target ? "met" : "MISSED"})`),
  );
}

/** The whole command on a library: time and memory. */
async function measureLibrary(kind: TextKind, count: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "paperward_bench_" });
  try {
    const library = makeTextLibrary(folder, "v3", makeTexts({ kind, count }));
    for (const flags of [[], ["--approximate"]]) {
      const { wall, cpu, peak } = await measure([
        values.binary,
        "document_fuzzy_match",
        "--no-progress-bar",
        "--json",
        `--processes=${WORKERS}`,
        ...flags,
      ], {
        PAPERLESS_DATA_DIR: library.dataDir,
        PAPERLESS_MEDIA_ROOT: library.mediaRoot,
        PAPERLESS_SCRATCH_DIR: `${folder}/scratch`,
      });
      say(
        `${kind}, a library of ${count}${flags.map((flag) => `, ${flag}`).join("")}: ${
          wall.toFixed(0)
        } s by the clock, ${cpu.toFixed(0)} s of the processors, ` +
          `${peak.toFixed(0)} MB at most`,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How many of the matching pairs the approximate search finds, and how many it compares for it. */
async function measureRecall(kind: TextKind, count: number): Promise<void> {
  const texts = makeTexts({ kind, count });
  for (const ratio of values.ratios.split(",").map(Number)) {
    const exact = await ours(texts, false, ratio);
    const { pairs, compared } = await ours(texts, true, ratio);
    const found = new Set(pairs);
    const share = exact.pairs.filter((pair) => found.has(pair)).length /
      Math.max(1, exact.pairs.length);
    say(
      `${kind}, ${count} texts, ratio ${ratio}: recall ${
        (100 * share).toFixed(2)
      } % of ${exact.pairs.length} pairs, ` +
        `${(100 * compared / (count * (count - 1) / 2)).toFixed(3)} % of all pairs compared`,
    );
  }
}

for (const kind of values.kinds.split(",") as TextKind[]) {
  if (values.library !== undefined) await measureLibrary(kind, Number(values.library));
  else if (values.recall) await measureRecall(kind, Number(values.count));
  else await compare(kind, Number(values.count), Number(values.rounds));
}
