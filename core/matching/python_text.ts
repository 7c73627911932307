// What Python's `re` and `str` hold for a word, a blank and equal letters (3.11, Unicode strings): matching has to
// agree with it to the letter. Invariant: folding keeps the length of a text in code units.

const WORD = /[\p{L}\p{N}_]/u;

/** Whether a code point is a word character of `re`: `str.isalnum()` or the underscore. Marks are none. */
export function isWord(point: number): boolean {
  if (point < 0x80) {
    return (point >= 0x61 && point <= 0x7a) || (point >= 0x30 && point <= 0x39) ||
      (point >= 0x41 && point <= 0x5a) || point === 0x5f;
  }
  return WORD.test(String.fromCodePoint(point));
}

const WORD_CLASS = 1;
const OTHER_CLASS = 2;
const SPACE_CLASS = 3;
/** What the characters of the basic plane are, as far as anybody asked: 0 is not known yet. */
const classes = new Uint8Array(0x10000);

/** What a code unit is; surrogates are asked for as the characters that they are part of. */
function classOf(unit: number): number {
  const known = classes[unit]!;
  if (known !== 0) return known;
  return classes[unit] = isWord(unit) ? WORD_CLASS : isSpace(unit) ? SPACE_CLASS : OTHER_CLASS;
}

function isPairAt(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

/** A text without what is neither a word character nor white space. */
export function wordsAndSpace(text: string): string {
  let kept = "";
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const isPair = isPairAt(text, at);
    const stays = isPair
      ? isWord(text.codePointAt(at)!)
      : classOf(text.charCodeAt(at)) !== OTHER_CLASS;
    if (!stays) {
      kept += text.slice(start, at);
      start = at + (isPair ? 2 : 1);
    }
    if (isPair) at++;
  }
  return start === 0 ? text : kept + text.slice(start);
}

/** Whether the character before a position is one of a word. */
export function isWordBefore(text: string, at: number): boolean {
  if (at <= 0) return false;
  const unit = text.charCodeAt(at - 1);
  const isPair = (unit & 0xfc00) === 0xdc00 && at > 1 &&
    (text.charCodeAt(at - 2) & 0xfc00) === 0xd800;
  return isWord(isPair ? text.codePointAt(at - 2)! : unit);
}

/** Whether the character at a position is one of a word. */
export function isWordAt(text: string, at: number): boolean {
  return at < text.length && isWord(text.codePointAt(at)!);
}

/** Whether a code unit is white space: `str.isspace()`. All of these are in the basic plane. */
export function isSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit >= 0x1c;
  if (unit < 0x85) return false;
  return unit === 0x85 || unit === 0xa0 || unit === 0x1680 || (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f || unit === 0x3000;
}

/** `str.strip()` */
export function strip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** `str.split()`: the runs of anything but white space. */
export function splitAtSpace(text: string): string[] {
  const words: string[] = [];
  let start = -1;
  for (let at = 0; at <= text.length; at++) {
    const isEnd = at === text.length || isSpace(text.charCodeAt(at));
    if (!isEnd && start < 0) start = at;
    if (!isEnd || start < 0) continue;
    words.push(text.slice(start, at));
    start = -1;
  }
  return words;
}

/** Characters that `re.IGNORECASE` holds for equal although their lower cases differ: each is folded to the first
 * of its line (`_EXTRA_CASES` of Python's re._casefix). */
const ALIKE = [
  "\u0069\u0131",
  "\u0073\u017f",
  "\u00b5\u03bc",
  "\u0345\u03b9\u1fbe",
  "\u0390\u1fd3",
  "\u03b0\u1fe3",
  "\u03b2\u03d0",
  "\u03b5\u03f5",
  "\u03b8\u03d1",
  "\u03ba\u03f0",
  "\u03c0\u03d6",
  "\u03c1\u03f1",
  "\u03c2\u03c3",
  "\u03c6\u03d5",
  "\u0432\u1c80",
  "\u0434\u1c81",
  "\u043e\u1c82",
  "\u0441\u1c83",
  "\u0442\u1c84\u1c85",
  "\u044a\u1c86",
  "\u0463\u1c87",
  "\u1c88\ua64b",
  "\u1e61\u1e9b",
  "\ufb05\ufb06",
] as const;

const FOLDED: ReadonlyMap<string, string> = new Map(
  ALIKE.flatMap((line) => {
    const [first, ...others] = [...line];
    return others.map((other) => [other, first!] as const);
  }),
);

const ASCII = /^[\0-\x7f]*$/;
/** A lower case that has to be folded further. */
const SPECIAL = new RegExp(`[${[...FOLDED.keys()].join("")}]`, "u");

/** Folds a text so that two are equal exactly where `re.IGNORECASE` finds them so. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  // What doesn't fold one for one (İ) makes a text longer; a final sigma is among the special ones.
  if (lower.length === text.length && (ASCII.test(lower) || !SPECIAL.test(lower))) return lower;
  let folded = "";
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

function foldCharacter(character: string): string {
  if (character === "\u0130") return "i";
  const lower = character.toLowerCase();
  const one = lower.length === character.length ? lower : character;
  return FOLDED.get(one) ?? one;
}
