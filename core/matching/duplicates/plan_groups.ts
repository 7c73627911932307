// Which documents stay and which could go. Invariant: a document goes only for one that stays and whose own
// text is like its own; upstream deletes the second of every pair, so that C goes for B though B went for A.

import { compareText } from "./_compare_text.ts";
import type { DocumentFacts } from "./document_facts.ts";
import type { KeepRule } from "./duplicate_options.ts";
import type { DuplicatePair, MatchSpool } from "./match_spool.ts";

/** What becomes of a document. */
export type Fate =
  /** It stays: the others of its group are compared with it. */
  | "keep"
  /** It is like one that stays. */
  | "duplicate"
  /** It is like one that stays, but something speaks against deleting it. */
  | "review";

/** Why a document that is like another one is not deleted. */
export type Doubt = "numbers differ" | "version" | "has other versions";

/** One document of a group. */
export interface Member {
  /** Index of the document. */
  readonly document: number;
  readonly fate: Fate;
  readonly doubt?: Doubt;
  /** The document that stays and that this one is like; absent for one that stays. */
  readonly like?: number;
  /** Their pair. */
  readonly pair?: DuplicatePair;
}

/** Documents that are connected by matches. */
export interface DuplicateGroup {
  /** The one to keep by the rule comes first. */
  readonly members: readonly Member[];
}

/** What is known of a document by its index. */
export interface Ranked {
  /** Documents by index; those that are gone are missing. */
  readonly facts: ReadonlyMap<number, DocumentFacts>;
  /** Equal for documents with the same numbers. */
  readonly numbers: BigUint64Array;
}

/** How much of a document its owner has set. */
export function metadataCount(facts: DocumentFacts): number {
  const { archiveSerialNumber, correspondent, documentType, storagePath } = facts;
  const set = [archiveSerialNumber, correspondent, documentType, storagePath]
    .filter((value) => value !== null).length;
  return set + facts.tags.length + facts.notes + facts.customFields;
}

type Compare = (one: DocumentFacts, other: DocumentFacts) => number;

const byId: Compare = (one, other) => one.id - other.id;
const oldest: Compare = (one, other) => compareText(one.added, other.added);
const metadata: Compare = (one, other) => metadataCount(other) - metadataCount(one);
const serialNumber: Compare = (one, other) =>
  Number(one.archiveSerialNumber === null) - Number(other.archiveSerialNumber === null);

const RULES: Readonly<Record<KeepRule, readonly Compare[]>> = {
  default: [serialNumber, metadata, oldest, byId],
  oldest: [oldest, byId],
  newest: [(one, other) => oldest(other, one), (one, other) => byId(other, one)],
  "lowest-id": [byId],
  "most-metadata": [metadata, oldest, byId],
};

/** Puts documents in the order in which they would be kept. */
export function keepOrder(rule: KeepRule): (one: DocumentFacts, other: DocumentFacts) => number {
  const steps = RULES[rule];
  return (one, other) => {
    for (const step of steps) {
      const result = step(one, other);
      if (result !== 0) return result;
    }
    return 0;
  };
}

/** Options of {@linkcode planGroups}. */
export interface PlanOptions {
  readonly keep: KeepRule;
  readonly includeNumericDifferences: boolean;
  /** Opens an empty spool that sorts as told. */
  readonly openSpool: (order: (one: DuplicatePair, other: DuplicatePair) => number) => MatchSpool;
}

/**
 * Decides about all documents that match any other.
 *
 * @param matches in any order
 * @returns the groups, by the document that is kept; memory is bounded by the documents, not by the pairs
 */
