// On libraries that were damaged as upstream's were: what upstream's checker found is found, in its order; and
// each difference is one that docs/differences.md names.

import assert from "node:assert/strict";
import { CHECKS } from "../../../core/checks/checks.ts";
import { fixturesRoot, type FixtureVersion, unpackLibrary, VERSIONS } from "../../_fixtures.ts";
import { withoutFixtures } from "../../_fixtures.ts";
import { hasPython } from "../../_python.ts";
import { brief, check, damage, recipes } from "./_sanity.ts";

const ignore = withoutFixtures() || !hasPython();

/** Upstream's messages, told by a few words each. */
const MESSAGES: readonly (readonly [words: RegExp, finding: string])[] = [
  [/^Thumbnail .*not exist/, "missing-file # thumbnail"],
  [/^Original .*not exist/, "missing-file # original"],
  [/^Archived version .*not exist/, "missing-file # archive"],
  [/^Checksum mismatch\. /, "checksum-mismatch # original"],
  [/^Checksum mismatch of archived/, "checksum-mismatch # archive"],
  [/no archive filename/, "archive-fields # archive"],
  [/checksum is missing/, "archive-fields # archive"],
  [/no OCR/, "no-content #"],
  [/^Orphaned file.*?: (.+)$/, "orphan-file"],
];

function translate(id: string | undefined, message: string): string {
  for (const [words, finding] of MESSAGES) {
    const match = words.exec(message);
    if (!match) continue;
    return match[1] === undefined
      ? finding.replace("#", id ?? "?")
      : `${finding} ${match[1].replace("/library/media/", "")}`;
  }
  throw new Error(`Unknown message of upstream's: ${message}`);
}

/** What 2.20.15 logged: a line a document, then its messages; orphans last, without one. */
function readLog(text: string): string[] {
  let id: string | undefined;
  return text.split("\n").flatMap((line) => {
    const message = /\[paperless\.sanity_checker\] (.*)$/.exec(line)?.[1];
    if (message === undefined) return [];
    const header = /document #(\d+),/.exec(message);
    if (header) id = header[1];
    return header ? [] : [translate(id, message)];
  });
}

/** What 3.0.5 printed: a table whose cells may take several lines. */
function readTable(text: string): string[] {
  const rows: string[][] = [];
  for (const line of text.split("\n")) {
    const cells = line.startsWith("│")
      ? line.split("│").slice(1, 4).map((cell) => cell.trim())
      : [];
    const last = rows.at(-1);
    if (cells.length < 3) continue;
    if (cells[0] !== "" || !last) rows.push(cells);
    else cells.forEach((cell, i) => last[i] = `${last[i]} ${cell}`.trim());
  }
  return rows.map(([, who = "", message = ""]) => translate(/^#(\d+)/.exec(who)?.[1], message));
}

/** Where we differ, and why. */
const DIFFERENCES: readonly {
  readonly version?: FixtureVersion;
  readonly recipe?: string;
  readonly finding: string;
}[] = [
  // A bundle's zip belongs to its bundle.
  { version: "v3.0.5", finding: "orphan-file documents/share_link_bundles/bundleslug1.zip" },
  // NAS litter is litter, not an orphan.
  { recipe: "orphans", finding: "orphan-file documents/originals/@eaDir/x" },
  // The database names the file: it is no orphan, and must not be put aside as one.
  {
    recipe: "archive_checksum_null",
    finding: "orphan-file documents/archive/2023/National Savings Bank/scan_letter.pdf",
  },
];

const OURS = new Set(
  CHECKS.filter(({ origin }) => origin === "paperward").map(({ name }) => name),
);

for (const version of VERSIONS) {
  for (const { name, operations } of recipes(version)) {
    Deno.test({
      name: `${version}: ${name}: what upstream found, in its order`,
      ignore,
      async fn() {
        using library = unpackLibrary(version);
        damage(library, operations);
        const { findings } = await check(library);
        const found = findings.filter((finding) => !OURS.has(finding.check))
          .map((finding) => brief(library, finding));
        const path = `${fixturesRoot()}/${version}/damaged/${name}`;
        const expected = (version === "v2.20.15"
          ? readLog(Deno.readTextFileSync(`${path}.stderr`))
          : readTable(Deno.readTextFileSync(`${path}.stdout`)))
          .filter((finding) =>
            !DIFFERENCES.some((difference) =>
              (difference.version ?? version) === version &&
              (difference.recipe ?? name) === name && difference.finding === finding
            )
          );
        assert.ok(expected.length > 0);
        const isOrphan = (finding: string) =>
          finding.startsWith("orphan-file");
        assert.deepEqual(
          found.filter((finding) => !isOrphan(finding)),
          expected.filter((finding) => !isOrphan(finding)),
        );
        // Upstream's orphans come from a set.
        assert.deepEqual(found.filter(isOrphan).sort(), expected.filter(isOrphan).sort());
        assert.ok(
          found.findIndex(isOrphan) === -1 ||
            found.slice(found.findIndex(isOrphan)).every(isOrphan),
        );
      },
    });
  }
}
