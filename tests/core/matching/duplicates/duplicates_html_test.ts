// The page: nothing of a document becomes markup, nothing is loaded, and it says what it leaves out.

import assert from "node:assert/strict";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { openSpool } from "../../../../core/library/spool.ts";
import {
  duplicatesHtml,
  type DuplicatesPage,
  type PageGroup,
  type PageMember,
} from "../../../../core/matching/duplicates/duplicates_html.ts";
import { diffWords } from "../../../../core/matching/duplicates/word_diff.ts";
import { tempFolder } from "../../../_fixtures.ts";
import { webpPieces } from "../../../_tiny_files.ts";

const EVIL = `<script>alert(1)</script>"'&<img src=x onerror=alert(2)>`;

function member(id: number, more: Partial<PageMember> = {}, title = `Document ${id}`): PageMember {
  return {
    facts: {
      id,
      title,
      created: "2024-05-01",
      added: "2024-05-02 10:00:00",
      archiveSerialNumber: null,
      correspondent: title,
      documentType: title,
      storagePath: null,
      owner: title,
      pages: 2,
      tags: [title],
      notes: 0,
      customFields: 0,
      root: null,
      versions: 0,
    },
    fate: "keep",
    ...more,
  };
}

function page(groups: readonly PageGroup[], more: Partial<DuplicatesPage> = {}): string {
  using temp = tempFolder();
  const files = openFiles({ read: [temp.path], write: [temp.path] });
  const thumbnails = `${temp.path}/documents/thumbnails`;
  Deno.mkdirSync(thumbnails, { recursive: true });
  const picture = Deno.openSync(`${thumbnails}/0000001.webp`, { create: true, write: true });
  for (const piece of webpPieces({ width: 40, height: 50, colour: [1, 2, 3] })) {
    picture.writeSync(piece);
  }
  picture.close();
  Deno.writeTextFileSync(`${thumbnails}/0000002.webp`, EVIL);
  using spool = openSpool<PageGroup>(files, `${temp.path}/spool`);
  groups.forEach((group) => spool.add(group));
  spool.close();
  return [...duplicatesHtml(files, {
    groups: spool,
    more: 0,
    ratio: 85,
    documents: 10,
    matches: 3,
    allGroups: groups.length,
    duplicates: 1,
    review: 1,
    approximate: false,
    mediaRoot: temp.path,
    started: "2026-11-23T05:21:10.300Z",
    ...more,
  })].join("");
}

function pair(left: string, right: string): PageGroup {
  return {
    members: [
      member(1),
      member(2, {
        fate: "review",
        doubt: "numbers differ",
        like: { id: 1, score: 99.3499, numbersDiffer: true, diff: diffWords(left, right) },
      }),
    ],
    more: 0,
  };
}

Deno.test("nothing of a document becomes markup", () => {
  const group: PageGroup = {
    members: [
      member(1, {}, EVIL),
      member(2, {
        fate: "duplicate",
        like: {
          id: 1,
          score: 90,
          numbersDiffer: false,
          diff: diffWords(`a ${EVIL} b`, `c ${EVIL} d`),
        },
      }, EVIL),
    ],
    more: 0,
  };
  const text = page([group]);
  assert.ok(!/<script|<img src=x|onerror=alert\(2\)>/.test(text));
  assert.ok(text.includes("&lt;script&gt;"));
});

Deno.test("it stands alone: no script, nothing that is loaded, pictures inside", () => {
  const text = page([pair("a", "b")]);
  assert.ok(!/<script|<link|<iframe|https?:\/\//.test(text));
  const sources = [...text.matchAll(/src="([^"]{0,30})/g)].map(([, source]) => source);
  assert.equal(sources.length, 1);
  assert.match(sources[0]!, /^data:image\/webp;base64,/);
  // What only has the name of a picture is none.
  assert.match(text, /no picture/);
  assert.match(text, /default-src 'none'/);
});

Deno.test("words that differ are marked, numbers apart from words, equal ones not", () => {
  const text = page([pair("Dear Ann total 480,00 EUR", "Dear Bob total 632,17 EUR")]);
  const marks = [...text.matchAll(/<mark( class="number")?>([^<]+)<\/mark>/g)]
    .map(([, number, word]) => `${word}${number ? " (number)" : ""}`);
  assert.deepEqual(marks, ["Ann", "480,00 (number)", "Bob", "632,17 (number)"]);
  assert.match(text, /99\.350 %/);
  assert.match(text, /numbers differ/);
});

Deno.test("long equal passages are cut, and what isn't shown is told", () => {
  const long = Array.from({ length: 500 }, (_, i) => `word${i}x`).join(" ");
  const text = page([{ ...pair(`${long} a`, `${long} b`), more: 7 }], {
    more: 41,
    approximate: true,
  });
  assert.match(text, /482 equal words/);
  assert.ok(!text.includes("word200x") && text.includes("word499x"));
  assert.match(text, /7 more documents/);
  assert.match(text, /41 more groups/);
  assert.match(text, /approximate search/);
});

Deno.test("the page stays small enough to be looked at, whatever the texts", () => {
  const words = (letter: string) =>
    Array.from({ length: 1400 }, (_, i) => `${letter}${i}`).join(" ");
  const group = pair(words("a"), words("b"));
  const groups = Array.from({ length: 200 }, () => group);
  const text = page(groups);
  assert.match(text, /The page is full/);
  assert.ok(text.length < 30_000_000, `${text.length}`);
  assert.equal(text.match(/<section/g)?.length, 200, "every group is there all the same");
  const endless = page([pair("x".repeat(5_000_000), `${"x".repeat(5_000_000)}y`)]);
  assert.ok(endless.length < 50_000, `${endless.length}`);
});

Deno.test("without matches it says so", () => {
  assert.match(page([], { duplicates: 0, review: 0, matches: 0 }), /No documents match/);
});
