// Reads a regular expression as Python's `regex` module (mrab, version 0 behaviour, Unicode) does, into a tree.
// Invariant: what isn't understood to the letter is refused, as invalid where the module refuses it too, else as
// unsupported; nothing is guessed.

/** Why a pattern can't be used. */
export class PatternError extends Error {
  override readonly name = "PatternError";
  /** `invalid`: upstream can't use it either; `unsupported`: upstream could. */
  constructor(readonly kind: "invalid" | "unsupported", message: string) {
    super(message);
  }
}

/** Flags in force at some place. */
export interface PatternFlags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly ascii: boolean;
  readonly verbose: boolean;
}

/** One part of a set, or a class that stands alone. */
export type SetItem =
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "class"; readonly name: ClassName; readonly negated: boolean }
  | { readonly kind: "property"; readonly property: string; readonly negated: boolean };

/** Classes that a letter or a POSIX name stands for. */
export type ClassName =
  | "word"
  | "digit"
  | "space"
  | "blank"
  | "alpha"
  | "alnum"
  | "ascii-digit"
  | "upper"
  | "lower"
  | "punct"
  | "cntrl"
  | "graph"
  | "print"
  | "xdigit";

/** A place in the text. */
export type Anchor =
  | "line start"
  | "line end"
  | "text start"
  | "text end"
  | "boundary"
  | "no boundary"
  | "word start"
  | "word end";

/** A parsed pattern. */
export type PatternNode =
  | { readonly kind: "character"; readonly point: number; readonly flags: PatternFlags }
  | { readonly kind: "any"; readonly flags: PatternFlags }
  | {
    readonly kind: "set";
    readonly items: readonly SetItem[];
    readonly negated: boolean;
    readonly flags: PatternFlags;
  }
  | { readonly kind: "anchor"; readonly anchor: Anchor; readonly flags: PatternFlags }
  | { readonly kind: "line break" }
  | { readonly kind: "sequence"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "capture"; readonly group: number; readonly node: PatternNode }
  | { readonly kind: "atomic"; readonly node: PatternNode }
  | {
    readonly kind: "look";
    readonly behind: boolean;
    readonly negated: boolean;
    readonly node: PatternNode;
  }
  | { readonly kind: "reference"; readonly group: number | string; readonly flags: PatternFlags }
  | {
    readonly kind: "repeat";
    readonly min: number;
    readonly max: number;
    readonly mode: "greedy" | "lazy" | "possessive";
    readonly node: PatternNode;
  };

/** A pattern as a tree. */
export interface ParsedPattern {
  readonly node: PatternNode;
  /** Number of capturing groups, and the numbers of those with names. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

const NO_FLAGS: PatternFlags = {
  ignoreCase: false,
  multiline: false,
  dotAll: false,
  ascii: false,
  verbose: false,
};

const FLAG_LETTERS: Readonly<Record<string, keyof PatternFlags>> = {
  i: "ignoreCase",
  m: "multiline",
  s: "dotAll",
  a: "ascii",
  x: "verbose",
};
/** Flags that change nothing here: Unicode, and version 0. */
const IDLE_FLAGS = /^(?:u|V0)/;
/** Flags whose meaning has no counterpart. */
const OTHER_FLAGS = /^(?:L|b|e|f|r|w|p|V1)/;

const CLASSES: Readonly<Record<string, { readonly name: ClassName; readonly negated: boolean }>> = {
  w: { name: "word", negated: false },
  W: { name: "word", negated: true },
  d: { name: "digit", negated: false },
  D: { name: "digit", negated: true },
  s: { name: "space", negated: false },
  S: { name: "space", negated: true },
  h: { name: "blank", negated: false },
};

const POSIX: Readonly<Record<string, ClassName>> = {
  alpha: "alpha",
  alnum: "alnum",
  upper: "upper",
  lower: "lower",
  digit: "ascii-digit",
  punct: "punct",
  space: "space",
  blank: "blank",
  cntrl: "cntrl",
  graph: "graph",
  print: "print",
  xdigit: "xdigit",
  word: "word",
};

const ANCHORS: Readonly<Record<string, Anchor>> = {
  A: "text start",
  G: "text start",
  Z: "text end",
  z: "text end",
  b: "boundary",
  B: "no boundary",
  m: "word start",
  M: "word end",
};

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Nesting deeper than this is refused: 256 characters can't mean it. */
const DEEPEST = 100;

/** A flag of the whole pattern was found in its middle: it is read again with it. */
class GlobalFlags {
  constructor(readonly flags: PatternFlags) {}
}

/** Reads a pattern. @throws {PatternError} */
export function parsePattern(pattern: string, ignoreCase: boolean): ParsedPattern {
  let flags: PatternFlags = { ...NO_FLAGS, ignoreCase };
  for (;;) {
    try {
      return new Reader(pattern, flags).read();
    } catch (found) {
      if (!(found instanceof GlobalFlags)) throw found;
      flags = found.flags;
    }
  }
}

class Reader {
  readonly #points: readonly string[];
  readonly #global: PatternFlags;
  readonly #names = new Map<string, number>();
  readonly #references: { readonly group: number | string }[] = [];
  #at = 0;
  #groups = 0;
  #depth = 0;

