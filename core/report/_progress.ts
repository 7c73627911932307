// Progress of one running count. On a terminal a bar on one line; elsewhere a line every ten seconds, for
// logs and cron mail. Everything happens inside advance(): a Worker that is busy runs no timers. That is
// why this is ours: cli-progress draws by timers, and hides the cursor, which a kill leaves hidden.

import { displayWidth, truncate } from "./display_width.ts";
import { escapeText } from "./escape_text.ts";
import { formatDuration, formatNumber } from "./format.ts";
import type { Progress } from "./report.ts";
import type { Terminal } from "./_terminal.ts";

/** ms between two drawings of the bar */
const REDRAW = 100;
/** ms between two lines where there is no terminal */
const LINE = 10_000;

/** A progress that shows nothing. */
export const NO_PROGRESS: Progress = { advance: () => {}, end: () => {} };

/** How a progress is shown. */
export interface ProgressOptions {
  readonly terminal: Terminal;
  readonly bar: boolean;
  readonly colour: boolean;
  readonly now: () => number;
  readonly columns: () => number;
}

/** Starts a progress and shows it. */
export function startProgress(
  label: string,
  total: number | undefined,
  { terminal, bar, colour, now, columns }: ProgressOptions,
): Progress {
  const started = now();
  const name = escapeText(label);
  let [done, shown, ended, lines] = [0, started, false, 0];
  let lastDetail = "";

  const left = (): string => {
    if (total === undefined || done === 0 || done >= total) return "";
    return formatDuration((now() - started) * (total - done) / done);
  };
  const count = (): string =>
    total === undefined ? formatNumber(done) : `${formatNumber(done)}/${formatNumber(total)}`;
  // Growing sources make more than there was to do; the share still ends at 100.
  const share = (): number => total === undefined || total <= 0 ? 1 : Math.min(1, done / total);

  const drawBar = (): void => {
    // The last column stays free, since a full line makes some terminals wrap; so do two more for the
    // `^C` that the terminal echoes.
    const width = columns() - 3;
    const time = left();
    const facts = [
      count(),
      ...(total === undefined ? [] : [`${Math.floor(share() * 100)} %`]),
      time === "" ? formatDuration(now() - started) : `${time} left`,
    ].join("  ");
    const room = width - displayWidth(name) - displayWidth(facts) - 4;
    const length = total === undefined || room < 10 ? 0 : Math.min(30, Math.max(10, room >> 1));
    const full = Math.floor(share() * length);
    const plain = `${"█".repeat(full)}${"░".repeat(length - full)}`;
    const parts = [name, ...(length > 0 ? [plain] : []), facts];
    if (lastDetail !== "") parts.push(lastDetail);
    const line = truncate(parts.join("  "), width);
    terminal.progressLine(
      colour && length > 0 ? line.replace(plain, `\x1b[32m${plain}\x1b[39m`) : line,
    );
  };
  const writeLine = (): void => {
    const time = left();
    const percent = total === undefined ? "" : ` (${Math.floor(share() * 100)} %)`;
    const rest = time === "" ? `, ${formatDuration(now() - started)}` : `, ${time} left`;
    terminal.err(`${name}: ${count()}${percent}${rest}`);
    lines++;
  };

  if (bar) drawBar();
  return {
    advance(steps = 1, detail) {
      if (ended) return;
      done += steps;
      if (bar && detail !== undefined) lastDetail = detail;
      if (now() - shown < (bar ? REDRAW : LINE)) return;
      shown = now();
      if (!bar) return writeLine();
      lastDetail = escapeText(lastDetail);
      drawBar();
    },
    end() {
      if (ended) return;
      ended = true;
      // The bar makes room for the summary. A log that saw progress also sees that it ended.
      if (bar) terminal.progressLine("");
      else if (lines > 0) writeLine();
    },
  };
}
