// Dates in the words of a language: what upstream's filter `localize_date` has Babel do with CLDR's data is
// done here with the host's, which is the same data. Pure: the clock and the host's own zone play no part.

/** A date, or a moment in UTC, taken apart. */
interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Missing for a date. */
  readonly time?: {
    readonly hour: number;
    readonly minute: number;
    readonly second: number;
    readonly micro: number;
  };
  /** The same for Intl. */
  readonly instant: Date;
}

type Style = "short" | "medium" | "long" | "full";
type Width = "short" | "long" | "narrow";
type Field = (moment: Moment, count: number, locale: string) => string;

const STYLES: ReadonlySet<string> = new Set(["short", "medium", "long", "full"]);
/** Where CLDR has U+202F and V8 gives a blank: before AM and PM, inside them, before the word for "year". */
const NARROW_SPACES: readonly (readonly [ReadonlySet<string>, RegExp])[] = [
  [languages("af el en es fil ha hi ms om pt qu so sq to tr"), /^ $/],
  [languages("bs ca es"), /(?<=[ap]\.) (?=m\.)/],
  [languages("be bg mk ru uk"), /(?<=\d) (?=[гр]\.)/],
];
/** Territories where a year's first week has at least four days (CLDR weekData); elsewhere one is enough. */
const FOUR_DAY_WEEKS: ReadonlySet<string> = new Set(
  ("AD AN AT AX BE BG CH CZ DE DK EE ES FI FJ FO FR GB GF GG GI GP GR HU IE IM IS IT JE LI LT LU MC MQ NL " +
    "NO PL PT RE RU SE SJ SK SM VA").split(" "),
);

/**
 * Formats a date or moment as Babel's `format_date` and `format_datetime` do.
 *
 * @param question three lines: `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS.ffffff`, the locale as `de_DE`, and the
 * pattern (`short`, `medium`, `long`, `full`, or letters of CLDR's date fields)
 * @throws {Error} for an unknown locale and for fields that a date does not have or the host cannot name
 */
export function localizeDate(question: string): string {
  const [when = "", name = "", ...pattern] = question.split("\n");
  const moment = parseMoment(when);
  const locale = parseLocale(name);
  const format = pattern.join("\n");
  return STYLES.has(format)
    ? formatStyle(moment, format as Style, locale)
    : formatPattern(moment, format, locale);
}

function parseMoment(text: string): Moment {
  const [date = "", clock] = text.split("T");
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  const instant = new Date(0);
  if (clock === undefined) {
    instant.setUTCFullYear(year, month - 1, day);
    return { year, month, day, instant };
  }
  const [hour = 0, minute = 0, second = 0, micro = 0] = clock.split(/[:.]/).map(Number);
  instant.setUTCFullYear(year, month - 1, day);
  instant.setUTCHours(hour, minute, second, Math.floor(micro / 1000));
  return { year, month, day, instant, time: { hour, minute, second, micro } };
}

/** `de`, `de_DE`, `zh_Hans_CN`; a character set or modifier behind it is ignored, as by Babel. */
function parseLocale(name: string): string {
  const plain = name.split(/[.@]/)[0] ?? "";
  const parts = /^([a-z]{2,3})(?:_([a-z]{4}))?(?:_([a-z]{2}|\d{3}))?$/i.exec(plain);
  const tag = parts?.slice(1).filter((part) => part !== undefined).join("-");
  if (tag === undefined || Intl.DateTimeFormat.supportedLocalesOf([tag]).length === 0) {
    throw new Error(`Invalid locale identifier: ${name}`);
  }
  return tag;
}

function languages(names: string): ReadonlySet<string> {
  return new Set(names.split(" "));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Gregorian years and Western digits whatever the language prefers, as Babel has them. */
function intl(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(`${locale}-u-ca-gregory-nu-latn`, {
      timeZone: "UTC",
      ...options,
    });
    if (formats.size >= 64) formats.clear();
    formats.set(key, format);
  }
  return format;
}

