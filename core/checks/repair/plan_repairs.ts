// Decides what can be mended and how. Invariant: nothing is changed here, and no repair rests on anything but a
// checksum that was computed from the very bytes.

import { basename, relative } from "node:path";
import type { TransferJob } from "../../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import { openExportSource } from "../../archive/zip/export_source.ts";
import type { Files } from "../../library/files.ts";
import type { Spool } from "../../library/spool.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Algorithm, DocumentRow, Role } from "../check.ts";
import { locate } from "../locate_files.ts";
import { findCopies, type LostFile } from "./export_copies.ts";
import type { Need } from "./need.ts";
import type { Owner, Repair } from "./repair.ts";

/** What planning needs. */
export interface PlanWorld {
  readonly files: Files;
  readonly transfers: TransferPool;
  readonly stop: StopSignal;
  /** Orphans that nobody misses are put aside. */
  readonly movesOrphans: boolean;
  /** An export with good copies; absolute. */
  readonly from?: string;
  /** What the library's checksums are made with. */
  readonly algorithm: Algorithm;
}

type Of<Kind extends Repair["kind"]> = Extract<Repair, { readonly kind: Kind }>;

/** Hexadecimal digits of a checksum. */
const DIGITS: Readonly<Record<Algorithm, number>> = { md5: 32, sha256: 64 };

type Unnamed = Extract<Need, { readonly kind: "unnamed archive" }>;

/** Plans repairs, in the order in which they are carried out. */
export async function* planRepairs(
  world: PlanWorld,
  needs: Spool<Need>,
): AsyncGenerator<Repair> {
  const lost: LostFile[] = [];
  const unnamed: Unnamed[] = [];
  const shared = new Set<string>();
  for (const need of needs) if (need.kind === "shared file") shared.add(need.path);
  for (const need of needs) {
    if (need.kind === "lost file") {
      // Whatever went there would be taken from the other document; and what a link leads to is another's, too.
      if (!shared.has(need.real) && need.real === need.path) lost.push(need);
    } else if (need.kind === "unnamed archive") unnamed.push(need);
  }
  const strays = await matchStrays(world, needs, lost, unnamed);
  const used = new Set<string>();
  const left: LostFile[] = [];
  /** Checksums of the other generation whose files are there again by then. */
  const stale: Of<"rewrite checksum">[] = [];
  const noteStale = (document: Owner, role: Role, path: string, checksum: string | null) => {
    if (checksum === null || checksum.length === DIGITS[world.algorithm]) return;
    stale.push({ kind: "rewrite checksum", document, role, path, stored: checksum });
  };
  for (const file of lost) {
    const from = takeStray(strays, used, file.stored, file.path);
    if (from === undefined || file.stored === null) {
      left.push(file);
      continue;
    }
    const document = owner(file.document);
    const { role, path: to, stored: checksum, isThere: replaces } = file;
    yield { kind: "put back", document, role, from, to, checksum, replaces };
    noteStale(document, role, to, checksum);
  }
  for (const { document, folder, stored } of unnamed) {
    const isInside = (path: string) => path.startsWith(folder + "/");
    const path = takeStray(strays, used, stored, "", isInside);
    if (path === undefined) continue;
    const name = relative(folder, path);
    yield { kind: "name archive", document: owner(document), path, name, checksum: stored };
    noteStale(owner(document), "archive", path, stored);
  }
  if (world.from !== undefined && left.length > 0) {
    for await (const repair of planCopies(world, world.from, left)) {
      yield repair;
      noteStale(repair.document, repair.role, repair.to, repair.checksum);
    }
  }
  yield* stale;
  for (const need of needs) {
    if (need.kind !== "stale checksum") continue;
    const { document, role, path, stored } = need;
    yield { kind: "rewrite checksum", document: owner(document), role, path, stored };
  }
  for (const need of world.movesOrphans ? needs : []) {
    if (need.kind !== "orphan" || used.has(need.path)) continue;
    yield { kind: "quarantine", path: need.path, size: need.size };
  }
}

async function* planCopies(
  { files, stop }: PlanWorld,
  from: string,
  lost: readonly LostFile[],
): AsyncGenerator<Of<"restore">> {
  const source = await openExportSource(files, from);
  try {
    for await (const { lost: file, path, size } of findCopies(source, lost, stop)) {
      yield {
        kind: "restore",
        document: owner(file.document),
        role: file.role,
        source: path,
        to: file.path,
        checksum: file.role === "thumbnail" ? null : file.stored,
        size,
        replaces: file.isThere,
      };
    }
  } finally {
    source.close();
  }
}

function owner({ id, title }: DocumentRow): Owner {
  return { id, title };
}

/** Strays whose content is missed somewhere, by checksum. */
async function matchStrays(
  { files, transfers, stop }: PlanWorld,
  needs: Spool<Need>,
  lost: readonly LostFile[],
  unnamed: readonly Unnamed[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const missed = new Set([...lost, ...unnamed].flatMap(({ stored }) => stored ?? []));
  const matches = new Map<string, string[]>();
  for (const algorithm of ["md5", "sha256"] as const) {
    if (![...missed].some((checksum) => checksum.length === DIGITS[algorithm])) continue;
    const underWay = new Map<number, string>();
    const jobs = strayJobs(files, needs, algorithm, underWay);
    for await (const { id, digest } of transfers.run(jobs, { stop: stop.memory })) {
      const path = underWay.get(id) ?? "";
      underWay.delete(id);
      if (digest === null || !missed.has(digest)) continue;
      matches.set(digest, [...matches.get(digest) ?? [], path]);
    }
    stop.throwIfRequested();
  }
  return matches;
}

function* strayJobs(
  files: Files,
  needs: Spool<Need>,
  algorithm: Algorithm,
  underWay: Map<number, string>,
): Generator<TransferJob> {
  let id = 0;
  for (const need of needs) {
    if (need.kind !== "orphan" && need.kind !== "recycled") continue;
    const place = locate(files, need.path);
    // A link is not a file that could be put back, and nobody misses an empty one.
    if (place.kind !== "file" || place.real !== need.path || place.size === 0) continue;
    underWay.set(++id, need.path);
    yield { id, source: place.real, algorithm };
  }
}

/** Takes a stray of this checksum: one of the same name if there is one. */
function takeStray(
  strays: ReadonlyMap<string, readonly string[]>,
  used: Set<string>,
  checksum: string | null,
  wanted: string,
  fits: (path: string) => boolean = () => true,
): string | undefined {
  const free = (strays.get(checksum ?? "") ?? [])
    .filter((path) => !used.has(path) && fits(path))
    .sort();
  const taken = free.find((path) => basename(path) === basename(wanted)) ?? free[0];
  if (taken !== undefined) used.add(taken);
  return taken;
}
