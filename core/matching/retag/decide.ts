// What the retagger does to one document: a pure decision from what its rules say and what it has. Invariant: the
// decisions of 2.20.15 and 3.0.5, but for objects of which nobody knows whether they match: they are left as they are.

import { ALGORITHMS } from "../match_rule.ts";
import type { MatchingObject, ObjectKind } from "../matching_objects.ts";
import type { DocumentState } from "./read_documents.ts";
import { type RetagOptions, type SingleKind } from "./retag_options.ts";

/** What the rules say of one document. Candidates only: objects that its owner may see. */
export interface Candidates {
  /** In the order of names. */
  readonly matches: readonly MatchingObject[];
  readonly undecided: readonly MatchingObject[];
}

/** What becomes of one field. */
export interface SingleDecision {
  readonly kind: SingleKind;
  /** `set`: upstream writes the field, even where nothing changes; the others leave it as it is. */
  readonly outcome: "set" | "has one" | "several" | "none" | "undecided";
  /** For `set`; null clears the field. */
  readonly to: number | null;
  /** How many match. */
  readonly count: number;
}

/** What becomes of the tags. */
export interface TagsDecision {
  readonly kind: "tag";
  /** What `-f` takes away first; some of it may be added again. */
  readonly removed: readonly number[];
  /** What matches and isn't there after that. */
  readonly added: readonly number[];
  /** `added`, and the tags above them that aren't there: what is linked. */
  readonly linked: readonly number[];
  /** What matches and isn't there now, `removed` still counted: what 3.0 suggests. */
  readonly suggested: readonly number[];
  /** Automatic tags of the document that don't match: 2.20 lists them. */
  readonly extra: readonly number[];
}

/** Everything that becomes of a document, in upstream's order. */
export type Decision = SingleDecision | TagsDecision;

/** The world of objects that decisions are made in. */
export interface DecisionWorld {
  readonly options: Pick<RetagOptions, "kinds" | "useFirst" | "overwrite">;
  /** All tags, by id. */
  readonly tags: ReadonlyMap<number, MatchingObject>;
}

/** Decides. */
export function decide(
  world: DecisionWorld,
  state: DocumentState,
  candidates: Candidates,
): Decision[] {
  return world.options.kinds.map((kind) =>
    kind === "tag"
      ? decideTags(world, state, candidates)
      : decideSingle(world, kind, state, candidates)
  );
}

function of(kind: ObjectKind, objects: readonly MatchingObject[]): MatchingObject[] {
  return objects.filter((object) => object.kind === kind);
}

function decideSingle(
  { options: { useFirst, overwrite } }: DecisionWorld,
  kind: SingleKind,
  state: DocumentState,
  { matches, undecided }: Candidates,
): SingleDecision {
  const current = state[kind];
  const found = of(kind, matches);
  const decision = (outcome: SingleDecision["outcome"], to: number | null = null) => ({
    kind,
    outcome,
    to,
    count: found.length,
  });
  if (current !== null && !overwrite) return decision("has one");
  if (found.length > 1 && !useFirst) return decision("several");
  const [first] = found;
  if (first) return decision("set", first.id);
  if (!overwrite) return decision("none");
  // What it has may match after all.
  const isOpen = of(kind, undecided).some(({ id }) => id === current);
  return isOpen ? decision("undecided") : decision("set", null);
}

function decideTags(
  { options: { overwrite }, tags }: DecisionWorld,
  state: DocumentState,
  { matches, undecided }: Candidates,
): TagsDecision {
  const open = new Set(of("tag", undecided).map(({ id }) => id));
  const current = [...state.tags.keys()];
  const removed = overwrite
    ? current.filter((id) => {
      const tag = tags.get(id);
      return tag !== undefined && !isKept(tag) && !open.has(id);
    })
    : [];
  const kept = new Set(current.filter((id) => !removed.includes(id)));
  const matched = of("tag", matches).map(({ id }) => id);
  const added = matched.filter((id) => !kept.has(id));
  const linked = new Set<number>();
  for (const id of added) {
    for (const each of [id, ...tags.get(id)?.ancestors ?? []]) {
      if (!kept.has(each) && tags.has(each)) linked.add(each);
    }
  }
  return {
    kind: "tag",
    removed,
    added,
    linked: [...linked],
    suggested: matched.filter((id) => !state.tags.has(id)),
    extra: [...kept].filter((id) =>
      tags.get(id)?.columns.algorithm === ALGORITHMS.automatic && !matched.includes(id) &&
      !open.has(id)
    ),
  };
}

/** What `-f` never takes away: inbox tags, and those without any rule. */
function isKept({ isInbox, columns: { match, algorithm } }: MatchingObject): boolean {
  return isInbox || (match === "" && algorithm !== ALGORITHMS.automatic);
}