function part(
  moment: Moment,
  locale: string,
  options: Intl.DateTimeFormatOptions,
  type: Intl.DateTimeFormatPartTypes,
): string {
  const found = intl(locale, options).formatToParts(moment.instant).find((p) => p.type === type);
  if (!found) throw new Error(`Cannot localize a date: no ${type} in ${locale}`);
  return found.value;
}

function formatStyle(moment: Moment, style: Style, locale: string): string {
  const date = narrowed(intl(locale, { dateStyle: style }).format(moment.instant), locale, 2);
  if (!moment.time) return date;
  const parts = intl(locale, { timeStyle: style }).formatToParts(moment.instant);
  const time = parts.map(({ type, value }, at) => {
    const period = type === "literal" && value === " " && parts[at + 1]?.type === "dayPeriod";
    return period ? narrowed(value, locale, 0) : narrowed(value, locale, 1);
  });
  return date + dateTimeGlue(locale, style) + time.join("");
}

/** Puts back the narrow space of one of the three places, if the language has it there. */
function narrowed(text: string, locale: string, place: 0 | 1 | 2): string {
  const [languages, blank] = NARROW_SPACES[place]!;
  return languages.has(locale.split("-")[0]!) ? text.replace(blank, "\u202f") : text;
}

/** What stands between date and time: Babel takes CLDR's standard form, never the one with "at". */
function dateTimeGlue(locale: string, style: Style): string {
  const known = style === "short" ? "short" : "medium";
  const parts = intl(locale, { dateStyle: known, timeStyle: known }).formatToParts(new Date(0));
  const isTime = (p: Intl.DateTimeFormatPart) => p.type === "hour" || p.type === "dayPeriod";
  const firstTime = parts.findIndex(isTime);
  const date = intl(locale, { dateStyle: known }).format(new Date(0));
  const before = parts.slice(0, firstTime).map((p) => p.value).join("");
  return before.startsWith(date) ? before.slice(date.length) : " ";
}

function formatPattern(moment: Moment, pattern: string, locale: string): string {
  let out = "";
  let at = 0;
  while (at < pattern.length) {
    const letter = pattern[at]!;
    if (letter === "'") {
      if (pattern[at + 1] === "'") {
        out += "'";
        at += 2;
        continue;
      }
      // Quoted text; two quotes inside it are one. Without an end the text is lost, as in Babel.
      const quoted = /^'((?:[^']|'')*)'/.exec(pattern.slice(at));
      out += quoted ? quoted[1]!.replaceAll("''", "'") : "";
      at = quoted ? at + quoted[0].length : pattern.length;
      continue;
    }
    const field = FIELDS[letter];
    if (!field) {
      out += letter;
      at++;
      continue;
    }
    let count = 1;
    while (pattern[at + count] === letter) count++;
    const [format, counts] = field;
    if (counts && !counts.includes(count)) {
      throw new Error(`Invalid length for field: '${letter.repeat(count)}'`);
    }
    if (count > 64) throw new Error("Cannot localize a date: a field is too long");
    out += format(moment, count, locale);
    at += count;
  }
  return out;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function widthOf(count: number): Width {
  return count === 4 ? "long" : count === 5 ? "narrow" : "short";
}

function clock(moment: Moment): NonNullable<Moment["time"]> {
  if (!moment.time) throw new Error("Cannot localize a date: a date has no time of day");
  return moment.time;
}

function ofTime(value: (time: NonNullable<Moment["time"]>) => number): Field {
  return (moment, count) => pad(value(clock(moment)), count);
}

function year(moment: Moment, count: number): string {
  const text = pad(moment.year, count);
  return count === 2 ? text.slice(-2) : text;
}

function weekYear(moment: Moment, count: number, locale: string): string {
  const week = weekOfYear(moment, locale);
  const shift = moment.month === 1 && moment.day < 7 && week >= 52
    ? -1
    : moment.month === 12 && moment.day > 25 && week <= 2
    ? 1
    : 0;
  return year({ ...moment, year: moment.year + shift }, count);
}

