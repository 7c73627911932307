// Repairs libraries in this thread and takes that back.

import type { SanityRequest, SanitySummary } from "../../../core/checks/run_sanity.ts";
import { openFiles } from "../../../core/library/deno_files.ts";
import { undoLast } from "../../../core/library/journal/undo_last.ts";
import { type Library, listFiles } from "../../_fixtures.ts";
import { damage, run, sanityWorld, type Twins } from "./_sanity.ts";
import type { SilentReport } from "../../_silent_report.ts";

/** Damages a file: its size stays. */
export function overwrite(library: Library, path: string): void {
  damage(library, [{ op: "overwrite", path: `media/${path}`, offset: 100, hex: "5858" }]);
}

/** What a repair came to, and what was planned: kind and path. */
export type Repaired = SanitySummary & {
  readonly planned: readonly string[];
  readonly report: SilentReport;
};

/** Repairs. */
export async function repair(
  library: Library,
  request: Partial<NonNullable<SanityRequest["repair"]>> = {},
  rest: Partial<SanityRequest> = {},
  twins: Twins = {},
): Promise<Repaired> {
  const summary = await run(library, {
    ...rest,
    repair: { dryRun: false, yes: true, arguments: ["--repair"], ...request },
  }, {
    files: openFiles({
      read: [library.folder, ...(request.from === undefined ? [] : [request.from])],
      write: [library.folder],
    }),
    ...twins,
  });
  const planned = summary.report.items
    .filter(({ type, record }) => type === "repair" && record.state === "planned")
    .map(({ record }) => {
      const path = String(record.to ?? record.path).replace(`${library.media}/`, "");
      return `${record.kind} ${path}`;
    });
  return { ...summary, planned };
}

/** Takes the last entry of the journal back. @returns what came of it */
export async function undo(library: Library): Promise<string> {
  const world = await sanityWorld(library);
  try {
    const { outcome } = await undoLast(world, { dryRun: false, abandon: false });
    return outcome;
  } finally {
    Deno.removeSync(world.scratch, { recursive: true });
  }
}

/** Files that the first entry keeps. */
export function kept(library: Library): string[] {
  try {
    return listFiles(`${library.data}/paperward/kept/000001`);
  } catch {
    return [];
  }
}