export function planGroups(
  count: number,
  matches: Iterable<DuplicatePair>,
  { facts, numbers }: Ranked,
  options: PlanOptions,
): DuplicateGroup[] {
  const order = keepOrder(options.keep);
  const ranked = [...facts].sort(([, one], [, other]) => order(one, other)).map(([index]) => index);
  const rank = new Int32Array(count).fill(-1);
  ranked.forEach((document, place) => rank[document] = place);
  const better = ({ a, b }: DuplicatePair) => Math.min(rank[a]!, rank[b]!);
  const worse = ({ a, b }: DuplicatePair) => Math.max(rank[a]!, rank[b]!);
  const connected = openUnion(count);
  using sorted = options.openSpool((one, other) =>
    better(one) - better(other) || worse(one) - worse(other)
  );
  for (const pair of matches) {
    if (rank[pair.a]! < 0 || rank[pair.b]! < 0) continue;
    connected.join(pair.a, pair.b);
    sorted.add(pair);
  }

  const decided = new Map<number, Member>();
  const versions = familiesOf(facts, ranked);
  /** Versions that are like the document at hand: their root may go only with all of them. */
  let keeper = -1;
  let like = new Map<number, DuplicatePair>();
  const close = () => {
    for (const [document, pair] of like) {
      if (decided.get(document)?.fate === "duplicate") continue;
      const doubt = doubtOf(document, pair, like);
      if (doubt === undefined) {
        decided.set(document, { document, fate: "duplicate", like: keeper, pair });
      } else if (!decided.has(document)) {
        decided.set(document, { document, fate: "review", doubt, like: keeper, pair });
      }
    }
    like = new Map();
  };
  const doubtOf = (
    document: number,
    pair: DuplicatePair,
    like: ReadonlyMap<number, DuplicatePair>,
  ): Doubt | undefined => {
    const own = facts.get(document)!;
    if (own.root !== null) return "version";
    // A version goes with its root, so nothing may go on its account.
    if (facts.get(keeper)!.root !== null) return "version";
    const family = versions.get(own.id) ?? [];
    if (family.length < own.versions || family.some((version) => !like.has(version))) {
      return "has other versions";
    }
    const pairs = [pair, ...family.map((version) => like.get(version)!)];
    const differ = pairs.some(({ a, b }) => numbers[a] !== numbers[b]);
    return differ && !options.includeNumericDifferences ? "numbers differ" : undefined;
  };
  for (const pair of sorted.sorted()) {
    const one = ranked[better(pair)]!;
    if (one !== keeper) {
      close();
      keeper = one;
    }
    if (decided.get(keeper)?.fate === "duplicate") continue;
    like.set(ranked[worse(pair)]!, pair);
  }
  close();

  const groups = new Map<number, Member[]>();
  for (const document of ranked) {
    if (!connected.has(document)) continue;
    const member = decided.get(document) ?? { document, fate: "keep" as const };
    const root = connected.find(document);
    const members = groups.get(root);
    if (members) members.push(member);
    else groups.set(root, [member]);
  }
  return [...groups.values()].map((members) => ({ members }));
}

/** Indices of the versions of each document, by the document's id. */
function familiesOf(
  facts: ReadonlyMap<number, DocumentFacts>,
  ranked: readonly number[],
): Map<number, number[]> {
  const families = new Map<number, number[]>();
  for (const index of ranked) {
    const root = facts.get(index)!.root;
    if (root === null) continue;
    const family = families.get(root);
    if (family) family.push(index);
    else families.set(root, [index]);
  }
  return families;
}

interface Union {
  join(one: number, other: number): void;
  find(one: number): number;
  has(one: number): boolean;
}

/** Union-find over document indices. */
function openUnion(count: number): Union {
  const parent = new Int32Array(count).fill(-1);
  const find = (one: number): number => {
    let root = one;
    while (parent[root]! >= 0 && parent[root] !== root) root = parent[root]!;
    for (let at = one; at !== root;) {
      const next = parent[at]!;
      parent[at] = root;
      at = next;
    }
    return root;
  };
  return {
    join(one, other) {
      for (const each of [one, other]) if (parent[each] === -1) parent[each] = each;
      const [a, b] = [find(one), find(other)];
      parent[Math.max(a, b)] = Math.min(a, b);
    },
    find,
    has: (one) => parent[one] !== -1,
  };
}
