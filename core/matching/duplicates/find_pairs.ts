// Compares all texts, or with --approximate the likely ones, by the Workers. Invariant: the pairs found do not
// depend on the number of Workers, on an interruption, or on the order in which blocks are done.

import { createHash } from "node:crypto";
import {
  addCounters,
  NO_PAIRS,
  type PairCounters,
  type RatioRule,
  type SimilarityJob,
  type SimilarityPool,
  type SimilarityPoolOptions,
} from "../../../wasm/similarity/mod.ts";
import { PaperwardError, StopRequested } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { formatCount } from "../../report/format.ts";
import type { Report } from "../../report/report.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Generation } from "../../schema/model.ts";
import { pairsOfDocuments, pairsOfTexts, tilePairs } from "./blocks.ts";
import { candidateBlocks } from "./candidates.ts";
import { type Checkpoint, type DoneBlock, openCheckpoint } from "./checkpoint.ts";
import type { DuplicatePair } from "./match_spool.ts";
import { scoreOf } from "./score.ts";
import { type Texts, TILE } from "./texts.ts";

/** What finding pairs needs of the world. */
export interface PairWorld {
  readonly files: Files;
  readonly report: Report;
  readonly stop: StopSignal;
  /** Starts the Workers. */
  openPool(options: SimilarityPoolOptions): SimilarityPool;
}

/** What to look for. */
export interface PairSearch {
  readonly generation: Generation;
  readonly ratio: number;
  readonly processes: number;
  readonly approximate: boolean;
  readonly checkpoint?: string;
}

/** What the filters did. Counted are pairs of different texts; equal ones are found without comparing. */
export interface SearchCounters extends PairCounters {
  /** Pairs of documents that the run decides about. */
  readonly documentPairs: number;
  /** Pairs of documents with equal texts. */
  readonly equal: number;
  /** Pairs of texts that were no candidates (only with `--approximate`). */
  readonly notCandidates: number;
}

/** How each generation hands the ratio to rapidfuzz. */
export const RULES: Readonly<Record<Generation, RatioRule>> = { v2: "compared", v3: "cut-off" };

/**
 * Finds all pairs of documents that match.
 *
 * @param onMatch is called once for each pair, in any order
 * @throws {StopRequested} what was done until then is in the checkpoint, which stays in any case
 */
export async function findPairs(
  world: PairWorld,
  texts: Texts,
  search: PairSearch,
  onMatch: (pair: DuplicatePair) => void,
): Promise<SearchCounters> {
  const { report, stop } = world;
  const { approximate } = search;
  const all = pairsOfTexts(texts);
  using checkpoint = search.checkpoint === undefined
    ? undefined
    : openCheckpoint(world.files, search.checkpoint, fingerprintOf(texts, search), () => {
      report.info(
        `The checkpoint ${search.checkpoint} belongs to other documents or options: starting anew`,
      );
    });
  let counters: PairCounters = NO_PAIRS;
  const equal = matchEqualTexts(texts, stop, onMatch);
  const progress = report.progress(
    approximate ? "Comparing candidates" : "Comparing",
    approximate ? undefined : all,
  );
  const take = ({ counters: more, matches }: Omit<DoneBlock, "block">) => {
    counters = addCounters(counters, more);
    for (let i = 0; i < matches.length; i += 3) {
      matchTexts(texts, matches[i]!, matches[i + 1]!, matches[i + 2]!, onMatch);
    }
    progress.advance(more.pairs);
  };
  const done = new Set<number>();
  if (checkpoint) {
    for (const block of checkpoint.earlier()) {
      if (done.has(block.block)) continue;
      done.add(block.block);
      if (!isPossible(texts, block, search.ratio)) {
        throw new PaperwardError(
          `Cannot continue from ${search.checkpoint}: it holds pairs that can't be`,
          { exit: "usage", hints: ["remove the file: everything is compared again then"] },
        );
      }
      take(block);
    }
    if (done.size > 0) {
      report.info(
        `Continuing: ${formatCount(done.size, "block")} of pairs had been compared before`,
      );
    }
  }
  try {
    await compare(world, texts, search, done, checkpoint, take);
    stop.throwIfRequested();
  } catch (error) {
    if (checkpoint && error instanceof StopRequested) {
      report.info(
        `What was compared until now is in ${search.checkpoint}: the same call goes on from there`,
      );
    }
    throw error;
  } finally {
    progress.end();
  }
  // Blocks of tiles whose lengths are too different were never made.
  const skipped = approximate ? 0 : all - counters.pairs;
  return {
    ...counters,
    pairs: all,
    byLength: counters.byLength + skipped,
    documentPairs: pairsOfDocuments(texts),
    equal,
    notCandidates: approximate ? all - counters.pairs : 0,
  };
}

