// A pattern of Python's `regex` module as a JavaScript one that finds something in exactly the same texts.
// Invariant: only whether there is a match survives, not where it is; what can't be said exactly is refused.

import {
  type Anchor,
  type ClassName,
  type ParsedPattern,
  parsePattern,
  PatternError,
  type PatternFlags,
  type PatternNode,
  type SetItem,
} from "./python_pattern.ts";
import { fold } from "./python_text.ts";

/** A pattern that can be compiled: `new RegExp(source, flags)`. */
export interface TranslatedPattern {
  /** Right for all texts. */
  readonly source: string;
  /** The same for texts that are {@linkcode isLatin}: many times as fast, for nobody has to look for digits and
   * letters of all the world. */
  readonly latin: string;
  /** For both sources: `v` or `iv`. */
  readonly flags: string;
  /** Texts that every match holds, folded, the longest first; to find out quickly that there is none. */
  readonly needles: readonly string[];
}

/** Translates a pattern. @throws {PatternError} where it is invalid or can't be translated */
export function translatePattern(pattern: string, ignoreCase: boolean): TranslatedPattern {
  const parsed = parsePattern(pattern, ignoreCase);
  const everywhere = [...casesOf(parsed.node)].every((found) => found);
  const source = new Writer(parsed, everywhere, UNICODE_CLASSES).write();
  const latin = new Writer(parsed, everywhere, LATIN_CLASSES).write();
  // The pattern is compiled only where it is used, with a time limit: some take long.
  return {
    source,
    latin,
    flags: everywhere ? "iv" : "v",
    needles: longestFirst(needlesOf(parsed.node)),
  };
}

type Classes = Readonly<Record<ClassName, string>>;

const UNICODE_CLASSES: Classes = {
  word: "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}",
  digit: "\\p{Nd}",
  space: "\\p{White_Space}",
  blank: "\\t\\p{Zs}",
  alpha: "\\p{Alphabetic}",
  alnum: "\\p{Alphabetic}0-9",
  "ascii-digit": "0-9",
  upper: "\\p{Uppercase}",
  lower: "\\p{Lowercase}",
  punct: "\\p{P}[\\p{S}--\\p{Alphabetic}]",
  cntrl: "\\p{Cc}",
  graph: "[^\\p{White_Space}\\p{Cc}\\p{Cs}\\p{Cn}]",
  print: "[^\\p{White_Space}\\p{Cc}\\p{Cs}\\p{Cn}]\\p{Zs}",
  xdigit: "0-9A-Fa-f",
};

/** Letters and digits below U+0250. */
const LATIN_LETTERS = "A-Za-z\\xaa\\xb5\\xba\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u024f";
const LATIN_CLASSES: Classes = {
  ...UNICODE_CLASSES,
  word: `0-9_${LATIN_LETTERS}`,
  digit: "0-9",
  space: "\\t-\\r\\x20\\x85\\xa0",
  alpha: LATIN_LETTERS,
  alnum: `0-9${LATIN_LETTERS}`,
};
/** Latin letters, dashes, quotation marks and the euro sign: beyond U+024F nothing that any of these classes has. */
const LATIN = /^[\0-\u024f\u2010-\u2026\u20ac]*$/;

/** Whether the quick form of patterns does for a text. */
export function isLatin(text: string): boolean {
  return LATIN.test(text);
}

const ASCII_CLASSES: Readonly<Partial<Record<ClassName, string>>> = {
  word: "0-9A-Z_a-z",
  digit: "0-9",
  space: "\\t-\\r\\x20",
};

/** Where case is ignored, these properties are one. */
const CASED = [
  {
    test: /^General_Category=(?:L[ult]|(?:Upper|Lower|Title)case_Letter)$/,
    all: "\\p{Lu}\\p{Ll}\\p{Lt}",
  },
  { test: /^(?:Uppercase|Lowercase)$/, all: "\\p{Uppercase}\\p{Lowercase}" },
] as const;

/** Python holds more letters i for equal than JavaScript does: a set with the first has the second too. */
const DOTTED: readonly (readonly [has: number, also: number])[] = [[0x69, 0x130], [0x49, 0x131]];
/** And these two have just one partner, of the two that JavaScript would give them. */
const DOTLESS: readonly (readonly [has: number, also: string])[] = [[0x130, "i"], [0x131, "I"]];

class Writer {
  readonly #pattern: ParsedPattern;
  readonly #referenced: ReadonlySet<number>;
  /** Numbers of the groups in JavaScript, by those in Python. */
  readonly #numbers = new Map<number, number>();
  #captures = 0;
  #behind = 0;

