// The result of a verification as a page that stands alone: totals, findings by check, thumbnails of what is
// damaged, taken from the export itself.

import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { isFileError } from "../../library/os_error.ts";
import {
  cleanSection,
  FINDING_STYLE,
  findingCard,
  findingSection,
} from "../../report/finding_page.ts";
import { formatBytes, formatCount, formatDuration, formatNumber } from "../../report/format.ts";
import { figures, html, htmlPage, type Markup } from "../../report/html_page.ts";
import { pictureUri } from "../../report/page_picture.ts";
import { openExportSource } from "../zip/export_source.ts";
import { CHECK_NAMES, type CheckName, checkNamed } from "./checks.ts";
import type { Finding, VerifyLevel } from "./finding.ts";
import type { Thumbnail, VerifySummary } from "./verify_export.ts";
import { checksOf } from "./verify_junit.ts";
import type { VerifyOptions } from "./verify_options.ts";

/** Pictures on the page, bytes of one and of all. */
const MOST_PICTURES = 200;
const LARGEST_PICTURE = 300_000;
const LARGEST_PAGE = 16 << 20;

const LEVELS: readonly VerifyLevel[] = ["error", "warning", "info"];

/** Errors first. */
const BY_LEVEL: readonly CheckName[] = LEVELS.flatMap((level) =>
  CHECK_NAMES.filter((name) => checkNamed(name).level === level)
);

/** Pictures as data URIs, by document. */
export type Pictures = ReadonlyMap<number, string>;

/** Loads the thumbnails of damaged documents. */
export async function loadPictures(
  files: Files,
  path: string,
  findings: Iterable<Finding>,
  thumbnails: Iterable<Thumbnail>,
): Promise<Pictures> {
  const wanted = new Set<number>();
  for (const { document } of findings) {
    if (document && wanted.size < MOST_PICTURES) wanted.add(document.id);
  }
  const pictures = new Map<number, string>();
  if (wanted.size === 0) return pictures;
  const source = await openExportSource(files, path);
  let total = 0;
  try {
    for (const { id, path } of thumbnails) {
      if (!wanted.has(id) || pictures.has(id) || total > LARGEST_PAGE) continue;
      try {
        const bytes = await source.readBytes(path, LARGEST_PICTURE);
        const picture = pictureUri(bytes);
        if (picture === undefined) continue;
        pictures.set(id, picture);
        total += bytes.length;
      } catch (error) {
        // The page is about what is wrong: that a picture is missing is one of it.
        if (!(error instanceof PaperwardError) && !isFileError(error)) throw error;
      }
    }
  } finally {
    source.close();
  }
  return pictures;
}

/** The page, piece by piece. */
export function verifyHtml(
  summary: VerifySummary,
  findings: Iterable<Finding>,
  pictures: Pictures,
  options: VerifyOptions,
): Iterable<string> {
  return htmlPage({
    title: "Verification of an export",
    subtitle: `${summary.path}, ${summary.started.slice(0, 16).replace("T", " ")} UTC`,
    body: body(summary, findings, pictures, options),
    style: FINDING_STYLE,
  });
}

function* body(
  summary: VerifySummary,
  findings: Iterable<Finding>,
  pictures: Pictures,
  options: VerifyOptions,
): Generator<Markup> {
  const { tally, release, kind } = summary;
  const errors = tally.count("error");
  const warnings = tally.count("warning");
  yield figures([
    { label: "Errors", value: formatNumber(errors), tone: errors > 0 ? "bad" : "good" },
    { label: "Warnings", value: formatNumber(warnings), tone: warnings > 0 ? "warn" : "good" },
    { label: "Documents", value: formatNumber(summary.documents) },
    { label: "Records", value: formatNumber(summary.records) },
    { label: "Files", value: formatNumber(summary.files) },
    { label: "Read", value: formatBytes(summary.bytes) },
    { label: "Time", value: formatDuration(summary.duration) },
  ]);
  yield html`
    <p class="dim">${kind === null ? "Nothing could be opened" : `A ${kind}`}${release === null
      ? ""
      : `, written by paperless-ngx ${release}`}. ${summary.read < summary.files
      ? `Of ${formatCount(summary.files, "file")} ${formatNumber(summary.read)} were read${
        summary.seed === undefined ? "" : ` (random subset, seed ${summary.seed})`
      }.`
      : "Every file was read."}${summary.rehearsal
      ? ` Rehearsal: ${formatCount(summary.rehearsal.documents, "document")} and ${
        formatCount(summary.rehearsal.records, "record")
      } were restored and compared.`
      : ""}${summary.changes
      ? ` Since ${options.against}: ${summary.changes.added} added, ${summary.changes.removed} removed, ${summary.changes.changed} changed.`
      : ""}</p>
  `;
  if (errors + warnings === 0) {
    yield html`
      <p class="card good">Nothing is wrong with this export.</p>
    `;
  }
  for (const name of BY_LEVEL) {
    const check = { name, ...checkNamed(name) };
    const count = tally.byCheck.get(name) ?? 0;
    yield* findingSection(check, count, findings, (finding) => card(finding, pictures));
  }
  if (kind === null) return;
  const clean = checksOf(options, summary).map((name) => ({ name, ...checkNamed(name) }));
  yield* cleanSection(
    clean.filter(({ name, level }) => !tally.byCheck.has(name) && level !== "info"),
  );
}

function card(finding: Finding, pictures: Pictures): Markup {
  const { document, record } = finding;
  const place = record &&
    html`
      <p class="dim">${record.manifest}, line ${record.line}</p>
    `;
  return findingCard(finding, document && pictures.get(document.id), place);
}
