// References that the database doesn't know as such: numbers of rows inside texts and JSON. One table; needed
// only where numbers change, that is in a library that holds something already.

import type { StorageValue } from "../../database/storage_value.ts";
import { integerOf, parseRawTree, printRawTree, type RawNode } from "./raw_tree.ts";

/** What hidden references are mapped with. */
export interface HiddenWorld {
  /** The library's number for a row of the export; undefined where there is none. */
  of(label: string, pk: number): number | undefined;
  /** Whether the values of a custom field (by the export's number) are numbers of documents.
   * @default {() => false} */
  linksDocuments?(field: number): boolean;
}

type MapNode = (node: RawNode, world: HiddenWorld) => RawNode;

const FIELD = "documents.customfield";
const VIEW = "documents.savedview";
const DOCUMENT = "documents.document";

/** What filter rules name, by `rule_type` (schema.md §5.1). */
const RULE_TARGETS: Readonly<Record<string, string>> = {
  3: "documents.correspondent",
  4: "documents.documenttype",
  6: "documents.tag",
  17: "documents.tag",
  21: DOCUMENT,
  22: "documents.tag",
  25: "documents.storagepath",
  26: "documents.correspondent",
  27: "documents.correspondent",
  28: "documents.documenttype",
  29: "documents.documenttype",
  30: "documents.storagepath",
  31: "documents.storagepath",
  32: "auth.user",
  33: "auth.user",
  35: "auth.user",
  38: FIELD,
  39: FIELD,
  40: FIELD,
};

/** The rule that holds a query on custom fields. */
const QUERY_RULE = "42";

/** JSON columns with hidden references, by model and field. */
const HIDDEN: Readonly<Record<string, Readonly<Record<string, MapNode>>>> = {
  "documents.customfieldinstance": {
    value_document_ids: (node, world) => list(node, DOCUMENT, world),
  },
  "documents.savedview": { display_fields: displayFields },
  "documents.uisettings": { settings },
  "documents.workflowaction": { assign_custom_fields_values: fieldValues },
  "documents.workflowtrigger": { filter_custom_field_query: fieldQuery },
};

/** Changes the hidden references of a row.
 * @param get a value by Django's field name @param set writes one back */
export function mapHiddenReferences(
  label: string,
  get: (field: string) => StorageValue,
  set: (field: string, value: StorageValue) => void,
  world: HiddenWorld,
): void {
  const change = (field: string, map: MapNode) => set(field, changed(get(field), map, world));
  for (const [field, map] of Object.entries(HIDDEN[label] ?? {})) change(field, map);
  if (label === VIEW) {
    const sorted = get("sort_field");
    if (typeof sorted === "string") set("sort_field", fieldName(sorted, world));
  }
  if (label !== "documents.savedviewfilterrule") return;
  const type = String(get("rule_type"));
  const target = RULE_TARGETS[type];
  const value = get("value");
  if (target !== undefined && typeof value === "string" && /^\d+(,\d+)*$/.test(value)) {
    // Rows that aren't there have the number 0: a rule without number would mean another thing.
    const mapped = value.split(",").map((each) => world.of(target, Number(each)) ?? 0);
    set("value", mapped.join(","));
  }
  if (type === QUERY_RULE) change("value", fieldQuery);
}

/** Texts that aren't JSON, or in which nothing changes, stay as they are to the letter. */
function changed(value: StorageValue, map: MapNode, world: HiddenWorld): StorageValue {
  const node = typeof value === "string" ? parseRawTree(value) : undefined;
  if (node === undefined) return value;
  const [before, after] = [printRawTree(node), printRawTree(map(node, world))];
  return before === after ? value : after;
}

/** Numbers of rows; those of rows that aren't there go. */
function list(node: RawNode, label: string, numbers: HiddenWorld): RawNode {
  if (typeof node === "string" || !("items" in node)) return node;
  return {
    items: node.items.flatMap((item) => {
      const pk = integerOf(item);
      if (pk === undefined) return [item];
      const number = numbers.of(label, pk);
      return number === undefined ? [] : [String(number)];
    }),
  };
}

function one(node: RawNode, label: string, numbers: HiddenWorld): RawNode {
  const pk = integerOf(node);
  return pk === undefined ? node : String(numbers.of(label, pk) ?? "null");
}

const FIELD_NAME = /^(-?custom_field_)(\d+)$/;

function fieldName(text: string, numbers: HiddenWorld): string {
  const [, start, pk] = FIELD_NAME.exec(text) ?? [];
  const number = pk === undefined ? undefined : numbers.of(FIELD, Number(pk));
  return number === undefined ? text : `${start}${number}`;
}

function displayFields(node: RawNode, world: HiddenWorld): RawNode {
  if (typeof node === "string" || !("items" in node)) return node;
  return {
    items: node.items.map((item) =>
      typeof item === "string" && item.startsWith('"')
        ? `"${fieldName(item.slice(1, -1), world)}"`
        : item
    ),
  };
}

/** `{"12": value}`: values of custom fields by the fields' numbers. */
function fieldValues(node: RawNode, world: HiddenWorld): RawNode {
  if (typeof node === "string" || !("entries" in node)) return node;
  return {
    entries: node.entries.map(([key, value]) => {
      const pk = integerOf(key.slice(1, -1));
      if (pk === undefined) return [key, value];
      const number = world.of(FIELD, pk);
      return [
        number === undefined ? key : `"${number}"`,
        world.linksDocuments?.(pk) ? list(value, DOCUMENT, world) : value,
      ];
    }),
  };
}

/** `["AND", [[12, "exact", …], …]]`: a list that starts with a field's number and an operator. */
function fieldQuery(node: RawNode, world: HiddenWorld): RawNode {
  if (typeof node === "string" || !("items" in node)) return node;
  const [first, operator, ...rest] = node.items;
  const pk = integerOf(first);
  if (pk === undefined || typeof operator !== "string" || !operator.startsWith('"')) {
    return { items: node.items.map((item) => fieldQuery(item, world)) };
  }
  const values = world.linksDocuments?.(pk)
    ? rest.map((item) => list(item, DOCUMENT, world))
    : rest;
  return { items: [String(world.of(FIELD, pk) ?? pk), operator, ...values] };
}

/** Keys of UI settings that hold numbers of rows: by path, what they number. */
const SETTINGS: Readonly<Record<string, string>> = {
  "permissions.default_owner": "auth.user",
  "permissions.default_view_users": "auth.user",
  "permissions.default_edit_users": "auth.user",
  "permissions.default_view_groups": "auth.group",
  "permissions.default_edit_groups": "auth.group",
  "saved_views.dashboard_views_sort_order": VIEW,
  "saved_views.sidebar_views_sort_order": VIEW,
  "saved_views.dashboard_views_visible_ids": VIEW,
  "saved_views.sidebar_views_visible_ids": VIEW,
};

function settings(node: RawNode, world: HiddenWorld): RawNode {
  return eachEntry(node, (outer, inner) =>
    eachEntry(inner, (key, value) => {
      const label = SETTINGS[`${outer}.${key}`];
      if (label === undefined) return value;
      return typeof value === "string" ? one(value, label, world) : list(value, label, world);
    }));
}

function eachEntry(node: RawNode, map: (key: string, value: RawNode) => RawNode): RawNode {
  if (typeof node === "string" || !("entries" in node)) return node;
  return {
    entries: node.entries.map(([key, value]) => [key, map(key.slice(1, -1), value)] as const),
  };
}
