// The result of a verification as a page that stands alone: totals, findings by check, thumbnails of what is
// damaged, taken from the export itself.

import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { isFileError } from "../../library/os_error.ts";
import { formatBytes, formatCount, formatDuration, formatNumber } from "../../report/format.ts";
import { dataUri, figures, html, htmlPage, type Markup } from "../../report/html_page.ts";
import { openExportSource } from "../zip/export_source.ts";
import { CHECK_NAMES, type CheckName, checkNamed } from "./checks.ts";
import type { Finding, VerifyLevel } from "./finding.ts";
import type { Thumbnail, VerifySummary } from "./verify_export.ts";
import { checksOf } from "./verify_junit.ts";
import type { VerifyOptions } from "./verify_options.ts";

/** Findings of one check that are listed, pictures on the page, bytes of one and of all. */
const MOST_FINDINGS = 500;
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
        const type = typeOf(bytes);
        if (type === undefined) continue;
        pictures.set(id, dataUri(type, bytes));
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

function typeOf(bytes: Uint8Array): string | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(8, 12) === "WEBP") return "image/webp";
  return text(1, 4) === "PNG" ? "image/png" : undefined;
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
    style: STYLE,
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
  for (const check of BY_LEVEL) {
    const count = tally.byCheck.get(check) ?? 0;
    if (count > 0) yield* section(check, count, findings, pictures);
  }
  const clean = checksOf(options, summary).filter((name) =>
    !tally.byCheck.has(name) && checkNamed(name).level !== "info"
  );
  if (clean.length > 0 && kind !== null) {
    yield html`
      <h2>Nothing found</h2><ul class="clean">${clean.map((name) =>
        html`
          <li><code>${name}</code> ${checkNamed(name).summary}</li>
        `
      )}</ul>
    `;
  }
}

function* section(
  check: CheckName,
  count: number,
  findings: Iterable<Finding>,
  pictures: Pictures,
): Generator<Markup> {
  const { level, summary } = checkNamed(check);
  yield html`
    <h2>
      <span class="level ${level}">${level}</span> ${check}
      <span class="dim">${formatNumber(count)}</span>
    </h2><p class="dim">${summary}</p>
  `;
  let listed = 0;
  for (const finding of findings) {
    if (finding.check !== check) continue;
    if (++listed > MOST_FINDINGS) break;
    yield card(finding, pictures);
  }
  if (count > MOST_FINDINGS) {
    yield html`
      <p class="dim">and ${formatCount(
        count - MOST_FINDINGS,
        "more finding",
      )}; --json lists them all.</p>
    `;
  }
}

function card({ document, role, message, record }: Finding, pictures: Pictures): Markup {
  const picture = document && pictures.get(document.id);
  const place = record &&
    html`
      <p class="dim">${record.manifest}, line ${record.line}</p>
    `;
  if (!document) {
    return html`
      <div class="card"><p>${message}</p>${place}</div>
    `;
  }
  return html`
    <div class="card finding">
      ${picture === undefined
        ? html`
          <span class="none">no picture</span>
        `
        : html`
          <img alt="thumbnail" src="${picture}">
        `}<div><b>#${document.id} ${document.title}</b>${role === undefined ? undefined : html`
        <span class="dim">${role}</span>
      `}<p>${message}</p>${place}</div>
    </div>
  `;
}

const STYLE = `
.level { font-size: .7rem; text-transform: uppercase; letter-spacing: .04em; border-radius: .25rem;
  padding: .1rem .4rem; color: #fff; vertical-align: .1em; }
.level.error { background: #b3261e; } .level.warning { background: #8a5a00; }
.level.info { background: #2c5fa8; }
.finding { display: grid; grid-template-columns: 4.5rem 1fr; gap: 1rem; align-items: start; }
.finding img { width: 4.5rem; max-height: 6rem; object-fit: cover; object-position: top; font-size: .7rem; }
.finding .none { display: grid; place-items: center; width: 4.5rem; height: 6rem; box-sizing: border-box;
  border: 1px dashed currentColor; border-radius: .25rem; font-size: .7rem; opacity: .5; }
.finding p { margin: .2rem 0 0; }
.card > p { margin: 0; } .card > p + p { margin-top: .2rem; }
.clean { padding-left: 1.2rem; } .clean code { margin-right: .5rem; }
`;
