// Writes a manifest, record by record, in the layout of either generation. The bytes are upstream's:
// values go in as JSON text and only the white space inside arrays and objects is set.

import { layoutJson } from "./layout_json.ts";
import type { RawJson, WritableRecord, WritableValue } from "./raw_record.ts";

/** `v2`: the whole array indented, also used by split manifests of both generations. `v3`: each record
 * indented on its own (export-format.md §4). */
export type ManifestLayout = "v2" | "v3";

/** Where the bytes go; an `OpenFile` is one. */
export interface ManifestSink {
  /** Takes all of it; the array is used again afterwards. */
  write(bytes: Uint8Array): void;
}

/** What may be set for a writer. */
export interface ManifestWriterOptions {
  /** bytes gathered before a write @default {256 KiB} */
  readonly bufferSize?: number;
}

/** A manifest being written. */
export interface ManifestWriter {
  /** Writes the next record.
   * @throws {TypeError} if a value is not JSON: a defect of the caller, nothing of the record is written */
  write(record: WritableRecord): void;
  /** Closes the array and hands the last bytes to the sink, which stays open. */
  end(): void;
  /** Records written so far, by model. */
  readonly counts: ReadonlyMap<string, number>;
  /** Bytes written so far, those in the buffer included. */
  readonly bytes: number;
}

/** The texts around records: the only difference between the layouts. */
const LAYOUTS = {
  v2: { open: "[", first: "\n", between: ",\n", close: "\n]", empty: "[]", indent: 2 },
  v3: { open: "[", first: "", between: ",\n", close: "\n]", empty: "[\n]", indent: 0 },
} as const satisfies Record<ManifestLayout, unknown>;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Starts a manifest. Nothing is written before the first record or the end.
 * @example
 * ```ts ignore
 * const writer = openManifestWriter(file, "v3");
 * writer.write({ model: "documents.tag", pk: 1, fields: [["name", '"inbox"'], ["tn_children_pks", []]] });
 * writer.end();
 * ``` */
export function openManifestWriter(
  sink: ManifestSink,
  layout: ManifestLayout,
  options: ManifestWriterOptions = {},
): ManifestWriter {
  const style = LAYOUTS[layout];
  const output = new TextOutput(sink, options.bufferSize ?? 256 * 1024);
  const counts = new Map<string, number>();
  let written = 0;
  return {
    counts,
    get bytes() {
      return output.bytes;
    },
    write(record) {
      const parts = recordParts(record, style.indent);
      output.text(written === 0 ? style.open + style.first : style.between);
      for (const part of parts) {
        if (typeof part === "string") output.text(part);
        else output.raw(part);
      }
      written++;
      counts.set(record.model, (counts.get(record.model) ?? 0) + 1);
    },
    end() {
      output.text(written === 0 ? style.empty : style.close);
      output.flush();
    },
  };
}

/** The record's text, cut only where a value comes as bytes. */
function recordParts(record: WritableRecord, indent: number): (string | Uint8Array)[] {
  const parts: (string | Uint8Array)[] = [];
  const outer = " ".repeat(indent);
  const inner = " ".repeat(indent + 2);
  let text = `${outer}{\n${inner}"model": ${JSON.stringify(record.model)},\n${inner}"pk": ` +
    `${record.pk},\n${inner}"fields": `;
  let empty = true;
  for (const [name, value] of record.fields) {
    text += `${empty ? "{" : ","}\n${inner}  ${JSON.stringify(name)}: `;
    append(name, value, indent + 4);
    empty = false;
  }
  text += empty ? "{}" : `\n${inner}}`;
  for (const [name, value] of record.extras ?? []) {
    text += `,\n${inner}${JSON.stringify(name)}: `;
    append(name, value, indent + 2);
  }
  text += `\n${outer}}`;
  parts.push(text);
  return parts;

  function append(name: string, value: WritableValue, depth: number): void {
    if (value instanceof Uint8Array) {
      parts.push(text, value);
      text = "";
      return;
    }
    const laidOut = valueText(value, depth);
    if (laidOut === undefined) {
      throw new TypeError(
        `Cannot write ${record.model} ${record.pk} to the manifest: ${name} is not JSON`,
      );
    }
    text += laidOut;
  }
}

function valueText(value: RawJson | readonly RawJson[], depth: number): RawJson | undefined {
  if (typeof value === "string") {
    // Scalars come out of our own serialisation or the reader's grammar and are by far the most bytes.
    const code = value.charCodeAt(0);
    const scalar = code === 0x22 || code === 0x2d || (code >= 0x30 && code <= 0x39) ||
      value === "null" || value === "true" || value === "false";
    return scalar ? value : layoutJson(value, depth);
  }
  if (value.length === 0) return "[]";
  const line = "\n" + " ".repeat(depth + 2);
  return `[${line}${value.join("," + line)}\n${" ".repeat(depth)}]`;
}

/** Gathers text as UTF-8. */
class TextOutput {
  readonly #sink: ManifestSink;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #encoder = new TextEncoder();
  #used = 0;
  #flushed = 0;

  constructor(sink: ManifestSink, bufferSize: number) {
    this.#sink = sink;
    this.#buffer = new Uint8Array(bufferSize);
  }

  get bytes(): number {
    return this.#flushed + this.#used;
  }

  text(text: string): void {
    // JSON text holds lone surrogates as escapes only; one that slipped in unescaped stays what it is.
    const safe = text.isWellFormed() ? text : text.replace(
      LONE_SURROGATE,
      (unit) => "\\u" + unit.charCodeAt(0).toString(16),
    );
    if (safe.length * 3 <= this.#buffer.length - this.#used) {
      this.#used += this.#encoder.encodeInto(safe, this.#buffer.subarray(this.#used)).written;
      return;
    }
    this.flush();
    if (safe.length * 3 <= this.#buffer.length) return this.text(safe);
    this.raw(this.#encoder.encode(safe));
  }

  raw(bytes: Uint8Array): void {
    if (bytes.length <= this.#buffer.length - this.#used) {
      this.#buffer.set(bytes, this.#used);
      this.#used += bytes.length;
      return;
    }
    this.flush();
    this.#sink.write(bytes);
    this.#flushed += bytes.length;
  }

  flush(): void {
    if (this.#used === 0) return;
    this.#sink.write(this.#buffer.subarray(0, this.#used));
    this.#flushed += this.#used;
    this.#used = 0;
  }
}
