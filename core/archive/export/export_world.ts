// What an export needs of the world, as interfaces: tests replace the file system, the transfers and the clock.

import type { TransferPool, TransferPoolOptions } from "../../../wasm/checksum/transfer_pool.ts";
import type { Files } from "../../library/files.ts";
import type { Report } from "../../report/report.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Settings } from "../../settings/settings.ts";

/** The world of an export. */
export interface ExportWorld {
  readonly settings: Settings;
  readonly report: Report;
  readonly stop: StopSignal;
  readonly files: Files;
  /** Absolute path of an empty folder. */
  readonly scratch: string;
  openTransfers(options: TransferPoolOptions): TransferPool;
  now(): Date;
}
