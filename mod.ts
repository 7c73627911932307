/**
 * Paperward as a library: the abilities of the commands, without the launcher and the sandbox.
 *
 * Each ability takes a world, what it may touch, and options; it returns what came of it. What a user can mend is
 * thrown as {@linkcode PaperwardError}.
 *
 * @example An export
 * ```ts
 * import * as paperward from "@paperward/paperward";
 *
 * // An empty library; yours is there already.
 * const folder = Deno.realPathSync(Deno.makeTempDirSync());
 * const [data, media, target, scratch] = ["data", "media", "export", "scratch"].map((name) => {
 *   Deno.mkdirSync(`${folder}/${name}`);
 *   return `${folder}/${name}`;
 * });
 * paperward.createLibrary({ path: `${data}/db.sqlite3`, generation: "v3" });
 *
 * // As commands find them: in the environment and paperless.conf, unless they are given.
 * const { settings } = await paperward.loadSettings({
 *   env: {},
 *   cwd: folder,
 *   flags: { dataDir: data, mediaRoot: media },
 *   files: paperward.denoSettingsFiles,
 * });
 * const report = paperward.openReport({
 *   json: false,
 *   verbosity: 0,
 *   progressBar: false,
 *   colour: false,
 *   stdoutIsTerminal: false,
 *   stderrIsTerminal: false,
 *   columns: 80,
 * });
 * const summary = await paperward.exportLibrary({
 *   settings,
 *   report,
 *   stop: new paperward.StopSignal(),
 *   files: paperward.openFiles({ read: [data, media], write: [target, scratch] }),
 *   scratch,
 *   openTransfers: paperward.openTransferPool,
 *   now: () => new Date(),
 * }, { target });
 *
 * if (summary.documents !== 0 || !Deno.statSync(`${target}/manifest.json`).isFile) {
 *   throw new Error("an empty library gave something else than an empty export");
 * }
 * Deno.removeSync(folder, { recursive: true });
 * ```
 *
 * @module
 */

// Exporting
export { exportLibrary } from "./core/archive/export/export_library.ts";
export type { ExportOptions } from "./core/archive/export/export_options.ts";
export type { ExportSummary, ModelCount } from "./core/archive/export/export_summary.ts";
export type { ExportWorld } from "./core/archive/export/export_world.ts";
export type {
  ExportProblem,
  FileRole as ExportFileRole,
} from "./core/archive/export/planned_file.ts";

// Importing
export type { LostKind } from "./core/archive/history/lost.ts";
export type { ServerLibraries } from "./core/archive/import/create_empty_library.ts";
export { importLibrary } from "./core/archive/import/import_library.ts";
export type { ImportOptions } from "./core/archive/import/import_options.ts";
export type { ImportProblem } from "./core/archive/import/import_problem.ts";
export type { ImportCount, ImportSummary } from "./core/archive/import/import_summary.ts";
export type { ImportWorld } from "./core/archive/import/import_world.ts";
export type { FileRole as ImportFileRole } from "./core/archive/import/wanted_file.ts";

// Making a library
export { createLibrary, type CreateLibraryOptions } from "./migrations/create_library.ts";
export {
  createServerLibrary,
  type CreateServerLibraryOptions,
  isUnfinished,
  serverLibraries,
} from "./migrations/create_server_library.ts";

// Verifying an export
export type { FileCounts } from "./core/archive/verify/check_files.ts";
export { type CheckName, CHECKS as VERIFY_CHECKS } from "./core/archive/verify/checks.ts";
export type { Finding as VerifyFinding, VerifyLevel } from "./core/archive/verify/finding.ts";
export type { Rehearsal, RehearsalWorld } from "./core/archive/verify/rehearse.ts";
export {
  verifyExport,
  type VerifySummary,
  type VerifyWorld,
} from "./core/archive/verify/verify_export.ts";
export type { VerifyOptions } from "./core/archive/verify/verify_options.ts";
export type { VerifyTally } from "./core/archive/verify/verify_tally.ts";

// Sanity checks
export type {
  Algorithm,
  Check,
  CheckedDocument,
  CheckedFile,
  CheckWorld,
  DocumentRow,
  Finding as SanityFinding,
  Found,
  Level,
  Place,
  Role,
  RowsWorld,
  StrayFile,
} from "./core/checks/check.ts";
export { CHECKS as SANITY_CHECKS } from "./core/checks/checks.ts";
export type { SanityCounts, SanityWorld } from "./core/checks/check_library.ts";
export {
  type RepairRequest,
  type RepairSummary,
  runSanity,
  type SanityRequest,
  type SanitySummary,
} from "./core/checks/run_sanity.ts";
export type { SanityOptions, Subset } from "./core/checks/sanity_options.ts";
export type { Tally } from "./core/checks/tally.ts";

