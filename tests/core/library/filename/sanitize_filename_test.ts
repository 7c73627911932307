// The sanitiser against pathvalidate 3.3.1 with platform "universal".

import { strictEqual } from "node:assert/strict";
import {
  sanitizeFilename,
  truncateToBytes,
} from "../../../../core/library/filename/sanitize_filename.ts";

/** Text and what pathvalidate makes of it. */
const VECTORS: readonly (readonly [string, string])[] = [
  ["my\\invalid/../title:yay", "my-invalid-..-title-yay"],
  ["This. is the title.", "This. is the title"],
  ["CON", "CON_"],
  ["con.txt", "con_.txt"],
  ["Con.PDF.x", "Con_.PDF.x"],
  ["COM1.txt", "COM1_.txt"],
  ["prn ", "prn"],
  ["a\0b\tc", "a-b-c"],
  ["é".repeat(200), "é".repeat(127)],
  ["..", ".."],
  [".", "."],
  ["...", ""],
  ["", ""],
  ["   ", ""],
  ["\t\n", ""],
  ["\u2003\u3000", ""],
  ["\ufeff", "\ufeff"],
  ['a*?"<>|b', "a------b"],
  ["\u007f\u001f", "--"],
  ["\u0085x", "\u0085x"],
  ["  a  ", "a"],
  [" .", "."],
  ["a . . ", "a"],
  ["aux.pdf", "aux_.pdf"],
  ["lpt¹.x", "lpt¹_.x"],
  ["clock$", "clock$_"],
  ["con.con.con", "con_.con_.con_"],
  ["con .txt", "con .txt"],
  [" con", "con"],
  [".con", ".con"],
  ["nul.", "nul_."],
  ["com10", "com10"],
  ["COM0", "COM0_"],
  ["$&", "$&"],
  [" ".repeat(255) + "x", ""],
  ["a".repeat(254) + "é", "a".repeat(254)],
  ["😀".repeat(70), "😀".repeat(63)],
  ["a".repeat(254) + " b", "a".repeat(254)],
];

for (const [text, name] of VECTORS) {
  Deno.test(`${JSON.stringify(text.slice(0, 24))} becomes ${JSON.stringify(name.slice(0, 24))}`, () => {
    strictEqual(sanitizeFilename(text), name);
  });
}

Deno.test("mail attachments lose what others have replaced", () => {
  strictEqual(sanitizeFilename("a/b:c\r\n.pdf", ""), "abc.pdf");
});

Deno.test("a cut stays between characters", () => {
  strictEqual(truncateToBytes("aé😀b", 7), "aé😀");
  strictEqual(truncateToBytes("aé😀b", 6), "aé");
  strictEqual(truncateToBytes("aé😀b", 2), "a");
  strictEqual(truncateToBytes("aé😀b", 0), "");
  strictEqual(truncateToBytes("a\ud800b", 4), "a\ud800");
});
