// Compares the library with the target and decides what is copied, kept and removed: from the first rows on, while
// the others are read. Invariant: nothing that is already in the target changes here.

import { join, relative } from "node:path";
import { PaperwardError } from "../../errors.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import { formatBytes, formatCount } from "../../report/format.ts";
import { MANIFEST_FILE } from "../manifest/manifest_files.ts";
import { METADATA_FILE } from "../metadata.ts";
import type { Collected } from "./collect_export.ts";
import { type Compared, compareFiles } from "./compare_files.ts";
import type { EarlyCopies } from "./early_copies.ts";
import { openEarlyDigests } from "./early_digests.ts";
import type { ExportJob } from "./export_job.ts";
import { openTargetPlanner, type TargetPlanner } from "./plan_target.ts";
import type { ExportProblem, PlannedFile, WantedFile } from "./planned_file.ts";
import { previousZips } from "./previous_export.ts";
import { openTurns } from "./turns.ts";

/** What an export does. */
export interface ExportPlan {
  readonly files: Spool<PlannedFile>;
  readonly problems: Spool<ExportProblem>;
  readonly toCopy: { readonly count: number; readonly bytes: number };
  readonly kept: number;
  readonly clear: readonly string[];
  readonly remove: readonly string[];
  readonly strangers: number;
  readonly nothingDeleted?: string;
}

/** A plan that is made while the library is read. */
export interface Planning {
  /** The files of the export, as they are read. */
  readonly wanted: Pick<Spool<WantedFile>, "add">;
  /** Called by the reader after each batch of rows: the plan is gone on with. Never called, all of it is made at the
   * end. */
  rest(): Promise<void>;
  /** All is read: plans the rest.
   * @throws {PaperwardError} where something is in the way, or the space does not suffice */
  finish(collected: Collected): Promise<ExportPlan>;
  /** Gives up. */
  cancel(): Promise<void>;
}

/** What is copied while the plan is made. */
export interface Early {
  readonly copies: EarlyCopies;
  /** Files and bytes that are copied so far. */
  readonly copied: { readonly count: number; readonly bytes: number };
}

/** Begins to plan. @param early present where new files may be copied before the plan is complete */
export function beginPlan(job: ExportJob, early: Early | undefined): Planning {
  const { world, options, target, transfers } = job;
  const { files, report, scratch, stop } = world;
  using opening = new DisposableStack();
  const wanted = opening.use(openSpool<WantedFile>(files, join(scratch, "wanted")));
  const planned = opening.use(openSpool<PlannedFile>(files, join(scratch, "plan")));
  const problems = opening.use(openSpool<ExportProblem>(files, join(scratch, "plan-problems")));
  const turns = openTurns();
  let collected: Collected | undefined;
  // What can't be read now may be there from an earlier export: it is part of this one all the same.
  const planner = openTargetPlanner(
    files,
    options.target,
    () => options.zip || !collected ? [] : namesOf(wanted, collected),
  );
  const toCopy = { count: 0, bytes: 0 };
  let kept = 0;
  let compared = 0;
  let onCompared = () => {};

  const decided = (result: Compared): void => {
    stop.throwIfRequested();
    compared++;
    onCompared();
    if ("problem" in result) return problems.add(result.problem);
    const { action, name, reason, size } = result.planned;
    if (action === "keep") {
      planned.add(result.planned);
      kept++;
      return;
    }
    if (!options.zip) planner.write(name, reason === "new" ? "free" : "taken");
    const isEarly = early?.copies.take(result.planned) === true;
    planned.add(isEarly ? { ...result.planned, early: true } : result.planned);
    toCopy.count++;
    toCopy.bytes += size;
  };
  async function* inTurn(): AsyncGenerator<WantedFile> {
    for await (const file of wanted.follow()) {
      await turns.wait();
      yield file;
    }
  }
  const digests = comparesEarly(job)
    ? openEarlyDigests({ transfers, algorithm: job.algorithm, stop: stop.memory })
    : undefined;
  const comparing = compareFiles(files, inTurn(), {
    ...(options.zip ? {} : { target: target.folder }),
    compareChecksums: options.compareChecksums === true,
    timeGrain: job.abilities.timeGrain,
    algorithm: job.algorithm,
    transfers,
    stop: stop.memory,
    ...(digests && { early: digests }),
  }, decided);
  // Told to whoever finishes the plan.
  comparing.catch(() => {});
  const spools = opening.move();

  return {
    wanted: {
      add(file) {
        wanted.add(file);
        digests?.ask(join(target.folder, file.name), file.checksum);
      },
    },
    rest: turns.rest,
    async finish(all) {
      collected = all;
      wanted.close();
      digests?.end();
      turns.end();
      const progress = report.progress("Comparing", wanted.length);
      progress.advance(compared);
      onCompared = () => progress.advance();
      try {
        await comparing;
      } finally {
        progress.end();
      }
      stop.throwIfRequested();
      for (const problem of all.problems) problems.add(problem);
      if (!options.zip) {
        for (const { name } of all.manifests) planner.write(name, "taken");
        planner.write(METADATA_FILE, "taken");
      }
      planned.close();
      problems.close();
      const removal = options.delete
        ? await planRemoval(job, planner)
        : { remove: [], strangers: 0 };
      const clear = options.zip ? [] : planner.obstacles();
      await checkSpace(job, toCopy.bytes, early);
      return { files: planned, problems, toCopy, kept, clear, ...removal };
    },
    async cancel() {
      turns.end();
      spools.dispose();
      await digests?.cancel();
      await comparing.catch(() => {});
    },
  };
}