  /** @param folds whether the whole pattern ignores case, so that nothing has to be said about it inside */
  constructor(
    pattern: ParsedPattern,
    private readonly folds: boolean,
    private readonly classes: Classes,
  ) {
    this.#pattern = pattern;
    this.#referenced = new Set(
      [...references(pattern.node)].map((group) => this.#numberOf(group)),
    );
    checkReferences(pattern.node, this.#referenced, (group) => this.#numberOf(group));
  }

  write(): string {
    return this.#node(this.#pattern.node);
  }

  #numberOf(group: number | string): number {
    return typeof group === "number" ? group : this.#pattern.names.get(group) ?? 0;
  }

  #node(node: PatternNode): string {
    switch (node.kind) {
      case "character":
        return this.#set([{ kind: "range", from: node.point, to: node.point }], false, node.flags);
      case "any":
        return node.flags.dotAll ? "[\\s\\S]" : "[^\\n]";
      case "set":
        return this.#set(node.items, node.negated, node.flags);
      case "anchor":
        return anchor(node.anchor, node.flags, this.classes);
      case "line break":
        return this.#atomic("\\r\\n|[\\n-\\r\\x85\\u2028\\u2029]");
      case "sequence":
        return this.#sequence(node.nodes);
      case "choice":
        return `(?:${node.nodes.map((each) => this.#node(each)).join("|")})`;
      case "capture": {
        if (!this.#referenced.has(node.group)) return `(?:${this.#node(node.node)})`;
        const number = ++this.#captures;
        const inner = this.#node(node.node);
        this.#numbers.set(node.group, number);
        return `(${inner})`;
      }
      case "atomic":
        return this.#atomic(() => this.#node(node.node));
      case "look": {
        if (node.behind) this.#behind++;
        const inner = this.#node(node.node);
        if (node.behind) this.#behind--;
        return `(?${node.behind ? "<" : ""}${node.negated ? "!" : "="}${inner})`;
      }
      case "reference": {
        if (this.#behind > 0) {
          throw new PatternError("unsupported", "a look-behind refers to a group");
        }
        const number = this.#numbers.get(this.#numberOf(node.group));
        if (number === undefined) {
          throw new PatternError("unsupported", "it refers to a group that comes later");
        }
        const inner = `\\${number}`;
        return node.flags.ignoreCase && !this.folds ? `(?i:${inner})` : `(?:${inner})`;
      }
      case "repeat": {
        const write = () => this.#repeated(node.node) + quantifier(node.min, node.max);
        if (node.mode === "possessive") return this.#atomic(write);
        return write() + (node.mode === "lazy" ? "?" : "");
      }
    }
  }

  #sequence(nodes: readonly PatternNode[]): string {
    let written = "";
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at]!;
      const next = nodes[at + 1];
      if (node.kind !== "anchor" || node.anchor !== "boundary") {
        written += this.#node(node);
        continue;
      }
      const word = `[${classOf("word", node.flags, this.classes)}]`;
      const after = next && beginsWithWord(next, "first", node.flags);
      const before = at > 0 ? beginsWithWord(nodes[at - 1]!, "last", node.flags) : undefined;
      if (after === undefined || before !== undefined) {
        written += before === undefined
          ? this.#node(node)
          : after === undefined
          ? before ? `(?!${word})` : `(?=${word})`
          : before === after
          ? "(?!)"
          : "";
        continue;
      }
      if (!after) {
        written += `(?<=${word})`;
        continue;
      }
      // What stands before a word is looked at after its first character: an engine that looks for a character finds
      // it at once, one that looks behind itself everywhere takes a hundred times as long.
      const look = `(?<!${word}[\\s\\S])`;
      if (isOneCharacter(next!)) {
        written += this.#node(next!) + look;
        at++;
      } else if (
        next!.kind === "repeat" && next!.mode !== "possessive" && isOneCharacter(next!.node)
      ) {
        const { min, max, mode, node: inner } = next!;
        const rest = max === 1 ? "" : this.#repeated(inner) + quantifier(min - 1, max - 1) +
          (mode === "lazy" ? "?" : "");
        written += this.#node(inner) + look + rest;
        at++;
      } else written += `(?<!${word})`;
    }
    return written;
  }

  #repeated(node: PatternNode): string {
    return isOneCharacter(node) ? this.#node(node) : `(?:${this.#node(node)})`;
  }

  /** JavaScript has no atomic groups, but a look-ahead is one: what it took is taken by reference. */
  #atomic(inner: string | (() => string)): string {
    if (this.#behind > 0) throw new PatternError("unsupported", "a look-behind is possessive");
    const number = ++this.#captures;
    return `(?=(${typeof inner === "string" ? inner : inner()}))\\${number}(?:)`;
  }

  #set(items: readonly SetItem[], negated: boolean, flags: PatternFlags): string {
    const [only] = items;
    if (items.length === 1 && only!.kind === "class") {
      const set = `[${only!.negated !== negated ? "^" : ""}${
        classOf(only!.name, flags, this.classes)
      }]`;
      return !this.folds && flags.ignoreCase ? `(?i:${set})` : set;
    }
    const parts = items.map((item) => setItem(item, flags, this.classes));
    const holds = (point: number) =>
      flags.ignoreCase &&
      items.some((item) => item.kind === "range" && item.from <= point && point <= item.to);
    for (const [has, also] of DOTTED) if (holds(has)) parts.push(character(also));
    const exact = DOTLESS.flatMap(([has, also]) => holds(has) ? [also] : []).join("");
    const first = items[0];
    const isOne = parts.length === 1 && !negated && first?.kind === "range" &&
      first.from === first.to;
    const set = isOne ? parts[0]! : `[${negated ? "^" : ""}${parts.join("")}]`;
    const written = !this.folds && flags.ignoreCase && caseMatters(items) ? `(?i:${set})` : set;
    if (exact === "") return written;
    return negated ? `(?:(?!(?-i:[${exact}]))${written})` : `(?:${written}|(?-i:[${exact}]))`;
  }
}
function caseMatters(items: readonly SetItem[]): boolean {
  return items.some((item) =>
    item.kind !== "range" || item.to > 0x7f || item.to - item.from > 0 ||
    /[A-Za-z]/.test(String.fromCharCode(item.from))
  );
}

