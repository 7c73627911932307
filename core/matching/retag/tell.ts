// What a run says: suggestions and tables as each generation of upstream prints them, JSON, explanations, and the
// plan of a dry run. Invariant: rows of tables wait on disk, never in memory.

import { join } from "node:path";
import type { Files } from "../../library/files.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import { escapeText } from "../../report/escape_text.ts";
import type { Json, Report } from "../../report/report.ts";
import {
  headWidths,
  type RichColumn,
  type RichStyle,
  richTable,
  widen,
} from "../../report/rich_table.ts";
import type { Generation } from "../../schema/model.ts";
import type { MatchingObject } from "../matching_objects.ts";
import type { Decision, SingleDecision, TagsDecision } from "./decide.ts";
import { documentText, type ObjectNames } from "./object_names.ts";
import type { DocumentState } from "./read_documents.ts";
import { type RetagOptions, SINGLE_KINDS, type SingleKind } from "./retag_options.ts";

/** Numbers of a run, as 3.0 counts them. */
export interface RetagCounts {
  /** Documents that were decided about. */
  documents: number;
  /** Documents that were given one, be it the one they had; clearing is not counted. */
  correspondents: number;
  /** As `correspondents`. */
  documentTypes: number;
  /** As `correspondents`. */
  storagePaths: number;
  /** Fields that were cleared. */
  cleared: number;
  /** Tags that rules gave, one count for each document; without the parents they bring. */
  tagsAdded: number;
  /** Tags that were taken away, also where a rule gave them again. */
  tagsRemoved: number;
  /** Documents of which anything becomes different. */
  changed: number;
}

/** Nothing was counted yet. */
export function noCounts(): RetagCounts {
  return {
    documents: 0,
    correspondents: 0,
    documentTypes: 0,
    storagePaths: 0,
    cleared: 0,
    tagsAdded: 0,
    tagsRemoved: 0,
    changed: 0,
  };
}

const COUNTED = {
  correspondent: "correspondents",
  documentType: "documentTypes",
  storagePath: "storagePaths",
} as const;

/** Counts the decisions for one document. @param suggest as 3.0 counts suggestions */
export function count(
  counts: RetagCounts,
  state: DocumentState,
  decisions: readonly Decision[],
  suggest: boolean,
): void {
  counts.documents++;
  if (differences(state, decisions).length > 0) counts.changed++;
  for (const decision of decisions) {
    if (decision.kind === "tag") {
      counts.tagsAdded += (suggest ? decision.suggested : decision.added).length;
      counts.tagsRemoved += decision.removed.length;
    } else if (decision.outcome === "set") {
      if (decision.to !== null) counts[COUNTED[decision.kind]]++;
      else if (state[decision.kind] !== null) counts.cleared++;
    }
  }
}

/** One thing of a document that becomes different. */
export type Difference =
  | { readonly kind: SingleKind; readonly from: number | null; readonly to: number | null }
  | {
    readonly kind: "tag";
    readonly added: readonly number[];
    readonly removed: readonly number[];
  };

/** What really becomes different: what is taken away and added again is left out. */
export function differences(state: DocumentState, decisions: readonly Decision[]): Difference[] {
  return decisions.flatMap((decision): Difference[] => {
    if (decision.kind === "tag") {
      const added = decision.linked.filter((id) => !state.tags.has(id));
      const removed = decision.removed.filter((id) => !decision.linked.includes(id));
      return added.length + removed.length === 0 ? [] : [{ kind: "tag", added, removed }];
    }
    const from = state[decision.kind];
    if (decision.outcome !== "set" || decision.to === from) return [];
    return [{ kind: decision.kind, from, to: decision.to }];
  });
}

