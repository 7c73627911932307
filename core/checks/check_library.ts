// The story of a check: read the database in one snapshot, look at every document's files, walk the media
// folder for what is left. Invariant: nothing is changed, and what a running server may just be moving is
// looked at again under its lock before anything is said about it.

import { join } from "node:path";
import { sql } from "kysely";
import type { TransferPool, TransferPoolOptions } from "../../wasm/checksum/transfer_pool.ts";
import { turn } from "../../wasm/pool.ts";
import type { LibraryDatabase, Snapshot } from "../database/database.ts";
import { openDatabase } from "../database/open_database.ts";
import { PaperwardError } from "../errors.ts";
import type { Files } from "../library/files.ts";
import { openSpool, type Spool } from "../library/spool.ts";
import { takeMediaLock } from "../library/take_media_lock.ts";
import { formatCount } from "../report/format.ts";
import type { CommandContext } from "../sandbox/context.ts";
import type {
  Algorithm,
  Check,
  CheckedDocument,
  CheckedFile,
  CheckWorld,
  DocumentRow,
  Finding,
  Found,
  Place,
  StrayFile,
} from "./check.ts";

import { type DeepPool, openDeepPool } from "./deep/deep_pool.ts";
import { type Inventory, openInventory } from "./inventory.ts";
import { expectedFiles, FOLDERS, locate, locateFiles } from "./locate_files.ts";
import { foldName } from "./name_variant.ts";
import { namedFiles } from "./named_files.ts";
import { ownFiles } from "./own_files.ts";
import type { Need } from "./repair/need.ts";
import { openThrottle, readContents, type Reading } from "./read_contents.ts";
import { readDocuments } from "./read_documents.ts";
import type { SanityOptions, Subset } from "./sanity_options.ts";
import { sizeBelow, walkMedia } from "./walk_media.ts";

/** What a check runs in. */
export interface SanityWorld extends CommandContext {
  /** Starts the Workers that read and checksum. */
  openTransfers(options: TransferPoolOptions): TransferPool;
}

/** Gets what is found, as it is found. */
export interface SanitySink {
  finding(finding: Finding): void;
  /** Something that a repair can mend; absent: nothing is to be mended. */
  need?(need: Need): void;
}

/** What was looked at. */
export interface SanityCounts {
  /** Of the library. */
  readonly generation: "v2" | "v3";
  /** Documents that were looked at, the trash and versions included. */
  readonly documents: number;
  /** Files whose content was read. */
  readonly filesRead: number;
  /** Bytes of these files. */
  readonly bytesRead: number;
}

/** Documents that are read together, and then said something about in their order: few at first, so that
 * reading begins at once, then more, so that their files can be read in the order of the disk. */
const CHUNKS = { first: 250, largest: 2000 } as const;

/** Documents whose files are looked for before messages are let in: what is read must not wait for it. */
const AT_ONCE = 50;

/** Strays that are looked at again together. */
const STRAYS = 200;

/**
 * Checks a library.
 *
 * @throws {PaperwardError} for everything that stops the whole check; what is wrong with single items is found
 */