function setItem(item: SetItem, flags: PatternFlags, classes: Classes): string {
  switch (item.kind) {
    case "range":
      return item.from === item.to
        ? character(item.from)
        : `${character(item.from)}-${character(item.to)}`;
    case "property": {
      const cased = flags.ignoreCase
        ? CASED.find(({ test }) => test.test(item.property))
        : undefined;
      if (cased) return `[${item.negated ? "^" : ""}${cased.all}]`;
      return `\\${item.negated ? "P" : "p"}{${item.property}}`;
    }
    case "class": {
      const inner = classOf(item.name, flags, classes);
      return `[${item.negated ? "^" : ""}${inner}]`;
    }
  }
}

function classOf(
  name: ClassName,
  { ascii, ignoreCase }: PatternFlags,
  classes: Classes,
): string {
  if (ignoreCase && (name === "upper" || name === "lower")) return CASED[1].all;
  return (ascii ? ASCII_CLASSES[name] : undefined) ?? classes[name];
}

function character(point: number): string {
  const text = String.fromCodePoint(point);
  return /^[0-9A-Za-z]$/.test(text) ? text : `\\u{${point.toString(16)}}`;
}

function anchor(what: Anchor, flags: PatternFlags, classes: Classes): string {
  const word = `[${classOf("word", flags, classes)}]`;
  switch (what) {
    case "text start":
      return "^";
    case "text end":
      return "$";
    case "line start":
      return "(?<![^\\n])";
    case "line end":
      return flags.multiline ? "(?![^\\n])" : "(?=\\n?$)";
    case "boundary":
      return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
    case "no boundary":
      return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;
    case "word start":
      return `(?:(?<!${word})(?=${word}))`;
    case "word end":
      return `(?:(?<=${word})(?!${word}))`;
  }
}

function quantifier(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === max) return `{${min}}`;
  return min === 0 && max === 1 ? "?" : `{${min},${max}}`;
}

function isOneCharacter({ kind }: PatternNode): boolean {
  return kind === "character" || kind === "set" || kind === "any";
}

const WORD_CLASSES: ReadonlySet<ClassName> = new Set(
  ["word", "digit", "alpha", "alnum", "ascii-digit", "upper", "lower", "xdigit"],
);
const ASCII_WORD_CLASSES: ReadonlySet<ClassName> = new Set([
  "word",
  "digit",
  "ascii-digit",
  "xdigit",
]);
const NO_WORD_CLASSES: ReadonlySet<ClassName> = new Set(["space", "blank", "cntrl"]);
const UNICODE_WORD = new RegExp(`^[${UNICODE_CLASSES.word}]$`, "v");
const ASCII_WORD = new RegExp(`^[${ASCII_CLASSES.word}]$`, "v");
/** Ranges longer than this are not looked into. */
const LONGEST_RANGE = 256;

/** Whether everything that a node matches begins (or ends) with a word character, or nothing does; undefined where
 * that is not known, or it may match nothing. */
