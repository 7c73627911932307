// The columns of a Django model as data. A field knows its Django name, its column, what it holds and in
// which upstream versions it exists; everything else (row types, JSON, import order) derives from it.

/** What a field holds; each kind has one way into JSON and one column type per database. */
export type FieldKind =
  | "auto"
  | "char"
  | "text"
  | "boolean"
  | "integer"
  | "smallInteger"
  | "positiveInteger"
  | "positiveSmallInteger"
  | "bigInteger"
  | "float"
  | "decimal"
  | "date"
  | "datetime"
  | "uuid"
  | "json"
  | "foreignKey"
  | "multiSelect"
  | "ip"
  | "file";

/** What the ORM does with rows that point to a removed one (the database itself does nothing). */
export type OnDelete = "cascade" | "setNull" | "protect";

/** The upstream versions in which something exists: `since` included, `until` not. `"3.0"` means 3.0.0. */
export interface VersionRange {
  /** @default from the beginning */
  readonly since?: string;
  /** @default to this day */
  readonly until?: string;
}

/** What the ORM writes where nothing is given: `now`, `today` and `savedNow` (anew on every save) are the
 * clock, `{ value }` a constant (in JSON's terms). */
export type FieldDefault =
  | "now"
  | "today"
  | "savedNow"
  | { readonly value: string | number | boolean | null | Readonly<Record<string, never>> };

/** What may differ between versions of one field. */
export interface FieldChange {
  /** First version with it. */
  readonly since: string;
  readonly kind?: FieldKind;
  readonly null?: boolean;
  readonly maxLength?: number;
  readonly default?: FieldDefault;
  readonly unique?: boolean;
  readonly index?: boolean;
}

/** One column of a model. */
export interface Field extends VersionRange {
  /** Django's name, as in exports: `correspondent`. */
  readonly name: string;
  /** The database's name: `correspondent_id`. */
  readonly column: string;
  readonly kind: FieldKind;
  /** Whether the column takes NULL. */
  readonly null: boolean;
  /** Characters. */
  readonly maxLength?: number;
  /** What the ORM would write; without it a text field gets `""`, others must be given. */
  readonly default?: FieldDefault;
  readonly unique?: boolean;
  readonly index?: boolean;
  /** Of foreign keys: the model pointed to, `app.model`. */
  readonly to?: string;
  readonly onDelete?: OnDelete;
  /** Computed and stored by the database: read it, never write it. */
  readonly generated?: boolean;
  /** Later forms of the field, oldest first. */
  readonly changes?: readonly FieldChange[];
}

/** A list of rows of another model, in a link table of two foreign keys. */
export interface ManyToMany extends VersionRange {
  readonly name: string;
  /** The model pointed to, `app.model`. */
  readonly to: string;
  readonly table: string;
  /** The link table's column that points back to the owning model. */
  readonly fromColumn: string;
  readonly toColumn: string;
}

/** A field whose literal types are kept, so that row types can be derived. */
export type TypedField<
  Name extends string,
  Column extends string,
  Kind extends FieldKind,
  Null extends boolean,
  Generated extends boolean,
> = Field & {
  readonly name: Name;
  readonly column: Column;
  readonly kind: Kind;
  readonly null: Null;
} & (Generated extends true ? { readonly generated: true } : unknown);

type Options = Omit<Partial<Field>, "name" | "column" | "kind">;
type NullOf<O> = O extends { readonly null: true } ? true : false;
type GeneratedOf<O> = O extends { readonly generated: true } ? true : false;

function field<const N extends string, const C extends string, const K extends FieldKind, O>(
  name: N,
  column: C,
  kind: K,
  options: Options | undefined,
): TypedField<N, C, K, NullOf<O>, GeneratedOf<O>> {
  const made: Field = { null: false, ...options, name, column, kind };
  return Object.freeze(made) as TypedField<N, C, K, NullOf<O>, GeneratedOf<O>>;
}

type Maker<K extends FieldKind> = <const N extends string, const O extends Options = Options>(
  name: N,
  options?: O,
) => TypedField<N, N, K, NullOf<O>, GeneratedOf<O>>;

function maker<const K extends FieldKind>(kind: K): Maker<K> {
  return (<const N extends string, const O extends Options>(name: N, options?: O) =>
    field<N, N, K, O>(name, name, kind, options)) as Maker<K>;
}

/** The primary key `id`, counted by the database. */
export const id: TypedField<"id", "id", "auto", false, false> = field<"id", "id", "auto", Options>(
  "id",
  "id",
  "auto",
  { unique: true },
);

/** A text of limited length. @param maxLength characters */
export function char<const N extends string, const O extends Options = Options>(
  name: N,
  maxLength: number,
  options?: O,
): TypedField<N, N, "char", NullOf<O>, GeneratedOf<O>> {
  return field<N, N, "char", O>(name, name, "char", { ...options, maxLength });
}

/** Text without limit. */
export const text: Maker<"text"> = maker("text");
/** 0 or 1. */
export const boolean: Maker<"boolean"> = maker("boolean");
/** 32 bits. */
export const integer: Maker<"integer"> = maker("integer");
/** 16 bits. */
export const smallInteger: Maker<"smallInteger"> = maker("smallInteger");
/** 32 bits, not below 0 (SQLite and MariaDB take up to 4294967295). */
export const positiveInteger: Maker<"positiveInteger"> = maker("positiveInteger");
/** 16 bits, not below 0. */
export const positiveSmallInteger: Maker<"positiveSmallInteger"> = maker("positiveSmallInteger");
/** 64 bits. */
export const bigInteger: Maker<"bigInteger"> = maker("bigInteger");
/** A double. */
export const float: Maker<"float"> = maker("float");
/** A decimal of 65 digits, two behind the point. */
export const decimal: Maker<"decimal"> = maker("decimal");
/** `YYYY-MM-DD` */
export const date: Maker<"date"> = maker("date");
/** A moment in UTC, microseconds. */
export const datetime: Maker<"datetime"> = maker("datetime");
/** 32 hexadecimal digits in SQLite. */
export const uuid: Maker<"uuid"> = maker("uuid");
/** JSON, kept as the text it was written as. */
export const json: Maker<"json"> = maker("json");
/** Comma-separated choices. */
export function multiSelect<const N extends string, const O extends Options = Options>(
  name: N,
  maxLength: number,
  options?: O,
): TypedField<N, N, "multiSelect", NullOf<O>, GeneratedOf<O>> {
  return field<N, N, "multiSelect", O>(name, name, "multiSelect", { ...options, maxLength });
}
/** An IP address. */
export const ip: Maker<"ip"> = maker("ip");
/** A file's name, relative to the media folder; NULL is exported as `""`. */
export function file<const N extends string, const O extends Options = Options>(
  name: N,
  maxLength: number,
  options?: O,
): TypedField<N, N, "file", NullOf<O>, GeneratedOf<O>> {
  return field<N, N, "file", O>(name, name, "file", { ...options, maxLength });
}

/** A reference to another model's primary key. @param to `app.model` @param onDelete what the ORM does */
export function foreignKey<const N extends string, const O extends Options = Options>(
  name: N,
  to: string,
  onDelete: OnDelete,
  options?: O,
): TypedField<N, `${N}_id`, "foreignKey", NullOf<O>, GeneratedOf<O>> {
  return field<N, `${N}_id`, "foreignKey", O>(name, `${name}_id`, "foreignKey", {
    index: true,
    ...options,
    to,
    onDelete,
  });
}
