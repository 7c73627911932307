// Carries the decisions for some documents out: rows, tags, audit log, names of files. Invariant: one transaction;
// everything is in the journal before it is committed, and each row in one step only.

import { type Kysely, sql } from "kysely";
import { pythonJson } from "../../archive/import/python_json.ts";
import type { LibraryDatabase } from "../../database/database.ts";
import type { JournalStep, RowValues } from "../../library/journal/journal_step.ts";
import { markRows } from "../../library/journal/mark_rows.ts";
import type { JournalEntry } from "../../library/journal/open_journal.ts";
import type { Tables } from "../../schema/tables.ts";
import type {
  Candidates,
  Decision,
  DecisionWorld,
  SingleDecision,
  TagsDecision,
} from "./decide.ts";
import { decide } from "./decide.ts";
import { type DocumentState, readDocumentStates } from "./read_documents.ts";
import type { FollowedNames } from "./follow_names.ts";
import { documentText, type ObjectNames } from "./object_names.ts";
import { SINGLE_KINDS } from "./retag_options.ts";

/** A document of the plan. */
export interface PlannedDocument {
  readonly id: number;
  /** As it was when it was matched. */
  readonly modified: string;
  candidates(owner: number | null): Candidates;
}

/** What carrying out works with. The lock of the media folder is held. */
export interface ApplyWorld extends DecisionWorld {
  /** Open for writing. */
  readonly database: LibraryDatabase;
  readonly entry: JournalEntry;
  readonly names: ObjectNames;
  /** Lets names follow: see `followNames`. */
  follow(kysely: Kysely<Tables>, ids: readonly number[]): Promise<FollowedNames>;
  /** Number of the content type of documents in the audit log; undefined: none is kept. */
  readonly audited?: number;
  /** The time as Django writes it. */
  readonly clock: () => string;
}

/** What became of a document. */
export interface AppliedDocument {
  readonly id: number;
  /** As it was before. */
  readonly state: DocumentState;
  readonly decisions: readonly Decision[];
  /** Why its files kept their names although they should not. */
  readonly problem?: string;
}

/** What became of a batch. */
export interface AppliedBatch {
  readonly documents: readonly AppliedDocument[];
  /** Documents that were changed or deleted since they were matched. */
  readonly left: readonly number[];
  /** Number of documents whose files got other names. */
  readonly renamed: number;
  /** Versions of these documents whose names could not follow. */
  readonly problems: readonly { readonly id: number; readonly message: string }[];
  /** Whether anything was changed at all. */
  readonly changed: boolean;
}

/** Whether upstream saves the document: then it looks at the names of its files, and notes the time. */
export function isSaved(state: DocumentState, decisions: readonly Decision[]): boolean {
  return state.filename !== null &&
    decisions.some((decision) =>
      decision.kind === "tag" ? decision.added.length > 0 : decision.outcome === "set"
    );
}

/** Carries out a batch; where it fails, nothing has happened. */
export async function applyBatch(
  world: ApplyWorld,
  planned: readonly PlannedDocument[],
): Promise<AppliedBatch> {
  const { database, entry } = world;
  let followed: FollowedNames | undefined;
  let batch: AppliedBatch;
  try {
    batch = await database.kysely.transaction().execute(async (kysely) => {
      const work = new BatchWork(world, kysely);
      const { documents, left } = await work.decideAll(planned);
      for (const { state, decisions } of documents) await work.carryOut(state, decisions);
      const touched = work.touched();
      followed = await world.follow(kysely, touched);
      await work.finish(followed, touched);
      for (const step of work.steps) entry.record(step);
      if (work.steps.length > 0) await entry.flush();
      const problems = new Map(followed.failed.map(({ id, message }) => [id, message]));
      const own = new Set(documents.map(({ id }) => id));
      return {
        documents: documents.map((document) => {
          const problem = problems.get(document.id);
          return problem === undefined ? document : { ...document, problem };
        }),
        left,
        renamed: followed.names.size,
        problems: followed.failed.filter(({ id }) => !own.has(id)),
        changed: work.steps.length > 0 || followed.names.size > 0,
      };
    });
  } catch (error) {
    await followed?.takeBack();
    throw error;
  }
  followed?.finish();
  return batch;
}

/** One batch inside its transaction. */
class BatchWork {
  readonly steps: JournalStep[] = [];
  readonly #world: ApplyWorld;
  readonly #kysely: Kysely<Tables>;
  /** Changed columns of documents. */
  readonly #rows = new Map<
    number,
    {
      before: Record<string, string | number | null>;
      after: Record<string, string | number | null>;
    }
  >();
  readonly #touched: number[] = [];
  readonly #links: number[] = [];
  readonly #audits: number[] = [];

  constructor(world: ApplyWorld, kysely: Kysely<Tables>) {
    this.#world = world;
    this.#kysely = kysely;
  }

