// The only place that writes to stdout and stderr. Lines of both and the one progress line share a
// terminal: the progress line is taken away before a line is written and drawn again after it. The
// cursor is never hidden, so that an end at any moment leaves the terminal as it was.

import { PaperwardError } from "../errors.ts";
import { osErrorCode } from "../library/os_error.ts";

/** Something to write to: Deno.stdout, Deno.stderr, or a test's. */
export interface Sink {
  /** @returns bytes taken */
  /** Bytes written, maybe not all. */
  writeSync(bytes: Uint8Array): number;
}

/** Which of the two outputs a person reads. */
export interface IsTerminal {
  readonly stdout: boolean;
  readonly stderr: boolean;
}

const CLEAR_LINE = "\r\x1b[K";
const encoder = new TextEncoder();

function writeAll(sink: Sink, text: string): void {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(sink.writeSync(bytes));
    } catch (error) {
      // A pipe that another program made non-blocking is full: wait, don't lose lines.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** The two outputs of a process and the progress line between them. */
export class Terminal {
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #stdoutIsTerminal: boolean;
  readonly #stderrIsTerminal: boolean;
  #stdoutClosed = false;
  #stderrClosed = false;
  #progressLine = "";

  constructor(stdout: Sink, stderr: Sink, isTerminal: IsTerminal) {
    [this.#stdout, this.#stderr] = [stdout, stderr];
    [this.#stdoutIsTerminal, this.#stderrIsTerminal] = [isTerminal.stdout, isTerminal.stderr];
  }

  /** Nobody reads stdout any more. */
  get stdoutClosed(): boolean {
    return this.#stdoutClosed;
  }

  /** One line of the result. @throws {PaperwardError} where it can't be written, except to a closed pipe or terminal */
  out(line: string): void {
    if (this.#stdoutClosed) return;
    if (this.#progressLine !== "") this.#err(CLEAR_LINE);
    try {
      writeAll(this.#stdout, line + "\n");
    } catch (error) {
      // Whoever read has seen enough (`| head`) or has gone (ssh lost): output stops, work goes on. That a closed
      // terminal stops the work too is said by its signal.
      this.#stdoutClosed = true;
      const readerGone = error instanceof Deno.errors.BrokenPipe ||
        (this.#stdoutIsTerminal && osErrorCode(error) === "EIO");
      if (!readerGone) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new PaperwardError(`Cannot write the result to standard output: ${reason}`, {
          cause: error,
        });
      }
    }
    if (this.#progressLine !== "") this.#err(this.#progressLine);
  }

  /** One line for the user. On a terminal it replaces whatever another thread left on the line. */
  err(line: string): void {
    this.#err((this.#stderrIsTerminal ? CLEAR_LINE : "") + line + "\n" + this.#progressLine);
  }

  /** Shows, changes or with "" removes the progress line. Only for terminals. */
  progressLine(line: string): void {
    if (line === "" && this.#progressLine === "") return;
    this.#progressLine = line;
    this.#err(CLEAR_LINE + line);
  }

  #err(text: string): void {
    if (this.#stderrClosed) return;
    try {
      writeAll(this.#stderr, text);
    } catch {
      // With stderr gone there is nobody to tell; the exit code still says how it ended.
      this.#stderrClosed = true;
    }
  }
}
