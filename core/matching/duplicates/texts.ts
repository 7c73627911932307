// The texts of a library, read in one snapshot and packed in a scratch file by length. Invariant: memory holds
// some bytes a document, never its text.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { sql } from "kysely";
import {
  openTextPreparation,
  type TextPreparation,
  type Tile,
} from "../../../wasm/similarity/mod.ts";
import type { Snapshot } from "../../database/database.ts";
import type { Files, OpenFile } from "../../library/files.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Since } from "./duplicate_options.ts";
import { numbersMark } from "./numbers.ts";

/** Texts of a tile at most, and their bytes: two of them and what is made of them stay below 8 MB. */
export const TILE = { texts: 256, bytes: 1 << 19 } as const;
const BATCH = 500;
const BUFFER = 1 << 18;

/** A run of texts that are compared together. */
export interface TileFacts {
  /** Where its texts begin in the order of lengths, and how many they are. */
  readonly first: number;
  readonly count: number;
  /** Characters of its shortest and longest text. */
  readonly shortest: number;
  readonly longest: number;
  /** Whether a document with one of its texts counts as newer. */
  readonly newer: boolean;
}

/** The texts of a library, ready to be compared. Documents are known by their index in the order of ids. */
export interface Texts extends Disposable {
  /** Ids of all documents that take part. */
  readonly ids: readonly bigint[];
  /** Documents that don't, because there is nothing in them to compare. */
  readonly blank: number;
  /** Which documents count as newer; without `--since` all. */
  readonly newer: Uint8Array;
  /** Equal marks: the same numbers. */
  readonly numbers: BigUint64Array;
  /** Marks of the contents, to notice a change. */
  readonly contents: BigUint64Array;
  /** Number of different texts. */
  readonly count: number;
  /** Of each text: characters, and the documents that have it. */
  readonly lengths: Uint32Array;
  documentsOf(text: number): Uint32Array;
  readonly tiles: readonly TileFacts[];
  /** Reads the texts of a tile, into a buffer where they fit: what was in it before is gone. */
  readTile(tile: number, buffer?: Uint8Array): Tile;
  /** Reads some texts. */
  readSome(texts: readonly number[]): Tile;
  readonly alphabet: Uint32Array;
  /** Sketches of all texts, `bands` numbers each; only where they were asked for. */
  readonly sketches?: { readonly bands: number; readonly values: Uint32Array };
  /** Equal for equal ids and texts: a checkpoint belongs to it. */
  readonly fingerprint: string;
}

/** What reading needs. */
export interface ReadTextsOptions {
  readonly files: Files;
  readonly scratch: string;
  readonly stop: StopSignal;
  readonly since?: Since;
  /** Makes sketches for the approximate search. */
  readonly sketches: boolean;
  readonly onDocument: () => void;
}

/** What is known of a text while its documents are read. */
interface Known {
  readonly at: number;
  readonly size: number;
  readonly length: number;
  newer: boolean;
  readonly documents: number[];
}

/** 64 bits of a checksum. */
export function contentMark(content: string): bigint {
  return createHash("sha256").update(content).digest().readBigUInt64BE();
}

/** Reads all documents that are not in the trash. */
export async function readTexts(snapshot: Snapshot, options: ReadTextsOptions): Promise<Texts> {
  const { files, scratch, stop, since } = options;
  const preparation = openTextPreparation();
  const rough = join(scratch, "texts-by-id");
  const known: Known[] = [];
  const byMark = new Map<string, Known>();
  const fingerprint = createHash("sha256");
  const [ids, newer, numbers, contents]: [bigint[], number[], bigint[], bigint[]] = [
    [],
    [],
    [],
    [],
  ];
  let blank = 0;
  using out = openWriter(files, rough);
  const rows = snapshot.rows({
    table: "documents_document",
    columns: [
      { column: "id", kind: "auto" },
      { column: "added", kind: "datetime" },
      { column: "content", kind: "text" },
    ],
    where: sql`deleted_at is null`,
    orderBy: sql`documents_document.id`,
  }, BATCH);
  for await (const batch of rows) {
    stop.throwIfRequested();
    for (const [id, added, content] of batch) {
      options.onDocument();
      const text = typeof content === "string" ? content : "";
      const prepared = preparation.prepare(text);
      if (prepared.blank) {
        blank++;
        continue;
      }
      const number = BigInt(id as bigint);
      const isNewer = isSince(since, number, String(added));
      const digest = createHash("sha256").update(prepared.bytes).digest();
      const mark = digest.toString("latin1");
      let same = byMark.get(mark);
      if (!same) {
        same = {
          at: out.write(prepared.bytes),
          size: prepared.bytes.length,
          length: prepared.length,
          newer: false,
          documents: [],
        };
        byMark.set(mark, same);
        known.push(same);
        if (options.sketches) preparation.count(prepared.bytes);
      }
      same.newer ||= isNewer;
      same.documents.push(ids.length);
      ids.push(number);
      newer.push(isNewer ? 1 : 0);
      numbers.push(numbersMark(text));
      contents.push(contentMark(text));
      fingerprint.update(`${number}:${isNewer}:`).update(digest);
    }
  }
  out.close();
  byMark.clear();
  // By length, so that tiles whose lengths are too different are never compared; newer texts in tiles of their own.
  known.sort((a, b) =>
    Number(b.newer) - Number(a.newer) || a.length - b.length || a.documents[0]! - b.documents[0]!
  );
  const packed = join(scratch, "texts");
  const sketches = pack(options, preparation, known, rough, packed);
  files.remove(rough);
  const file = files.openRead(packed);
  const tiles = cutTiles(known);
  return {
    ids,
    blank,
    newer: Uint8Array.from(newer),
    numbers: BigUint64Array.from(numbers),
    contents: BigUint64Array.from(contents),
    ...packedTexts(file, known, tiles),
    alphabet: preparation.alphabet(),
    ...(sketches ? { sketches } : {}),
    fingerprint: fingerprint.digest("hex"),
    [Symbol.dispose]: () => file.close(),
  };
}

