// The compact sets: they answer as Set does, and hostile keys cost no more than they should.

import { strict as assert } from "node:assert";
import { CHECK_NAMES, checkNamed } from "../../../../core/archive/verify/checks.ts";
import { openKeySet } from "../../../../core/archive/verify/key_set.ts";
import { hashText, openNameSet } from "../../../../core/archive/verify/name_set.ts";
import { checkPng } from "../../../../core/archive/verify/check_png.ts";
import { openSubset } from "../../../../core/archive/verify/subset.ts";
import { random } from "../../../_random.ts";
import { tinyPng } from "../../../_tiny_files.ts";

Deno.test("a key set answers as a Set", () => {
  const numbers = random(7);
  const [ours, theirs] = [openKeySet(), new Set<number>()];
  const edges = [0, 1, 31, 32, 63, 1023, 1024, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
  const keys = [...edges, ...Array.from({ length: 5000 }, () => numbers.below(20_000))];
  for (const key of keys) {
    assert.equal(ours.add(key), !theirs.has(key), `add ${key}`);
    theirs.add(key);
  }
  for (const key of keys.slice(0, 1000)) {
    ours.delete(key);
    theirs.delete(key);
  }
  assert.equal(ours.size, theirs.size);
  assert.deepEqual([...ours].sort((a, b) => a - b), [...theirs].sort((a, b) => a - b));
  for (let key = 0; key < 20_100; key++) assert.equal(ours.has(key), theirs.has(key));
});

Deno.test("a name set knows what was added, and what twice", () => {
  const names = openNameSet();
  const all = Array.from({ length: 3000 }, (_, index) => `folder ${index % 7}/größe ${index}.pdf`);
  for (const name of all) names.add(name);
  assert.ok(!names.hasDoubles);
  assert.ok(all.every((name) => names.has(name) && !names.hasTwice(name)));
  assert.ok(!names.has("folder 0/größe 3001.pdf"));
  names.add(all[5]!);
  assert.ok(names.hasDoubles && names.hasTwice(all[5]!) && !names.hasTwice(all[6]!));
  assert.ok(names.has(all[2999]!));
});

Deno.test("hashes stay what they are: parts of exports are the same files for ever", () => {
  assert.equal(hashText("manifest.json", 7), hashText("manifest.json", 7));
  const paths = Array.from({ length: 7000 }, (_, index) => `${index}.pdf`);
  const parts = [1, 2, 3, 4, 5, 6, 7].map((part) =>
    openSubset({ kind: "part", part, of: 7 }, () => 0)
  );
  for (const path of paths) assert.equal(parts.filter((part) => part.has(path)).length, 1);
  for (const part of parts) {
    const count = paths.filter((path) => part.has(path)).length;
    assert.ok(count > 800 && count < 1200, `${count}`);
  }
  const half = openSubset({ kind: "size", bytes: 500 }, () => 1000, 42);
  const count = paths.filter((path) => half.has(path)).length;
  assert.ok(count > 3300 && count < 3700, `${count}`);
  assert.equal(half.seed, 42);
});

Deno.test("a PNG is whole, or it is said what is wrong", () => {
  const sound = tinyPng([0, 85, 170, 255]);
  assert.equal(checkPng(sound), undefined);
  assert.equal(checkPng(new Uint8Array(50)), "it is no PNG image");
  assert.equal(checkPng(sound.subarray(0, -6)), "it is cut short");
  assert.equal(checkPng(sound.with(20, sound[20]! ^ 1)), "its data is damaged");
});

Deno.test("the manual lists every check with its level, and no other", () => {
  const manual = Deno.readTextFileSync(new URL("../../../../docs/verify.md", import.meta.url));
  const listed = [...manual.matchAll(/^\| `([a-z-]+)` +\| (error|warning|info) +\|/gm)]
    .map(([, name, level]) => `${name} ${level}`);
  assert.deepEqual(
    listed.sort(),
    CHECK_NAMES.map((name) => `${name} ${checkNamed(name).level}`).sort(),
  );
});