function beginsWithWord(
  node: PatternNode,
  side: "first" | "last",
  flags: PatternFlags,
): boolean | undefined {
  switch (node.kind) {
    case "character":
      return setIsWord([{ kind: "range", from: node.point, to: node.point }], node.flags, flags);
    case "set":
      return node.negated ? undefined : setIsWord(node.items, node.flags, flags);
    case "sequence": {
      const nodes = side === "first" ? node.nodes : node.nodes.toReversed();
      const taking = nodes.find(({ kind }) => kind !== "anchor" && kind !== "look");
      return taking && beginsWithWord(taking, side, flags);
    }
    case "choice": {
      const [first, ...others] = node.nodes.map((each) => beginsWithWord(each, side, flags));
      return others.every((other) => other === first) ? first : undefined;
    }
    case "capture":
    case "atomic":
      return beginsWithWord(node.node, side, flags);
    case "repeat":
      return node.min > 0 ? beginsWithWord(node.node, side, flags) : undefined;
    default:
      return undefined;
  }
}

function setIsWord(
  items: readonly SetItem[],
  own: PatternFlags,
  { ascii }: PatternFlags,
): boolean | undefined {
  // Letters beyond ASCII have partners in it.
  if (own.ascii !== ascii || ascii && own.ignoreCase) return undefined;
  const word = ascii ? ASCII_WORD : UNICODE_WORD;
  const answers = items.map((item): boolean | undefined => {
    if (item.kind === "class" && !item.negated) {
      if ((ascii ? ASCII_WORD_CLASSES : WORD_CLASSES).has(item.name)) return true;
      return NO_WORD_CLASSES.has(item.name) ? false : undefined;
    }
    if (item.kind !== "range" || item.to - item.from > LONGEST_RANGE) return undefined;
    const first = word.test(String.fromCodePoint(item.from));
    for (let point = item.from; point <= item.to; point++) {
      if (word.test(String.fromCodePoint(point)) !== first) return undefined;
    }
    return first;
  });
  return answers.every((answer) => answer === answers[0]) ? answers[0] : undefined;
}

/** Whether each character of a pattern ignores its case. */
function* casesOf(node: PatternNode): Generator<boolean> {
  if (node.kind === "character" || node.kind === "set" || node.kind === "reference") {
    yield node.flags.ignoreCase;
  }
  for (const child of childrenOf(node)) yield* casesOf(child);
}

function* references(node: PatternNode): Generator<number | string> {
  if (node.kind === "reference") yield node.group;
  for (const child of childrenOf(node)) yield* references(child);
}

function childrenOf(node: PatternNode): readonly PatternNode[] {
  if (node.kind === "sequence" || node.kind === "choice") return node.nodes;
  return "node" in node ? [node.node] : [];
}

/** A reference to a group that took no part fails in Python and succeeds in JavaScript, which also forgets groups
 * with each repetition: allowed are only groups that must have taken part, in the same repetition. */
function checkReferences(
  root: PatternNode,
  referenced: ReadonlySet<number>,
  numberOf: (group: number | string) => number,
): void {
  if (referenced.size === 0) return;
  const seen = new Set<number>();
  /** @returns the groups that have taken part for sure once the node has matched */
  const walk = (node: PatternNode, known: ReadonlySet<number>): ReadonlySet<number> => {
    switch (node.kind) {
      case "reference":
        if (!known.has(numberOf(node.group))) {
          throw new PatternError("unsupported", "it refers to a group that may not take part");
        }
        return known;
      case "sequence":
        return node.nodes.reduce((sum, each) => walk(each, sum), known);
      case "choice":
        for (const each of node.nodes) walk(each, known);
        return known;
      case "capture": {
        if (seen.has(node.group) && referenced.has(node.group)) {
          throw new PatternError("unsupported", "several groups have one name");
        }
        seen.add(node.group);
        return new Set([...walk(node.node, known), node.group]);
      }
      case "repeat": {
        const inside = walk(node.node, known);
        return node.min > 0 ? inside : known;
      }
      case "look": {
        const inside = walk(node.node, known);
        return node.negated ? known : inside;
      }
      case "atomic":
        return walk(node.node, known);
      default:
        return known;
    }
  };
  walk(root, new Set());
}

/** Texts that every match of a node holds. Only what needs no care is gathered: plain characters in a row. */
function needlesOf(node: PatternNode): string[] {
  const needles: string[] = [];
  let run = "";
  const end = () => {
    if (run !== "") needles.push(run);
    run = "";
  };
  const walk = (node: PatternNode): void => {
    switch (node.kind) {
      case "character":
        run += fold(String.fromCodePoint(node.point));
        return;
      case "sequence":
        node.nodes.forEach(walk);
        return;
      case "capture":
        walk(node.node);
        return;
      case "atomic":
        walk(node.node);
        return;
      case "repeat":
        end();
        if (node.min > 0) {
          walk(node.node);
          end();
        }
        return;
      case "anchor":
        return;
      case "look":
        // What is looked at is not taken: it may lie anywhere, and what follows may overlap it.
        end();
        return;
      default:
        end();
    }
  };
  walk(node);
  end();
  return needles;
}

function longestFirst(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort((a, b) => b.length - a.length).slice(0, 4);
}
