// Records that the library's database takes for equal though their letters differ, on MariaDB: told before
// anything is written, as records that are twins to the letter. In a library that holds something, new names that
// are taken there are changed, by the same rule as names that are the same to the letter.

import { PaperwardError } from "../../errors.ts";
import type { Report } from "../../report/report.ts";
import type { LibraryTwin, MariadbTwinFinder } from "../../database/mariadb/twin_finder.ts";
import type { Twin } from "../../database/twins.ts";
import type { ImportModel, ImportSchema } from "./import_schema.ts";
import type { ProblemList } from "./import_problem.ts";
import type { Numbers } from "./number_rows.ts";
import type { ParsedRecord } from "./row_shape.ts";
import type { FileRole } from "./wanted_file.ts";

/** Documents whose stored name is another's for the database, by role: the export's numbers. */
export type ClashingNames = ReadonlyMap<FileRole, ReadonlySet<number>>;

/** Shows a record to the finder. */
export function showRecord(
  finder: MariadbTwinFinder,
  { table }: ImportModel,
  { values }: Pick<ParsedRecord, "values">,
): void {
  finder.add(table.name, (column) => values[table.columns.indexOf(column)] ?? null);
}

/** The stored name of a file that a twin is about. */
function roleOf({ table, columns }: Twin): FileRole | undefined {
  if (table !== "documents_document" || columns.length !== 1) return undefined;
  return ({ filename: "original", archive_filename: "archive" } as const)[columns[0] ?? ""];
}

/** Tells twins among the records. @returns those that can't become rows, by model, and names to be changed */
export async function tellTwins(
  finder: MariadbTwinFinder,
  { schema, problems, withFiles }: {
    readonly schema: ImportSchema;
    readonly problems: ProblemList;
    readonly withFiles: boolean;
  },
): Promise<{
  readonly dropped: readonly (readonly [label: string, pk: number])[];
  readonly clashing: ClashingNames;
}> {
  const labels = new Map(schema.models.map(({ label, table }) => [table.name, label]));
  const dropped: (readonly [string, number])[] = [];
  const clashing = new Map<FileRole, Set<number>>();
  for await (const twin of finder.find()) {
    const label = labels.get(twin.table) ?? twin.table;
    const role = withFiles ? roleOf(twin) : undefined;
    problems.add({
      kind: "row twice",
      item: `${label} ${twin.id}`,
      message: twin.message,
      instead: role ? "its file gets another name" : "it is left out",
    });
    if (role) addTo(clashing, role, Number(twin.id));
    else dropped.push([label, Number(twin.id)]);
  }
  return { dropped, clashing };
}

/** Settles what is new in a library that has its like: names are changed, of other things there is one already.
 * @returns stored names to be changed, too
 * @throws {PaperwardError} where a row can't be added */
export async function settleLibraryTwins(
  finder: MariadbTwinFinder,
  { schema, numbers, clashing, place, report }: {
    readonly schema: ImportSchema;
    readonly numbers: Numbers;
    readonly clashing: ClashingNames;
    readonly place: string;
    readonly report: Report;
  },
): Promise<ClashingNames> {
  const models = new Map(schema.models.map((model) => [model.table.name, model]));
  const changed = new Map([...clashing].map(([role, pks]) => [role, new Set(pks)]));
  let refused = 0;
  for await (const twin of finder.findInLibrary()) {
    const model = models.get(twin.table);
    const pk = Number(twin.id);
    if (!model || numbers.fate(model.label, pk) !== "add") continue;
    if (numbers.names.get(model.label)?.has(pk) || !meanTheSame(model, twin, numbers)) continue;
    const role = roleOf(twin);
    if (role) addTo(changed, role, pk);
    else if (twin.columns[0] === "name") numbers.rename(model.label, pk, twin.given);
    else {
      refused++;
      report.item("problem", {
        kind: "row twice",
        item: `${model.label} ${pk}`,
        message: `${twin.message} of the library`,
        instead: "nothing is imported",
      });
      report.error(`row twice: ${model.label} ${pk}: ${twin.message} of the library`);
    }
  }
  if (refused === 0) return changed;
  throw new PaperwardError(
    `Cannot import into ${place}: MariaDB takes rows of the export for others of the library (listed above)`,
    { hints: ["change them on one side; nothing was changed"] },
  );
}

function meanTheSame(model: ImportModel, { references }: LibraryTwin, numbers: Numbers): boolean {
  return references.every(({ column, given, library }) => {
    const to = model.references.find(({ field }) => field.column === column)?.to;
    const number = to === undefined ? Number(given) : numbers.of(to, Number(given));
    return number === Number(library);
  });
}

function addTo(sets: Map<FileRole, Set<number>>, role: FileRole, pk: number): void {
  const set = sets.get(role);
  if (set) set.add(pk);
  else sets.set(role, new Set([pk]));
}
