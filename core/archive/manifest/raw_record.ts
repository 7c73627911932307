// A record of a manifest as it stands there: every value is its JSON text, so that nothing is parsed
// and printed again (big integers, 1.0, lone surrogates and the order of keys survive).

/** The JSON text of one value, as it stands in the manifest: `12`, `"a\\u00e9"`, `[\n  1\n]`. */
export type RawJson = string;

/** One record of a manifest. */
export interface RawRecord {
  /** `<app label>.<model, lower case>`, e.g. `documents.document`. */
  readonly model: string;
  /** The key's JSON text: an integer, or (never written by upstream) a string. */
  readonly pk: RawJson;
  /** Fields in the order of the manifest. */
  readonly fields: ReadonlyMap<string, RawJson>;
  /** What stands beside `fields`: the exporter's own keys, `__exported_file_name__` and the like. */
  readonly extras: ReadonlyMap<string, RawJson>;
}

/** A record with its place in the file, for messages. */
export interface PlacedRecord extends RawRecord {
  /** 0-based number of the record in its file. */
  readonly index: number;
  /** Offset of its opening brace, in bytes. */
  readonly offset: number;
  /** 1-based line of its opening brace. */
  readonly line: number;
  /** Length of the record in the file, in bytes. */
  readonly size: number;
}

/** What the writer takes for one value: its JSON text (as text or as UTF-8), or a list of JSON texts
 * that becomes an array in the manifest's layout. */
export type WritableValue = RawJson | Uint8Array | readonly RawJson[];

/** What the writer takes for one record; a {@linkcode RawRecord} is one. */
export interface WritableRecord {
  /** `<app label>.<model, lower case>` */
  readonly model: string;
  /** A number, or JSON text. */
  readonly pk: RawJson | number | bigint;
  /** Names and values, in the order of the manifest. */
  readonly fields: Iterable<readonly [name: string, value: WritableValue]>;
  /** Keys after `fields`. */
  readonly extras?: Iterable<readonly [name: string, value: WritableValue]>;
}
