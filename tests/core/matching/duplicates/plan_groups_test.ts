// Which documents stay: nothing goes for a document that goes itself, by another's ratio, or against the numbers.

import assert from "node:assert/strict";
import { openFiles } from "../../../../core/library/deno_files.ts";
import type { DocumentFacts } from "../../../../core/matching/duplicates/document_facts.ts";
import type { KeepRule } from "../../../../core/matching/duplicates/duplicate_options.ts";
import {
  type DuplicatePair,
  openMatchSpool,
} from "../../../../core/matching/duplicates/match_spool.ts";
import {
  type DuplicateGroup,
  keepOrder,
  type Member,
  planGroups,
} from "../../../../core/matching/duplicates/plan_groups.ts";
import { tempFolder } from "../../../_fixtures.ts";
import { random } from "../../../_random.ts";

function facts(id: number, more: Partial<DocumentFacts> = {}): DocumentFacts {
  return {
    id,
    title: `Document ${id}`,
    created: "2024-01-01",
    added: `2024-01-01 00:00:${String(id % 60).padStart(2, "0")}`,
    archiveSerialNumber: null,
    correspondent: null,
    documentType: null,
    storagePath: null,
    owner: null,
    pages: 1,
    tags: [],
    notes: 0,
    customFields: 0,
    root: null,
    versions: 0,
    ...more,
  };
}

/** Plans for documents 1, 2, … with indices 0, 1, …; pairs as ids. */
function plan(
  documents: readonly DocumentFacts[],
  pairs: readonly (readonly [number, number])[],
  options: {
    readonly keep?: KeepRule;
    readonly numbers?: readonly number[];
    readonly includeNumericDifferences?: boolean;
  } = {},
): DuplicateGroup[] {
  using temp = tempFolder();
  const files = openFiles({ read: [temp.path], write: [temp.path] });
  const index = new Map(documents.map(({ id }, i) => [id, i]));
  return planGroups(
    documents.length,
    pairs.map(([one, other]): DuplicatePair => {
      const [a, b] = [index.get(one)!, index.get(other)!].sort((x, y) => x - y);
      return { a: a!, b: b!, distance: 1, total: 100 };
    }),
    {
      facts: new Map(documents.map((document, i) => [i, document])),
      numbers: BigUint64Array.from(documents, (_, i) => BigInt(options.numbers?.[i] ?? 0)),
    },
    {
      keep: options.keep ?? "default",
      includeNumericDifferences: options.includeNumericDifferences ?? false,
      openSpool: (order) => openMatchSpool(files, `${temp.path}/spool`, order),
    },
  );
}

/** Fates by id, as text. */
function fates(groups: readonly DuplicateGroup[], documents: readonly DocumentFacts[]) {
  return Object.fromEntries(
    groups.flatMap(({ members }) => members).map((
      { document, fate, like, doubt },
    ) => [
      documents[document]!.id,
      like === undefined ? fate : `${fate} ${documents[like]!.id}${doubt ? `: ${doubt}` : ""}`,
    ]),
  );
}

Deno.test("C doesn't go for B when B goes for A: upstream would delete it", () => {
  const documents = [1, 2, 3].map((id) => facts(id));
  assert.deepEqual(fates(plan(documents, [[1, 2], [2, 3]]), documents), {
    1: "keep",
    2: "duplicate 1",
    3: "keep",
  });
});

Deno.test("each document that stays keeps those that are like it", () => {
  const documents = [1, 2, 3, 4, 5].map((id) => facts(id));
  // 1–2–3–4–5: 2 goes for 1; 3 stays, 4 goes for it; 5 stays.
  const groups = plan(documents, [[1, 2], [2, 3], [3, 4], [4, 5]]);
  assert.deepEqual(fates(groups, documents), {
    1: "keep",
    2: "duplicate 1",
    3: "keep",
    4: "duplicate 3",
    5: "keep",
  });
  assert.equal(groups.length, 1);
});

Deno.test("one with a serial number stays, then the one with most metadata, then the one added first", () => {
  const pairs = [[1, 2], [1, 3], [2, 3]] as const;
  const plain = [1, 2, 3].map((id) => facts(id));
  const rich = { ...plain[1]!, tags: ["a", "b"], correspondent: "c" };
  const numbered = { ...plain[2]!, archiveSerialNumber: 7 };
  const kept = (documents: readonly DocumentFacts[], keep?: KeepRule) =>
    documents[plan(documents, pairs, keep ? { keep } : {})[0]!.members[0]!.document]!.id;
  assert.equal(kept([plain[0]!, rich, numbered]), 3);
  assert.equal(kept([plain[0]!, rich, plain[2]!]), 2);
  assert.equal(kept([{ ...plain[0]!, added: "2025-01-01" }, plain[1]!, plain[2]!]), 2);
  assert.equal(kept([plain[0]!, rich, numbered], "most-metadata"), 2);
  assert.equal(kept([plain[0]!, rich, numbered], "lowest-id"), 1);
  assert.equal(kept([plain[0]!, rich, numbered], "oldest"), 1);
  assert.equal(kept([plain[0]!, rich, numbered], "newest"), 3);
});