// Duplicates
export type {
  DuplicateOptions,
  KeepRule,
  Since,
} from "./core/matching/duplicates/duplicate_options.ts";
export {
  type DeleteOutcome,
  type DuplicateSummary,
  type DuplicateWorld,
  findDuplicates,
} from "./core/matching/duplicates/find_duplicates.ts";
export type { SearchCounters } from "./core/matching/duplicates/find_pairs.ts";
export type { LeftAlone } from "./core/matching/duplicates/soft_delete.ts";
export type {
  Block,
  BlockResult,
  ComparerOptions,
  RatioRule,
  Tile,
} from "./wasm/similarity/comparer.ts";
export {
  openSimilarityPool,
  type PairCounters,
  type SimilarityPool,
  type SimilarityPoolOptions,
} from "./wasm/similarity/mod.ts";
export type { SimilarityJob, SimilarityResult } from "./wasm/similarity/similarity_pool.ts";

// Retagging
export type { Classifier, Prediction } from "./core/matching/classifier.ts";
export type { Rule } from "./core/matching/match_rule.ts";
export type { Term } from "./core/matching/match_terms.ts";
export type { TextVerdict } from "./core/matching/matcher_protocol.ts";
export { OBJECT_KINDS, type ObjectKind } from "./core/matching/matching_objects.ts";
export { type Matcher, type MatcherOptions, openMatcher } from "./core/matching/open_matcher.ts";
export {
  type RetagContext,
  retagLibrary,
  type RetagSummary,
} from "./core/matching/retag/retag_library.ts";
export type { RetagOptions } from "./core/matching/retag/retag_options.ts";
export type { RetagCounts } from "./core/matching/retag/tell.ts";
export type { TranslatedPattern } from "./core/matching/translate_pattern.ts";

// Renaming
export {
  type RenameContext,
  renameDocuments,
  type RenameOptions,
  type RenameSummary,
} from "./core/library/rename/rename_documents.ts";
export { type Mover, openMover } from "./core/library/rename/open_mover.ts";
export type { MadeMoves, MoveOrder, Step } from "./core/library/rename/make_moves.ts";

// Copying a database
export {
  type CopiedTable,
  copyDatabase,
  type CopyOptions,
  type CopySummary,
  type CopyWorld,
} from "./core/database/copy/copy_database.ts";

// Undoing
export type {
  JournalPlaces,
  JournalStep,
  MovedFacts,
  RowKey,
  RowValue,
  RowValues,
} from "./core/library/journal/journal_step.ts";
export {
  type EntryFacts,
  type EntryState,
  type Journal,
  type JournalEntry,
  openJournal,
  type OpenJournalOptions,
} from "./core/library/journal/open_journal.ts";
export type { EntryReader } from "./core/library/journal/read_entry.ts";
export type { Conflict, UndoPlan } from "./core/library/journal/undo_entry.ts";
export {
  type UndoContext,
  undoLast,
  type UndoOptions,
  type UndoSummary,
} from "./core/library/journal/undo_last.ts";

// Foundations
export type { ReadColumn, RowsQuery, Snapshot } from "./core/database/database.ts";
export { EscapedText, type WrittenValue } from "./core/database/escaped_text.ts";
export type { RowBatch } from "./core/database/row_batch.ts";
export type { ServerConnection, ServerRows } from "./core/database/server_connection.ts";
export type { StorageValue } from "./core/database/storage_value.ts";
export {
  PaperwardError,
  type PaperwardErrorOptions,
  type StopReason,
  StopRequested,
} from "./core/errors.ts";
export { EXIT, type ExitCode, type ExitName } from "./core/exit_codes.ts";
export { type FileRoots, openFiles } from "./core/library/deno_files.ts";
export type { FileFacts, Files, OpenFile } from "./core/library/files.ts";
export type { Sink } from "./core/report/_terminal.ts";
export { type Answer, ask, type Asker } from "./core/report/ask.ts";
export {
  type OpenReport,
  openReport,
  type OpenReportOptions,
  type ReportWorld,
} from "./core/report/open_report.ts";
export type { FindingLevel, Json, Progress, Report, ReportOptions } from "./core/report/report.ts";
export type { CommandContext } from "./core/sandbox/context.ts";
export { type StopNumber, StopSignal } from "./core/sandbox/stop_signal.ts";
export type { FieldKind } from "./core/schema/field.ts";
export type { Generation } from "./core/schema/model.ts";
export type { LinkRow, LinkTables, Tables } from "./core/schema/tables.ts";
export {
  denoSettingsFiles,
  type LoadedSettings,
  loadSettings,
  type SettingsSources,
} from "./core/settings/load_settings.ts";
export type { DatabaseSettings, Settings } from "./core/settings/settings.ts";
export type { SettingsFiles } from "./core/settings/settings_files.ts";
export type { ReadBatch, ReadBatchResult, ReadError } from "./wasm/checksum/read_batch.ts";
export type {
  TransferAlgorithm,
  TransferFailure,
  TransferJob,
  TransferResult,
  TransferTarget,
} from "./wasm/checksum/transfer.ts";
export {
  openTransferPool,
  type SyncFailure,
  type TransferPool,
  type TransferPoolOptions,
  type TransferRunOptions,
} from "./wasm/checksum/transfer_pool.ts";
export type { RunOptions } from "./wasm/pool.ts";