export async function checkLibrary(
  world: SanityWorld,
  options: SanityOptions,
  sink: SanitySink,
): Promise<SanityCounts> {
  const { files, report, settings, stop } = world;
  await using cleanup = new AsyncDisposableStack();
  const database = await openDatabase(settings.database, {
    files,
    scratch: world.scratch,
    report,
    mode: "read",
    stop,
  });
  cleanup.defer(() => database.close());
  const { generation } = database;
  const transfers = world.openTransfers({
    read: [settings.mediaRoot],
    write: [],
    size: options.readers,
  });
  cleanup.defer(() => transfers.close());
  // Its Workers start while the database is read.
  if (options.checks.some(({ needs }) => needs !== undefined)) transfers.start();
  const inventory = openInventory(settings.mediaRoot);
  using documents = openSpool<DocumentRow>(files, join(world.scratch, "documents"));
  using rowFindings = openSpool<Finding>(files, join(world.scratch, "row-findings"));
  using mediaFindings = openSpool<Finding>(files, join(world.scratch, "media-findings"));
  const deep = options.deep ? openDeepPool(files, { size: options.readers }) : undefined;
  cleanup.defer(() => deep?.close());
  const job: Job = {
    world,
    options,
    fileChecks: options.checks.filter(({ file }) => file),
    documentChecks: options.checks.filter(({ document }) => document),
    isRead: chooseContents(world, options),
    throttle: openThrottle(options.bandwidth, stop),
    sink,
    database,
    inventory,
    walked: false,
    transfers,
    deep,
    algorithm: generation === "v2" ? "md5" : "sha256",
    counts: { filesRead: 0, bytesRead: 0 },
    variants: new Map(),
    lost: new Map(),
    lockable: true,
  };
  if (!options.documents) await takeStock(job, (finding) => mediaFindings.add(finding));
  mediaFindings.close();
  const early = await database.snapshot(async (snapshot) => {
    const begun = await collectDocuments(job, snapshot, documents);
    if (!options.documents) {
      await checkRows(world, snapshot, options, (finding) => rowFindings.add(finding));
    }
    return begun;
  });
  documents.close();
  rowFindings.close();
  report.info(
    `Library: ${database.kind} ${database.place}, media ${settings.mediaRoot}, ` +
      `paperless-ngx ${database.schema.release} (${generation}), ${
        formatCount(documents.length, "document")
      }`,
  );
  await checkDocuments(job, documents, early);
  await claimLost(job);
  if (!options.documents) {
    await checkStrays(job);
    for (const finding of mediaFindings) sink.finding(finding);
    for (const finding of rowFindings) sink.finding(finding);
  }
  return { generation, documents: documents.length, ...job.counts };
}

interface Job {
  readonly world: SanityWorld;
  readonly options: SanityOptions;
  readonly fileChecks: readonly Check[];
  readonly documentChecks: readonly Check[];
  /** Of which documents the content is looked at. */
  readonly isRead: (document: DocumentRow) => boolean;
  readonly throttle: ReturnType<typeof openThrottle>;
  readonly sink: SanitySink;
  readonly database: LibraryDatabase;
  readonly inventory: Inventory;
  /** The inventory holds what is in the media folder. */
  walked: boolean;
  readonly transfers: TransferPool;
  readonly deep: DeepPool | undefined;
  readonly algorithm: Algorithm;
  readonly counts: { filesRead: number; bytesRead: number };
  /** Files that are missing, by their name without case and normalisation. */
  readonly variants: Map<string, NonNullable<StrayFile["variantOf"]>>;
  /** Files that a repair may replace, by their name without case and normalisation. */
  readonly lost: Map<string, { readonly path: string; readonly real: string }[]>;
  /** False once the lock could not be taken: said once, then gone on without. */
  lockable: boolean;
}

/** Documents whose files are begun to be read while the rest of the rows is: what waits for a reader is held in
 * memory. */
const EARLY = 4000;

/** Puts documents aside, and begins with the first of them. @returns what was begun, in order */
async function collectDocuments(
  job: Job,
  snapshot: Snapshot,
  documents: Spool<DocumentRow>,
): Promise<Chunk[]> {
  const { world: { settings, stop }, options: { documents: ids }, inventory } = job;
  const wanted = new Set(ids);
  const early: Chunk[] = [];
  for await (const batch of readDocuments(snapshot, ids)) {
    stop.throwIfRequested();
    for (const document of batch) {
      documents.add(document);
      wanted.delete(document.id);
    }
    // The order of the disk wants larger chunks, and a limit has no hurry.
    if (!isSeen(job) && documents.length <= EARLY) {
      early.push(await beginChunk(job, batch, early.at(-1)));
    } else await turn();
  }
  if (wanted.size > 0) {
    throw new PaperwardError(`Cannot check document ${[...wanted].join(", ")}: there is none`, {
      exit: "usage",
    });
  }
  if (settings.appLogo) inventory.addOther(settings.appLogo);
  const configurations = "paperless_applicationconfiguration";
  if (snapshot.tables.has(configurations)) {
    const { rows } = await sql<{ app_logo: string | null }>`select app_logo from ${
      sql.table(configurations)
    }`.execute(snapshot.kysely);
    for (const { app_logo: logo } of rows) if (logo) inventory.addOther(logo);
  }
  if (snapshot.tables.has("documents_sharelinkbundle")) {
    const { rows } = await sql<{ file_path: string | null }>`select file_path
      from documents_sharelinkbundle`.execute(snapshot.kysely);
    for (const { file_path: path } of rows) if (path) inventory.addBundle(path);
  }
  return early;
}

