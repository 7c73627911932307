// The kernel against what rapidfuzz from PyPI recorded: prepared texts, every ratio, pairs on the edge. Property
// tests of the filters, against the rapidfuzz crate, are in wasm/similarity/tests.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  addCounters,
  type Comparer,
  NO_PAIRS,
  openComparer,
  openSimilarityPool,
  openTextPreparation,
  type RatioRule,
  type Tile,
} from "../../../wasm/similarity/mod.ts";
import { scoreOf } from "../../../core/matching/duplicates/score.ts";
import { openKernel } from "../../../wasm/similarity/_kernel.ts";
import { makeTexts } from "../../../bench/_fuzzy_texts.ts";
import vectors from "./vectors.json" with { type: "json" };

const decoder = new TextDecoder();

function tileOf(texts: readonly Uint8Array[]): Tile {
  const ends = new Uint32Array(texts.length);
  texts.forEach((text, i) => ends[i] = (ends[i - 1] ?? 0) + text.length);
  const bytes = new Uint8Array(ends.at(-1) ?? 0);
  texts.forEach((text, i) => bytes.set(text, ends[i - 1] ?? 0));
  return { bytes, ends };
}

function prepareAll(texts: readonly string[]) {
  const preparation = openTextPreparation();
  const prepared = texts.map((text) => preparation.prepare(text));
  return { prepared, alphabet: preparation.alphabet() };
}

/** Pairs as `left,right`, with their distances. */
function pairsOf(comparer: Comparer, left: Tile, right?: Tile): Map<string, number> {
  const { matches } = comparer.compare({ left, ...(right ? { right } : {}) });
  const found = new Map<string, number>();
  for (let i = 0; i < matches.length; i += 3) {
    found.set(`${matches[i]},${matches[i + 1]}`, matches[i + 2]!);
  }
  return found;
}

Deno.test("texts are prepared as rapidfuzz does", () => {
  const { prepared } = prepareAll(vectors.texts);
  prepared.forEach(({ bytes, length }, i) => {
    const text = decoder.decode(bytes);
    assert.equal(text, vectors.prepared[i]);
    assert.equal(length, [...text].length);
  });
});

Deno.test("every code point is prepared as rapidfuzz does", () => {
  const pieces: string[] = [];
  for (let code = 0; code < 0x110000; code++) {
    if (code < 0xd800 || code >= 0xe000) pieces.push(String.fromCodePoint(code));
  }
  const { bytes } = openTextPreparation().prepare(`a${pieces.join("")}a`);
  assert.equal(createHash("sha256").update(bytes).digest("hex"), vectors.every_code_point);
});

Deno.test("blank is what Python's strip leaves nothing of", () => {
  const { prepare } = openTextPreparation();
  for (const text of ["", " \t\r\n", "\x1c\x1d\x1e\x1f\x85\xa0\u2028\u3000"]) {
    assert.equal(prepare(text).blank, true, JSON.stringify(text));
  }
  // Punctuation is compared, though nothing is left of it; so is what only JavaScript takes for a space.
  for (const text of ["...", "\ufeff", "\u200b", "\0", "x", "\ud800"]) {
    assert.equal(prepare(text).blank, false, JSON.stringify(text));
  }
});

Deno.test("a lone surrogate is one space, and nothing else is harmed", () => {
  const { bytes, length } = openTextPreparation().prepare("a\ud800b\udc80\udc81c");
  assert.equal(decoder.decode(bytes), "a b  c");
  assert.equal(length, 6);
});

Deno.test("every ratio is rapidfuzz's, to the last bit", () => {
  const { prepared, alphabet } = prepareAll(vectors.texts);
  const comparer = openComparer({ alphabet, ratio: 0, rule: "compared" });
  const found = pairsOf(comparer, tileOf(prepared.map(({ bytes }) => bytes)));
  let at = 0;
  for (let i = 0; i < prepared.length; i++) {
    for (let j = i + 1; j < prepared.length; j++) {
      const distance = found.get(`${i},${j}`);
      assert.notEqual(distance, undefined, `pair ${i},${j}`);
      const score = scoreOf(distance!, prepared[i]!.length + prepared[j]!.length);
      assert.equal(score, vectors.scores[at++], `pair ${i},${j}`);
    }
  }
  assert.equal(at, vectors.scores.length);
});

for (const rule of ["compared", "cut-off"] as const satisfies readonly RatioRule[]) {
  Deno.test(`the same pairs pass as in rapidfuzz (${rule})`, () => {
    const { prepared, alphabet } = prepareAll(vectors.texts);
    const texts = prepared.map(({ bytes }) => bytes);
    for (const expected of vectors.ratios) {
      const comparer = openComparer({ alphabet, ratio: expected.ratio, rule });
      // In one tile, and in two: what is left of each other must be the same.
      const whole = [...pairsOf(comparer, tileOf(texts)).keys()];
      const cut = 41;
      const [left, right] = [texts.slice(0, cut), texts.slice(cut)];
      const shift = (pairs: Iterable<string>, one: number, other: number) =>
        [...pairs].map((pair) => {
          const [a, b] = pair.split(",").map(Number);
          return `${a! + one},${b! + other}`;
        });
      const parts = [
        ...pairsOf(comparer, tileOf(left)).keys(),
        ...shift(pairsOf(comparer, tileOf(right)).keys(), cut, cut),
        ...shift(pairsOf(comparer, tileOf(left), tileOf(right)).keys(), 0, cut),
      ];
      for (const pairs of [whole, parts]) {
        const sorted = pairs.sort((a, b) => {
          const [[i, j], [k, l]] = [a.split(",").map(Number), b.split(",").map(Number)];
          return i! - k! || j! - l!;
        });
        const digest = createHash("sha256").update(sorted.join(";")).digest("hex");
        assert.equal(digest, expected[rule], `ratio ${expected.ratio}`);
      }
    }
  });
}

