// The real libraries and exports in ../shared/fixtures, as tests want them: a library is always a fresh
// copy, a recorded export is read once, and nothing is ever written beside the fixtures.

import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { asObject, type Exact, type ExactObject, parseExact } from "./_json.ts";

/** The generations that the fixtures hold. */
export const VERSIONS = ["v2.20.15", "v3.0.5"] as const;
/** A folder name below the fixtures. */
export type FixtureVersion = typeof VERSIONS[number];
/** A folder below the fixtures that holds a library: a supported version, or one that is too old. */
export type LibrarySource = FixtureVersion | `history/${string}`;

const PROJECT = new URL("../", import.meta.url);
const SKIP_LINE = "skipped: ../shared/fixtures is not there (real libraries, see CONTRIBUTING.md)";

/** The fixtures' folder without slash at its end, or null where there is none. */
export function fixturesRoot(): string | null {
  try {
    // Without links: what a command may touch is compared with real paths.
    const root = Deno.realPathSync(new URL("../shared/fixtures", PROJECT).pathname);
    return Deno.statSync(`${root}/README.md`).isFile ? root : null;
  } catch {
    return null;
  }
}

const said = new Set<string>();

/** Says once, on stderr, why tests are skipped. Always true, so that it can stand behind `||`. */
export function sayOnce(line: string): true {
  if (!said.has(line)) Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  said.add(line);
  return true;
}

/** Whether tests on fixtures must be skipped; says so once. */
export function withoutFixtures(): boolean {
  return fixturesRoot() === null && sayOnce(SKIP_LINE);
}

/** A temporary folder that goes away with its scope. */
export interface TempFolder extends Disposable {
  readonly path: string;
}

/** Makes a temporary folder; its path holds no links. */
export function tempFolder(): TempFolder {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "paperward_test_" }));
  return { path, [Symbol.dispose]: () => removeTree(path) };
}

function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const session: { cache?: string } = {};

/** A folder for this test process, removed when it ends. */
function processCache(): string {
  if (session.cache === undefined) {
    const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "paperward_cache_" }));
    session.cache = path;
    globalThis.addEventListener("unload", () => removeTree(path));
  }
  return session.cache;
}

/** Unpacks an archive with every mode and nanosecond of its entries kept. */
function untar(archive: string, folder: string): void {
  const { success, stderr } = new Deno.Command("tar", {
    args: [
      "--extract",
      "--preserve-permissions",
      "--no-same-owner",
      "--file",
      archive,
      "--directory",
      folder,
    ],
  }).outputSync();
  if (!success) throw new Error(`Cannot unpack ${archive}: ${new TextDecoder().decode(stderr)}`);
}

/** A fresh copy of a library. */
export interface Library extends Disposable {
  readonly version: LibrarySource;
  readonly folder: string;
  readonly data: string;
  readonly media: string;
  readonly database: string;
  /** library.env with absolute paths, ready to be a process's environment. */
  readonly env: Readonly<Record<string, string>>;
}

const PATH_SETTINGS = ["PAPERLESS_DATA_DIR", "PAPERLESS_MEDIA_ROOT"];

/** Reads `KEY=value` lines; the two folders become absolute. */
function readEnv(path: string, folder: string): Record<string, string> {
  const pairs = Deno.readTextFileSync(path).split("\n").filter((line) => /^[A-Z]/.test(line)).map(
    (line) => {
      const at = line.indexOf("=");
      const [key, value] = [line.slice(0, at), line.slice(at + 1)];
      return [key, PATH_SETTINGS.includes(key) ? `${folder}/${value}` : value] as const;
    },
  );
  return Object.fromEntries(pairs);
}

/** Unpacks a library into a fresh folder, modification times kept to the nanosecond.
 * @param options.overlay `gpg`: v2 with two GPG-encrypted documents */