/** What upstream's log says of a document at INFO and above. */
export function logLines(
  state: DocumentState,
  decisions: readonly Decision[],
  names: ObjectNames,
  { useFirst, suggest }: Pick<RetagOptions, "useFirst" | "suggest">,
): string[] {
  const lines: string[] = [];
  let current = state;
  for (const decision of decisions) {
    const label = documentText(current, names);
    if (decision.kind === "tag") {
      if (decision.added.length === 0 || suggest) continue;
      const added = names.inOrder("tag", decision.added).join(", ");
      lines.push(`Tagging "${label}" with "${added}"`);
      continue;
    }
    const { kind, outcome, to, count } = decision;
    const { log, many } = SINGLE_KINDS[kind];
    const name = names.name(kind, to) ?? "None";
    if (kind !== "correspondent" && count > 1) {
      if (outcome === "several") {
        lines.push(`Detected ${count} potential ${many}, not assigning any ${log}`);
      } else if (outcome === "set" && useFirst) {
        lines.push(`Detected ${count} potential ${many}, taking the first one: ${name}`);
      }
    }
    if (outcome !== "set" || suggest) continue;
    lines.push(`Assigning ${log} ${name} to ${label}`);
    current = { ...current, [kind]: to };
  }
  return lines;
}

/** What telling needs. */
export interface TellWorld {
  readonly report: Report;
  readonly files: Files;
  readonly scratch: string;
  readonly generation: Generation;
  readonly names: ObjectNames;
  /** In the order of the matcher. */
  readonly objects: readonly MatchingObject[];
  /** Characters of a line. */
  readonly columns: number;
  readonly options: RetagOptions;
}

/** A document that is told about. */
export interface ToldDocument {
  readonly state: DocumentState;
  readonly decisions: readonly Decision[];
  readonly problem?: string;
  /** For each object what its rule said; indices of those that match and that are undecided; who is no candidate. */
  readonly why?: readonly string[];
  readonly matches?: ReadonlySet<number>;
  readonly undecided?: ReadonlySet<number>;
  readonly hidden?: ReadonlySet<number>;
}

/** Tells of documents, one after the other. */
export interface Teller extends Disposable {
  document(document: ToldDocument): void;
  /** Tables and what else comes at the end. */
  end(counts: RetagCounts): void;
}

/** A table whose rows wait on disk. */
interface WaitingTable extends Disposable {
  readonly length: number;
  add(...cells: string[]): void;
  lines(columns: number): Iterable<string>;
}

const LOG_COLUMNS: readonly RichColumn[] = [
  { head: "Level", least: 8 },
  { head: "Logger" },
  { head: "Message" },
];
const SUGGESTION_COLUMNS: readonly RichColumn[] = [
  { head: "Document" },
  { head: "Correspondent" },
  { head: "Doc Type" },
  { head: "Tags" },
  { head: "Storage Path" },
];
const LOGGER = "paperless.handlers";

/** Begins to tell. */
export function openTeller(world: TellWorld): Teller {
  const { report, generation, names, options } = world;
  const { json } = report.options;
  const isTable = generation === "v3" && !json && !options.dryRun;
  const open = (file: string, title: string, columns: readonly RichColumn[], style: RichStyle) =>
    openTable(world, file, { title, columns, style });
  const log = isTable ? open("log", "Retagger Log", LOG_COLUMNS, "simple") : undefined;
  const suggestions = isTable && options.suggest
    ? open("suggestions", "Suggested Changes", SUGGESTION_COLUMNS, "lines")
    : undefined;
  const print = (lines: Iterable<string>) => {
    for (const line of lines) report.item("line", {}, line);
  };

  return {
    document(document) {
      const { state, decisions, problem } = document;
      if (document.why) explain(world, document);
      if (!options.dryRun) {
        for (const line of logLines(state, decisions, names, options)) {
          if (log) log.add("INFO", LOGGER, escapeText(line));
          else report.info(line);
        }
      }
      if (problem !== undefined) {
        report.item("failed", { id: state.id, message: problem });
        report.error(
          `Document ${state.id} was retagged, but its files keep their names: ${problem}`,
        );
      }
      if (json || options.dryRun) tellDifferences(world, document);
      else if (suggestions) suggestions.add(...suggestionCells(world, document) ?? []);
      else if (options.suggest) tellSuggestions(world, document);
    },
    end(counts) {
      if (suggestions) {
        if (suggestions.length > 0) print(suggestions.lines(world.columns));
        else report.item("line", {}, "No changes suggested.");
      } else if (isTable) {
        print(summaryTable(counts, world.columns));
      }
      if (log && log.length > 0) print(log.lines(world.columns));
    },
    [Symbol.dispose]() {
      log?.[Symbol.dispose]();
      suggestions?.[Symbol.dispose]();
    },
  };
}

