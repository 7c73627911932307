// All pairs of a library: the same by any number of Workers, in one go or continued, and with --since those with
// a newer document in them.

import assert from "node:assert/strict";
import { openDatabase } from "../../../../core/database/open_database.ts";
import { StopRequested } from "../../../../core/errors.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { parseSince, type Since } from "../../../../core/matching/duplicates/duplicate_options.ts";
import { findPairs, type SearchCounters } from "../../../../core/matching/duplicates/find_pairs.ts";
import { readTexts } from "../../../../core/matching/duplicates/texts.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import {
  openComparer,
  type SimilarityPool,
  type SimilarityPoolOptions,
} from "../../../../wasm/similarity/mod.ts";
import { makeTexts } from "../../../../bench/_fuzzy_texts.ts";
import { tempFolder } from "../../../_fixtures.ts";
import type { Row } from "../../../_rows.ts";
import { silentReport } from "../../../_silent_report.ts";
import { makeTextLibrary } from "../../../_text_library.ts";

interface Found {
  /** `a,b` as ids, sorted. */
  readonly pairs: readonly string[];
  readonly counters: SearchCounters;
  readonly blocks: number;
}

interface Wanted {
  readonly ratio?: number;
  readonly since?: Since;
  readonly approximate?: boolean;
  readonly checkpoint?: string;
  /** Stops after so many blocks. */
  readonly stopAfter?: number;
  readonly rows?: (index: number) => Row;
}

/** Finds the pairs of a library of these texts, comparing in this thread. */
async function find(texts: readonly string[], wanted: Wanted = {}): Promise<Found> {
  using temp = tempFolder();
  const library = makeTextLibrary(temp.path, "v3", texts, wanted.rows);
  const scratch = `${temp.path}/scratch`;
  Deno.mkdirSync(scratch);
  const folder = wanted.checkpoint?.replace(/\/[^/]+$/, "");
  const writable = [temp.path, ...(folder ? [folder] : [])];
  const files = openFiles({ read: writable, write: writable });
  const report = silentReport();
  const stop = new StopSignal();
  const database = await openDatabase(
    { kind: "sqlite", path: library.database, timeoutMs: 1000 },
    { files, scratch, report, mode: "read" },
  );
  try {
    using read = await database.snapshot((snapshot) =>
      readTexts(snapshot, {
        files,
        scratch,
        stop,
        ...(wanted.since ? { since: wanted.since } : {}),
        sketches: wanted.approximate === true,
        onDocument: () => {},
      })
    );
    const pairs: string[] = [];
    let blocks = 0;
    const openPool = (options: SimilarityPoolOptions): SimilarityPool => {
      const comparer = openComparer(options);
      return {
        async *run(jobs) {
          for await (const { number, block } of jobs) {
            if (stop.requested) return;
            blocks++;
            yield { number, ...comparer.compare(block) };
            if (blocks === wanted.stopAfter) stop.request(2);
          }
        },
        close: () => {},
      };
    };
    const counters = await findPairs({ files, report, stop, openPool }, read, {
      generation: "v3",
      ratio: wanted.ratio ?? 85,
      processes: 1,
      approximate: wanted.approximate === true,
      ...(wanted.checkpoint ? { checkpoint: wanted.checkpoint } : {}),
    }, ({ a, b, distance, total }) => {
      assert.ok(a < b && distance <= total);
      pairs.push(`${read.ids[a]},${read.ids[b]}`);
    });
    assert.equal(new Set(pairs).size, pairs.length, "a pair came twice");
    return { pairs: pairs.sort(), counters, blocks };
  } finally {
    await database.close();
  }
}

/** Short texts of 60 to 150 characters; of three each, two are the third one with a few changes. */
function shortTexts(count: number): string[] {
  const letters = makeTexts({ kind: "letters", count: Math.ceil(count / 3), seed: 21 });
  return Array.from({ length: count }, (_, i) => {
    const text = letters[Math.floor(i / 3)]!.slice(200, 260 + (i * 7) % 90 - i % 3);
    return i % 3 === 0 ? text : text.replaceAll("e", i % 6 < 3 ? "c" : "e").slice(i % 3);
  });
}

Deno.test("equal texts match without being compared, whatever their punctuation", async () => {
  const texts = [
    "The Same Text!",
    "the same text",
    "another one",
    "THE-SAME-TEXT...",
    "",
    "  \n",
    "!!!",
    "...",
  ];
  const { pairs, counters } = await find(texts);
  // Documents of nothing but punctuation have equal texts, as upstream sees it; empty ones don't take part.
  assert.deepEqual(pairs, ["1,2", "1,4", "2,4", "7,8"]);
  assert.equal(counters.equal, 4);
  assert.equal(counters.documentPairs, 15);
  assert.equal(counters.pairs, 3);
});