function isSince(since: Since | undefined, id: bigint, added: string): boolean {
  if (since === undefined) return true;
  return "id" in since ? id > since.id : added >= since.added;
}

/** The packed file as arrays. */
function packedTexts(file: OpenFile, known: readonly Known[], tiles: readonly TileFacts[]) {
  const sizes = Uint32Array.from(known, ({ size }) => size);
  const lengths = Uint32Array.from(known, ({ length }) => length);
  const offsets = new Float64Array(known.length + 1);
  sizes.forEach((size, text) => offsets[text + 1] = offsets[text]! + size);
  const starts = new Uint32Array(known.length + 1);
  known.forEach(({ documents }, text) => starts[text + 1] = starts[text]! + documents.length);
  const documents = Uint32Array.from(known.flatMap(({ documents }) => documents));
  const read = (at: number, bytes: Uint8Array) => {
    file.seek(at);
    for (let done = 0; done < bytes.length;) {
      const size = file.read(bytes.subarray(done));
      if (size === 0) throw new Error("The scratch file of the texts was cut off");
      done += size;
    }
  };
  return {
    count: known.length,
    lengths,
    tiles,
    documentsOf: (text: number) => documents.subarray(starts[text], starts[text + 1]),
    readTile(tile: number, buffer?: Uint8Array): Tile {
      const { first, count } = tiles[tile]!;
      const size = offsets[first + count]! - offsets[first]!;
      const bytes = buffer && buffer.length >= size
        ? buffer.subarray(0, size)
        : new Uint8Array(size);
      read(offsets[first]!, bytes);
      const ends = Uint32Array.from(
        { length: count },
        (_, i) => offsets[first + i + 1]! - offsets[first]!,
      );
      return { bytes, ends };
    },
    readSome(texts: readonly number[]): Tile {
      const ends = new Uint32Array(texts.length);
      texts.forEach((text, i) => ends[i] = (ends[i - 1] ?? 0) + sizes[text]!);
      const bytes = new Uint8Array(ends.at(-1) ?? 0);
      texts.forEach((text, i) => read(offsets[text]!, bytes.subarray(ends[i - 1] ?? 0, ends[i])));
      return { bytes, ends };
    },
  };
}

/** Writes the texts in their new order. */
function pack(
  { files, sketches, stop }: ReadTextsOptions,
  preparation: TextPreparation,
  known: readonly Known[],
  from: string,
  to: string,
): { readonly bands: number; readonly values: Uint32Array } | undefined {
  const { bands } = preparation;
  const values = sketches ? new Uint32Array(known.length * bands) : undefined;
  const file = files.openRead(from);
  using out = openWriter(files, to);
  try {
    for (const [text, { at, size }] of known.entries()) {
      if (text % BATCH === 0) stop.throwIfRequested();
      const bytes = new Uint8Array(size);
      file.seek(at);
      for (let done = 0; done < size;) {
        const got = file.read(bytes.subarray(done));
        if (got === 0) throw new Error("The scratch file of the texts was cut off");
        done += got;
      }
      out.write(bytes);
      values?.set(preparation.sketch(bytes), text * bands);
    }
    out.close();
  } finally {
    file.close();
  }
  return values && { bands, values };
}

function cutTiles(known: readonly Known[]): TileFacts[] {
  const tiles: TileFacts[] = [];
  let [first, bytes] = [0, 0];
  const cut = (end: number) => {
    if (end === first) return;
    tiles.push({
      first,
      count: end - first,
      shortest: known[first]!.length,
      longest: known[end - 1]!.length,
      newer: known[first]!.newer,
    });
    [first, bytes] = [end, 0];
  };
  for (const [text, { size, newer }] of known.entries()) {
    const isFull = text - first >= TILE.texts || bytes + size > TILE.bytes;
    if (isFull || newer !== known[first]!.newer) cut(text);
    bytes += size;
  }
  cut(known.length);
  return tiles;
}

interface Writer extends Disposable {
  /** @returns where the bytes are in the file */
  write(bytes: Uint8Array): number;
  close(): void;
}

/** Buffered writing. */
function openWriter(files: Files, path: string): Writer {
  const file = files.openWrite(path, { exclusive: true, mode: 0o600 });
  const buffer = new Uint8Array(BUFFER);
  let [held, total, open] = [0, 0, true];
  const flush = () => {
    file.write(buffer.subarray(0, held));
    held = 0;
  };
  const drop = () => {
    if (open) file.close();
    open = false;
  };
  return {
    write(bytes) {
      const at = total;
      total += bytes.length;
      if (held + bytes.length > BUFFER) flush();
      if (bytes.length > BUFFER) file.write(bytes);
      else {
        buffer.set(bytes, held);
        held += bytes.length;
      }
      return at;
    },
    close() {
      try {
        flush();
      } finally {
        drop();
      }
    },
    [Symbol.dispose]: drop,
  };
}
