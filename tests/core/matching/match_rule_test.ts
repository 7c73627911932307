// The rules on the vectors of upstream's own behaviour, and on the letters over which Python and JavaScript differ.

import { ok, strictEqual } from "node:assert/strict";
import { ALGORITHMS, compileRule } from "../../../core/matching/match_rule.ts";
import { openMatcher } from "../../../core/matching/open_matcher.ts";

interface Vector {
  readonly algorithm: keyof typeof ALGORITHMS;
  readonly match: string;
  readonly sensitive?: true;
  readonly yes?: readonly string[];
  readonly no?: readonly string[];
}

const VECTORS: readonly Vector[] = [
  {
    algorithm: "all",
    match: "alpha charlie gamma",
    yes: ["I have alpha, charlie, and gamma in me", "GAMMA ALPHA CHARLIE"],
    no: ["I have alphas, charlie, and gamma in me", "alpha charlie", ""],
  },
  {
    algorithm: "all",
    match: "12 34 56",
    yes: ["I have 12 34, and 56 in me"],
    no: ["I have 120, 34, and 56 in me", "I have 123456 in me"],
  },
  {
    algorithm: "all",
    match: 'brown fox "lazy dogs"',
    yes: ["the quick brown fox jumped over the lazy  dogs", "lazy\n\t dogs brown fox"],
    no: ["brown fox over the lazy... dogs", "the quick brown fox jumped over the fat dogs"],
  },
  {
    algorithm: "any",
    match: '"brown fox" " lazy  dogs "',
    yes: ["the quick brown fox", "jumped over the lazy  dogs.", "the lazy\u00a0dogs"],
    no: ["the lazy fox jumped over the brown dogs", "the quick brown\u200bfox"],
  },
  {
    algorithm: "exact",
    match: "alpha charlie gamma",
    yes: ["I have 'alpha charlie gamma' in me", "Alpha Charlie Gamma"],
    no: ["I have alpha, charlie, gamma in me", "alpha charlie  gamma", "alpha charlie gammas"],
  },
  {
    algorithm: "exact",
    match: " alpha ",
    yes: ["x alpha y"],
    no: ["alpha", "x-alpha-y", ", alpha ,"],
  },
  { algorithm: "exact", match: "Alpha", sensitive: true, yes: ["an Alpha"], no: ["an alpha"] },
  { algorithm: "exact", match: "(foo)", yes: ["x(foo)y"], no: [" (foo) ", "(foo)"] },
  {
    algorithm: "exact",
    match: "foo",
    yes: ["-foo-", "e\u0301foo"],
    no: ["_foo_", "foo²", "äfoo", "foo½"],
  },
  // A combining mark is no word character.
  { algorithm: "exact", match: "cafe", yes: ["cafe\u0301"], no: ["café"] },
  { algorithm: "any", match: '"foo', yes: ['a"foo b'], no: ["foo", '"foo'] },
  { algorithm: "any", match: '""', yes: ['a""b'], no: ["a b"] },
  // A quoted blank is found wherever a word is.
  { algorithm: "any", match: '" "', yes: ["a", "… b"], no: ["", "…  …"] },
  { algorithm: "any", match: "   ", no: ["", "   ", "a"] },
  { algorithm: "all", match: "straße", yes: ["STRAẞE"], no: ["STRASSE"] },
  {
    algorithm: "any",
    match: "kelvin mass istanbul",
    yes: ["\u212aelvin", "ma\u017fs", "İstanbul", "ıstanbul"],
  },
  { algorithm: "any", match: "σίσυφος", yes: ["ΣΊΣΥΦΟΣ", "Σίσυφοσ"] },
  { algorithm: "exact", match: "a.c", yes: ["A.C"], no: ["abc"] },
  {
    algorithm: "regex",
    match: "alpha\\w+gamma",
    yes: ["I have alpha_and_gamma in me", "I have alphas_and_gamma in me"],
    no: ["I have alpha,and,gamma in me"],
  },
  { algorithm: "regex", match: "[", no: ["[", "anything"] },
  { algorithm: "regex", match: "^line", yes: ["line"], no: ["first\nline"] },
  { algorithm: "regex", match: "Invoice", sensitive: true, yes: ["Invoice"], no: ["invoice"] },
  {
    algorithm: "fuzzy",
    match: "Springfield, Miss.",
    yes: [
      "1220 Main Street, Springf eld, Miss.",
      "1220 Main Street, Spring field, Miss.",
      "1220 Main Street, Springfeld, Miss.",
      "1220 Main Street Springfield Miss",
    ],
    no: ["1220 Main Street, Springfield, Mich."],
  },
  // Nothing is left of either; a tiny text that is in a long rule.
  { algorithm: "fuzzy", match: "...", yes: ["", "!?"], no: ["a"] },
  { algorithm: "fuzzy", match: "a very long rule", yes: ["e"], no: ["z"] },
  {
    algorithm: "fuzzy",
    match: "ABCDEFGHIJ",
    sensitive: true,
    yes: ["ABCDEFGHI"],
    no: ["abcdefghij"],
  },
  { algorithm: "none", match: "a", no: ["a"] },
  { algorithm: "automatic", match: "a", no: ["a"] },
];

