// Links between documents in custom fields: a list of numbers that no database constraint watches.

import { sql } from "kysely";
import type { Snapshot } from "../database/database.ts";
import type { Check, Found } from "./check.ts";

/** Rows looked at in one query. */
const BATCH = 200;

/** `document-links` */
export const documentLinks: Check = {
  name: "document-links",
  level: "warning",
  origin: "paperward",
  summary: "A document link in a custom field leads to a document that does not exist.",
  async *rows({ snapshot }) {
    const rows = snapshot.rows({
      table: "documents_customfieldinstance",
      columns: [
        { column: "id", kind: "auto" },
        { column: "document_id", kind: "foreignKey" },
        { column: "value_document_ids", kind: "json" },
      ],
      where: sql`value_document_ids is not null`,
      orderBy: sql`id`,
    }, BATCH);
    for await (const batch of rows) {
      const links = batch.map(([id, document, json]) => ({
        id: String(id),
        document: Number(document),
        targets: targetsOf(String(json)),
      }));
      yield* broken(snapshot, links);
    }
  },
};

interface Link {
  readonly id: string;
  readonly document: number;
  /** undefined: it is no list of numbers. */
  readonly targets: readonly number[] | undefined;
}

async function* broken(snapshot: Snapshot, links: readonly Link[]): AsyncGenerator<Found> {
  const titles = new Map<number, string>();
  const wanted = [
    ...new Set(links.flatMap(({ document, targets }) => [document, ...targets ?? []])),
  ];
  for (let at = 0; at < wanted.length; at += BATCH) {
    const { rows } = await sql<{ id: number; title: string }>`select id, title
      from documents_document where id in (${sql.join(wanted.slice(at, at + BATCH))})`
      .execute(snapshot.kysely);
    for (const { id, title } of rows) titles.set(Number(id), title);
  }
  for (const { id, document, targets } of links) {
    const title = titles.get(document);
    const owner = title === undefined ? {} : { document: { id: document, title } };
    if (!targets) {
      yield {
        message: `the links in row ${id} of documents_customfieldinstance are no list of numbers`,
        ...owner,
        facts: { row: id },
      };
    }
    for (const target of targets ?? []) {
      if (titles.has(target)) continue;
      yield {
        message: `a custom field (row ${id}) links to document ${target}, which does not exist`,
        ...owner,
        facts: { row: id, target },
      };
    }
  }
}

function targetsOf(json: string): readonly number[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (value === null) return [];
  return Array.isArray(value) && value.every(Number.isSafeInteger) ? value : undefined;
}