function openTable(
  { files, scratch }: TellWorld,
  file: string,
  look: {
    readonly title: string;
    readonly columns: readonly RichColumn[];
    readonly style: RichStyle;
  },
): WaitingTable {
  const rows: Spool<readonly string[]> = openSpool(files, join(scratch, file));
  const widths = headWidths(look.columns);
  return {
    get length() {
      return rows.length;
    },
    add(...cells) {
      if (cells.length === 0) return;
      widen(widths, cells);
      rows.add(cells);
    },
    *lines(columns) {
      rows.close();
      yield* richTable({ ...look, widths }, rows, columns);
    },
    [Symbol.dispose]: () => rows[Symbol.dispose](),
  };
}

function summaryTable(counts: RetagCounts, columns: number): Iterable<string> {
  const rows = [
    ["Documents processed", counts.documents],
    ["Correspondents set", counts.correspondents],
    ["Document types set", counts.documentTypes],
    ["Tags added", counts.tagsAdded],
    ["Tags removed", counts.tagsRemoved],
    ["Storage paths set", counts.storagePaths],
  ].map((row) => row.map(String));
  const head: readonly RichColumn[] = [{ head: "Metric" }, { head: "Count", side: "right" }];
  const widths = headWidths(head);
  for (const row of rows) widen(widths, row);
  const table = { title: "Retagger Summary", columns: head, style: "heavy", widths } as const;
  return richTable(table, rows, columns);
}

/** How suggestions name a document: in 2.20 with its number or a link, in 3.0 the same in one cell. */
function documentLines({ names, options: { baseUrl } }: TellWorld, state: DocumentState): string[] {
  const text = escapeText(documentText(state, names));
  return baseUrl ? [text, `${baseUrl}/documents/${state.id}`] : [`${text} [${state.id}]`];
}

/** The row of 3.0's table, or undefined where there is nothing to suggest. */
function suggestionCells(
  world: TellWorld,
  { state, decisions }: ToldDocument,
): string[] | undefined {
  const { names } = world;
  const single = (kind: SingleKind) => {
    const decision = decisions.find((each): each is SingleDecision => each.kind === kind);
    return decision?.outcome === "set" ? names.name(kind, decision.to) ?? "-" : "-";
  };
  const tags = decisions.find((each): each is TagsDecision => each.kind === "tag");
  const changes = tags
    ? [
      ...names.inOrder("tag", tags.suggested).map((name) => `+${name}`),
      ...names.inOrder("tag", tags.removed).map((name) => `-${name}`),
    ]
    : [];
  const cells = [
    single("correspondent"),
    single("documentType"),
    changes.join(", ") || "-",
    single("storagePath"),
  ];
  if (cells.every((cell) => cell === "-")) return undefined;
  return [documentLines(world, state).join("\n"), ...cells.map(escapeText)];
}

