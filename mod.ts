/**
 * Paperward as a library: the abilities of the commands, without the launcher and the sandbox.
 *
 * @module
 */

export { exportLibrary } from "./core/archive/export/export_library.ts";
export type { ExportOptions } from "./core/archive/export/export_options.ts";
export type { ExportSummary, ModelCount } from "./core/archive/export/export_summary.ts";
export type { ExportWorld } from "./core/archive/export/export_world.ts";
export { EXIT, type ExitCode, type ExitName } from "./core/exit_codes.ts";
export { PaperwardError, type PaperwardErrorOptions } from "./core/errors.ts";
