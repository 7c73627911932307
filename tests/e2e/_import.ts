// What the end-to-end tests of imports share: places for new libraries, imports run as a user would run them,
// and what a database holds that exports don't.

import type { TableRules } from "../_compare_databases.ts";
import { type FixtureVersion, tempFolder } from "../_fixtures.ts";
import { jsonLines, runBinary, type RunOptions, type RunResult } from "../_run_binary.ts";

/** A place where a library is, or may be made. */
export interface Place extends Disposable {
  readonly folder: string;
  readonly data: string;
  readonly media: string;
  readonly database: string;
  readonly env: Readonly<Record<string, string>>;
}

/** An empty place: nothing but a temporary folder. */
export function newPlace(): Place {
  const temp = tempFolder();
  const folder = temp.path;
  const [data, media] = [`${folder}/data`, `${folder}/media`];
  return {
    folder,
    data,
    media,
    database: `${data}/db.sqlite3`,
    env: {
      PAPERLESS_DATA_DIR: data,
      PAPERLESS_MEDIA_ROOT: media,
      PAPERLESS_SCRATCH_DIR: `${folder}/scratch`,
      PAPERLESS_TIME_ZONE: "Europe/Berlin",
    },
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

/** Runs `document_importer SOURCE …`. */
export function runImport(
  { env }: Pick<Place, "env">,
  source: string,
  flags: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunResult> {
  return runBinary(["document_importer", source, ...flags], {
    ...options,
    env: { ...env, ...options.env },
  });
}

/** A summary, as `--json` prints it. */
export interface PrintedSummary {
  readonly exit: string;
  readonly documents: number;
  readonly files: number;
  readonly resumed: boolean;
  readonly counts: readonly {
    readonly model: string;
    readonly records: number;
    readonly added: number;
    readonly merged: number;
    readonly leftOut: number;
  }[];
  readonly problems: Readonly<Record<string, number>>;
}

/** The summary of a run with `--json`. */
export function summaryOf({ stdout }: RunResult): PrintedSummary {
  const summary = jsonLines(stdout).at(-1);
  if (summary?.["type"] !== "summary") throw new Error(`No summary at the end of ${stdout}`);
  return summary as unknown as PrintedSummary;
}

const NEVER = [
  "django_migrations",
  "documents_paperlesstask",
  "documents_workflowrun",
  "paperless_mail_processedmail",
];
const NOT_SERVICE = "username not in ('consumer', 'AnonymousUser')";
const IN_DOCUMENTS = "document_id in (select id from documents_document where deleted_at is null)";

/** What an export holds of the fixtures' libraries, as rules for comparing databases. Every line is a table,
 * or rows, of which export-format.md §4.1 says that they are not exported. */
export const EXPORTED: Readonly<Record<FixtureVersion, TableRules>> = {
  "v2.20.15": {
    without: [...NEVER, "documents_sharelink"],
    where: {
      auth_user: NOT_SERVICE,
      documents_document: "deleted_at is null",
      documents_document_tags: IN_DOCUMENTS,
      documents_note: "deleted_at is null",
      documents_customfieldinstance: "deleted_at is null",
    },
  },
  "v3.0.5": { without: NEVER, where: { auth_user: NOT_SERVICE } },
};

/** The same for the library that was imported: its own service users are as new as it is. */
export const SERVICE_USERS_GONE = `delete from auth_user where not (${NOT_SERVICE})`;
