// The result of a check as a page that stands alone: totals, findings by check, pictures of the documents.

import { join } from "node:path";
import type { Files } from "../library/files.ts";
import type { Spool } from "../library/spool.ts";
import { formatBytes, formatCount, formatDuration, formatNumber } from "../report/format.ts";
import { dataUri, figures, html, htmlPage, type Markup } from "../report/html_page.ts";
import type { Check, Finding } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { FOLDERS } from "./locate_files.ts";
import type { Tally } from "./tally.ts";

/** What the page shows. */
export interface SanityPage {
  readonly findings: Spool<Finding>;
  readonly tally: Tally;
  readonly checks: readonly Check[];
  readonly documents: number;
  readonly filesRead: number;
  readonly bytesRead: number;
  /** ms */
  readonly duration: number;
  readonly started: string;
  readonly mediaRoot: string;
}

/** Findings of one check that are listed, and pictures on the page. */
const MOST_FINDINGS = 500;
const MOST_PICTURES = 200;

/** Bytes of a picture; thumbnails have some kilobytes. */
const LARGEST_PICTURE = 300_000;

/** The page, piece by piece. */
export function sanityHtml(files: Files, page: SanityPage): Iterable<string> {
  return htmlPage({
    title: "Sanity check",
    subtitle: `${page.mediaRoot}, ${page.started.slice(0, 16).replace("T", " ")} UTC`,
    body: body(files, page),
    style: STYLE,
  });
}

function* body(files: Files, page: SanityPage): Generator<Markup> {
  const { tally, findings } = page;
  const errors = tally.count("error");
  const warnings = tally.count("warning");
  yield figures([
    { label: "Errors", value: formatNumber(errors), tone: errors > 0 ? "bad" : "good" },
    { label: "Warnings", value: formatNumber(warnings), tone: warnings > 0 ? "warn" : "good" },
    { label: "Infos", value: formatNumber(tally.count("info")) },
    { label: "Documents", value: formatNumber(page.documents) },
    { label: "Files read", value: formatNumber(page.filesRead) },
    { label: "Read", value: formatBytes(page.bytesRead) },
    { label: "Time", value: formatDuration(page.duration) },
  ]);
  if (tally.total === 0) {
    yield html`
      <p class="card good">Nothing is wrong with this library.</p>
    `;
  }
  const pictures = openPictures(files, page.mediaRoot);
  for (const check of CHECKS) {
    const count = tally.byCheck.get(check.name) ?? 0;
    if (count === 0) continue;
    yield html`
      <h2>
        <span class="level ${check.level}">${check.level}</span> ${check.name}
        <span class="dim">${formatNumber(count)}</span>
      </h2><p class="dim">${check.summary}</p>
    `;
    let listed = 0;
    for (const finding of findings) {
      if (finding.check !== check.name) continue;
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
  const clean = page.checks.filter(({ name }) => !tally.byCheck.has(name));
  if (clean.length > 0) {
    yield html`
      <h2>Nothing found</h2><ul class="clean">${clean.map(({ name, summary }) =>
        html`
          <li><code>${name}</code> ${summary}</li>
        `
      )}</ul>
    `;
  }
}

function card({ document, role, message }: Finding, pictures: Pictures): Markup {
  if (!document) {
    return html`
      <p class="card">${message}</p>
    `;
  }
  const picture = pictures.of(document.id);
  return html`
    <div class="card finding">
      ${picture === undefined
        ? html`
          <span class="none"></span>
        `
        : html`
          <img alt="" src="${picture}">
        `}<div><b>#${document.id} ${document.title}</b> ${role === undefined ? undefined : html`
        <span class="dim">${role}</span>
      `}<p>${message}</p></div>
    </div>
  `;
}

interface Pictures {
  /** The picture of a document, if there is one and the page has room. */
  of(id: number): string | undefined;
}

function openPictures(files: Files, mediaRoot: string): Pictures {
  const known = new Map<number, string | undefined>();
  return {
    of(id) {
      if (known.has(id) || known.size >= MOST_PICTURES) return known.get(id);
      const picture = readPicture(
        files,
        join(mediaRoot, FOLDERS.thumbnail, `${String(id).padStart(7, "0")}.webp`),
      );
      known.set(id, picture);
      return picture;
    },
  };
}

function readPicture(files: Files, path: string): string | undefined {
  try {
    const { kind, size } = files.stat(path);
    if (kind !== "file" || size > LARGEST_PICTURE) return undefined;
    const bytes = files.readBytes(path);
    const isWebp = bytes.length > 12 &&
      new TextDecoder("latin1").decode(bytes.subarray(8, 12)) === "WEBP";
    return isWebp ? dataUri("image/webp", bytes) : undefined;
  } catch {
    // The page is about what is wrong: that a picture is missing is one of it.
    return undefined;
  }
}

const STYLE = `
.level { font-size: .7rem; text-transform: uppercase; letter-spacing: .04em; border-radius: .25rem;
  padding: .1rem .4rem; color: #fff; vertical-align: .1em; }
.level.error { background: #b3261e; } .level.warning { background: #8a5a00; }
.level.info { background: #2c5fa8; }
.finding { display: grid; grid-template-columns: 4.5rem 1fr; gap: 1rem; align-items: start; }
.finding img { width: 4.5rem; max-height: 6rem; object-fit: cover; object-position: top; }
.finding .none { display: block; width: 4.5rem; }
.finding p { margin: .2rem 0 0; }
.clean { padding-left: 1.2rem; } .clean code { margin-right: .5rem; }
`;