async function checkRows(
  { files, settings, stop }: SanityWorld,
  snapshot: Snapshot,
  { checks }: SanityOptions,
  add: (finding: Finding) => void,
): Promise<void> {
  const world = {
    snapshot,
    mediaRoot: settings.mediaRoot,
    locate: (path: string) => locate(files, path),
  };
  for (const check of checks) {
    if (!check.rows) continue;
    // Who reads early waits for messages.
    await turn();
    for await (const found of check.rows(world)) {
      stop.throwIfRequested();
      add(findingOf(check, found));
    }
  }
}

function findingOf(check: Check, found: Found, document?: DocumentRow): Finding {
  const owner = document ? { document: { id: document.id, title: document.title } } : {};
  return { check: check.name, level: check.level, ...owner, ...found };
}

/** A chunk of documents whose files are being read. */
interface Chunk {
  readonly documents: readonly DocumentRow[];
  /** Resolves once the Workers have all of it. */
  readonly handedOver: Promise<void>;
  readonly done: Promise<readonly CheckedFile[]>;
}

async function checkDocuments(
  job: Job,
  documents: Spool<DocumentRow>,
  early: readonly Chunk[],
): Promise<void> {
  const { world: { report } } = job;
  const progress = report.progress("Checking", documents.length);
  const finish = async (chunk: Chunk) => {
    await finishChunk(job, chunk);
    progress.advance(chunk.documents.length);
  };
  try {
    for (const chunk of early.slice(0, -1)) await finish(chunk);
    let before = early.at(-1);
    const begun = early.reduce((sum, chunk) => sum + chunk.documents.length, 0);
    for (const some of chunks(skip(documents, begun))) {
      const chunk = await beginChunk(job, some, before);
      // What was located is read once the chunk before it was handed over.
      await before?.handedOver;
      if (before) await finish(before);
      before = chunk;
    }
    if (before) await finish(before);
  } finally {
    progress.end();
  }
}

/** The order of the disk and a limit need to know each file before it is read; otherwise that it is read is enough,
 * and saves a look at each. */
function isSeen({ throttle, options }: Job): boolean {
  return throttle !== undefined || options.order === "inode";
}

/** Looks for the files of some documents, and has them read once those before were handed over. */
async function beginChunk(
  job: Job,
  documents: readonly DocumentRow[],
  before: Chunk | undefined,
): Promise<Chunk> {
  const { world: { stop }, isRead, counts, options, throttle } = job;
  const seen = isSeen(job);
  const located: CheckedFile[] = [];
  for (const [index, document] of documents.entries()) {
    if (index % AT_ONCE === 0) await turn();
    stop.throwIfRequested();
    located.push(...locateDocument(job, document, !seen && isRead(document)));
  }
  const reading = (async () => {
    await before?.handedOver;
    return readContents(located, ({ document }) => isRead(document), {
      transfers: job.transfers,
      algorithm: job.algorithm,
      order: options.order,
      throttle,
      stop: stop.memory,
      onRead(files, bytes) {
        counts.filesRead += files;
        counts.bytesRead += bytes;
      },
    });
  })();
  const handedOver = reading.then((each) => each.handedOver);
  const done = reading.then((each) => lookDeep(job, each));
  // Whoever awaits them hears of it; nobody else has to.
  handedOver.catch(() => {});
  done.catch(() => {});
  return { documents, handedOver, done };
}

function* skip<Item>(items: Iterable<Item>, count: number): Generator<Item> {
  for (const item of items) if (--count < 0) yield item;
}

function* chunks<Item>(items: Iterable<Item>): Generator<Item[]> {
  let size: number = CHUNKS.first;
  let chunk: Item[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
    size = Math.min(2 * size, CHUNKS.largest);
  }
  if (chunk.length > 0) yield chunk;
}

/** @param isSkipped whether a look at a file that the walk met can be left out: it will be read */
function locateDocument(
  job: Job,
  document: DocumentRow,
  isSkipped = false,
): CheckedFile[] {
  const { world, inventory } = job;
  const located = locateFiles(
    world.files,
    world.settings.mediaRoot,
    document,
    isSkipped && job.walked ? (path) => inventory.look(path) === "file" : undefined,
  );
  for (const { path, place } of located) claim(job, document, path, place);
  return located;
}