Deno.test("a foreign alphabet changes nothing but the time", () => {
  const { prepared } = prepareAll(vectors.texts);
  const foreign = prepareAll(["the quick brown fox"]).alphabet;
  const texts = tileOf(prepared.map(({ bytes }) => bytes));
  const own = prepareAll(vectors.texts).alphabet;
  const [one, other] = [foreign, own].map((alphabet) =>
    pairsOf(openComparer({ alphabet, ratio: 70, rule: "compared" }), texts)
  );
  assert.deepEqual([...one!].sort(), [...other!].sort());
});

Deno.test("what is no alphabet is refused", () => {
  for (
    const alphabet of [[], [1], [1, 4], [1, 65, 1, 0], [1, 4, 0], [1, 4, 1, 9], [1, 4, 1, 0, 97, 7]]
  ) {
    assert.throws(
      () => openComparer({ alphabet: Uint32Array.from(alphabet), ratio: 85, rule: "compared" }),
      TypeError,
    );
  }
});

Deno.test("some pairs of a tile give what all pairs give", () => {
  const texts = makeTexts({ kind: "invoices", count: 40, seed: 5 });
  const { prepared, alphabet } = prepareAll(texts);
  const tile = tileOf(prepared.map(({ bytes }) => bytes));
  const comparer = openComparer({ alphabet, ratio: 85, rule: "compared" });
  const all = pairsOf(comparer, tile);
  const some: number[] = [];
  for (let i = 0; i < 40; i++) for (let j = i + 1; j < 40; j += 3) some.push(i, j);
  const { matches, counters } = comparer.compare({ left: tile, pairs: Uint32Array.from(some) });
  assert.equal(counters.pairs, some.length / 2);
  assert.equal(counters.byLength + counters.byDistance + counters.matched, counters.pairs);
  const expected = [];
  for (let i = 0; i < some.length; i += 2) {
    const distance = all.get(`${some[i]},${some[i + 1]}`);
    if (distance !== undefined) expected.push(some[i], some[i + 1], distance);
  }
  assert.deepEqual([...matches], expected);
  assert.ok(matches.length > 100);
});

Deno.test("Workers give what this thread gives, and each pair is counted once", async () => {
  const texts = makeTexts({ kind: "mixed", count: 90, seed: 3, duplicates: 0.2 });
  const { prepared, alphabet } = prepareAll(texts);
  const bytes = prepared.map(({ bytes }) => bytes);
  const options = { alphabet, ratio: 85, rule: "cut-off" } as const;
  const tiles = [0, 30, 60].map((from) => tileOf(bytes.slice(from, from + 30)));
  const jobs = tiles.flatMap((left, i) =>
    tiles.slice(i).map((right, j) => ({
      number: i * 3 + j,
      block: j === 0 ? { left } : { left, right },
    }))
  );
  const pool = openSimilarityPool({ ...options, size: 2 });
  const comparer = openComparer(options);
  let counters = NO_PAIRS;
  let seen = 0;
  try {
    for await (const result of pool.run(jobs)) {
      const here = comparer.compare(jobs.find(({ number }) => number === result.number)!.block);
      assert.deepEqual(result.matches, here.matches);
      assert.deepEqual(result.counters, here.counters);
      counters = addCounters(counters, result.counters);
      seen++;
    }
  } finally {
    pool.close();
  }
  assert.equal(seen, jobs.length);
  assert.equal(counters.pairs, 90 * 89 / 2);
  assert.ok(counters.matched > 5);
});

Deno.test("blocks of usual documents need less than 8 MB", () => {
  const kernel = openKernel();
  const texts = makeTexts({ kind: "mixed", count: 380, seed: 8 });
  const { prepared, alphabet } = prepareAll(texts);
  const comparer = openComparer({ alphabet, ratio: 85, rule: "compared" }, kernel);
  const bytes = prepared.map(({ bytes }) => bytes);
  comparer.compare({ left: tileOf(bytes.slice(0, 190)), right: tileOf(bytes.slice(190)) });
  comparer.compare({ left: tileOf(bytes.slice(190)) });
  assert.ok(
    kernel.memory.buffer.byteLength < 8_000_000,
    `${kernel.memory.buffer.byteLength} bytes`,
  );
});

Deno.test("sketches of near-duplicates share a band, those of other letters hardly ever", () => {
  const texts = makeTexts({ kind: "mixed", count: 200, seed: 11, duplicates: 0 });
  const preparation = openTextPreparation();
  const twins = texts.map((text) => text.replaceAll("the ", "thc ").replace(/er\b/g, "cr"));
  const prepared = [...texts, ...twins].map((text) => preparation.prepare(text).bytes);
  prepared.forEach((bytes) => preparation.count(bytes));
  const sketches = prepared.map((bytes) => preparation.sketch(bytes));
  const share = (one: number, other: number) =>
    sketches[one]!.some((value, band) => value === sketches[other]![band]);
  let [found, strangers] = [0, 0];
  for (let i = 0; i < 200; i++) {
    if (share(i, i + 200)) found++;
    if (share(i, (i + 7) % 200)) strangers++;
  }
  assert.ok(found >= 190, `${found} of 200 twins`);
  assert.ok(strangers <= 10, `${strangers} of 200 strangers`);
});
