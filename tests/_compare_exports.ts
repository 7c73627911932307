// Compares an export of ours with one that paperless-ngx wrote, by the fixtures' rules of what is
// deterministic. The answer is a list of readable differences; an empty list means equal.

import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import {
  isManifest,
  listFiles,
  parseManifest,
  type RecordedExport,
  type RecordedFile,
  sha256,
  tempFolder,
  unzip,
} from "./_fixtures.ts";
import {
  asObject,
  asText,
  canonical,
  type Exact,
  type ExactObject,
  NumberToken,
  parseExact,
} from "./_json.ts";

/** What an export holds, wherever it came from. */
export type ExportContent = Pick<RecordedExport, "files" | "manifests" | "metadata">;

/** How two exports are compared. */
export interface CompareOptions {
  /** Decrypts the secrets of both sides before they are compared. */
  readonly passphrase?: string;
}

const MOST_DIFFERENCES = 40;

/** Many-to-many fields by model: their lists are sets. Every other list keeps its order. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  "auth.group": ["permissions"],
  "auth.user": ["groups", "user_permissions"],
  "documents.document": ["tags"],
  "documents.sharelinkbundle": ["documents"],
  "documents.workflow": ["triggers", "actions"],
  "documents.workflowaction": [
    "assign_tags",
    "assign_view_users",
    "assign_view_groups",
    "assign_change_users",
    "assign_change_groups",
    "assign_custom_fields",
    "remove_tags",
    "remove_document_types",
    "remove_correspondents",
    "remove_storage_paths",
    "remove_owners",
    "remove_view_users",
    "remove_view_groups",
    "remove_change_users",
    "remove_change_groups",
    "remove_custom_fields",
  ],
  "documents.workflowtrigger": [
    "filter_has_tags",
    "filter_has_all_tags",
    "filter_has_not_tags",
    "filter_has_any_document_types",
    "filter_has_not_document_types",
    "filter_has_any_correspondents",
    "filter_has_not_correspondents",
    "filter_has_any_storage_paths",
    "filter_has_not_storage_paths",
  ],
  "paperless_mail.mailrule": ["assign_tags"],
};

/** Fields that a passphrase encrypts, by model. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  "paperless_mail.mailaccount": ["password", "refresh_token"],
  "socialaccount.socialtoken": ["token", "token_secret"],
};

/** Reads an export folder, or a zip, of ours. */
export function readExport(path: string): ExportContent {
  if (!path.endsWith(".zip")) return readFolder(path, true);
  using unpacked = tempFolder();
  unzip(path, unpacked.path);
  return readFolder(unpacked.path, false);
}

function readFolder(folder: string, times: boolean): ExportContent {
  const files = new Map<string, RecordedFile>();
  const manifests = new Map<string, readonly ExactObject[]>();
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  for (const path of listFiles(folder)) {
    const bytes = Deno.readFileSync(`${folder}/${path}`);
    const mtime = Deno.statSync(`${folder}/${path}`).mtime?.getTime();
    files.set(path, {
      size: bytes.length,
      sha256: sha256(bytes),
      ...(times && mtime !== undefined ? { keptMtime: BigInt(mtime) * 1_000_000n } : {}),
    });
    if (isManifest(path)) manifests.set(path, parseManifest(utf8.decode(bytes)));
  }
  const metadata = files.has("metadata.json")
    ? asObject(parseExact(Deno.readTextFileSync(`${folder}/metadata.json`)))
    : new Map<string, Exact>();
  return { files, manifests, metadata };
}

/** What differs between an export of ours and a recorded one (or two of ours), a line each. */
export function differences(
  ours: ExportContent,
  theirs: ExportContent,
  options: CompareOptions = {},
): readonly string[] {
  const lines = [
    ...compareFiles(ours.files, theirs.files),
    ...compareMetadata(ours.metadata, theirs.metadata),
    ...compareManifests(ours, theirs, options.passphrase),
  ];
  const more = lines.length - MOST_DIFFERENCES;
  return more > 0 ? [...lines.slice(0, MOST_DIFFERENCES), `… and ${more} more differences`] : lines;
}

/** @throws {Error} with the differences, if there are any */
export function assertEqualExports(
  ours: string | ExportContent,
  theirs: ExportContent,
  options: CompareOptions = {},
): void {
  const content = typeof ours === "string" ? readExport(ours) : ours;
  const lines = differences(content, theirs, options);
  if (lines.length > 0) throw new Error(`The exports differ:\n  ${lines.join("\n  ")}`);
}