function claim(job: Job, { id }: DocumentRow, path: string, place: Place): void {
  const { inventory, sink } = job;
  const real = place.kind === "file" || place.kind === "unseen" ? place.real : path;
  if (job.walked && place.kind === "file" && inventory.look(real) === "absent") {
    // The file system takes another spelling for this name: what the walk met by that one is no orphan.
    inventory.addAlias(place.inode);
  }
  if (inventory.claim(real, id) !== undefined) sink.need?.({ kind: "shared file", path: real });
  if (real === path) return;
  // What a link points to belongs to the document as well as the link.
  inventory.claim(path, id);
  inventory.addOwned(real);
}

/** Of which documents the content is looked at. */
function chooseContents(
  world: SanityWorld,
  options: SanityOptions,
): (document: DocumentRow) => boolean {
  const isWanted = options.checks.some(({ needs }) => needs !== undefined);
  if (!isWanted) return () => false;
  const isChosen = subsetOf(options.subset, () => sizeBelow(world.files, world.settings.mediaRoot));
  return ({ id }) => isChosen(id);
}

function subsetOf(subset: Subset | undefined, total: () => number): (id: number) => boolean {
  switch (subset?.kind) {
    case undefined:
      return () => true;
    case "part":
      return (id) => id % subset.of === subset.part - 1;
    case "share":
      return random(subset.share);
    case "size":
      return random(subset.bytes / Math.max(1, total()));
  }
}

/** A random share of documents: one is in it as a whole or not at all, however often it is asked. */
function random(share: number): (id: number) => boolean {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return (id) => {
    // The end of MurmurHash3 spreads neighbouring numbers evenly.
    let hash = Math.imul(id ^ seed, 0x9e3779b1);
    hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
    hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
    return ((hash ^ hash >>> 16) >>> 0) / 2 ** 32 < share;
  };
}

/** Decodes and opens what was read, where that was asked for. */
async function lookDeep(
  { deep, options, world, isRead }: Job,
  reading: Reading,
): Promise<readonly CheckedFile[]> {
  const read = await reading.done;
  if (!deep) return read;
  const names = new Set(options.checks.map(({ name }) => name));
  const wanted = read.flatMap((file, index) => {
    const kind = deepKind(file, names);
    return kind && isRead(file.document) && file.place.kind === "file" && file.place.size > 0 &&
        file.readError === undefined
      ? [{ index, kind, path: file.place.real, size: file.place.size }]
      : [];
  });
  const verdicts = await deep.look(wanted, world.stop);
  const looked = [...read];
  wanted.forEach(({ index }, i) => {
    const [file, defect] = [read[index], verdicts[i]];
    if (file && defect !== undefined) looked[index] = { ...file, defect };
  });
  return looked;
}

function deepKind(
  { role, document }: CheckedFile,
  checks: ReadonlySet<string>,
): "webp" | "pdf" | undefined {
  if (document.encrypted) return undefined;
  if (role === "thumbnail") return checks.has("undecodable-thumbnail") ? "webp" : undefined;
  const isPdf = role === "archive" || document.mimeType === "application/pdf";
  return isPdf && checks.has("unopenable-pdf") ? "pdf" : undefined;
}

/** Says what is wrong with the documents of a chunk, in their order. */
async function finishChunk(job: Job, chunk: Chunk): Promise<void> {
  const { world: { stop } } = job;
  const files = await chunk.done;
  stop.throwIfRequested();
  const byDocument = Map.groupBy(files, ({ document }) => document.id);
  const checked = chunk.documents.map((document) => {
    const subject = { document, files: byDocument.get(document.id) ?? [] };
    return { subject, findings: runChecks(job, subject) };
  });
  const suspicious = checked.filter(({ findings }) => needsSecondLook(job, findings));
  const again = suspicious.length > 0
    ? await secondLook(job, suspicious.map(({ subject }) => subject.document))
    : new Map<number, CheckedDocument>();
  const looked = new Set(suspicious);
  for (const each of checked) {
    const subject = looked.has(each) ? again.get(each.subject.document.id) : each.subject;
    if (!subject) continue;
    const findings = looked.has(each) ? runChecks(job, subject) : each.findings;
    for (const finding of findings) job.sink.finding(finding);
    tellNeeds(job, subject, findings);
  }
}

function runChecks(
  { fileChecks, documentChecks, inventory, algorithm }: Job,
  checked: CheckedDocument,
): Finding[] {
  const world: CheckWorld = { algorithm, claimedBy: inventory.claimedBy };
  const findings: Finding[] = [];
  const add = (check: Check, found: Found | undefined) => {
    if (found) findings.push(findingOf(check, found, checked.document));
  };
  for (const file of checked.files) {
    for (const check of fileChecks) add(check, check.file?.(file, world));
  }
  for (const check of documentChecks) add(check, check.document?.(checked, world));
  return findings;
}