Deno.test("the trash doesn't take part", async () => {
  const { pairs } = await find(["one text", "one text", "one text"], {
    rows: (index) => index === 1 ? { deleted_at: "2024-02-02 00:00:00" } : {},
  });
  assert.deepEqual(pairs, ["1,3"]);
});

Deno.test("at ratio 0 every pair matches, over several tiles, and each is counted once", async () => {
  const texts = shortTexts(600);
  const { pairs, counters, blocks } = await find(texts, { ratio: 0 });
  assert.equal(pairs.length, 600 * 599 / 2);
  assert.ok(blocks > 3);
  assert.equal(counters.documentPairs, pairs.length);
  assert.equal(counters.matched, counters.pairs);
});

Deno.test("the counters add up, tiles that were never compared included", async () => {
  // Of two very different lengths, so that whole tiles can't match.
  const texts = shortTexts(700).map((text, i) => i % 6 < 3 ? text : text.slice(0, 12));
  const { counters, blocks, pairs } = await find(texts);
  assert.equal(
    counters.byLength + counters.byHistogram + counters.byClasses + counters.byDistance +
      counters.matched,
    counters.pairs,
  );
  assert.ok(blocks < 6, `${blocks} blocks`);
  assert.ok(pairs.length > 100);
});

Deno.test("--since compares newer documents with all, and older ones not with each other", async () => {
  const texts = shortTexts(560);
  const all = await find(texts);
  for (const since of [{ id: 500n }, { id: 0n }, { id: 900n }, { added: "2024-01-01 08:20:00" }]) {
    const first = "id" in since ? Number(since.id) + 1 : 501;
    const expected = all.pairs.filter((pair) => pair.split(",").some((id) => Number(id) >= first));
    const { pairs, counters } = await find(texts, { since });
    assert.deepEqual(pairs, expected);
    const newer = Math.max(0, 560 - first + 1);
    assert.equal(counters.documentPairs, newer * (newer - 1) / 2 + newer * (560 - newer));
  }
});

Deno.test("--since takes an id or a date in the library's time zone, and nothing else", () => {
  assert.deepEqual(parseSince("1200", "UTC"), { id: 1200n });
  assert.deepEqual(parseSince("2024-05-31", "UTC"), { added: "2024-05-31 00:00:00" });
  assert.deepEqual(parseSince("2024-05-31", "Europe/Berlin"), { added: "2024-05-30 22:00:00" });
  for (
    const text of ["", "-1", "1.5", "2024-13-01", "2024-02-30", "yesterday", "2024-05-31T10:00"]
  ) {
    assert.throws(() => parseSince(text, "UTC"), /it is no id and no date/, text);
  }
});

Deno.test("an interrupted run goes on from its checkpoint and finds the same", async () => {
  using temp = tempFolder();
  const checkpoint = `${temp.path}/checkpoint`;
  const texts = shortTexts(1200);
  const whole = await find(texts);
  assert.ok(whole.blocks >= 8, `${whole.blocks} blocks`);
  let blocks = 0;
  for (const stopAfter of [3, 2]) {
    await assert.rejects(find(texts, { checkpoint, stopAfter }), StopRequested);
    blocks += stopAfter;
  }
  const rest = await find(texts, { checkpoint });
  assert.deepEqual(rest.pairs, whole.pairs);
  assert.deepEqual(rest.counters, whole.counters);
  assert.equal(rest.blocks, whole.blocks - blocks);
});

Deno.test("a checkpoint of other texts or another ratio is not used", async () => {
  using temp = tempFolder();
  const checkpoint = `${temp.path}/checkpoint`;
  const texts = shortTexts(300);
  const first = await find(texts, { checkpoint });
  assert.ok(first.blocks > 0);
  assert.equal((await find(texts, { checkpoint })).blocks, 0);
  assert.equal((await find(texts, { checkpoint, ratio: 86 })).blocks, first.blocks);
  const changed = [...texts.slice(0, 299), "something else"];
  const other = await find(changed, { checkpoint, ratio: 86 });
  assert.equal(other.blocks, first.blocks);
  assert.deepEqual(other.pairs, (await find(changed, { ratio: 86 })).pairs);
});

Deno.test("--approximate finds near-duplicates by comparing few pairs, each once", async () => {
  const texts = makeTexts({ kind: "mixed", count: 400, seed: 2, duplicates: 0.1 });
  const exact = await find(texts);
  const { pairs, counters } = await find(texts, { approximate: true });
  const found = new Set(pairs);
  assert.ok(exact.pairs.length > 30);
  assert.ok(pairs.every((pair) => exact.pairs.includes(pair)), "no pair that isn't one");
  assert.ok(exact.pairs.filter((pair) => found.has(pair)).length >= exact.pairs.length * 0.97);
  const compared = counters.pairs - counters.notCandidates;
  assert.ok(compared < counters.pairs / 20, `${compared} of ${counters.pairs}`);
});