Deno.test("every vector is decided as upstream decides it", async () => {
  const cases = VECTORS.flatMap(({ yes = [], no = [], ...vector }) => [
    ...yes.map((text) => ({ ...vector, text, expected: true })),
    ...no.map((text) => ({ ...vector, text, expected: false })),
  ]);
  const rules = cases.map(({ algorithm, match, sensitive }) =>
    compileRule({ match, algorithm: ALGORITHMS[algorithm], insensitive: sensitive !== true })
  );
  const matcher = openMatcher(rules, { workers: 1, explain: true });
  try {
    const verdicts = await matcher.match(cases.map(({ text }) => text));
    for (const [i, { algorithm, match, text, expected }] of cases.entries()) {
      const { matches, why } = verdicts[i]!;
      strictEqual(
        matches.includes(i),
        expected,
        `${algorithm} ${JSON.stringify(match)} in ${JSON.stringify(text)}: ${why?.[i]}`,
      );
    }
  } finally {
    matcher.close();
  }
  ok(cases.length > 70);
});

Deno.test("patterns that explode are ended, and what is known about the others is not lost", async () => {
  const pattern = (match: string) =>
    compileRule({ match, algorithm: ALGORITHMS.regex, insensitive: true });
  const rules = [
    pattern("(a+)+$"),
    pattern("(a|aa)+$"),
    pattern("(?:a{1,60}){1,60}(?:a{1,60}){1,60}b"),
    pattern("^a"),
    compileRule({ match: "X", algorithm: ALGORITHMS.any, insensitive: true }),
  ];
  const told: [number, boolean][] = [];
  const matcher = openMatcher(rules, {
    workers: 2,
    limit: 600,
    onTimeout: (rule, given) => void told.push([rule, given]),
  });
  try {
    const long = "a".repeat(5000) + " X";
    const [first, second] = await Promise.all([
      matcher.match([long, "plain b"]),
      matcher.match(["a", long]),
    ]);
    strictEqual(first[0]!.undecided.includes(0), true);
    for (const verdict of [first[0]!, second[1]!]) {
      ok(verdict.matches.includes(3) && verdict.matches.includes(4));
    }
    ok(second[0]!.matches.includes(0) && second[0]!.matches.includes(3));
    ok(told.some(([rule]) => rule === 0));
    // Sooner or later it is not tried any more.
    for (let round = 0; round < 3; round++) await matcher.match([long, long]);
    ok(told.some(([rule, given]) => rule === 0 && given));
    const count = told.length;
    const [last] = await matcher.match([long]);
    ok(last!.undecided.includes(0));
    strictEqual(told.slice(count).some(([rule]) => rule === 0), false);
  } finally {
    matcher.close();
  }
});