function needsSecondLook({ options }: Job, findings: readonly Finding[]): boolean {
  return findings.some(({ check }) =>
    options.checks.some(({ name, recheck }) => recheck && name === check)
  );
}

/** Looks again at documents that something seems to be wrong with, as they are now. Those that are gone from
 * the database are gone from the answer. */
async function secondLook(
  job: Job,
  documents: readonly DocumentRow[],
): Promise<Map<number, CheckedDocument>> {
  return await underLock(job, async () => {
    const ids = documents.map(({ id }) => id);
    const now: DocumentRow[] = [];
    await job.database.snapshot(async (snapshot) => {
      for await (const batch of readDocuments(snapshot, ids)) now.push(...batch);
    });
    const located = now.flatMap((document) => locateDocument(job, document));
    const reading = readContents(located, ({ document }) => job.isRead(document), {
      transfers: job.transfers,
      algorithm: job.algorithm,
      order: job.options.order,
      throttle: job.throttle,
      stop: job.world.stop.memory,
    });
    const files = Map.groupBy(
      await lookDeep(job, reading),
      ({ document }) => document.id,
    );
    job.world.stop.throwIfRequested();
    return new Map(
      now.map((document) => [document.id, { document, files: files.get(document.id) ?? [] }]),
    );
  });
}

/** Runs something while paperless-ngx moves no files; on a read-only library without that. */
async function underLock<T>(job: Job, work: () => Promise<T>): Promise<T> {
  const { world: { settings, report, stop }, options, database } = job;
  const lock = job.lockable
    ? await takeMediaLock({
      settings,
      report,
      stop,
      generation: database.generation,
      ...(options.lockTimeoutMs === undefined ? {} : { timeoutMs: options.lockTimeoutMs }),
      readsOnly: true,
    })
    : undefined;
  if (!lock) job.lockable = false;
  try {
    return await work();
  } finally {
    lock?.release();
  }
}

/** Findings on a file after which it has to come from somewhere else. */
const LOST: ReadonlySet<string> = new Set([
  "missing-file",
  "unreadable-file",
  "checksum-mismatch",
  "empty-file",
  "undecodable-thumbnail",
]);

function tellNeeds(
  { sink, variants, lost, world }: Job,
  { document, files }: CheckedDocument,
  findings: readonly Finding[],
): void {
  for (const { role, path, place, stored } of files) {
    const own = findings.filter((finding) => finding.role === role);
    if (own.some(({ check }) => LOST.has(check))) {
      // A link that leads out is not ours to replace.
      const isOurs = place.kind !== "unreadable";
      if (isOurs) {
        const real = place.kind === "file" ? place.real : path;
        const isThere = place.kind === "file";
        sink.need?.({ kind: "lost file", document, role, path, stored, isThere, real });
        const folded = foldName(path);
        lost.set(folded, [...lost.get(folded) ?? [], { path, real }]);
      }
      if (place.kind === "missing") {
        variants.set(foldName(path), {
          document: { id: document.id, title: document.title },
          role,
          path,
        });
      }
    }
    if (stored !== null && own.some(({ check }) => check === "stale-checksum")) {
      sink.need?.({ kind: "stale checksum", document, role, path, stored });
    }
  }
  const { archiveChecksum, archiveFilename } = document;
  if (archiveFilename === null && archiveChecksum !== null) {
    sink.need?.({
      kind: "unnamed archive",
      document,
      folder: join(world.settings.mediaRoot, FOLDERS.archive),
      stored: archiveChecksum,
    });
  }
}

/** Tells which lost files other documents claim too: those that were not asked for, or by a name that is the same
 * one to the file system. A repair would take the file away from them. */
async function claimLost(job: Job): Promise<void> {
  const { database, lost, options, sink, world: { files, settings, stop } } = job;
  if (!sink.need || lost.size === 0) return;
  const known = new Set(options.documents);
  const isSame = (path: string, other: string) => {
    const [one, two] = [locate(files, path), locate(files, other)];
    return one.kind === "file" && two.kind === "file" && one.inode === two.inode;
  };
  await database.snapshot(async (snapshot) => {
    for await (const batch of readDocuments(snapshot)) {
      stop.throwIfRequested();
      for (const document of batch) {
        for (const { path } of expectedFiles(settings.mediaRoot, document)) {
          for (const each of lost.get(foldName(path)) ?? []) {
            if (each.path === path || !isSame(each.path, path)) continue;
            sink.need?.({ kind: "shared file", path: each.real });
          }
        }
        if (options.documents && !known.has(document.id)) locateDocument(job, document);
      }
    }
  });
}

