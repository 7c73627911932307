// A page that stands alone: one file, no script, nothing loaded from anywhere. Invariant: text from data is
// escaped where it enters, by the `html` tag, so that a title can't become markup.

/** A piece of HTML that is safe to be put into a page. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand in a template: text is escaped, markup and lists of it are not. */
export type Insert = string | number | bigint | Markup | readonly Insert[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

// Direction marks and overrides could make a name look like another one.
const INVISIBLE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\p{Cs}]/gu;

/** Text as HTML shows it: markup and what can't be seen are made harmless. */
export function escapeHtml(text: string): string {
  return text
    .replace(
      INVISIBLE,
      (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
    )
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** Builds markup from a template; everything inserted is escaped unless it is markup itself.
 * @example
 * ```ts
 * import { html } from "./html_page.ts";
 * if (html`<b>${"<i>"}</b>`.text !== "<b>&lt;i&gt;</b>") throw new Error("wrong");
 * ```
 */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  let text = strings[0] ?? "";
  inserts.forEach((insert, i) => text += insertText(insert) + (strings[i + 1] ?? ""));
  return new Markup(text);
}

function insertText(insert: Insert): string {
  if (insert === undefined) return "";
  if (insert instanceof Markup) return insert.text;
  if (Array.isArray(insert)) return insert.map(insertText).join("");
  return escapeHtml(String(insert));
}

/** A picture inside the page. @param type of the content: `image/webp` */
export function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${bytes.toBase64()}`;
}

/** What a page needs. */
export interface HtmlPage {
  readonly title: string;
  /** One line below the title: what was looked at, and when. */
  readonly subtitle?: string;
  /** The content, piece by piece: it is written as it comes. */
  readonly body: Iterable<Markup>;
  /** Style rules of its own, behind the common ones. */
  readonly style?: string;
}

/** The whole page, piece by piece. */
export function* htmlPage({ title, subtitle, body, style }: HtmlPage): Generator<string> {
  const name = escapeHtml(title);
  const line = subtitle === undefined ? "" : `<p>${escapeHtml(subtitle)}</p>`;
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<title>${name}</title>
<style>${STYLE}${style ?? ""}</style>
</head>
<body>
<main>
<header><h1>${name}</h1>${line}</header>
`;
  for (const piece of body) yield piece.text + "\n";
  yield "</main>\n</body>\n</html>\n";
}

/** A row of figures on top of a page: `tone` colours it. */
export function figures(
  items: readonly {
    readonly label: string;
    readonly value: string | number;
    readonly tone?: "good" | "bad" | "warn";
  }[],
): Markup {
  return html`
    <dl class="figures">${items.map(({ label, value, tone }) =>
      html`
        <div class="${tone ?? "plain"}">
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
  `;
}

/** Nothing is loaded from anywhere, nothing runs. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const STYLE = `
:root { color-scheme: light dark; --fg: #1d2430; --dim: #5d6778; --bg: #f6f7f9; --card: #fff;
  --line: #dfe3ea; --good: #1a7f4b; --bad: #b3261e; --warn: #8a5a00; --info: #2c5fa8; }
@media screen and (prefers-color-scheme: dark) { :root { --fg: #e6e9ef; --dim: #9aa5b8; --bg: #14181f;
  --card: #1c222c; --line: #313a49; --good: #5fcf93; --bad: #ff8a80; --warn: #f0b95b; --info: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
header p, .dim { color: var(--dim); margin: .25rem 0 0; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .6rem 1rem; min-width: 7.5rem; }
.figures dt { color: var(--dim); font-size: .8rem; } .figures dd { margin: 0; font-size: 1.35rem;
  font-weight: 600; font-variant-numeric: tabular-nums; }
.good dd { color: var(--good); } .bad dd { color: var(--bad); } .warn dd { color: var(--warn); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: .6rem 0;
  padding: .75rem 1rem; overflow-wrap: anywhere; }
@media print { body { background: none; } main { max-width: none; padding: 0; } h2 { break-after: avoid; }
  .card { break-inside: avoid; } }
code { font: .87em ui-monospace, monospace; }
img { max-width: 100%; border: 1px solid var(--line); border-radius: .25rem; background: #fff; }
`;
