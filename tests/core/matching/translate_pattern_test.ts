// Translated patterns find something in exactly the texts in which Python's regex module does.

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { PatternError } from "../../../core/matching/python_pattern.ts";
import { fold } from "../../../core/matching/python_text.ts";
import { isLatin, translatePattern } from "../../../core/matching/translate_pattern.ts";

const { texts, cases } = JSON.parse(
  Deno.readTextFileSync(new URL("./patterns.json", import.meta.url)),
) as {
  readonly texts: readonly string[];
  /** The answers: a digit for each text, `?` where it took too long; null where the pattern is invalid. */
  readonly cases:
    readonly (readonly [pattern: string, ignoreCase: 0 | 1, answers: string | null])[];
};

function kindOf(pattern: string, ignoreCase = false): "fine" | PatternError["kind"] {
  try {
    translatePattern(pattern, ignoreCase);
    return "fine";
  } catch (error) {
    if (error instanceof PatternError) return error.kind;
    throw error;
  }
}

Deno.test("every recorded pattern finds what Python's finds, or is refused", () => {
  const seen = { fine: 0, invalid: 0, unsupported: 0, latin: 0 };
  for (const [pattern, ignoreCase, answers] of cases) {
    const kind = kindOf(pattern, ignoreCase === 1);
    seen[kind]++;
    if (kind === "unsupported") continue;
    strictEqual(kind === "invalid", answers === null, `${pattern} is ${kind}`);
    if (kind === "invalid") continue;
    const { source, latin, flags, needles } = translatePattern(pattern, ignoreCase === 1);
    const compiled = new RegExp(source, flags);
    const found = texts.map((text, i) =>
      answers![i] === "?" ? "?" : compiled.test(text) ? "1" : "0"
    );
    strictEqual(found.join(""), answers, `${pattern} ${ignoreCase} became ${source}`);
    const quick = new RegExp(latin, flags);
    for (const [i, text] of texts.entries()) {
      if (found[i] !== "?" && isLatin(text)) {
        seen.latin++;
        strictEqual(quick.test(text), found[i] === "1", `${pattern} ${ignoreCase} became ${latin}`);
      }
      if (found[i] !== "1") continue;
      for (const needle of needles) ok(fold(text).includes(needle), `${pattern} needs ${needle}`);
    }
  }
  ok(seen.latin > 30_000 && seen.fine > 2800 && seen.invalid > 50, JSON.stringify(seen));
  // Nearly all of these are possessive inside a look-behind, by chance.
  ok(seen.unsupported < 300, JSON.stringify(seen));
});

Deno.test("what can't be said exactly is refused as unsupported", () => {
  const patterns = [
    "(?R)",
    "(?1)(a)",
    "(?(1)a|b)",
    "(a)?(?(1)b|c)",
    "(?|a|b)",
    "(?:a){e<=1}",
    "(*FAIL)",
    "\\X",
    "(?V1)[a--b]",
    "(?r)a",
    "\\L<words>",
    "(a)?\\1",
    "\\p{NoSuchThing}",
  ];
  deepStrictEqual(patterns.filter((pattern) => kindOf(pattern) !== "unsupported"), []);
});

Deno.test("patterns made to break a reader are refused or read, never a crash", () => {
  const hostile = [
    "(".repeat(256),
    "(?:".repeat(80) + ")".repeat(80),
    "[".repeat(256),
    "[^".repeat(128),
    "\\".repeat(255),
    "a" + "{1,2}".repeat(50),
    "a{99999999999999999999}",
    "(?i)".repeat(60) + "a",
    "(?ia:".repeat(50) + ")".repeat(50),
    "\ud800[\udc00-\udfff]",
    "[\u{10ffff}-\u{10ffff}]",
    "\\p{" + "^".repeat(200) + "}",
    "(?<=".repeat(60) + "a" + ")".repeat(60),
    "((((((((((((((((((((a{9999}){9999}){9999}){9999}))))))))))))))))",
  ];
  for (const pattern of hostile) ok(["fine", "invalid", "unsupported"].includes(kindOf(pattern)));
  throws(() => translatePattern("(".repeat(256), false), PatternError);
});

Deno.test("the quick form means the same for every character that it is used for", () => {
  for (const pattern of ["\\w", "\\d", "\\s", "[[:alpha:]]", "[[:alnum:]]", "\\W", "[^\\d\\s]"]) {
    for (const ignoreCase of [false, true]) {
      const { source, latin, flags } = translatePattern(pattern, ignoreCase);
      const [slow, quick] = [new RegExp(source, flags), new RegExp(latin, flags)];
      let compared = 0;
      for (let point = 0; point < 0x3000; point++) {
        const character = String.fromCharCode(point);
        if (!isLatin(character)) continue;
        strictEqual(
          quick.test(character),
          slow.test(character),
          `${pattern} U+${point.toString(16)}`,
        );
        compared++;
      }
      ok(compared > 600);
    }
  }
});