/** Checks that look at what is in the media folder, whoever it belongs to. */
function mediaChecks({ options }: Job): Check[] {
  return options.checks.filter(({ stray, folder }) => stray || folder);
}

/** Walks the media folder before anything is read: what is there need not be looked at again one by one. */
async function takeStock(job: Job, add: (finding: Finding) => void): Promise<void> {
  const { world: { files, settings, report, stop }, options, inventory, sink } = job;
  const checks = mediaChecks(job);
  if (checks.length === 0 && !options.checks.some(({ needs }) => needs !== undefined)) return;
  const unreadable = options.checks.find(({ name }) => name === "unreadable-file");
  const progress = report.progress("Taking stock");
  try {
    await walkMedia(files, settings.mediaRoot, {
      isOwn: ownFiles(settings, options.ownPaths),
      onFile(path, kind) {
        progress.advance();
        inventory.add(path, kind);
      },
      onFolder(path, names) {
        for (const check of checks) {
          for (const found of check.folder?.(path, names) ?? []) add(findingOf(check, found));
        }
      },
      onLitter(path, count) {
        for (const check of checks) {
          const found = check.stray?.({ path, size: 0, litter: { path, files: count } });
          if (found) add(findingOf(check, found));
        }
      },
      onRecycled: (path) => sink.need?.({ kind: "recycled", path }),
      onUnreadable(path, reason) {
        if (!unreadable) return;
        add(findingOf(unreadable, { message: `can't be looked into (${reason}): ${path}`, path }));
      },
      async turn() {
        stop.throwIfRequested();
        await turn();
      },
    });
    job.walked = true;
  } finally {
    progress.end();
  }
}

/** Says what belongs to nothing. */
async function checkStrays(job: Job): Promise<void> {
  const { world: { files, stop }, options, inventory, sink, variants } = job;
  const checks = mediaChecks(job);
  if (checks.length === 0) return;
  const isOrphan = checks.some(({ name }) => name === "orphan-file");
  const unreadable = options.checks.find(({ name }) => name === "unreadable-file");
  let waiting: StrayFile[] = [];
  const lookAgain = async () => {
    for (const stray of await stillStray(job, waiting)) {
      for (const check of checks) {
        const found = check.stray?.(stray);
        if (found) sink.finding(findingOf(check, found));
      }
      if (isOrphan) sink.need?.({ kind: "orphan", path: stray.path, size: stray.size });
    }
    waiting = [];
  };
  for (const { path, kind } of inventory.strays()) {
    stop.throwIfRequested();
    const place = locate(files, path);
    if (kind === "link") {
      if (place.kind === "unreadable") {
        const message = `can't be looked into (${place.reason}): ${path}`;
        if (unreadable) sink.finding(findingOf(unreadable, { message, path }));
        continue;
      }
      // Upstream looks at what a link points to: that is claimed, met by itself, or a folder.
      if (place.kind === "file" || isFolder(files, path)) continue;
    }
    if (place.kind === "file" && inventory.isAlias(place.inode)) continue;
    const variantOf = variants.get(foldName(path));
    const size = place.kind === "file" ? place.size : 0;
    waiting.push({ path, size, ...(variantOf ? { variantOf } : {}) });
    if (waiting.length >= STRAYS) await lookAgain();
  }
  if (waiting.length > 0) await lookAgain();
}

function isFolder(files: Files, link: string): boolean {
  try {
    return files.stat(link).kind === "folder";
  } catch {
    return false;
  }
}

/** Files that are there and belong to nothing also now: a server may have taken in documents meanwhile. */
async function stillStray(job: Job, strays: readonly StrayFile[]): Promise<StrayFile[]> {
  const { world: { files, settings }, database } = job;
  return await underLock(job, () =>
    database.snapshot(async (snapshot) => {
      const taken = await namedFiles(snapshot, settings.mediaRoot, strays.map(({ path }) => path));
      return strays.filter(({ path }) => !taken.has(path) && files.exists(path));
    }));
}