function* compareFiles(
  ours: ExportContent["files"],
  theirs: ExportContent["files"],
): Generator<string> {
  for (const path of theirs.keys()) if (!ours.has(path)) yield `missing file: ${path}`;
  for (const [path, file] of ours) {
    const other = theirs.get(path);
    if (!other) yield `file too many: ${path}`;
    // JSON is compared as records, and its times are those of the run.
    if (!other || isManifest(path) || path === "metadata.json") continue;
    if (file.size !== other.size) yield `size of ${path}: ${file.size} instead of ${other.size}`;
    else if (file.sha256 !== other.sha256) yield `content of ${path}: same size, other bytes`;
    if (file.keptMtime === undefined || other.keptMtime === undefined) continue;
    const [mine, wanted] = [file.keptMtime / 1_000_000n, other.keptMtime / 1_000_000n];
    if (mine !== wanted) yield `mtime of ${path}: ${mine} ms instead of ${wanted} ms`;
  }
}

function* compareMetadata(ours: ExactObject, theirs: ExactObject): Generator<string> {
  const salt = ours.get("__crypto__");
  if (salt !== undefined && !/^[0-9a-f]{32}$/.test(asText(asObject(salt).get("__salt_hex__")))) {
    yield `metadata.json: salt ${canonical(salt)} is not 16 bytes in lower-case hex`;
  }
  const [mine, wanted] = [canonical(unsalted(ours)), canonical(unsalted(theirs))];
  if (mine !== wanted) yield `metadata.json: ${mine} instead of ${wanted}`;
}

function unsalted(metadata: ExactObject): ExactObject {
  const crypto = metadata.get("__crypto__");
  if (crypto === undefined) return metadata;
  return new Map([...metadata, [
    "__crypto__",
    new Map([...asObject(crypto), ["__salt_hex__", ""]]),
  ]]);
}

function* compareManifests(
  ours: ExportContent,
  theirs: ExportContent,
  passphrase: string | undefined,
): Generator<string> {
  const [open, openTheirs] = [
    opener(ours.metadata, passphrase),
    opener(theirs.metadata, passphrase),
  ];
  for (const [path, records] of theirs.manifests) {
    const mine = ours.manifests.get(path);
    if (!mine) continue; // compareFiles says so
    if (mine.length !== records.length) {
      yield `${path}: ${mine.length} records instead of ${records.length}${
        firstStray(mine, records)
      }`;
    }
    for (let index = 0; index < Math.min(mine.length, records.length); index++) {
      const [name, otherName] = [nameOf(mine[index]!), nameOf(records[index]!)];
      if (name !== otherName) {
        yield `${path}: record ${index} is ${name} instead of ${otherName} (later ones not compared)`;
        break;
      }
      for (const line of compareRecords(mine[index]!, records[index]!, open, openTheirs)) {
        yield `${path}: ${name}: ${line}`;
      }
    }
  }
}

function nameOf(record: ExactObject): string {
  return `${canonical(record.get("model")).replaceAll('"', "")} ${canonical(record.get("pk"))}`;
}

function firstStray(ours: readonly ExactObject[], theirs: readonly ExactObject[]): string {
  const [mine, wanted] = [new Set(ours.map(nameOf)), new Set(theirs.map(nameOf))];
  const missing = [...wanted].filter((name) => !mine.has(name)).slice(0, 5);
  const extra = [...mine].filter((name) => !wanted.has(name)).slice(0, 5);
  return ` (missing: ${missing.join(", ") || "none"}; too many: ${extra.join(", ") || "none"})`;
}

function* compareRecords(
  ours: ExactObject,
  theirs: ExactObject,
  open: Opener,
  openTheirs: Opener,
): Generator<string> {
  const model = asText(theirs.get("model"));
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    if (key === "fields") continue;
    const [mine, wanted] = [canonical(ours.get(key)), canonical(theirs.get(key))];
    if (mine !== wanted) yield `${key}: ${mine} instead of ${wanted}`;
  }
  const [fields, wantedFields] = [asObject(ours.get("fields")), asObject(theirs.get("fields"))];
  for (const key of new Set([...fields.keys(), ...wantedFields.keys()])) {
    try {
      const mine = comparable(model, key, fields.get(key), open);
      const wanted = comparable(model, key, wantedFields.get(key), openTheirs);
      if (mine !== wanted) {
        yield `${key}: ${around(mine, wanted)} instead of ${around(wanted, mine)}`;
      }
    } catch (error) {
      yield `${key}: ${error instanceof Error ? error.message : error}`;
    }
  }
}

/** The text by which a field's value is compared. */
function comparable(model: string, key: string, value: Exact | undefined, open: Opener): string {
  if (SECRETS[model]?.includes(key) && typeof value === "string" && value !== "") {
    return canonical(open(value));
  }
  if (SETS[model]?.includes(key) && Array.isArray(value)) {
    return `set ${value.map(canonical).sort().join(" ")}`;
  }
  return canonical(value);
}

/** The part of a long text where it leaves the other. */
function around(text: string, other: string): string {
  if (text.length <= 120) return text;
  let at = 0;
  while (at < text.length && text[at] === other[at]) at++;
  const from = Math.max(0, at - 40);
  return `…${text.slice(from, from + 100)}… (at ${at} of ${text.length})`;
}