  async decideAll(
    planned: readonly PlannedDocument[],
  ): Promise<{ readonly documents: AppliedDocument[]; readonly left: number[] }> {
    const snapshot = this.#world.database.within(this.#kysely);
    const states = await readDocumentStates(snapshot, planned.map(({ id }) => id));
    const left: number[] = [];
    const documents = planned.flatMap(({ id, modified, candidates }): AppliedDocument[] => {
      const state = states.get(id);
      if (!state || state.modified !== modified) {
        left.push(id);
        return [];
      }
      return [{ id, state, decisions: decide(this.#world, state, candidates(state.owner)) }];
    });
    return { documents, left };
  }

  /** Documents whose names have to be looked at. */
  touched(): readonly number[] {
    return this.#touched;
  }

  async carryOut(state: DocumentState, decisions: readonly Decision[]): Promise<void> {
    let current: DocumentState = state;
    for (const decision of decisions) {
      if (decision.kind === "tag") {
        await this.#changeTags(current, decision);
      } else if (decision.outcome === "set") {
        if (current[decision.kind] === decision.to) continue;
        current = await this.#setField(current, decision);
      }
    }
    if (isSaved(state, decisions)) this.#touched.push(state.id);
  }

  async #setField(state: DocumentState, { kind, to }: SingleDecision): Promise<DocumentState> {
    const { column, field } = SINGLE_KINDS[kind];
    await sql`update documents_document set ${sql.ref(column)} = ${to} where id = ${state.id}`
      .execute(this.#kysely);
    this.#note(state.id, { [column]: state[kind] }, { [column]: to });
    const after = { ...state, [kind]: to };
    const text = (value: number | null) => value === null ? "None" : String(value);
    await this.#audit(after, { [field]: [text(state[kind]), text(to)] });
    return after;
  }

  #note(
    id: number,
    before: Readonly<Record<string, string | number | null>>,
    after: Readonly<Record<string, string | number | null>>,
  ): void {
    const row = this.#rows.get(id) ?? { before: {}, after: {} };
    Object.assign(row.before, before);
    Object.assign(row.after, after);
    this.#rows.set(id, row);
  }

  async #changeTags(state: DocumentState, { removed, linked }: TagsDecision): Promise<void> {
    // What is taken away and added again stays: nobody but the audit log can tell.
    const gone = removed.filter((id) => !linked.includes(id));
    for (const tag of gone) {
      const id = state.tags.get(tag)!;
      await sql`delete from documents_document_tags where id = ${id}`.execute(this.#kysely);
      const row: RowValues = { id, document_id: state.id, tag_id: tag };
      this.steps.push({ kind: "row deleted", table: "documents_document_tags", row });
    }
    for (const tag of linked) {
      if (state.tags.has(tag)) continue;
      const { rows } = await sql<{ readonly id: number }>`insert into documents_document_tags
        (document_id, tag_id) values (${state.id}, ${tag}) returning id`.execute(this.#kysely);
      this.#links.push(Number(rows[0]!.id));
    }
    if (linked.length === 0) return;
    const objects = this.#world.names.inOrder("tag", linked);
    await this.#audit(state, { tags: { type: "m2m", operation: "add", objects } });
  }

  async #audit(state: DocumentState, changes: Readonly<Record<string, unknown>>): Promise<void> {
    const { audited, names, clock } = this.#world;
    if (audited === undefined) return;
    const { rows } = await sql<{ readonly id: number }>`insert into auditlog_logentry
      (content_type_id, object_pk, object_id, object_repr, action, changes_text, changes, timestamp)
      values (${audited}, ${String(state.id)}, ${state.id}, ${documentText(state, names)}, 1, '',
        ${pythonJson(JSON.stringify(changes))!}, ${clock()}) returning id`.execute(this.#kysely);
    this.#audits.push(Number(rows[0]!.id));
  }

  /** The last columns, and the steps that say what became of each row. */
  async finish({ names, failed }: FollowedNames, touched: readonly number[]): Promise<void> {
    for (const [id, { before, after }] of names) this.#note(id, { ...before }, { ...after });
    const unmoved = new Set(failed.map(({ id }) => id));
    const stamped = [...new Set([...touched, ...names.keys()])].filter((id) => !unmoved.has(id));
    for (const id of stamped) {
      const { rows } = await sql<{ readonly modified: string }>`select modified
        from documents_document where id = ${id}`.execute(this.#kysely);
      const modified = this.#world.clock();
      await sql`update documents_document set modified = ${modified} where id = ${id}`
        .execute(this.#kysely);
      this.#note(id, { modified: rows[0]!.modified }, { modified });
    }
    for (const [pk, { before, after }] of this.#rows) {
      this.steps.push({ kind: "row changed", table: "documents_document", pk, before, after });
    }
    const library = { kysely: this.#kysely, generation: this.#world.database.generation };
    for (
      const [table, pks] of [["documents_document_tags", this.#links], [
        "auditlog_logentry",
        this.#audits,
      ]] as const
    ) {
      if (pks.length === 0) continue;
      const marks = await markRows(library, table, pks);
      this.steps.push({ kind: "rows inserted", table, pks, marks });
    }
  }
}
