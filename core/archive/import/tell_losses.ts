// Lists what of an old export can't be kept as it stands: each thing with --json and -v 2, else one line for
// all things of a kind, so that nothing is dropped silently and a large library fills no terminal.

import type { Report } from "../../report/report.ts";
import type { Lost, LostKind } from "../history/lost.ts";
import type { NotExported } from "../history/not_exported.ts";

/** What is listed. */
export interface Losses {
  readonly counts: Readonly<Partial<Record<LostKind, number>>>;
  tell(lost: Lost): void;
  /** Everything was told. */
  end(history: { readonly from: string; readonly notExported: readonly NotExported[] }): void;
}

/** Lines at most; reasons may hold values of the export. */
const MOST_LINES = 50;

interface Group {
  readonly lost: Lost;
  count: number;
}

/** Begins to list. */
export function tellLosses(report: Report): Losses {
  const counts: Partial<Record<LostKind, number>> = {};
  const groups = new Map<string, Group>();
  let beyond = 0;
  return {
    counts,
    tell(lost) {
      const { kind, model, pk, field, reason } = lost;
      counts[kind] = (counts[kind] ?? 0) + 1;
      report.item("conversion", { kind, model, pk, field, reason });
      report.verbose(`${kind}: ${nameOf(lost)}: ${reason}`);
      const key = JSON.stringify([kind, model, field, reason]);
      const group = groups.get(key);
      if (group) group.count++;
      else if (groups.size < MOST_LINES) groups.set(key, { lost, count: 1 });
      else beyond++;
    },
    end({ from, notExported }) {
      for (const { lost, count } of groups.values()) {
        const more = count > 1 ? ` (and ${count - 1} more)` : "";
        report.warn(`${lost.kind}: ${nameOf(lost)}${more}: ${lost.reason}`);
      }
      if (beyond > 0) report.warn(`${beyond} more can't be kept as they stand (-v 2 lists them)`);
      if (notExported.length > 0) {
        const names = notExported.map(({ what }) => what).join("; ");
        report.info(`Exports of paperless-ngx ${from} never hold: ${names}`);
      }
    },
  };
}

function nameOf({ model, pk, field }: Lost): string {
  return [model, pk, field].filter((part) => part !== null).join(" ");
}