export function unpackLibrary(
  version: LibrarySource,
  options: { readonly overlay?: "gpg" } = {},
): Library {
  const source = `${fixturesRoot()}/${version}`;
  const temp = tempFolder();
  const folder = temp.path;
  untar(`${source}/library.tar.gz`, folder);
  const env = readEnv(`${source}/library.env`, folder);
  if (options.overlay) {
    const overlay = JSON.parse(
      Deno.readTextFileSync(`${source}/${options.overlay}/overlay.json`),
    ) as {
      readonly passphrase: string;
      readonly delete: readonly string[];
    };
    for (const path of overlay.delete) Deno.removeSync(`${folder}/${path}`);
    untar(`${source}/${options.overlay}/overlay.tar.gz`, folder);
    env.PAPERLESS_PASSPHRASE = overlay.passphrase;
  }
  const data = `${folder}/data`;
  return {
    version,
    folder,
    data,
    media: `${folder}/media`,
    database: `${data}/db.sqlite3`,
    env,
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

/** A file of a recorded export. */
export interface RecordedFile {
  /** bytes */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** ns since the epoch, where it is the one of the library's file; otherwise it means nothing. */
  readonly keptMtime?: bigint;
}

/** What paperless-ngx wrote, as recorded. */
export interface RecordedExport {
  readonly version: FixtureVersion;
  readonly variant: string;
  /** By path, manifests and metadata included; of a zip, its members. */
  readonly files: ReadonlyMap<string, RecordedFile>;
  /** `manifest.json` and split ones by path: lists of records. */
  readonly manifests: ReadonlyMap<string, readonly ExactObject[]>;
  readonly metadata: ExactObject;
  /** Name of the zip, if the variant is one. */
  readonly zip?: string;
}

/** Parses a listing: size, mtime in ns, kept, sha256, path. */
export function parseListing(text: string): Map<string, RecordedFile> {
  const files = new Map<string, RecordedFile>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [size, mtime, kept, sha256, ...path] = line.split("\t");
    files.set(path.join("\t"), {
      size: Number(size),
      sha256: sha256!,
      ...(kept === "kept" ? { keptMtime: BigInt(mtime!) } : {}),
    });
  }
  return files;
}

/** Reads a manifest's text as a list of records. */
export function parseManifest(text: string): readonly ExactObject[] {
  const list = parseExact(text);
  if (!Array.isArray(list)) throw new TypeError("Cannot use the manifest: it is not a list");
  return (list as readonly Exact[]).map(asObject);
}

/** Paths of all files below a folder, relative to it, sorted. Links and others count as files. */
export function listFiles(folder: string): string[] {
  const found: string[] = [];
  const walk = (below: string): void => {
    for (const entry of Deno.readDirSync(`${folder}/${below}`)) {
      const path = `${below}${entry.name}`;
      if (entry.isDirectory) walk(`${path}/`);
      else found.push(path);
    }
  };
  walk("");
  return found.sort();
}

/** Whether a path inside an export is one of its manifests. */
export function isManifest(path: string): boolean {
  return path === "manifest.json" || path.endsWith("-manifest.json");
}

/** Lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Unpacks a zip with Python, after it has checked every member's CRC. */
export function unzip(path: string, folder: string): void {
  const script = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    bad = z.testzip()
    assert bad is None, "damaged member " + bad
    assert len(set(z.namelist())) == len(z.namelist()), "a member twice"
    z.extractall(sys.argv[2])`;
  const { success, stderr } = new Deno.Command("python3", {
    args: ["-c", script, path, folder],
    cwd: "/",
  }).outputSync();
  if (!success) throw new Error(`Cannot unpack ${path}: ${new TextDecoder().decode(stderr)}`);
}

/** The listing of a folder that a recorded zip was unpacked into: contents, no times. */
function listingOf(folder: string): Map<string, RecordedFile> {
  return new Map(
    listFiles(folder).map((path) => {
      const bytes = Deno.readFileSync(`${folder}/${path}`);
      return [path, { size: bytes.length, sha256: sha256(bytes) }];
    }),
  );
}

/** The recorded tree whose documents a `-zn` zip must hold: only names and CRCs of it were recorded. */
const ZIP_TWINS: Readonly<Record<string, string>> = { zn: "p" };

const recorded = new Map<string, RecordedExport>();

/** One recorded export with its manifests read losslessly; kept for the life of the process. */
export function recordedExport(version: FixtureVersion, variant: string): RecordedExport {
  const key = `${version}/${variant}`;
  const known = recorded.get(key) ?? readRecorded(version, variant);
  recorded.set(key, known);
  return known;
}

function readRecorded(version: FixtureVersion, variant: string): RecordedExport {
  const exports = `${fixturesRoot()}/${version}/exports`;
  const listing = variant === "plain"
    ? `${exports}/plain.files.txt`
    : `${exports}/${variant}/files.txt`;
  let files = parseListing(Deno.readTextFileSync(listing));
  const zip = [...files.keys()].find((path) => /^[^/]+\.zip$/.test(path));
  let folder = `${exports}/${variant}`;
  if (zip && ZIP_TWINS[variant]) {
    files = parseListing(Deno.readTextFileSync(`${exports}/${ZIP_TWINS[variant]}/files.txt`));
  } else if (zip) {
    folder = `${processCache()}/${version}-${variant}`;
    unzip(`${exports}/${variant}/${zip}`, folder);
    files = listingOf(folder);
  }
  const manifests = new Map<string, readonly ExactObject[]>();
  for (const path of listFiles(folder)) {
    const name = path.replace(/\.gz$/, "");
    if (!isManifest(name)) continue;
    const bytes = Deno.readFileSync(`${folder}/${path}`);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      name === path ? bytes : gunzipSync(bytes),
    );
    manifests.set(name, parseManifest(text));
  }
  return {
    version,
    variant,
    files,
    manifests,
    metadata: asObject(parseExact(Deno.readTextFileSync(`${folder}/metadata.json`))),
    ...(zip ? { zip } : {}),
  };
}

/** A whole recorded tree (`plain`, `f`, `all`, `passphrase`, `sm`), modification times kept. Read only:
 * it is shared by the whole process. */
export function recordedTree(version: FixtureVersion, variant: string): string {
  const folder = `${processCache()}/${version}-trees`;
  try {
    Deno.mkdirSync(folder);
    untar(`${fixturesRoot()}/${version}/exports-full.tar.xz`, folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  return `${folder}/${variant}`;
}