/** Turns an encrypted value into the plain one. */
type Opener = (value: string) => string;

/** How to read the secrets of an export. @throws {Error} where it is encrypted without a passphrase */
function opener(metadata: ExactObject, passphrase: string | undefined): Opener {
  const crypto = metadata.get("__crypto__");
  if (crypto === undefined) return (value) => value;
  if (passphrase === undefined) {
    throw new Error("Cannot compare: encrypted, and no passphrase given");
  }
  const parameters = asObject(crypto);
  const number = (name: string): number => {
    const token = parameters.get(name);
    if (!(token instanceof NumberToken)) throw new Error(`metadata.json: ${name} is not a number`);
    return Number(token.text);
  };
  const key = deriveKey(
    passphrase,
    asText(parameters.get("__salt_hex__")),
    number("__key_iters__"),
    number("__key_size__"),
  );
  return (value) => decryptSecret(value, key);
}

const keys = new Map<string, Uint8Array>();

function deriveKey(passphrase: string, salt: string, iterations: number, size: number): Uint8Array {
  const name = JSON.stringify([passphrase, salt, iterations, size]);
  const key = keys.get(name) ??
    new Uint8Array(pbkdf2Sync(passphrase, Uint8Array.fromHex(salt), iterations, size, "sha256"));
  keys.set(name, key);
  return key;
}

/** Opens the hex text of a Fernet token (https://github.com/fernet/spec), with node:crypto alone: a second
 * opinion on the product's own encryption. @throws {Error} where it is no token, or sealed with another key */
export function decryptSecret(hex: string, key: Uint8Array): string {
  if (!/^674141414141(?:[0-9a-f]{2})+$/.test(hex)) {
    throw new Error(`not encrypted: ${hex.slice(0, 24)}…`);
  }
  const token = Uint8Array.fromBase64(new TextDecoder().decode(Uint8Array.fromHex(hex)), {
    alphabet: "base64url",
  });
  const [signed, seal] = [token.subarray(0, -32), token.subarray(-32)];
  const wanted = createHmac("sha256", key.subarray(0, 16)).update(signed).digest();
  if (!timingSafeEqual(wanted, seal)) throw new Error("sealed with another key");
  const decipher = createDecipheriv("aes-128-cbc", key.subarray(16, 32), signed.subarray(9, 25));
  const parts = [decipher.update(signed.subarray(25)), decipher.final()];
  return new TextDecoder("utf-8", { fatal: true }).decode(
    new Uint8Array(parts.flatMap((part) => [...part])),
  );
}

/** One entry of a tree, for comparisons of before and after. */
export interface TreeEntry {
  readonly kind: "file" | "folder" | "link" | "other";
  /** bytes; 0 for what is no file */
  readonly size: number;
  /** sha256 of a file, target of a link */
  readonly content: string;
  /** ms since the epoch */
  readonly mtime: number;
  readonly inode: number;
  readonly mode: number;
}

/** Everything below a folder, by relative path. */
export function readTree(folder: string): Map<string, TreeEntry> {
  const tree = new Map<string, TreeEntry>();
  const walk = (below: string): void => {
    for (const { name } of Deno.readDirSync(`${folder}/${below}`)) {
      const path = `${below}${name}`;
      const full = `${folder}/${path}`;
      const info = Deno.lstatSync(full);
      const kind = info.isFile
        ? "file"
        : info.isDirectory
        ? "folder"
        : info.isSymlink
        ? "link"
        : "other";
      const content = kind === "file"
        ? sha256(Deno.readFileSync(full))
        : kind === "link"
        ? Deno.readLinkSync(full)
        : "";
      tree.set(path, {
        kind,
        size: kind === "file" ? info.size : 0,
        content,
        mtime: info.mtime?.getTime() ?? 0,
        inode: info.ino ?? 0,
        mode: (info.mode ?? 0) & 0o7777,
      });
      if (kind === "folder") walk(`${path}/`);
    }
  };
  walk("");
  return tree;
}

/** What SQLite and the lock may leave in a library that was only read. */
const TRACES = /(^|\/)(media\.lock|db\.sqlite3-(wal|shm))$/;

/** What changed between two looks at a tree, a line each. Folders' times and the traces of a lock and of
 * SQLite's shared memory don't count. */
export function treeChanges(
  before: ReadonlyMap<string, TreeEntry>,
  after: ReadonlyMap<string, TreeEntry>,
): readonly string[] {
  const lines: string[] = [];
  const look = (entry: TreeEntry | undefined): string =>
    entry === undefined
      ? "absent"
      : `${entry.kind} ${entry.size} ${entry.content} ${entry.kind === "file" ? entry.mtime : ""}`;
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (TRACES.test(path)) continue;
    const [was, is] = [look(before.get(path)), look(after.get(path))];
    if (was !== is) lines.push(`${path}: ${was} → ${is}`);
  }
  return lines;
}