  constructor(pattern: string, flags: PatternFlags) {
    this.#points = [...pattern];
    this.#global = flags;
  }

  read(): ParsedPattern {
    const node = this.#choice(this.#global);
    if (this.#at < this.#points.length) throw invalid("unbalanced parenthesis");
    for (const { group } of this.#references) {
      const known = typeof group === "number" ? group <= this.#groups : this.#names.has(group);
      if (!known) throw invalid(`there is no group ${group}`);
    }
    return { node, groups: this.#groups, names: this.#names };
  }

  #peek(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#points[this.#at + i] !== text[i]) return false;
    return true;
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #next(): string | undefined {
    return this.#points[this.#at++];
  }

  /** Everything up to a character, which is taken too. */
  #until(end: string, what: string): string {
    const from = this.#at;
    while (this.#at < this.#points.length && this.#points[this.#at] !== end) this.#at++;
    if (this.#at >= this.#points.length) throw invalid(`missing ${what}`);
    return this.#points.slice(from, this.#at++).join("");
  }

  #choice(flags: PatternFlags): PatternNode {
    if (++this.#depth > DEEPEST) throw unsupported("it is nested too deeply");
    const nodes = [this.#sequence(flags)];
    while (this.#take("|")) nodes.push(this.#sequence(flags));
    this.#depth--;
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #sequence(flags: PatternFlags): PatternNode {
    const nodes: PatternNode[] = [];
    let current = flags;
    for (;;) {
      if (current.verbose && this.#skipComment()) continue;
      if (this.#at >= this.#points.length || this.#peek("|") || this.#peek(")")) break;
      const found = this.#atom(current);
      if ("flags only" in found) {
        current = found["flags only"];
        continue;
      }
      nodes.push(this.#repeats(found, current));
    }
    return { kind: "sequence", nodes };
  }

  #skipComment(): boolean {
    const character = this.#points[this.#at];
    if (character === undefined) return false;
    if (character === "#") {
      while (this.#at < this.#points.length && this.#points[this.#at] !== "\n") this.#at++;
      return true;
    }
    if (!/\p{White_Space}/u.test(character)) return false;
    this.#at++;
    return true;
  }

  #repeats(node: PatternNode | { readonly comment: true }, flags: PatternFlags): PatternNode {
    const limits = this.#quantifier(flags);
    if ("comment" in node) {
      if (limits) throw unsupported("a comment is repeated");
      return { kind: "sequence", nodes: [] };
    }
    if (!limits) return node;
    const mode = this.#take("?") ? "lazy" : this.#take("+") ? "possessive" : "greedy";
    if (this.#quantifier(flags)) throw invalid("multiple repeat");
    return { kind: "repeat", ...limits, mode, node };
  }

  #quantifier(
    flags: PatternFlags,
  ): { readonly min: number; readonly max: number } | undefined {
    if (flags.verbose) { while (this.#skipComment()) { /* between an atom and its quantifier */ } }
    if (this.#take("*")) return { min: 0, max: Infinity };
    if (this.#take("+")) return { min: 1, max: Infinity };
    if (this.#take("?")) return { min: 0, max: 1 };
    if (!this.#peek("{")) return undefined;
    const rest = this.#points.slice(this.#at, this.#at + 300).join("");
    const counts = /^\{(?:(\d+)|(\d*),(\d*))\}/.exec(rest);
    if (!counts) {
      if (/^\{[^}]*[ides]/.test(rest)) throw unsupported("it matches approximately ({e<=1})");
      if (flags.verbose && /^\{[\d,\s]+\}/.test(rest)) {
        throw unsupported("a quantifier holds blanks");
      }
      return undefined;
    }
    this.#at += counts[0].length;
    const [, exact, least, most] = counts;
    const min = Number(exact ?? (least || 0));
    const max = exact !== undefined ? min : most ? Number(most) : Infinity;
    if (max < min) throw invalid("min repeat greater than max repeat");
    if (min > 1_000_000 || (max > 1_000_000 && max !== Infinity)) {
      throw unsupported("it repeats too often");
    }
    return { min, max };
  }

  #atom(
    flags: PatternFlags,
  ): PatternNode | { readonly "flags only": PatternFlags } | { readonly comment: true } {
    const character = this.#next()!;
    switch (character) {
      case ".":
        return { kind: "any", flags };
      case "^":
        return { kind: "anchor", anchor: flags.multiline ? "line start" : "text start", flags };
      case "$":
        return { kind: "anchor", anchor: "line end", flags };
      case "[":
        return this.#set(flags);
      case "(":
        return this.#group(flags);
      case "\\":
        return this.#escape(flags);
      case "*":
      case "+":
      case "?":
        throw invalid("nothing to repeat");
      case "{":
        // A brace that is no quantifier is itself; one that is has nothing before it.
        this.#at--;
        if (this.#quantifier(flags)) throw invalid("nothing to repeat");
        this.#at++;
        return { kind: "character", point: 0x7b, flags };
      default:
        return { kind: "character", point: character.codePointAt(0)!, flags };
    }
  }

  #group(
    flags: PatternFlags,
  ): PatternNode | { readonly "flags only": PatternFlags } | { readonly comment: true } {
    if (!this.#peek("?")) {
      if (this.#peek("*")) throw unsupported("it uses verbs ((*FAIL))");
      return this.#capture(++this.#groups, flags);
    }
    this.#at++;
    if (this.#take("#")) {
      this.#until(")", "end of a comment");
      return { comment: true };
    }
    if (this.#take(":")) return this.#body(flags);
    if (this.#take(">")) return { kind: "atomic", node: this.#body(flags) };
    if (this.#take("=")) return this.#look(false, false, flags);
    if (this.#take("!")) return this.#look(false, true, flags);
    if (this.#take("<=")) return this.#look(true, false, flags);
    if (this.#take("<!")) return this.#look(true, true, flags);
    if (this.#take("P=")) return this.#reference(this.#until(")", ")"), flags);
    if (this.#take("P>") || this.#peek("R)") || this.#peek("&") || this.#peekDigit()) {
      throw unsupported("it is recursive");
    }
    if (this.#take("P<") || this.#take("<")) {
      const name = this.#until(">", ">");
      if (!/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) {
        throw invalid(`bad name of a group: ${name}`);
      }
      // Groups of one name are one group.
      const number = this.#names.get(name) ?? ++this.#groups;
      this.#names.set(name, number);
      return this.#capture(number, flags);
    }
    if (this.#peek("(")) throw unsupported("it has a condition ((?(1)a|b))");
    if (this.#peek("|")) throw unsupported("it numbers the groups of its branches alike ((?|a|b))");
    if (this.#peek("P")) throw invalid("unknown extension");
    return this.#flags(flags);
  }

  #peekDigit(): boolean {
    return /^[+-]?\d/.test(this.#points.slice(this.#at, this.#at + 2).join(""));
  }

  #body(flags: PatternFlags): PatternNode {
    const node = this.#choice(flags);
    if (!this.#take(")")) throw invalid("missing )");
    return node;
  }

  #capture(group: number, flags: PatternFlags): PatternNode {
    return { kind: "capture", group, node: this.#body(flags) };
  }

  #look(behind: boolean, negated: boolean, flags: PatternFlags): PatternNode {
    return { kind: "look", behind, negated, node: this.#body(flags) };
  }

  #reference(group: number | string, flags: PatternFlags): PatternNode {
    if (group === "" || group === 0) throw invalid("bad reference to a group");
    const known = typeof group === "string" && /^\d+$/.test(group) ? Number(group) : group;
    this.#references.push({ group: known });
    return { kind: "reference", group: known, flags };
  }

  #flags(flags: PatternFlags): PatternNode | { readonly "flags only": PatternFlags } {
    const on: (keyof PatternFlags)[] = [];
    const off: (keyof PatternFlags)[] = [];
    let list = on;
    for (;;) {
      const rest = this.#points.slice(this.#at, this.#at + 2).join("");
      const idle = IDLE_FLAGS.exec(rest)?.[0];
      if (idle) {
        this.#at += idle.length;
        continue;
      }
      if (OTHER_FLAGS.test(rest)) throw unsupported(`it uses the flag ${rest[0]}`);
      const character = this.#next();
      if (character === "-" && list === on) list = off;
      else if (character !== undefined && FLAG_LETTERS[character]) {
        list.push(FLAG_LETTERS[character]);
      } else if (character === ":" || character === ")") {
        const changed = { ...flags };
        for (const flag of on) changed[flag] = true;
        for (const flag of off) changed[flag] = false;
        if (character === ":") return this.#body(changed);
        if (off.length > 0) throw unsupported("it turns a flag off in its middle");
        if (on.some((flag) => !this.#global[flag])) {
          const global = { ...this.#global };
          for (const flag of on) global[flag] = true;
          throw new GlobalFlags(global);
        }
        return { "flags only": changed };
      } else throw invalid("unknown extension");
    }
  }

  #escape(flags: PatternFlags): PatternNode {
    const character = this.#next();
    if (character === undefined) throw invalid("bad escape at the end of the pattern");
    if (Object.hasOwn(ANCHORS, character)) {
      return { kind: "anchor", anchor: ANCHORS[character]!, flags };
    }
    if (character === "N" && !this.#peek("{")) return { kind: "character", point: 0x4e, flags };
    if (character === "R") return { kind: "line break" };
    // Where a match begins is of no interest, only whether there is one.
    if (character === "K") return { kind: "sequence", nodes: [] };
    if (character === "g") {
      if (!this.#take("<")) throw invalid("missing <");
      return this.#reference(this.#until(">", ">"), flags);
    }
    if (character >= "1" && character <= "9") {
      const octal = /^[0-7]{3}/.exec(
        character + this.#points.slice(this.#at, this.#at + 2).join(""),
      );
      if (octal) {
        this.#at += 2;
        return { kind: "character", point: Number.parseInt(octal[0], 8) & 0xff, flags };
      }
      let digits = character;
      while (digits.length < 2 && /^\d$/.test(this.#points[this.#at] ?? "")) digits += this.#next();
      return this.#reference(Number(digits), flags);
    }
    const item = this.#escapedItem(character);
    return item.kind === "range" && item.from === item.to
      ? { kind: "character", point: item.from, flags }
      : { kind: "set", items: [item], negated: false, flags };
  }

  /** What an escape means inside and outside of a set. */
  #escapedItem(character: string): SetItem {
    if (Object.hasOwn(CLASSES, character)) return { kind: "class", ...CLASSES[character]! };
    if (Object.hasOwn(CONTROLS, character)) return single(CONTROLS[character]!);
    if (character === "p" || character === "P") return this.#property(character === "P");
    if (Object.hasOwn(HEX, character)) {
      const length = HEX[character]!;
      const digits = this.#points.slice(this.#at, this.#at + length).join("");
      if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) {
        throw invalid(`incomplete escape \\${character}${digits}`);
      }
      this.#at += length;
      const point = Number.parseInt(digits, 16);
      if (point > 0x10ffff) throw invalid(`bad escape \\${character}${digits}`);
      return single(point);
    }
    if (character === "0") {
      let digits = "0";
      while (digits.length < 3 && /^[0-7]$/.test(this.#points[this.#at] ?? "")) {
        digits += this.#next();
      }
      return single(Number.parseInt(digits, 8));
    }
    if ("LNX".includes(character)) throw unsupported(`it uses \\${character}`);
    if (/^[A-Za-z]$/.test(character)) throw invalid(`bad escape \\${character}`);
    return single(character.codePointAt(0)!);
  }

  #property(negated: boolean): SetItem {
    const name = this.#take("{") ? this.#until("}", "}") : this.#next();
    if (name === undefined) throw invalid("incomplete property");
    const inverted = name.startsWith("^");
    const property = jsProperty(inverted ? name.slice(1) : name);
    return { kind: "property", property, negated: negated !== inverted };
  }

  #set(flags: PatternFlags): PatternNode {
    const negated = this.#take("^");
    const items: SetItem[] = [];
    for (let isFirst = true;; isFirst = false) {
      if (!isFirst && this.#take("]")) break;
      if (this.#at >= this.#points.length) throw invalid("unterminated character set");
      const item = this.#setItem();
      if (!this.#peek("-")) {
        items.push(item);
        continue;
      }
      this.#at++;
      if (this.#at >= this.#points.length) throw invalid("unterminated character set");
      if (this.#peek("]")) {
        items.push(item, single(0x2d));
        continue;
      }
      if (item.kind !== "range") {
        // `[\w-z]`: the hyphen is itself.
        items.push(item, single(0x2d));
        continue;
      }
      const end = this.#setItem();
      if (end.kind !== "range") {
        items.push(item, single(0x2d), end);
        continue;
      }
      if (end.from < item.from) throw invalid("bad character range");
      items.push({ kind: "range", from: item.from, to: end.from });
    }
    return { kind: "set", items, negated, flags };
  }

  #setItem(): SetItem {
    const character = this.#next()!;
    if (character === "[" && this.#peek(":")) {
      const rest = this.#points.slice(this.#at, this.#at + 40).join("");
      const posix = /^:(\^?)([\p{L}\p{N}_ -]+(?:[:=][\p{L}\p{N}_ -]+)?):\]/u.exec(rest);
      if (posix) {
        this.#at += [...posix[0]].length;
        const [, inverted, name] = posix;
        const known = POSIX[name!.toLowerCase()];
        if (known) return { kind: "class", name: known, negated: inverted === "^" };
        return { kind: "property", property: jsProperty(name!), negated: inverted === "^" };
      }
    }
    if (character !== "\\") return single(character.codePointAt(0)!);
    const escaped = this.#next();
    if (escaped === undefined) throw invalid("bad escape at the end of the pattern");
    if (escaped === "b") return single(8);
    if (escaped >= "1" && escaped <= "7") {
      let digits = escaped;
      while (digits.length < 3 && /^[0-7]$/.test(this.#points[this.#at] ?? "")) {
        digits += this.#next();
      }
      return single(Number.parseInt(digits, 8) & 0xff);
    }
    if (/^[89]$/.test(escaped)) throw invalid(`bad escape \\${escaped}`);
    return this.#escapedItem(escaped);
  }
}

function single(point: number): SetItem {
  return { kind: "range", from: point, to: point };
}

/** Names of properties that both sides know, and mean the same by. */
const BINARY = new Set(
  ("Alphabetic Uppercase Lowercase White_Space ASCII Any Assigned Math Dash Hex_Digit ASCII_Hex_Digit " +
    "Diacritic Ideographic Emoji Quotation_Mark Cased ID_Start ID_Continue").split(" "),
);

/** A property as JavaScript names it. @throws {PatternError} */
function jsProperty(name: string): string {
  const isKey = /^(?:script|sc|scx|script_extensions|general_category|gc|category)[:=]/i.exec(name)
    ?.[0];
  const value = (isKey ? name.slice(isKey.length) : name).trim();
  const plain = value.replace(/^Is(?=[A-Z])/, "").replaceAll(/[\s-]/g, "_");
  const capital = plain.split("_").map((part) =>
    part.length <= 1 ? part.toUpperCase() : part[0]!.toUpperCase() + part.slice(1).toLowerCase()
  ).join("_");
  const candidates = isKey?.toLowerCase().startsWith("s")
    ? [`${/^scx|^script_/i.test(isKey) ? "Script_Extensions" : "Script"}=${capital}`]
    : [
      ...(BINARY.has(capital) ? [capital] : []),
      `General_Category=${capital}`,
      `General_Category=${plain}`,
      `Script=${capital}`,
    ];
  for (const candidate of candidates) {
    try {
      new RegExp(`\\p{${candidate}}`, "v");
      return candidate;
    } catch {
      // Not a property of that kind.
    }
  }
  throw unsupported(`it uses the property ${name}`);
}

function invalid(message: string): PatternError {
  return new PatternError("invalid", message);
}

function unsupported(message: string): PatternError {
  return new PatternError("unsupported", message);
}
