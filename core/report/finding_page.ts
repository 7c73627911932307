// What pages of findings share: a section for each check, a card for each finding, what found nothing.

import { formatCount, formatNumber } from "./format.ts";
import { html, type Markup } from "./html_page.ts";
import { pictureMarkup } from "./page_picture.ts";
import type { FindingLevel } from "./report.ts";

/** A check, as its table describes it. */
export interface PageCheck {
  readonly name: string;
  readonly level: FindingLevel;
  readonly summary: string;
}

/** What a card shows of a finding. */
export interface PageFinding {
  readonly message: string;
  /** Absent where it is about none. */
  readonly document?: { readonly id: number; readonly title: string };
  /** Which file of the document. */
  readonly role?: string;
}

/** Findings of one check that are listed. */
const MOST_FINDINGS = 500;

/** The findings of one check. @param count all of them @param findings of all checks */
export function* findingSection<Finding extends { readonly check: string }>(
  { name, level, summary }: PageCheck,
  count: number,
  findings: Iterable<Finding>,
  card: (finding: Finding) => Markup,
): Generator<Markup> {
  if (count === 0) return;
  yield html`
    <h2>
      <span class="level ${level}">${level}</span> ${name}
      <span class="dim">${formatNumber(count)}</span>
    </h2><p class="dim">${summary}</p>
  `;
  let listed = 0;
  for (const finding of findings) {
    if (finding.check !== name) continue;
    if (++listed > MOST_FINDINGS) break;
    yield card(finding);
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

/** One finding. @param picture a data URI of the document's thumbnail @param place where it stands */
export function findingCard(
  { document, role, message }: PageFinding,
  picture: string | undefined,
  place?: Markup,
): Markup {
  if (!document) {
    return html`
      <div class="card"><p>${message}</p>${place}</div>
    `;
  }
  return html`
    <div class="card finding">
      ${pictureMarkup(picture, "thumbnail")}<div><b>#${document.id} ${document
        .title}</b>${role === undefined ? undefined : html`
        <span class="dim">${role}</span>
      `}<p>${message}</p>${place}</div>
    </div>
  `;
}

/** Checks that found nothing. */
export function* cleanSection(checks: readonly Omit<PageCheck, "level">[]): Generator<Markup> {
  if (checks.length === 0) return;
  yield html`
    <h2>Nothing found</h2><ul class="clean">${checks.map(({ name, summary }) =>
      html`
        <li><code>${name}</code> ${summary}</li>
      `
    )}</ul>
  `;
}

/** The rules that these need. */
export const FINDING_STYLE = `
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
