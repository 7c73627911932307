// What an import needs of the world, as interfaces: tests replace the file system, the transfers and the clock.

import type { TransferPool, TransferPoolOptions } from "../../../wasm/checksum/transfer_pool.ts";
import type { CreateLibraryOptions } from "../../../migrations/create_library.ts";
import type { ServerLibraries } from "./create_empty_library.ts";
import type { Files } from "../../library/files.ts";
import type { Report } from "../../report/report.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Settings } from "../../settings/settings.ts";

/** The world of an import. */
export interface ImportWorld {
  /** Where the library is. */
  readonly settings: Settings;
  /** Where everything is said. */
  readonly report: Report;
  /** Asks for a graceful stop. */
  readonly stop: StopSignal;
  /** The file system, within the folders that belong to the run. */
  readonly files: Files;
  /** Absolute path of an empty folder. */
  readonly scratch: string;
  /** For the journal: what was asked for, without secrets. */
  readonly commandLine: readonly string[];
  /** Starts the Workers that copy and checksum. */
  openTransfers(options: TransferPoolOptions): TransferPool;
  /** Makes the database of an empty library. */
  createLibrary(options: CreateLibraryOptions): void;
  /** The same on a server. Absent: only SQLite libraries are made. */
  readonly serverLibraries?: ServerLibraries;
  /** The bytes of standard input. */
  stdin(): AsyncIterable<Uint8Array>;
  /** The time, for the journal and for rows that get one. */
  now(): Date;
}
