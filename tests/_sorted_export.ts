// Exports of one library from different databases: what the database orders as it likes is put in one order.

import type { ExportContent } from "./_compare_exports.ts";
import { asText, canonical, type ExactObject } from "./_json.ts";

/** Models whose records upstream leaves in the order that the database gives (fixtures' README). */
const UNORDERED: ReadonlySet<string> = new Set([
  "contenttypes.contenttype",
  "auth.group",
  "auth.permission",
  "documents.tag",
  "guardian.userobjectpermission",
  "guardian.groupobjectpermission",
  "auditlog.logentry",
]);

/** The same export with the records of those models by their keys. */
export function inOneOrder(content: ExportContent): ExportContent {
  const manifests = new Map(
    [...content.manifests].map(([path, records]) => [path, sorted(records)]),
  );
  return { ...content, manifests };
}

function sorted(records: readonly ExactObject[]): readonly ExactObject[] {
  const result: ExactObject[] = [];
  for (let at = 0; at < records.length;) {
    const model = asText(records[at]!.get("model"));
    let end = at;
    while (end < records.length && asText(records[end]!.get("model")) === model) end++;
    const run = records.slice(at, end);
    if (UNORDERED.has(model)) run.sort((a, b) => keyOf(a) - keyOf(b));
    result.push(...run);
    at = end;
  }
  return result;
}

function keyOf(record: ExactObject): number {
  return Number(canonical(record.get("pk")));
}
