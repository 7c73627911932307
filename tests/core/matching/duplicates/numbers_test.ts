// Which words count as numbers, and when the numbers of two texts differ.

import assert from "node:assert/strict";
import { random } from "../../../_random.ts";
import { hasNumber, numbersMark, numbersOf } from "../../../../core/matching/duplicates/numbers.ts";

Deno.test("numbers are found with their separators and signs", () => {
  const text =
    "Invoice RE-2024/017 of 03.05.2024: 1.234,56 EUR, -12 %, IBAN GB29 NWBK 6016, page 2, flat 7b.";
  assert.deepEqual([...numbersOf(text)], [
    "-2024/017",
    "03.05.2024",
    "1.234,56",
    "-12",
    "GB29",
    "6016",
    "2",
    "7b",
  ]);
});

Deno.test("digits that a bad scan puts into words are no numbers", () => {
  assert.deepEqual([...numbersOf("the peri0d 0f your 1etter, acknow1edged 5hort1y")], []);
});

Deno.test("other scripts have numbers, too", () => {
  assert.deepEqual([...numbersOf("١٢٣ und ２０２４ 令和6年")], ["١٢٣", "２０２４"]);
});

Deno.test("any other number makes a difference, and so does its order, its sign or a separator", () => {
  const base = "Rent 500 EUR, 12 months, 3.5 %";
  for (
    const other of [
      "Rent 501 EUR, 12 months, 3.5 %",
      "Rent 500 EUR, 12 months",
      "Rent 500 EUR, 12 months, 35 %",
      "Rent 12 EUR, 500 months, 3.5 %",
      "Rent -500 EUR, 12 months, 3.5 %",
      "Rent 500 EUR, 12 months, 3.5 % 7",
    ]
  ) {
    assert.notEqual(numbersMark(base), numbersMark(other), other);
  }
  assert.equal(numbersMark(base), numbersMark("Rcnt 500  EUR; 12 m0nths (3.5 %)"));
});

Deno.test("a word of the page is marked as a number by the same rule", () => {
  assert.deepEqual(["480.00", "R-77039", "peri0d", "Total:"].map(hasNumber), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("whatever the text: the words are those of the plain expression", () => {
  const plain = /[+-]?[\p{L}\p{M}\p{N}]*\p{N}(?:[\p{L}\p{M}\p{N}.,:/'’_-]*[\p{L}\p{M}\p{N}])?/gu;
  const number = /\p{N}[.,:/'’_-]?\p{N}|^\P{L}*$|^[2-46-9]\p{L}$/u;
  const chance = random(5);
  const letters = [..."a1é2٣𝟙ß+-+-..,:/'’_ \n!0"];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from(
      { length: 1 + chance.below(14) },
      () => chance.pick(letters),
    ).join("");
    const expected = [...text.matchAll(plain)].map(([word]) => word).filter((word) =>
      number.test(word)
    );
    assert.deepEqual([...numbersOf(text)], expected, JSON.stringify(text));
  }
});

Deno.test("megabytes without a blank are read in one go", () => {
  const long = 3_000_000;
  assert.deepEqual([...numbersOf("x".repeat(long))], []);
  assert.deepEqual([...numbersOf(`1${".".repeat(long)}`)], ["1"]);
  assert.equal([...numbersOf("a-".repeat(long))].length, 0);
  assert.equal([...numbersOf("7".repeat(long))][0]!.length, long);
});
