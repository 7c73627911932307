// The result of a check as a page that stands alone: totals, findings by check, pictures of the documents.

import { join } from "node:path";
import type { Files } from "../library/files.ts";
import type { Spool } from "../library/spool.ts";
import {
  cleanSection,
  FINDING_STYLE,
  findingCard,
  findingSection,
} from "../report/finding_page.ts";
import { formatBytes, formatDuration, formatNumber } from "../report/format.ts";
import { figures, html, htmlPage, type Markup } from "../report/html_page.ts";
import { readPicture } from "../report/page_picture.ts";
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

/** Pictures on the page. */
const MOST_PICTURES = 200;

/** Bytes of a picture; thumbnails have some kilobytes. */
const LARGEST_PICTURE = 300_000;

/** The page, piece by piece. */
export function sanityHtml(files: Files, page: SanityPage): Iterable<string> {
  return htmlPage({
    title: "Sanity check",
    subtitle: `${page.mediaRoot}, ${page.started.slice(0, 16).replace("T", " ")} UTC`,
    body: body(files, page),
    style: FINDING_STYLE,
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
    yield* findingSection(
      check,
      count,
      findings,
      (finding) => findingCard(finding, finding.document && pictures.of(finding.document.id)),
    );
  }
  yield* cleanSection(page.checks.filter(({ name }) => !tally.byCheck.has(name)));
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
        LARGEST_PICTURE,
      );
      known.set(id, picture);
      return picture;
    },
  };
}