/** The lines of 2.20. */
function tellSuggestions(world: TellWorld, { state, decisions }: ToldDocument): void {
  const { report, names } = world;
  const say = (...lines: readonly string[]) => {
    for (const line of [...documentLines(world, state), ...lines]) report.item("line", {}, line);
  };
  for (const decision of decisions) {
    if (decision.kind === "tag") {
      const { added, extra } = decision;
      if (added.length + extra.length === 0) continue;
      const list = (title: string, ids: readonly number[]) =>
        ids.length > 0 ? [`${title}: ${names.inOrder("tag", ids).join(", ")}`] : [];
      say(...list("Suggest tags", added), ...list("Extra tags", extra));
    } else if (decision.outcome === "set") {
      const { suggestion } = SINGLE_KINDS[decision.kind];
      say(`Suggest ${suggestion}: ${names.name(decision.kind, decision.to) ?? "None"}`);
    }
  }
}

/** What becomes different, for programs and for a dry run. */
function tellDifferences({ report, names }: TellWorld, { state, decisions }: ToldDocument): void {
  const changes = differences(state, decisions);
  if (changes.length === 0) return;
  const record: Record<string, Json> = {
    id: state.id,
    document: documentText(state, names),
  };
  const texts: string[] = [];
  for (const change of changes) {
    if (change.kind === "tag") {
      const [added, removed] = [
        names.inOrder("tag", change.added),
        names.inOrder("tag", change.removed),
      ];
      record.tags = { added, removed };
      texts.push(
        `tags ${
          [...added.map((name) => `+${name}`), ...removed.map((name) => `-${name}`)].join(" ")
        }`,
      );
    } else {
      const [from, to] = [names.name(change.kind, change.from), names.name(change.kind, change.to)];
      record[SINGLE_KINDS[change.kind].field] = { from: from ?? null, to: to ?? null };
      texts.push(`${SINGLE_KINDS[change.kind].log} ${from ?? "none"} → ${to ?? "none"}`);
    }
  }
  report.item("document", record, `${state.id} ${documentText(state, names)}: ${texts.join("; ")}`);
}

const OUTCOMES: Readonly<Record<SingleDecision["outcome"], string>> = {
  set: "is set",
  "has one": "stays: it is set already, and --overwrite was not given",
  several: "stays: several match, and --use-first was not given",
  none: "stays unset: nothing matches",
  undecided: "stays: nobody knows whether it matches",
};

/** Which rule said what, and what was made of it. */
function explain({ report, names, objects }: TellWorld, document: ToldDocument): void {
  const { state, decisions, why, matches, undecided, hidden } = document;
  for (const [index, { kind, id, name }] of objects.entries()) {
    const verdict = hidden?.has(index)
      ? "no candidate"
      : matches?.has(index)
      ? "matches"
      : undecided?.has(index)
      ? "undecided"
      : "no match";
    const reason = hidden?.has(index)
      ? "the owner of the document may not see it"
      : why?.[index] ?? "";
    const called = kind === "tag" ? "tag" : SINGLE_KINDS[kind].log;
    report.item(
      "rule",
      { document: state.id, kind: called, id, name, verdict, why: reason },
      `${state.id} ${called} ${name}: ${verdict}: ${reason}`,
    );
  }
  for (const decision of decisions) {
    const record = { document: state.id, kind: decision.kind };
    if (decision.kind === "tag") {
      const list = (ids: readonly number[]) => names.inOrder("tag", ids);
      const [added, removed] = [list(decision.linked), list(decision.removed)];
      report.item(
        "decision",
        { ...record, added, removed },
        `${state.id} tags: ${
          removed.length > 0 ? `taken away because of --overwrite: ${removed.join(", ")}; ` : ""
        }${added.length > 0 ? `added: ${added.join(", ")}` : "none to add"}`,
      );
      continue;
    }
    const { outcome, to } = decision;
    const name = names.name(decision.kind, to) ?? null;
    const text = outcome !== "set"
      ? OUTCOMES[outcome]
      : name === null
      ? "is cleared: nothing matches, and --overwrite was given"
      : `${OUTCOMES[outcome]} to ${name}`;
    report.item(
      "decision",
      { ...record, outcome, to: name },
      `${state.id} ${SINGLE_KINDS[decision.kind].log} ${text}`,
    );
  }
}