/** A month's name as it stands with a day ("6 октября") or alone ("октябрь"). */
function month(moment: Moment, count: number, locale: string, alone: boolean): string {
  if (count <= 2) return pad(moment.month, count);
  const width = widthOf(count);
  const standing = part(moment, locale, { month: width }, "month");
  const nameAlone = /^\d+$/.test(standing)
    ? intl(locale, { month: width }).format(moment.instant)
    : standing;
  if (alone || width === "narrow") return nameAlone;
  const withDay = part(moment, locale, { month: width, day: "numeric" }, "month");
  return /\d/.test(withDay) ? nameAlone : withDay;
}

function quarter(moment: Moment, count: number): string {
  if (count > 2) throw new Error("Cannot localize a date: quarters are known as numbers only");
  return pad(Math.ceil(moment.month / 3), count);
}

/** `E` and `e`: as it stands in a date; `c`: alone. */
function weekday(
  moment: Moment,
  count: number,
  locale: string,
  alone: boolean,
  numeric: boolean,
): string {
  if (numeric && count < 3) {
    return pad((7 - firstWeekday(locale) + mondayBased(moment)) % 7 + 1, count);
  }
  const weekday = widthOf(Math.max(count, 3));
  const others = alone ? {} : { day: "numeric", month: "long" } as const;
  return part(moment, locale, { weekday, ...others }, "weekday");
}

/** Monday is 0. */
function mondayBased(moment: Moment): number {
  return (moment.instant.getUTCDay() + 6) % 7;
}

/** Monday is 0. Without a territory the world's rule holds, as in Babel. */
function firstWeekday(locale: string): number {
  const territory = territoryOf(locale);
  if (territory === undefined) return 0;
  const known = new Intl.Locale(`und-${territory}`) as Intl.Locale & {
    getWeekInfo?: () => { firstDay: number };
  };
  return ((known.getWeekInfo?.().firstDay ?? 1) + 6) % 7;
}

function territoryOf(locale: string): string | undefined {
  return locale.split("-").slice(1).find((p) => p.length < 4)?.toUpperCase();
}

function dayOfYear(moment: Moment): number {
  const start = new Date(0);
  start.setUTCFullYear(moment.year, 0, 1);
  const day = new Date(0);
  day.setUTCFullYear(moment.year, moment.month - 1, moment.day);
  return Math.round((day.getTime() - start.getTime()) / 86_400_000) + 1;
}

function weekNumber(dayOfPeriod: number, dayOfWeek: number, locale: string): number {
  const least = FOUR_DAY_WEEKS.has(territoryOf(locale) ?? "") ? 4 : 1;
  const first = (((dayOfWeek - firstWeekday(locale) - dayOfPeriod + 1) % 7) + 7) % 7;
  const week = Math.floor((dayOfPeriod + first - 1) / 7);
  return 7 - first >= least ? week + 1 : week;
}

function weekOfYear(moment: Moment, locale: string): number {
  const week = weekNumber(dayOfYear(moment), mondayBased(moment), locale);
  if (week === 0) {
    const last = parseMoment(`${pad(moment.year - 1, 4)}-12-31`);
    return weekNumber(dayOfYear(last), mondayBased(last), locale);
  }
  if (week <= 52) return week;
  const weekday = mondayBased(parseMoment(`${pad(moment.year + 1, 4)}-01-01`));
  const shift = (((weekday - firstWeekday(locale)) % 7) + 7) % 7;
  return weekNumber(1, weekday, locale) === 1 && 32 - shift <= moment.day ? 1 : week;
}

function zone(text: (count: number, moment: Moment, locale: string) => string): Field {
  return (moment, count, locale) => {
    clock(moment);
    return text(count, moment, locale);
  };
}

