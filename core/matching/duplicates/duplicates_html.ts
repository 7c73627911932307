// The groups as a page that stands alone, for a person to decide by: pictures, facts, and the words that differ,
// numbers marked. Invariant: bounded in size, and it says what it leaves out.

import { join } from "node:path";
import type { Files } from "../../library/files.ts";
import type { Spool } from "../../library/spool.ts";
import { formatCount, formatNumber } from "../../report/format.ts";
import { figures, html, htmlPage, type Markup } from "../../report/html_page.ts";
import { pictureMarkup, readPicture } from "../../report/page_picture.ts";
import type { DocumentFacts } from "./document_facts.ts";
import { hasNumber } from "./numbers.ts";
import type { Doubt, Fate } from "./plan_groups.ts";
import { formatScore } from "./score.ts";
import type { DiffRun, WordDiff } from "./word_diff.ts";

/** A document on the page. */
export interface PageMember {
  readonly facts: DocumentFacts;
  readonly fate: Fate;
  readonly doubt?: Doubt;
  /** What it is like, and how much; absent for one that stays. */
  readonly like?: {
    readonly id: number;
    /** 0–100 */
    readonly score: number;
    readonly numbersDiffer: boolean;
    /** The text of the other one on the left. */
    readonly diff: WordDiff;
  };
}

/** A group on the page. */
export interface PageGroup {
  readonly members: readonly PageMember[];
  /** Documents of the group that are not shown. */
  readonly more: number;
}

/** What the page shows. */
export interface DuplicatesPage {
  readonly groups: Spool<PageGroup>;
  /** Groups that are not shown. */
  readonly more: number;
  readonly ratio: number;
  readonly documents: number;
  readonly matches: number;
  readonly allGroups: number;
  readonly duplicates: number;
  readonly review: number;
  readonly approximate: boolean;
  readonly mediaRoot: string;
  /** ISO 8601, UTC. */
  readonly started: string;
}

/** Groups and documents of a group that are shown, bytes of a picture and of all of them, and words that differ:
 * a browser has to show it. */
export const PAGE_LIMITS = {
  groups: 300,
  members: 12,
  picture: 300_000,
  pictures: 24_000_000,
  words: 400_000,
} as const;

/** Words around a difference that are shown; longer runs are cut in the middle. */
const CONTEXT = 18;
/** Characters of a word that are shown: there may be texts without any blank. */
const LONGEST_WORD = 200;

/** The page, piece by piece. */
export function duplicatesHtml(files: Files, page: DuplicatesPage): Iterable<string> {
  return htmlPage({
    title: "Documents that are nearly equal",
    subtitle: `${page.mediaRoot}, ${
      page.started.slice(0, 16).replace("T", " ")
    } UTC, from a ratio of ${page.ratio} %`,
    body: body(files, page),
    style: STYLE,
  });
}

function* body(files: Files, page: DuplicatesPage): Generator<Markup> {
  yield figures([
    { label: "Documents compared", value: formatNumber(page.documents) },
    { label: "Pairs that match", value: formatNumber(page.matches) },
    { label: "Groups", value: formatNumber(page.allGroups) },
    {
      label: "Duplicates",
      value: formatNumber(page.duplicates),
      tone: page.duplicates > 0 ? "warn" : "good",
    },
    { label: "To be looked at", value: formatNumber(page.review) },
  ]);
  if (page.approximate) {
    yield html`
      <p class="card">This was an approximate search: pairs may be missing.</p>
    `;
  }
  if (page.allGroups === 0) {
    yield html`
      <p class="card good">No documents match.</p>
    `;
  }
  const pictures = openPictures(files, page.mediaRoot);
  const room = { words: PAGE_LIMITS.words };
  let number = 0;
  for (const group of page.groups) yield groupCard(group, ++number, pictures, room);
  if (page.more > 0) {
    yield html`
      <p class="dim">and ${formatCount(page.more, "more group")}; --json lists them all.</p>
    `;
  }
}