Deno.test("documents whose numbers differ are only reported, unless told otherwise", () => {
  const documents = [1, 2, 3].map((id) => facts(id));
  const pairs = [[1, 2], [1, 3], [2, 3]] as const;
  const numbers = [5, 6, 5];
  assert.deepEqual(fates(plan(documents, pairs, { numbers }), documents), {
    1: "keep",
    2: "review 1: numbers differ",
    3: "duplicate 1",
  });
  assert.deepEqual(
    fates(plan(documents, pairs, { numbers, includeNumericDifferences: true }), documents),
    { 1: "keep", 2: "duplicate 1", 3: "duplicate 1" },
  );
});

Deno.test("one that was only reported can still be the one that others go for", () => {
  const documents = [1, 2, 3].map((id) => facts(id));
  const groups = plan(documents, [[1, 2], [1, 3], [2, 3]], { numbers: [5, 6, 6] });
  assert.deepEqual(fates(groups, documents), {
    1: "keep",
    2: "review 1: numbers differ",
    3: "duplicate 2",
  });
});

Deno.test("versions never go by themselves, and nothing goes on their account", () => {
  const documents = [
    facts(1, { versions: 1 }),
    facts(2, { root: 1 }),
    facts(3),
    facts(4, { root: 9 }),
  ];
  // 2 is a version of 1 and like it; 3 is like the version 2 only; 4 is a version of another document.
  assert.deepEqual(fates(plan(documents, [[1, 2], [2, 3], [1, 4]]), documents), {
    1: "keep",
    2: "review 1: version",
    3: "review 2: version",
    4: "review 1: version",
  });
});

Deno.test("a document with versions goes only if all of them are like the one that stays", () => {
  const documents = [
    facts(1),
    facts(2, { versions: 2 }),
    facts(3, { root: 2 }),
    facts(4, { root: 2 }),
  ];
  assert.equal(
    fates(plan(documents, [[1, 2], [1, 3]]), documents)[2],
    "review 1: has other versions",
  );
  assert.equal(fates(plan(documents, [[1, 2], [1, 3], [1, 4]]), documents)[2], "duplicate 1");
  // The numbers of a version count as well.
  assert.equal(
    fates(plan(documents, [[1, 2], [1, 3], [1, 4]], { numbers: [5, 5, 5, 6] }), documents)[2],
    "review 1: numbers differ",
  );
  // A version that nothing matches is not even known here.
  assert.equal(
    fates(plan(documents.slice(0, 3), [[1, 2], [1, 3]]), documents)[2],
    "review 1: has other versions",
  );
});

Deno.test("documents that are gone meanwhile are left out", () => {
  using temp = tempFolder();
  const files = openFiles({ read: [temp.path], write: [temp.path] });
  const groups = planGroups(
    3,
    [{ a: 0, b: 1, distance: 0, total: 10 }, { a: 1, b: 2, distance: 0, total: 10 }],
    { facts: new Map([[0, facts(1)], [2, facts(3)]]), numbers: new BigUint64Array(3) },
    {
      keep: "default",
      includeNumericDifferences: false,
      openSpool: (order) => openMatchSpool(files, `${temp.path}/spool`, order),
    },
  );
  assert.deepEqual(groups, []);
});

Deno.test("whatever the matches: who goes is like one that stays, by its own pair, with its numbers", () => {
  const dice = random(77);
  for (let round = 0; round < 150; round++) {
    const count = 2 + dice.below(14);
    const documents = Array.from({ length: count }, (_, i) =>
      facts(i + 1, {
        added: `2024-01-0${1 + dice.below(9)}`,
        archiveSerialNumber: dice.below(4) === 0 ? i : null,
        tags: Array.from({ length: dice.below(3) }, String),
      }));
    const numbers = documents.map(() => dice.below(2));
    const pairs: [number, number][] = [];
    for (let i = 1; i <= count; i++) {
      for (let j = i + 1; j <= count; j++) if (dice.below(3) === 0) pairs.push([i, j]);
    }
    const keep = dice.pick(["default", "oldest", "newest", "lowest-id", "most-metadata"] as const);
    const groups = plan(documents, pairs, { keep, numbers });
    const members = new Map<number, Member>(
      groups.flatMap((group) => group.members.map((member) => [member.document, member])),
    );
    const matched = new Set(pairs.flat());
    assert.equal(members.size, matched.size);
    const order = keepOrder(keep);
    for (const { document, fate, like, pair } of members.values()) {
      if (fate === "keep") continue;
      assert.notEqual(members.get(like!)!.fate, "duplicate");
      assert.deepEqual(new Set([pair!.a, pair!.b]), new Set([document, like!]));
      assert.ok(
        pairs.some(([a, b]) =>
          Math.min(document, like!) === a - 1 && Math.max(document, like!) === b - 1
        ),
      );
      assert.ok(order(documents[like!]!, documents[document]!) < 0);
      assert.equal(fate === "duplicate", numbers[document] === numbers[like!]);
    }
    for (const { members: [first] } of groups) assert.notEqual(first!.fate, "duplicate");
  }
});
