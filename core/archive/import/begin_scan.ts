// Reads an export from end to end before anything is changed, if need be while the library is still being made.

import { join } from "node:path";
import type { MariadbTwinFinder } from "../../database/mariadb/twin_finder.ts";
import { letSocketsMove } from "../../database/server_socket.ts";
import type { Generation } from "../../schema/model.ts";
import type { History } from "../history/open_history.ts";
import type { ImportOptions } from "./import_options.ts";
import { openProblemList, type ProblemList } from "./import_problem.ts";
import { type ImportSchema, importSchema } from "./import_schema.ts";
import type { ImportWorld } from "./import_world.ts";
import { type OpenExport, openRecords } from "./open_export.ts";
import { type ExportScan, scanExport } from "./scan_export.ts";
import { type Losses, tellLosses } from "./tell_losses.ts";

/** What reading an export needs. */
export interface Reading {
  readonly world: ImportWorld;
  readonly options: ImportOptions;
  readonly opened: OpenExport;
  readonly records: History;
  readonly losses: Losses;
  readonly schema: ImportSchema;
  readonly problems: ProblemList;
}

/** Prepares an export for being read in the form of a generation; the caller closes the list of problems.
 * @throws {PaperwardError} exit `version` if the export is newer */
export async function openReading(
  world: ImportWorld,
  options: ImportOptions,
  opened: OpenExport,
  generation: Generation,
): Promise<Reading> {
  const { files, report, scratch, settings } = world;
  const losses = tellLosses(report);
  const records = await openRecords(opened, {
    files,
    generation,
    timeZone: settings.timeZone,
    onLost: losses.tell,
  });
  const schema = importSchema(generation, momentOf(world.now()), settings.database.kind);
  const problems = openProblemList(files, join(scratch, "problems"));
  return { world, options, opened, records, losses, schema, problems };
}

function momentOf(now: Date) {
  const datetime = now.toISOString().replace("T", " ").replace(/\.(\d{3})Z$/, ".$1000")
    .replace(/\.0{6}$/, "");
  return { datetime, date: datetime.slice(0, 10) };
}

/** An export that is being read. */
export interface Scanning extends AsyncDisposable {
  readonly reading: Reading;
  readonly twins: MariadbTwinFinder | undefined;
  /** Waits for the end.
   * @param serviceUsers users of the library that exports leave out, by the export's numbers
   * @throws {ManifestError} where a manifest can't be read at all */
  end(serviceUsers: ReadonlyMap<number, string>): Promise<ExportScan>;
}

/** Begins to read the export; nothing is asked of the library until its end. To dispose of it gives it up.
 * @param options merging: the library holds something */
export async function beginScan(
  reading: Reading,
  { merging }: { merging: boolean },
): Promise<Scanning> {
  const { world, options, records, schema, problems } = reading;
  const { files, report, scratch, stop, settings } = world;
  const cleanup = new AsyncDisposableStack();
  const twins = await openTwins(reading);
  if (twins) cleanup.use(twins);
  const serviceUsers = Promise.withResolvers<ReadonlyMap<number, string>>();
  const progress = report.progress("Reading the export");
  const givenUp = new Error("nobody waits for the export to be read");
  let isGivenUp = false;
  const scanned = scanExport(records, {
    files,
    scratch,
    stop,
    schema,
    problems,
    withFiles: !options.dataOnly,
    pageCounts: records.pageCounts,
    serviceUsers: serviceUsers.promise,
    merging,
    twins,
    onRecords: async (count) => {
      if (isGivenUp) throw givenUp;
      progress.advance(count);
      // The server makes the library meanwhile.
      if (settings.database.kind !== "sqlite") await letSocketsMove();
    },
  }).finally(() => progress.end());
  // Whoever waits for them hears of a failure.
  serviceUsers.promise.catch(() => {});
  scanned.catch(() => {});
  cleanup.defer(async () => {
    isGivenUp = true;
    serviceUsers.reject(givenUp);
    await scanned.catch(() => {});
  });
  return {
    reading,
    twins,
    end(users) {
      serviceUsers.resolve(users);
      return scanned;
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** MariaDB is asked which values it takes for equal, even where a dry run has no library yet. */
async function openTwins({ world, schema }: Reading): Promise<MariadbTwinFinder | undefined> {
  const { database } = world.settings;
  if (database.kind !== "mariadb") return undefined;
  const { openMariadbTwinFinder } = await import("../../database/mariadb/twin_finder.ts");
  return await openMariadbTwinFinder(database, world, schema.generation);
}
