// Objects by id, and how upstream prints documents.

import type { MatchingObject, ObjectKind } from "../matching_objects.ts";
import type { DocumentState } from "./read_documents.ts";

/** Names of all objects. */
export interface ObjectNames {
  /** The name of an object; what is gone has none. */
  name(kind: ObjectKind, id: number | null): string | undefined;
  /** Names of objects in the database's order. */
  inOrder(kind: ObjectKind, ids: readonly number[]): readonly string[];
}

/** @param objects of all kinds, in the order of names */
export function objectNames(objects: readonly MatchingObject[]): ObjectNames {
  const ranks = new Map(objects.map(({ kind, id }, rank) => [`${kind}:${id}`, rank]));
  const find = (kind: ObjectKind, id: number | null) => ranks.get(`${kind}:${id}`);
  return {
    name(kind, id) {
      const rank = find(kind, id);
      return rank === undefined ? undefined : objects[rank]!.name;
    },
    inOrder: (kind, ids) =>
      ids.flatMap((id) => find(kind, id) ?? []).sort((a, b) => a - b)
        .map((rank) => objects[rank]!.name),
  };
}

/** `str(document)` of 2.20 and 3.0: date, correspondent (with an empty name its blank stays), title. */
export function documentText(
  { created, correspondent, title }: Pick<DocumentState, "created" | "correspondent" | "title">,
  names: ObjectNames,
): string {
  const name = names.name("correspondent", correspondent);
  return created + (name === undefined ? "" : ` ${name}`) + (title === "" ? "" : ` ${title}`);
}
