// paperless.conf → names and values, as python-dotenv 1.2.2 (what upstream reads it with) reads it. npm's
// dotenv differs where it hurts: it cuts an unquoted value at any `#` (passwords!), takes `KEY: value`
// and backticks, and expands nothing. Pure; a bad line is reported and skipped, never guessed at.

/** One `KEY=value` of the file. */
export interface DotenvBinding {
  readonly name: string;
  /** Undefined for a name without `=`: it sets nothing. */
  readonly value: string | undefined;
  /** 1 for the first. */
  readonly line: number;
}

/** What a file holds. */
export interface Dotenv {
  /** In the order of the file; a later one of the same name wins. */
  readonly bindings: readonly DotenvBinding[];
  /** Lines that could not be read. */
  readonly badLines: readonly number[];
}

const SPACE = /\s*/y;
const BLANK = /[^\S\r\n]*/y;
const EXPORT = /(?:export[^\S\r\n]+)?/y;
const QUOTED_NAME = /'([^']+)'/y;
const PLAIN_NAME = /([^=#\s]+)/y;
const EQUALS = /=[^\S\r\n]*/y;
const SINGLE_QUOTED = /'((?:\\'|[^'])*)'/y;
const DOUBLE_QUOTED = /"((?:\\"|[^"])*)"/y;
const REST = /([^\r\n]*)/y;
const COMMENT = /(?:[^\S\r\n]*#[^\r\n]*)?/y;
const END = /[^\S\r\n]*(?:\r\n|\n|\r|$)/y;
const LINE = /[^\r\n]*(?:\r\n|\n|\r)?/y;

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

class Reader {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    // Editors on Windows put a byte order mark in front.
    this.text = text.replace(/^\ufeff/, "");
  }

  /** What the pattern's group (or all of it) matches here, or undefined. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.at += match[0].length;
    return match[1] ?? match[0];
  }

  get next(): string {
    return this.text[this.at] ?? "";
  }
}

/** The value at this place, or undefined where a quote is never closed. */
function takeValue(reader: Reader): string | undefined {
  if (reader.next === "'") {
    return reader.take(SINGLE_QUOTED)?.replace(/\\([\\'])/g, "$1");
  }
  if (reader.next === '"') {
    return reader.take(DOUBLE_QUOTED)
      ?.replace(/\\([\\'"abfnrtv])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
  }
  // A `#` begins a comment only behind white space: `pass#word` stays whole.
  return reader.take(REST)?.replace(/\s+#.*/, "").trimEnd();
}

/** Reads one binding, a comment or nothing; false where the line can't be read. */
function takeBinding(reader: Reader): Omit<DotenvBinding, "line"> | undefined | false {
  reader.take(EXPORT);
  const comment = reader.next === "#";
  const name = comment ? "" : reader.take(reader.next === "'" ? QUOTED_NAME : PLAIN_NAME);
  if (name === undefined) return false;
  reader.take(BLANK);
  let value: string | undefined;
  if (reader.next === "=") {
    reader.take(EQUALS);
    value = takeValue(reader);
    if (value === undefined) return false;
  }
  reader.take(COMMENT);
  if (reader.take(END) === undefined) return false;
  return comment ? undefined : { name, value };
}

/** Reads the text of a paperless.conf. Variables in values are left as they are. */
export function parseDotenv(text: string): Dotenv {
  const reader = new Reader(text);
  const bindings: DotenvBinding[] = [];
  const badLines: number[] = [];
  let [line, counted] = [1, 0];
  for (;;) {
    reader.take(SPACE);
    if (reader.at >= reader.text.length) return { bindings, badLines };
    line += reader.text.slice(counted, reader.at).match(/\r\n|\n|\r/g)?.length ?? 0;
    counted = reader.at;
    const binding = takeBinding(reader);
    if (binding === false) {
      // From where it stopped making sense to the end of that line, as upstream does.
      reader.take(LINE);
      badLines.push(line);
    } else if (binding) bindings.push({ ...binding, line });
  }
}

const VARIABLE = /\$\{([^}:]*)(?::-([^}]*))?\}/g;

/**
 * Replaces `${NAME}` and `${NAME:-default}`, in quoted values too. The environment wins over what stands
 * earlier in the file; a name that neither has is its default, or nothing.
 */
export function expandVariables(
  bindings: readonly DotenvBinding[],
  env: Readonly<Record<string, string>>,
): readonly DotenvBinding[] {
  const known = new Map<string, string>();
  return bindings.map((binding) => {
    const value = binding.value?.replace(
      VARIABLE,
      (_, name: string, fallback = "") =>
        Object.hasOwn(env, name) ? env[name]! : known.get(name) ?? fallback,
    );
    known.set(binding.name, value ?? "");
    return { ...binding, value };
  });
}
