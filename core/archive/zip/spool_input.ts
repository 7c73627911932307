// A zip on standard input: it can't be read from a pipe, because its directory stands at its end. It is kept in
// the scratch folder, which is gone when the command ends.

import { join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { isFileError, osErrorCode, REFUSALS } from "../../library/os_error.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";

/** What spooling needs. */
export interface SpoolInputOptions {
  readonly files: Files;
  /** Absolute path of the command's scratch folder. */
  readonly scratch: string;
  /** Looked at after each piece. */
  readonly stop?: Pick<StopSignal, "throwIfRequested">;
  /** The bytes of standard input. */
  stdin(): AsyncIterable<Uint8Array>;
}

/** Keeps what comes. @returns the zip's absolute path
 * @throws {PaperwardError} where nothing comes, or the scratch folder can't take it */
export async function spoolInput(options: SpoolInputOptions): Promise<string> {
  const { files, scratch, stop, stdin } = options;
  const path = join(scratch, "standard-input.zip");
  const file = files.openWrite(path, { exclusive: true, mode: 0o600 });
  let size = 0;
  try {
    for await (const piece of stdin()) {
      stop?.throwIfRequested();
      size += piece.length;
      keep(() => file.write(piece), scratch);
    }
  } catch (error) {
    throw isFileError(error) ? unreadable(error) : error;
  } finally {
    file.close();
  }
  if (size > 0) return path;
  throw new PaperwardError(`${UNREADABLE}: nothing came`, { hints: [BELONGS] });
}

const UNREADABLE = "Cannot read the export from standard input";
const BELONGS = "a zip belongs there: - < export.zip";

function unreadable(error: Error): PaperwardError {
  const reason = REFUSALS[osErrorCode(error) ?? ""]?.reason ?? error.message;
  return new PaperwardError(`${UNREADABLE}: ${reason}`, { hints: [BELONGS], cause: error });
}

function keep(write: () => void, scratch: string): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof PaperwardError) throw error;
    throw new PaperwardError(`Cannot keep standard input in ${scratch}: ${error.message}`, {
      hints: ["PAPERLESS_SCRATCH_DIR names the folder; it needs as much room as the zip"],
      cause: error,
    });
  }
}
