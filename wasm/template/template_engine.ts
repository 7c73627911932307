// Runs the template kernel in the calling thread. Invariant: after any failure inside the module a fresh
// instance is made, so that one rendering never sees what another left behind.

import wasmBytes from "./template.wasm" with { type: "bytes" };
import { localizeDate } from "./localize_date.ts";

/** A value for a template. Objects of the library are made with {@linkcode TemplateObject}. */
export type TemplateValue =
  | null
  | boolean
  | bigint
  | string
  | TemplateFloat
  | TemplateDate
  | TemplateMoment
  | TemplateObject
  | typeof PLACEHOLDER
  | readonly TemplateValue[]
  | ReadonlyMap<string, TemplateValue>;

/** A Python float; whole numbers are `bigint`. */
export class TemplateFloat {
  constructor(readonly value: number) {}
}

/** A Python date. @param iso `YYYY-MM-DD` */
export class TemplateDate {
  constructor(readonly iso: string) {}
}

/** A Python datetime in UTC. @param iso `YYYY-MM-DD HH:MM:SS[.ffffff]` */
export class TemplateMoment {
  constructor(readonly iso: string) {}
}

/** An object that prints as its name and has attributes. */
export class TemplateObject {
  constructor(readonly name: string, readonly attributes: ReadonlyMap<string, TemplateValue>) {}
}

/** Prints as `-none-`, is equal to `"none"` and `"-none-"`, and is false. */
export const PLACEHOLDER: unique symbol = Symbol("-none-");

/** Why a template gave no text. `limit`: it wanted too many steps, too much memory or nesting. */
export type TemplateFailureKind = "syntax" | "undefined" | "security" | "runtime" | "limit";

/** What a rendering gave. */
export type TemplateResult =
  | { readonly text: string }
  | { readonly failure: TemplateFailureKind; readonly message: string };

const FAILURES: readonly TemplateFailureKind[] = [
  "runtime",
  "syntax",
  "undefined",
  "security",
  "runtime",
  "limit",
];
/** An instance whose memory grew past this is replaced: WebAssembly memory never shrinks. bytes */
const KEPT_MEMORY = 8 * 1024 * 1024;

interface Kernel {
  readonly memory: WebAssembly.Memory;
  input_buffer(length: number): number;
  answer_buffer(length: number): number;
  render(): number;
  output_pointer(): number;
  output_length(): number;
}

const QUESTIONS: readonly ((text: string) => string)[] = [
  (text) => text.normalize("NFKD"),
  (text) => text.normalize("NFKC"),
  localizeDate,
];

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
let module: WebAssembly.Module | undefined;
let kernel: Kernel | undefined;

function open(): Kernel {
  module ??= new WebAssembly.Module(wasmBytes);
  const instance = new WebAssembly.Instance(module, {
    host: {
      ask(question: number, pointer: number, length: number): number {
        const text = decoder.decode(new Uint8Array(opened.memory.buffer, pointer, length));
        let answer: string;
        let failed = false;
        try {
          answer = QUESTIONS[question]!(text);
        } catch (error) {
          failed = true;
          answer = error instanceof Error ? error.message : String(error);
        }
        const bytes = encoder.encode(answer);
        const buffer = opened.answer_buffer(bytes.length);
        new Uint8Array(opened.memory.buffer, buffer, bytes.length).set(bytes);
        return failed ? -bytes.length - 1 : bytes.length;
      },
    },
  });
  const opened = instance.exports as unknown as Kernel;
  return opened;
}

/**
 * Renders one template of Jinja 2.
 *
 * @param variables as {@linkcode encodeVariables} wrote them
 */
export function renderTemplate(template: string, variables: string): TemplateResult {
  kernel ??= open();
  try {
    const source = encoder.encode(template);
    const values = encoder.encode(variables);
    const request = 4 + source.length + values.length;
    const buffer = kernel.input_buffer(request);
    const bytes = new Uint8Array(kernel.memory.buffer, buffer, request);
    new DataView(kernel.memory.buffer).setUint32(buffer, source.length, true);
    bytes.set(source, 4);
    bytes.set(values, 4 + source.length);
    const status = kernel.render();
    const output = new Uint8Array(
      kernel.memory.buffer,
      kernel.output_pointer(),
      kernel.output_length(),
    );
    const text = decoder.decode(output);
    if (kernel.memory.buffer.byteLength > KEPT_MEMORY) kernel = undefined;
    return status === 0 ? { text } : { failure: FAILURES[status] ?? "runtime", message: text };
  } catch {
    // A trap: out of memory or of stack, both of which only a hostile template reaches.
    kernel = undefined;
    return { failure: "limit", message: "the template wants too much memory" };
  }
}

/** Writes variables in the form that the kernel reads: every object is a tag, so no text can be taken for one. */
export function encodeVariables(variables: ReadonlyMap<string, TemplateValue>): string {
  return encodeValue(variables);
}

function encodeValue(value: TemplateValue): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return JSON.stringify(value);
  if (value === PLACEHOLDER) return '{"none":0}';
  if (value instanceof TemplateFloat) return `{"float":${encodeFloat(value.value)}}`;
  if (value instanceof TemplateDate) return `{"date":${JSON.stringify(value.iso)}}`;
  if (value instanceof TemplateMoment) return `{"moment":${JSON.stringify(value.iso)}}`;
  if (value instanceof TemplateObject) {
    return `{"named":[${JSON.stringify(value.name)},${encodePairs(value.attributes)}]}`;
  }
  if (value instanceof Map) return `{"dict":${encodePairs(value)}}`;
  return `{"list":[${(value as readonly TemplateValue[]).map(encodeValue).join(",")}]}`;
}

function encodePairs(map: ReadonlyMap<string, TemplateValue>): string {
  return `[${[...map].map(([k, v]) => `[${JSON.stringify(k)},${encodeValue(v)}]`).join(",")}]`;
}

function encodeFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  return Number.isFinite(value)
    ? String(value)
    : `"${Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf"}"`;
}
