// All documents of a run against all rules, in batches that are read, matched and spooled at the same time.
// Invariant: memory holds a few batches, whatever the library; a snapshot lasts no longer than reading one.

import { join } from "node:path";
import type { LibraryDatabase } from "../../database/database.ts";
import type { Files } from "../../library/files.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Classifier, Prediction } from "../classifier.ts";
import type { MatchingObject, ObjectKind } from "../matching_objects.ts";
import type { Matcher } from "../open_matcher.ts";
import { type DocumentId, readRetagDocuments, type RetagDocument } from "./read_documents.ts";

/** What the rules say of one document; indices are those of the objects. */
export interface MatchedDocument {
  readonly id: number;
  readonly owner: number | null;
  readonly modified: string;
  readonly matches: readonly number[];
  readonly undecided: readonly number[];
  readonly why?: readonly string[];
  /** The last of those that have to be carried out together: a document and its versions. */
  readonly last: boolean;
}

/** What matching needs. */
export interface MatchWorld {
  readonly database: LibraryDatabase;
  readonly files: Files;
  readonly scratch: string;
  readonly stop: StopSignal;
  /** Whose rules the matcher has, in its order. */
  readonly objects: readonly MatchingObject[];
  readonly matcher: Matcher;
  readonly classifier?: Classifier;
  readonly onDocument: (count: number) => void;
}

/** Texts that are read and matched together, at most. */
const BATCH = { documents: 16, characters: 1 << 18 } as const;

/** Matches all documents. @returns them in the order of `ids`, but versions beside their documents */
export async function matchDocuments(
  world: MatchWorld,
  ids: readonly DocumentId[],
): Promise<Spool<MatchedDocument>> {
  const { stop, files, scratch } = world;
  const spool = openSpool<MatchedDocument>(files, join(scratch, "matched"));
  const under: Promise<MatchedDocument[]>[] = [];
  const take = async () => {
    for (const document of await under.shift()!) spool.add(document);
  };
  try {
    const ordered = withVersions(ids);
    for (let at = 0; at < ordered.length; at += BATCH.documents) {
      stop.throwIfRequested();
      const some = ordered.slice(at, at + BATCH.documents);
      const documents = await world.database.snapshot((snapshot) =>
        readRetagDocuments(snapshot, some.map(({ id }) => id))
      );
      const last = new Map(some.map(({ id, last }) => [id, last]));
      for (const part of parts(documents)) {
        const matching = matchSome(world, part, last);
        matching.catch(() => {});
        under.push(matching);
        if (under.length > world.matcher.workers + 1) await take();
      }
    }
    while (under.length > 0) await take();
    spool.close();
    return spool;
  } catch (error) {
    spool[Symbol.dispose]();
    throw error;
  }
}

/** Every document beside its versions, which may come first: they are named like it. */
function withVersions(
  ids: readonly DocumentId[],
): { readonly id: number; readonly last: boolean }[] {
  // Whatever claims to be a version of a version, or of itself, stands alone.
  const roots = new Set(ids.filter(({ root }) => root === null).map(({ id }) => id));
  const headOf = ({ id, root }: DocumentId) => root !== null && roots.has(root) ? root : id;
  const families = new Map<number, number[]>();
  for (const document of ids) {
    const head = headOf(document);
    const family = families.get(head);
    if (family) family.push(document.id);
    else families.set(head, [document.id]);
  }
  return [...families.values()].flatMap((family) =>
    family.map((id, i) => ({ id, last: i === family.length - 1 }))
  );
}

/** A batch, cut where its texts are too long. */
function* parts(documents: readonly RetagDocument[]): Generator<RetagDocument[]> {
  let part: RetagDocument[] = [];
  let characters = 0;
  for (const document of documents) {
    part.push(document);
    characters += document.content.length;
    if (characters < BATCH.characters) continue;
    yield part;
    [part, characters] = [[], 0];
  }
  if (part.length > 0) yield part;
}

async function matchSome(
  { matcher, objects, classifier, onDocument }: MatchWorld,
  documents: readonly RetagDocument[],
  last: ReadonlyMap<number, boolean>,
): Promise<MatchedDocument[]> {
  const texts = documents.map(({ content }) => content);
  const [verdicts, predictions] = await Promise.all([
    matcher.match(texts),
    classifier?.predict(texts),
  ]);
  onDocument(documents.length);
  return documents.map(({ id, owner, modified }, i) => {
    const { matches, undecided, why } = verdicts[i]!;
    const predicted = predictions?.[i];
    return {
      id,
      owner,
      modified,
      matches: predicted ? withPredicted(objects, matches, predicted) : matches,
      undecided,
      ...(why ? { why } : {}),
      last: last.get(id) ?? true,
    };
  });
}

function withPredicted(
  objects: readonly MatchingObject[],
  matches: readonly number[],
  predicted: Prediction,
): number[] {
  const isPredicted = (kind: ObjectKind, id: number) => {
    const found = predicted[kind];
    return typeof found === "object" && found !== null ? found.includes(id) : found === id;
  };
  const all = new Set(matches);
  for (const [index, { kind, id, rule }] of objects.entries()) {
    if (rule.kind === "automatic" && isPredicted(kind, id)) all.add(index);
  }
  return [...all].sort((a, b) => a - b);
}