const FATES: Readonly<Record<Fate, string>> = {
  keep: "stays",
  duplicate: "duplicate",
  review: "look at it",
};

const DOUBTS: Readonly<Record<Doubt, string>> = {
  "numbers differ": "numbers differ: probably another document",
  version: "a version of a document",
  "has other versions": "has versions that are different",
};

/** What may still be shown. */
interface Room {
  words: number;
}

function groupCard(
  { members, more }: PageGroup,
  number: number,
  pictures: Pictures,
  room: Room,
): Markup {
  const going = members.filter(({ fate }) => fate === "duplicate").length;
  return html`
    <section class="card group">
      <h2>
        Group ${number}
        <span class="dim">${formatCount(members.length + more, "document")}, ${formatCount(
          going,
          "duplicate",
        )}</span>
      </h2>
      <div class="documents">${members.map((member) => documentCard(member, pictures))}</div>
      ${more > 0
        ? html`
          <p class="dim">and ${formatCount(more, "more document")}</p>
        `
        : undefined} ${members.flatMap((member, index) =>
          member.like ? [comparison(member, member.like, index <= 2, room)] : []
        )}
    </section>
  `;
}

function documentCard({ facts, fate, doubt }: PageMember, pictures: Pictures): Markup {
  const picture = pictures.of(facts);
  const rows: readonly (readonly [string, string | number | null])[] = [
    ["Date", facts.created],
    ["Correspondent", facts.correspondent],
    ["Type", facts.documentType],
    ["Serial number", facts.archiveSerialNumber],
    ["Pages", facts.pages],
    ["Tags", facts.tags.join(", ") || null],
    ["Owner", facts.owner],
    ["Added", facts.added.slice(0, 16)],
  ];
  return html`
    <article class="${fate}">
      ${pictureMarkup(picture, `First page of document ${facts.id}`)}<h3>#${facts.id} ${facts
        .title}</h3>
      <p><span class="fate">${FATES[fate]}</span>${doubt === undefined ? undefined : html`
        <span class="doubt">${DOUBTS[doubt]}</span>
      `}</p>
      <dl>${rows.map(([name, value]) =>
        value === null ? undefined : html`
          <dt>${name}</dt><dd>${value}</dd>
        `
      )}</dl>
    </article>
  `;
}

function comparison(
  { facts }: PageMember,
  { id, score, numbersDiffer, diff }: NonNullable<PageMember["like"]>,
  isOpen: boolean,
  room: Room,
): Markup {
  // Of equal words only some are shown.
  const words = diff.runs.reduce(
    (sum, run) =>
      sum + (run.kind === "same" ? Math.min(run.words.length, 3 * CONTEXT) : run.words.length),
    0,
  );
  const fits = words <= room.words;
  if (fits) room.words -= words;
  const content = html`
    <summary>#${id} and #${facts.id}: <b>${formatScore(score, 3)} %</b>${numbersDiffer
      ? html`
        <span class="doubt">numbers differ</span>
      `
      : undefined}</summary>
    ${fits ? texts(id, facts.id, diff) : html`
      <p class="dim">The page is full: these texts are not shown.</p>
    `}${diff.cut > 0
      ? html`
        <p class="dim">${formatCount(
          diff.cut,
          "word",
        )} at the end were not compared word by word.</p>
      `
      : undefined}
  `;
  return isOpen
    ? html`
      <details open>${content}</details>
    `
    : html`
      <details>${content}</details>
    `;
}

function texts(left: number, right: number, { runs }: WordDiff): Markup {
  return html`
    <div class="texts">
      <div>
        <h4>#${left}</h4>
        <p>${side(runs, "left")}</p>
      </div>
      <div>
        <h4>#${right}</h4>
        <p>${side(runs, "right")}</p>
      </div>
    </div>
  `;
}

function side(runs: readonly DiffRun[], which: "left" | "right"): Markup[] {
  return runs.flatMap(({ kind, words }, index) => {
    if (kind === "same") return [same(words, index === 0, index === runs.length - 1)];
    if (kind !== which) return [];
    return words.map((word) =>
      hasNumber(word)
        ? html`
          <mark class="number">${shortened(word)}</mark>
        `
        : html`
          <mark>${shortened(word)}</mark>
        `
    );
  });
}

