/**
 * Paperward as a library: the abilities of the commands, without the launcher and the sandbox.
 *
 * @module
 */

export { exportLibrary } from "./core/archive/export/export_library.ts";
export type { ExportOptions } from "./core/archive/export/export_options.ts";
export type { ExportSummary, ModelCount } from "./core/archive/export/export_summary.ts";
export type { ExportWorld } from "./core/archive/export/export_world.ts";
export type { ExportProblem, FileRole } from "./core/archive/export/planned_file.ts";
export { EXIT, type ExitCode, type ExitName } from "./core/exit_codes.ts";
export { PaperwardError, type PaperwardErrorOptions, StopRequested } from "./core/errors.ts";
export { type FileRoots, openFiles } from "./core/library/deno_files.ts";
export type { FileFacts, Files, OpenFile } from "./core/library/files.ts";
export type { Json, Progress, Report, ReportOptions } from "./core/report/report.ts";
export {
  type OpenReport,
  openReport,
  type OpenReportOptions,
  type ReportWorld,
} from "./core/report/open_report.ts";
export { StopSignal } from "./core/sandbox/stop_signal.ts";
export type { DatabaseSettings, Settings } from "./core/settings/settings.ts";
export {
  openTransferPool,
  type SyncFailure,
  type TransferPool,
  type TransferPoolOptions,
  type TransferRunOptions,
} from "./wasm/checksum/transfer_pool.ts";
export type {
  TransferAlgorithm,
  TransferFailure,
  TransferJob,
  TransferResult,
  TransferTarget,
} from "./wasm/checksum/transfer.ts";
export type { Sink } from "./core/report/_terminal.ts";
export type { ReadBatch, ReadBatchResult, ReadError } from "./wasm/checksum/read_batch.ts";