function* namesOf(
  wanted: Iterable<WantedFile>,
  { manifests }: Collected,
): Generator<string> {
  for (const { name } of wanted) yield name;
  for (const { name } of manifests) yield name;
  yield METADATA_FILE;
}

/** Whether the target will be checksummed whatever the database says: it holds an export. */
function comparesEarly({ world, options, target }: ExportJob): boolean {
  return options.compareChecksums === true && !options.zip && !options.dataOnly &&
    world.files.exists(join(target.folder, MANIFEST_FILE));
}

async function planRemoval(job: ExportJob, planner: TargetPlanner) {
  const { world, options, target } = job;
  const { files, report } = world;
  const remove: string[] = [];
  let strangers = 0;
  const { damaged } = planner.previous();
  if (damaged !== undefined && !options.deleteStrangers) {
    report.warn(
      `Nothing is deleted: the manifest of an earlier export is damaged (${damaged})`,
      "what belongs to that export can't be told; --delete-strangers removes everything that is not part of the new one",
    );
    return { remove, strangers, nothingDeleted: damaged };
  }
  const zips = options.zip ? await previousZips(files, options.target) : new Set<string>();
  const newZip = target.zip && relative(options.target, target.zip);
  for (const { path, owner } of planner.leftovers()) {
    if (path === newZip) continue;
    if (owner === "export" || zips.has(path) || options.deleteStrangers) {
      remove.push(path);
      continue;
    }
    strangers++;
    const text = `kept     ${path} (no export wrote it)`;
    report.item("stranger", { path }, options.dryRun ? text : undefined);
    if (!options.dryRun) report.info(text);
  }
  if (strangers > 0) {
    report.info(
      `${formatCount(strangers, "file")} in ${options.target} that no export wrote ${
        strangers === 1 ? "was" : "were"
      } kept; --delete-strangers removes them`,
    );
  }
  return { remove, strangers };
}

/** Zips are rarely smaller than their documents, which are compressed already. */
async function checkSpace(
  { world: { files }, target: { folder } }: ExportJob,
  bytes: number,
  early: Early | undefined,
): Promise<void> {
  const free = (): number | null => {
    const left = files.exists(folder) ? files.freeSpace(folder) : null;
    return left === null ? null : left + (early?.copied.bytes ?? 0);
  };
  const suffices = (space: number | null) => space === null || bytes <= space;
  if (suffices(free())) return;
  // Files under way count twice: as needed, and as taken from the space.
  await early?.copies.end();
  const space = free();
  if (space === null || suffices(space)) return;
  throw new PaperwardError(
    `Cannot export to ${folder}: ${formatBytes(bytes)} are needed there, ${
      formatBytes(space)
    } are free`,
    { hints: ["free some space, or export to another file system; nothing was changed"] },
  );
}
