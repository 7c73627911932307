// The variables that a file name's template sees, from the plain values of a document. Names and texts that
// become part of a path are sanitised here, as upstream does; what hangs below `document` is not.

import {
  PLACEHOLDER,
  TemplateDate,
  TemplateFloat,
  TemplateMoment,
  TemplateObject,
  type TemplateValue,
} from "../../../wasm/template/open_template_renderer.ts";
import type {
  FilenameCustomField,
  FilenameDocument,
  Generation,
  NamedObject,
} from "./filename_document.ts";
import { sanitizeFilename } from "./sanitize_filename.ts";

/** What a template sees, and what had to be left out. */
export interface FilenameContext {
  readonly variables: ReadonlyMap<string, TemplateValue>;
  /** One sentence for each custom field whose value could not be used. */
  readonly problems: readonly string[];
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

type Clean = (text: string) => string;

/**
 * Builds the variables of 2.20.15 (`v2`) or 3.0.5 (`v3`, which normalises names to NFC).
 *
 * @param timeZone IANA name: `added` is the date there
 * @param template for which they are: those that it does not mention are left out, since most of the work goes into
 * variables that nobody reads @default all are made
 */
export function filenameContext(
  document: FilenameDocument,
  generation: Generation,
  timeZone: string,
  template?: string,
): FilenameContext {
  const normalize: Clean = generation === "v3" ? (text) => text.normalize("NFC") : (text) => text;
  const clean: Clean = (text) => sanitizeFilename(normalize(text));
  const variables = new Map<string, TemplateValue>();
  const problems: string[] = [];
  for (const [name, make] of VARIABLES) {
    if (template !== undefined && !mentions(template, name)) continue;
    for (const [each, value] of make({ document, normalize, clean, timeZone, problems })) {
      variables.set(each, value);
    }
  }
  return { variables, problems };
}

/** Whether a template can name a variable, or one that begins so. `document_type` is not `document`. */
function mentions(template: string, name: string): boolean {
  return template.includes(name) && (name !== "document" || /\bdocument\b/.test(template));
}

/** What variables are made from. */
interface Source {
  readonly document: FilenameDocument;
  readonly normalize: Clean;
  readonly clean: Clean;
  readonly timeZone: string;
  readonly problems: string[];
}

type Variables = readonly (readonly [string, TemplateValue])[];

/** By the word that a template has to hold to read any of them. */
const VARIABLES: readonly (readonly [string, (source: Source) => Variables])[] = [
  ["document", ({ document }) => [["document", rawDocument(document)]]],
  ["title", ({ document, clean }) => [["title", clean(document.title)]]],
  [
    "correspondent",
    ({ document, clean }) => [[
      "correspondent",
      document.correspondent ? clean(document.correspondent.name) : PLACEHOLDER,
    ]],
  ],
  [
    "document_type",
    ({ document, clean }) => [[
      "document_type",
      document.documentType ? clean(document.documentType.name) : PLACEHOLDER,
    ]],
  ],
  [
    "asn",
    ({ document }) => [[
      "asn",
      document.archiveSerialNumber ? String(document.archiveSerialNumber) : PLACEHOLDER,
    ]],
  ],
  [
    "owner_username",
    ({ document }) => [["owner_username", document.owner ? document.owner.username : PLACEHOLDER]],
  ],
  [
    "original_name",
    ({ document, normalize }) => [[
      "original_name",
      document.originalFilename ? normalize(stemOf(document.originalFilename)) : PLACEHOLDER,
    ]],
  ],
  ["doc_pk", ({ document }) => [["doc_pk", String(document.pk).padStart(7, "0")]]],
  ["created", ({ document }) => dateVariables("created", document.created)],
  [
    "added",
    ({ document, timeZone }) => dateVariables("added", localDate(document.added, timeZone)),
  ],
  [
    "tag_list",
    ({ document, normalize }) => [[
      "tag_list",
      sanitizeFilename(
        document.tags.map(({ name }) => normalize(name)).sort(byCodePoint).join(","),
      ),
    ]],
  ],
  [
    "tag_name_list",
    ({ document, normalize }) => [[
      "tag_name_list",
      document.tags.map(({ name }) => normalize(name)),
    ]],
  ],
  [
    "custom_fields",
    ({ document, clean, problems }) => {
      const made = customFields(document.customFields, clean);
      problems.push(...made.problems);
      return [["custom_fields", made.fields]];
    },
  ],
];

/** What has to be loaded of a document for its template, besides its row. */
export interface TemplateNeeds {
  /** Its text. */
  readonly content: boolean;
  readonly tags: boolean;
  readonly customFields: boolean;
  /** Correspondent, type, owner. */
  readonly objects: boolean;
}

/** Tells from a template's source, on the safe side, what it can see. */
export function templateNeeds(template: string): TemplateNeeds {
  const document = mentions(template, "document");
  return {
    content: templateNeedsContent(template),
    tags: document || template.includes("tag_"),
    customFields: template.includes("custom_fields"),
    objects: document || /correspondent|document_type|owner_username/.test(template),
  };
}

/**
 * Whether a template can see the text of a document. Told from its source, on the safe side: anything but a
 * plain `document.name` may.
 */
export function templateNeedsContent(template: string): boolean {
  return /\bcontent\b/.test(template) || /\bdocument\b(?!\s*\.\s*[a-z])/.test(template) ||
    /\bdocument\s*\.\s*(?:items|values|copy|get|pop|popitem|setdefault)\b/.test(template);
}

function rawDocument(document: FilenameDocument): TemplateValue {
  return new Map<string, TemplateValue>([
    ["id", BigInt(document.pk)],
    ["pk", BigInt(document.pk)],
    ["title", document.title],
    ["content", document.content ?? ""],
    ["page_count", numberOrNull(document.pageCount)],
    ["created", new TemplateDate(document.created)],
    ["added", new TemplateMoment(document.added)],
    ["modified", new TemplateMoment(document.modified)],
    ["archive_serial_number", numberOrNull(document.archiveSerialNumber)],
    ["mime_type", document.mimeType],
    ["checksum", document.checksum],
    ["archive_checksum", document.archiveChecksum],
    ["filename", document.filename],
    ["archive_filename", document.archiveFilename],
    ["original_filename", document.originalFilename],
    [
      "owner",
      document.owner &&
      new Map<string, TemplateValue>([
        ["username", document.owner.username],
        ["id", BigInt(document.owner.id)],
      ]),
    ],
    [
      "tags",
      document.tags.map(({ id, name }) =>
        new Map<string, TemplateValue>([["name", name], ["id", BigInt(id)]])
      ),
    ],
    ["correspondent", named(document.correspondent)],
    ["document_type", named(document.documentType)],
    ["storage_path", named(document.storagePath)],
  ]);
}

function named(object: (NamedObject & { readonly path?: string }) | null): TemplateValue {
  if (!object) return null;
  return new TemplateObject(
    object.name,
    new Map<string, TemplateValue>([
      ["id", BigInt(object.id)],
      ["name", object.name],
      ["path", object.path ?? null],
    ]),
  );
}

function numberOrNull(value: number | null): TemplateValue {
  return value === null ? null : BigInt(value);
}

/** Fields whose values become part of a path as they are. */
const TEXTS: ReadonlySet<string> = new Set(["string", "url", "longtext", "monetary"]);

function customFields(
  fields: readonly FilenameCustomField[],
  clean: Clean,
): { readonly fields: ReadonlyMap<string, TemplateValue>; readonly problems: readonly string[] } {
  const found = new Map<string, TemplateValue>();
  const problems: string[] = [];
  for (const field of fields) {
    let value = customFieldValue(field, clean);
    if (value === undefined) {
      // Upstream stops here: the whole export fails for one option that was removed.
      problems.push(`the custom field "${field.name}" has an option that no longer exists`);
      value = null;
    }
    found.set(
      clean(field.name),
      new Map<string, TemplateValue>([["type", sanitizeFilename(field.dataType)], [
        "value",
        value,
      ]]),
    );
  }
  return { fields: found, problems };
}

/** The value as a template sees it; undefined where the chosen option is not among the field's. */
function customFieldValue(field: FilenameCustomField, clean: Clean): TemplateValue | undefined {
  const { value, dataType } = field;
  if (value === null) return null;
  if (dataType === "select" && field.options) {
    const option = field.options.find(({ id }) => id === value);
    return option && clean(option.label);
  }
  if (typeof value === "string") {
    if (dataType === "date") return new TemplateDate(value);
    return TEXTS.has(dataType) ? clean(value) : value;
  }
  if (typeof value === "boolean" || typeof value === "bigint") return value;
  if (typeof value === "number") {
    return dataType === "float" ? new TemplateFloat(value) : BigInt(Math.trunc(value));
  }
  return value.map((id) => BigInt(id));
}

/** `name`, `name_year` and so on, of a `YYYY-MM-DD`. Years below 1000 have no zeros in front, as in strftime. */
function dateVariables(name: string, iso: string): [string, TemplateValue][] {
  const [year = "", month = "", day = ""] = iso.split("-");
  const monthName = MONTHS[Number(month) - 1] ?? "";
  return [
    [name, iso],
    [`${name}_year`, String(Number(year))],
    [`${name}_year_short`, year.slice(-2)],
    [`${name}_month`, month],
    [`${name}_month_name`, monthName],
    [`${name}_month_name_short`, monthName.slice(0, 3)],
    [`${name}_day`, day],
  ];
}

const zones = new Map<string, Intl.DateTimeFormat>();

/** The date in a time zone of a moment stored as UTC. */
function localDate(moment: string, timeZone: string): string {
  const instant = new Date(`${moment.slice(0, 10)}T${moment.slice(11, 19)}Z`);
  let format = zones.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
    zones.set(timeZone, format);
  }
  const parts = format.formatToParts(instant);
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

/** The last component of a path without its last extension, as Python's `PurePath.stem` (up to 3.13) has it. */
function stemOf(path: string): string {
  const name = path.split("/").filter((part) => part !== "" && part !== ".").at(-1) ?? "";
  const dot = name.lastIndexOf(".");
  return dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name;
}

function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [[...a], [...b]];
  const at = x.findIndex((c, index) => c !== y[index]);
  if (at === -1) return -1;
  if (at >= y.length) return 1;
  return x[at]!.codePointAt(0)! - y[at]!.codePointAt(0)!;
}
