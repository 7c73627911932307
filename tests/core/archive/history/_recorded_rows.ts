// Rows of a library at some database migration, as the fixtures recorded them, in the form that an exporter of
// that time would give them: formats between the releases whose exports are recorded.

import { gunzipSync } from "node:zlib";
import type { RawJson, RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import { exportModels } from "../../../../core/archive/records/export_models.ts";
import { fixturesRoot } from "../../../_fixtures.ts";

type Cell = string | number | boolean | null | { readonly blob: string };

interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly foreign_keys: readonly { readonly columns: readonly string[] }[];
  readonly sql: string;
}

/** Models that exports had and have no more, by table. */
const OLD_TABLES: Readonly<Record<string, string>> = {
  documents_comment: "documents.comment",
  documents_consumptiontemplate: "documents.consumptiontemplate",
};

/** Label of each exported model by table. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ...exportModels("v2", { auditLog: true }).map(({ model }) => [model.table, model.label] as const),
  ...Object.entries(OLD_TABLES),
]);

/** All exported rows of a recorded state. @param folder below `migrations`, e.g. `backward/1041` */
export function recordedRows(folder: string): RawRecord[] {
  const read = (name: string) => {
    const path = `${fixturesRoot()}/migrations/${folder}/${name}`;
    let text: string;
    try {
      text = Deno.readTextFileSync(path);
    } catch {
      text = new TextDecoder().decode(gunzipSync(Deno.readFileSync(`${path}.gz`)));
    }
    return JSON.parse(text) as unknown;
  };
  const rows = read("rows.json") as Readonly<Record<string, Rows>>;
  const { tables } = read("schema.json") as { tables: Readonly<Record<string, Table>> };
  const records: RawRecord[] = [];
  for (const [name, label] of LABELS) {
    const [table, content] = [tables[name], rows[name]];
    if (!table || !content) continue;
    const at = content.columns.indexOf("id");
    const lists = listsOf(name, tables, rows);
    for (const row of content.rows) {
      const pk = String(row[at]);
      const fields = new Map<string, RawJson>();
      for (const [index, column] of content.columns.entries()) {
        if (column === "id") continue;
        fields.set(fieldName(column, table), valueOf(row[index] ?? null, column, table));
      }
      for (const [field, items] of lists) {
        fields.set(field, `[${(items.get(pk) ?? []).join(", ")}]`);
      }
      records.push({ model: label, pk, fields, extras: new Map() });
    }
  }
  return records;
}

function fieldName(column: string, { foreign_keys }: Table): string {
  const isKey = foreign_keys.some(({ columns }) => columns.includes(column));
  return isKey ? column.replace(/_id$/, "") : column;
}

function valueOf(cell: Cell, column: string, { columns, sql }: Table): RawJson {
  if (cell === null) return "null";
  const type = columns.find(({ name }) => name === column)?.type.toLowerCase() ?? "";
  if (type === "bool") return String(Boolean(cell));
  if (type === "real") return Number.isInteger(cell) ? `${cell}.0` : String(cell);
  if (type === "decimal") return JSON.stringify(String(cell));
  if (type === "datetime") {
    const [, moment, fraction = ""] = /^(.*?)(?:\.(\d+))?$/.exec(String(cell)) ?? [];
    const millis = fraction === "" ? "" : `.${fraction.slice(0, 3)}`;
    return JSON.stringify(`${moment?.replace(" ", "T")}${millis}Z`);
  }
  if (sql.includes(`JSON_VALID("${column}")`)) return String(cell);
  return JSON.stringify(cell);
}

/** Many-to-many lists of a table: field → owner's key → keys. */
function listsOf(
  table: string,
  tables: Readonly<Record<string, Table>>,
  rows: Readonly<Record<string, Rows>>,
): Map<string, Map<string, string[]>> {
  const lists = new Map<string, Map<string, string[]>>();
  for (const name of Object.keys(tables)) {
    if (!name.startsWith(`${table}_`) || LABELS.has(name)) continue;
    const owner = `${table.replace(/^.*?_(?=[^_]+$)/, "")}_id`;
    const columns = tables[name]?.columns.map((column) => column.name) ?? [];
    const others = columns.filter((column) => column !== "id" && column !== owner);
    if (!columns.includes(owner) || others.length !== 1) continue;
    const items = new Map<string, string[]>();
    const content = rows[name];
    const place = (column: string) => content?.columns.indexOf(column) ?? -1;
    for (const row of content?.rows ?? []) {
      const key = String(row[place(owner)]);
      items.set(key, [...items.get(key) ?? [], String(row[place(others[0]!)])]);
    }
    lists.set(name.slice(table.length + 1), items);
  }
  return lists;
}
