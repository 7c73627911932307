// Compares two libraries' databases table by table, by Python's own sqlite3: rows as sets, moments cut to the
// milliseconds that exports hold, numbers of link rows left aside. An empty list means equal.

import { python } from "./_python.ts";

/** What is not looked at, or only in part. */
export interface TableRules {
  /** Tables left aside. */
  readonly without?: readonly string[];
  /** Which rows of the first database count: table to SQL condition. */
  readonly where?: Readonly<Record<string, string>>;
  /** Columns left aside: `table.column`. */
  readonly columns?: readonly string[];
  /** JSON counts by what it means: PostgreSQL lays it out anew. @default {false} */
  readonly json?: boolean;
}

const SCRIPT = String.raw`
import json, re, sqlite3, sys
rules = json.loads(sys.argv[3])
MOMENT = re.compile(rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+))?$")

def cut(value):
    if isinstance(value, float):
        return ("float", value)
    if not isinstance(value, bytes):
        return value
    if rules["json"] and value[:1] in (b"{", b"["):
        try:
            return ("json", json.dumps(json.loads(value), sort_keys=True))
        except ValueError:
            return value
    found = MOMENT.match(value)
    if not found:
        return value
    fraction = found[2] or b""
    return found[1] + (b"." + fraction.ljust(3, b"0")[:3] if fraction.strip(b"0") else b"")

def load(path, where):
    db = sqlite3.connect(path)
    db.text_factory = bytes
    tables = {}
    names = [n.decode() for n, in db.execute("select name from sqlite_master where type='table' and name not like 'sqlite%'")]
    for name in names:
        if name in rules["without"]:
            continue
        cursor = db.execute(f'select * from "{name}" where {where.get(name, "1")}')
        columns = [c[0] for c in cursor.description]
        link = len(columns) == 3 and all(c == "id" or c.endswith("_id") for c in columns)
        keep = [i for i, c in enumerate(columns) if f"{name}.{c}" not in rules["columns"] and not (link and c == "id")]
        order = sorted(keep, key=lambda i: columns[i])
        tables[name] = sorted((tuple((columns[i], cut(row[i])) for i in order) for row in cursor), key=repr)
    return tables

wanted, found = load(sys.argv[1], rules["where"]), load(sys.argv[2], {})
lines = []
for name in sorted(set(wanted) | set(found)):
    a, b = wanted.get(name), found.get(name)
    if a is None or b is None:
        lines.append(f"table {name} is on one side only")
        continue
    if a == b:
        continue
    lines.append(f"{name}: {len(b)} rows instead of {len(a)}")
    gone, new = [r for r in a if r not in b], [r for r in b if r not in a]
    for row in gone[:3]:
        twin = next((r for r in new if dict(r).get("id") == dict(row).get("id") and "id" in dict(r)), None)
        if twin is None:
            lines.append(f"  missing: {dict(row)}"[:400])
        else:
            lines.extend(f"  id {dict(row)['id']} {c}: {dict(twin)[c]!r} instead of {v!r}"[:300] for c, v in row if dict(twin)[c] != v)
    for row in new[:3]:
        if not any(dict(r).get("id") == dict(row).get("id") and "id" in dict(r) for r in gone):
            lines.append(f"  too many: {dict(row)}"[:400])
print(json.dumps(lines))
`;

/** What differs between the first database and the second, a line each. */
export function databaseDifferences(
  wanted: string,
  found: string,
  { without = [], where = {}, columns = [], json = false }: TableRules = {},
): readonly string[] {
  return JSON.parse(
    python(SCRIPT, wanted, found, JSON.stringify({ without, where, columns, json })),
  );
}
