// What an export needs of the world, as interfaces: tests replace the file system, the transfers and the clock.

import type { TransferPool, TransferPoolOptions } from "../../../wasm/checksum/transfer_pool.ts";
import type { Files } from "../../library/files.ts";
import type { Report } from "../../report/report.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Settings } from "../../settings/settings.ts";

/** The world of an export. */
export interface ExportWorld {
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
  /** Starts the Workers that copy and checksum. */
  openTransfers(options: TransferPoolOptions): TransferPool;
  /** The time, for names and entries of zips. */
  now(): Date;
}
