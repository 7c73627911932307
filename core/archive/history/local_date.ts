// The day of a moment in a time zone: what upstream's migration 1067 makes of `created`.

/** A day, and whether it had to be moved into the years that Python's dates have. */
export interface LocalDate {
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** The day itself is before the year 1 or after 9999. */
  readonly clamped: boolean;
}

const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?$/;

const zones = new Map<string, Intl.DateTimeFormat>();

/** The day on which a moment falls in a zone. A fraction of a second never decides it.
 * @param moment as Django writes it: `2021-12-31T23:30:00.123Z`, or with an offset, or without (then UTC)
 * @param timeZone IANA name
 * @returns undefined if the text is no moment */
export function localDate(moment: string, timeZone: string): LocalDate | undefined {
  const found = MOMENT.exec(moment);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second = "0", offset = "Z"] = found;
  const instant = new Date(0);
  instant.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (instant.getUTCMonth() !== Number(month) - 1 || instant.getUTCDate() !== Number(day)) {
    return undefined;
  }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  instant.setUTCHours(Number(hour), Number(minute), Number(second));
  instant.setTime(instant.getTime() - offsetSeconds(offset) * 1000);

  const parts = new Map(formatOf(timeZone).formatToParts(instant).map((p) => [p.type, p.value]));
  const yearThere = Number(parts.get("year"));
  if (parts.get("era") === "BC" || yearThere < 1) return { date: "0001-01-01", clamped: true };
  if (yearThere > 9999) return { date: "9999-12-31", clamped: true };
  const date = `${String(yearThere).padStart(4, "0")}-${parts.get("month")}-${parts.get("day")}`;
  return { date, clamped: false };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = zones.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
      timeZone,
      era: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
    zones.set(timeZone, format);
  }
  return format;
}

function offsetSeconds(offset: string): number {
  if (offset === "Z") return 0;
  const digits = offset.slice(1).replaceAll(":", "").padEnd(6, "0");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 +
    Number(digits.slice(4, 6));
  return offset.startsWith("-") ? -seconds : seconds;
}