/** Equal words: all that are near a difference, and how many there are between. */
function same(words: readonly string[], isFirst: boolean, isLast: boolean): Markup {
  if (words.length <= 3 * CONTEXT) {
    return html`
      ${joined(words)}
    `;
  }
  const head = isFirst ? [] : words.slice(0, CONTEXT);
  const tail = isLast ? [] : words.slice(-CONTEXT);
  return html`
    ${joined(head)} <span class="cut">${formatCount(
      words.length - head.length - tail.length,
      "equal word",
    )}</span> ${joined(tail)}
  `;
}

function joined(words: readonly string[]): string {
  return words.map(shortened).join(" ");
}

function shortened(word: string): string {
  return word.length <= LONGEST_WORD ? word : `${word.slice(0, LONGEST_WORD).toWellFormed()}…`;
}

interface Pictures {
  /** The picture of a document, if there is one and the page has room. */
  of(facts: DocumentFacts): string | undefined;
}

function openPictures(files: Files, mediaRoot: string): Pictures {
  let left: number = PAGE_LIMITS.pictures;
  return {
    of({ id, root }) {
      if (left <= 0) return undefined;
      const own = thumbnail(files, mediaRoot, id) ??
        (root === null ? undefined : thumbnail(files, mediaRoot, root));
      if (own !== undefined) left -= own.length;
      return own;
    },
  };
}

function thumbnail(files: Files, mediaRoot: string, id: number): string | undefined {
  const path = join(mediaRoot, "documents/thumbnails", `${String(id).padStart(7, "0")}.webp`);
  return readPicture(files, path, PAGE_LIMITS.picture);
}

const STYLE = `
main { max-width: 88rem; }
.group { padding: 1rem 1.25rem; margin: 1.25rem 0; } .group h2 { margin: 0 0 .75rem; }
.documents { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem; }
.documents article { border: 1px solid var(--line); border-top: .3rem solid var(--dim);
  border-radius: .5rem; padding: .75rem; }
.documents .keep { border-top-color: var(--good); } .documents .duplicate { border-top-color: var(--bad); }
.documents .review { border-top-color: var(--warn); }
.documents img, .documents .none { display: block; width: 100%; height: 12rem; object-fit: cover;
  object-position: top; }
.documents .none { border: 1px dashed var(--line); color: var(--dim); text-align: center;
  line-height: 12rem; font-size: .85rem; }
.documents h3 { font-size: 1rem; margin: .6rem 0 .2rem; overflow-wrap: anywhere; }
.documents p { margin: 0 0 .4rem; }
.documents dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; margin: 0; font-size: .85rem; }
.documents dt { color: var(--dim); } .documents dd { margin: 0; overflow-wrap: anywhere; }
.fate { font-size: .75rem; text-transform: uppercase; letter-spacing: .04em; font-weight: 600; }
.keep .fate { color: var(--good); } .duplicate .fate { color: var(--bad); }
.review .fate { color: var(--warn); }
.doubt { color: var(--warn); font-size: .85rem; margin-left: .5rem; }
details { margin-top: .9rem; border-top: 1px solid var(--line); padding-top: .6rem; }
summary { cursor: pointer; }
.texts { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; margin-top: .5rem; font-size: .9rem;
  max-height: 34rem; overflow: auto; }
.texts h4 { margin: 0; color: var(--dim); } .texts p { margin: .2rem 0 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { .texts { grid-template-columns: 1fr; } }
mark { background: #ffe08a; color: #1d2430; border-radius: .2rem; padding: 0 .15rem; }
mark.number { background: #ffb3ab; outline: 1px solid #b3261e; font-weight: 600; }
.cut { color: var(--dim); font-size: .8rem; border: 1px solid var(--line); border-radius: .25rem;
  padding: 0 .35rem; white-space: nowrap; }
`;