/** Whether the pairs of a block can be: somebody may have changed the checkpoint. */
function isPossible({ count, lengths }: Texts, { matches }: DoneBlock, ratio: number): boolean {
  for (let i = 0; i < matches.length; i += 3) {
    const [one, other, distance] = [matches[i]!, matches[i + 1]!, matches[i + 2]!];
    if (one >= count || other >= count || one === other) return false;
    const [a, b] = [lengths[one]!, lengths[other]!];
    if (distance < Math.abs(a - b) || distance > a + b) return false;
    if (scoreOf(distance, a + b) + 0.001 < ratio) return false;
  }
  return true;
}

async function compare(
  { openPool, stop }: PairWorld,
  texts: Texts,
  search: PairSearch,
  done: ReadonlySet<number>,
  checkpoint: Checkpoint | undefined,
  take: (block: Omit<DoneBlock, "block">) => void,
): Promise<void> {
  const { ratio, generation, processes } = search;
  // How the numbers of a block's texts become those of the library.
  const places = new Map<number, Places>();
  const jobs = search.approximate
    ? candidateJobs(texts, ratio, done, places)
    : tileJobs(texts, ratio, done, places);
  const first = jobs.next();
  if (first.done) return;
  const pool = openPool({
    size: processes,
    alphabet: texts.alphabet,
    ratio,
    rule: RULES[generation],
  });
  try {
    const results = pool.run(chain(first.value, jobs), { stop: stop.memory });
    for await (const { number, matches, counters } of results) {
      const place = places.get(number);
      if (!place) throw new Error(`Block ${number} came back twice`);
      places.delete(number);
      const block = {
        block: number,
        counters,
        matches: Array.from(
          matches,
          (value, i) => i % 3 === 0 ? place.left(value) : i % 3 === 1 ? place.right(value) : value,
        ),
      };
      checkpoint?.add(block);
      take(block);
    }
  } finally {
    pool.close();
  }
}

interface Places {
  readonly left: (text: number) => number;
  readonly right: (text: number) => number;
}

function* chain<T>(first: T, rest: Iterable<T>): Generator<T> {
  yield first;
  yield* rest;
}

function* tileJobs(
  texts: Texts,
  ratio: number,
  done: ReadonlySet<number>,
  places: Map<number, Places>,
): Generator<SimilarityJob, void> {
  let kept: { readonly number: number; readonly tile: ReturnType<Texts["readTile"]> } | undefined;
  const [leftBuffer, rightBuffer] = [new Uint8Array(TILE.bytes), new Uint8Array(TILE.bytes)];
  for (const { number, left, right } of tilePairs(texts, ratio)) {
    if (done.has(number)) continue;
    if (kept?.number !== left) kept = { number: left, tile: texts.readTile(left, leftBuffer) };
    const [one, other] = [texts.tiles[left]!.first, texts.tiles[right]!.first];
    places.set(number, { left: (text) => one + text, right: (text) => other + text });
    yield {
      number,
      block: left === right
        ? { left: kept.tile }
        : { left: kept.tile, right: texts.readTile(right, rightBuffer) },
    };
  }
}

function* candidateJobs(
  texts: Texts,
  ratio: number,
  done: ReadonlySet<number>,
  places: Map<number, Places>,
): Generator<SimilarityJob, void> {
  for (const { number, block, texts: some } of candidateBlocks(texts, ratio)) {
    if (done.has(number)) continue;
    const place = (text: number) => some[text]!;
    places.set(number, { left: place, right: place });
    yield { number, block };
  }
}

/** Documents with the same text match whatever the ratio. @returns how many pairs */
function matchEqualTexts(
  texts: Texts,
  stop: StopSignal,
  onMatch: (pair: DuplicatePair) => void,
): number {
  let count = 0;
  for (let text = 0; text < texts.count; text++) {
    const documents = texts.documentsOf(text);
    const total = 2 * texts.lengths[text]!;
    for (let i = 0; i < documents.length; i++) {
      if (documents.length - i > 1) stop.throwIfRequested();
      for (let j = i + 1; j < documents.length; j++) {
        count += give(texts, documents[i]!, documents[j]!, 0, total, onMatch);
      }
    }
  }
  return count;
}

/** All documents with one text match all with the other. */
function matchTexts(
  texts: Texts,
  one: number,
  other: number,
  distance: number,
  onMatch: (pair: DuplicatePair) => void,
): void {
  const total = texts.lengths[one]! + texts.lengths[other]!;
  for (const a of texts.documentsOf(one)) {
    for (const b of texts.documentsOf(other)) give(texts, a, b, distance, total, onMatch);
  }
}

function give(
  { newer }: Texts,
  one: number,
  other: number,
  distance: number,
  total: number,
  onMatch: (pair: DuplicatePair) => void,
): number {
  if (!newer[one] && !newer[other]) return 0;
  onMatch({ a: Math.min(one, other), b: Math.max(one, other), distance, total });
  return 1;
}

function fingerprintOf(texts: Texts, { ratio, approximate, generation }: PairSearch): string {
  return createHash("sha256")
    .update(JSON.stringify([texts.fingerprint, ratio, approximate, generation]))
    .digest("hex");
}