function zoneName(count: number, moment: Moment, locale: string): string {
  const timeZoneName = count === 4 ? "long" : "short";
  return part(moment, locale, { hour: "numeric", timeZoneName }, "timeZoneName");
}

const ANY = undefined;
const TO_TWO = [1, 2];
const TO_FIVE = [1, 2, 3, 4, 5];

/** CLDR's date fields, with the lengths that Babel takes. */
const FIELDS: Readonly<Record<string, readonly [Field, readonly number[] | undefined]>> = {
  G: [(m, n, l) => part(m, l, { era: widthOf(n) }, "era"), TO_FIVE],
  y: [year, ANY],
  u: [year, ANY],
  Y: [weekYear, ANY],
  Q: [quarter, TO_FIVE],
  q: [quarter, TO_FIVE],
  M: [(m, n, l) => month(m, n, l, false), TO_FIVE],
  L: [(m, n, l) => month(m, n, l, true), TO_FIVE],
  w: [(m, n, l) => pad(weekOfYear(m, l), n), TO_TWO],
  W: [(m, _n, l) => String(weekNumber(m.day, mondayBased(m), l)), [1]],
  d: [(m, n) => pad(m.day, n), TO_TWO],
  D: [(m, n) => pad(dayOfYear(m), n), [1, 2, 3]],
  F: [(m) => String(Math.floor((m.day - 1) / 7) + 1), [1]],
  g: [() => {
    throw new Error("Unsupported date/time field 'g'");
  }, ANY],
  E: [(m, n, l) => weekday(m, n, l, false, false), [1, 2, 3, 4, 5, 6]],
  e: [(m, n, l) => weekday(m, n, l, false, true), [1, 2, 3, 4, 5, 6]],
  c: [(m, n, l) => weekday(m, n, l, true, true), [1, 3, 4, 5, 6]],
  a: [(m, _n, l) => {
    clock(m);
    return narrowed(part(m, l, { hour: "numeric", hour12: true }, "dayPeriod"), l, 1);
  }, TO_FIVE],
  b: [dayPeriod, TO_FIVE],
  B: [dayPeriod, TO_FIVE],
  h: [ofTime(({ hour }) => hour % 12 || 12), TO_TWO],
  H: [ofTime(({ hour }) => hour), TO_TWO],
  K: [ofTime(({ hour }) => hour % 12), TO_TWO],
  k: [ofTime(({ hour }) => hour || 24), TO_TWO],
  m: [ofTime(({ minute }) => minute), TO_TWO],
  s: [ofTime(({ second }) => second), TO_TWO],
  S: [
    (m, n) => pad(Math.trunc(Number((clock(m).micro / 1e6).toFixed(Math.min(n, 6))) * 10 ** n), n),
    ANY,
  ],
  A: [
    ofTime((t) => ((t.hour * 60 + t.minute) * 60 + t.second) * 1000 + Math.floor(t.micro / 1000)),
    ANY,
  ],
  z: [zone(zoneName), [1, 2, 3, 4]],
  Z: [zone((n) => n === 5 ? "Z" : n === 4 ? "GMT+00:00" : "+0000"), TO_FIVE],
  O: [
    zone((n) => {
      if (n === 4) return "GMT+00:00";
      throw new Error("Cannot localize a date: the field 'O' is not supported");
    }),
    [1, 4],
  ],
  v: [zone(zoneName), [1, 4]],
  V: [
    zone((n, m, l) => {
      if (n === 1) return zoneName(n, m, l);
      throw new Error("Cannot localize a date: places of time zones are not supported");
    }),
    [1, 2, 3, 4],
  ],
  x: [zone((n) => n === 1 ? "+00" : n % 2 === 0 ? "+0000" : "+00:00"), TO_FIVE],
  X: [zone(() => "Z"), TO_FIVE],
};

function dayPeriod(moment: Moment, count: number, locale: string): string {
  clock(moment);
  const options = { hour: "numeric", hour12: true, dayPeriod: widthOf(count) } as const;
  return part(moment, locale, options, "dayPeriod");
}
