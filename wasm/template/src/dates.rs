// Dates and moments as Python's datetime module shows them, with strftime as glibc has it in the C locale.
// Moments of the library are always UTC.

use crate::error::{Error, Res};
use crate::limits::charge;

const DAY: i128 = 86_400_000_000;
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: i32,
    pub month: u32,
    pub day: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time {
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub micro: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    pub date: Date,
    pub time: Time,
    /// Minutes east of UTC; none for a moment without a zone.
    pub offset: Option<i32>,
}

/// Microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delta(pub i128);

impl Date {
    pub fn new(year: i128, month: i128, day: i128) -> Res<Date> {
        if !(1..=9999).contains(&year) {
            return Err(Error::runtime(format!("year {year} is out of range")));
        }
        if !(1..=12).contains(&month) {
            return Err(Error::runtime("month must be in 1..12"));
        }
        let (year, month) = (year as i32, month as u32);
        if day < 1 || day > i128::from(days_in_month(year, month)) {
            return Err(Error::runtime("day is out of range for month"));
        }
        Ok(Date {
            year,
            month,
            day: day as u32,
        })
    }

    /// Days since 0001-01-01, which is 1 (`toordinal`).
    pub fn ordinal(&self) -> i64 {
        let before = i64::from(self.year) - 1;
        let leap_days = before / 4 - before / 100 + before / 400;
        before * 365 + leap_days + i64::from(self.year_day())
    }

    pub fn from_ordinal(ordinal: i64) -> Res<Date> {
        if !(1..=3_652_059).contains(&ordinal) {
            return Err(Error::runtime("date value out of range"));
        }
        let mut year = (ordinal * 400 / 146_097 + 1) as i32;
        let first = |year: i32| {
            Date {
                year,
                month: 1,
                day: 1,
            }
            .ordinal()
        };
        while first(year) > ordinal {
            year -= 1;
        }
        while year < 9999 && first(year + 1) <= ordinal {
            year += 1;
        }
        let mut rest = (ordinal - first(year)) as u32;
        let mut month = 1;
        while rest >= days_in_month(year, month) {
            rest -= days_in_month(year, month);
            month += 1;
        }
        Ok(Date {
            year,
            month,
            day: rest + 1,
        })
    }

    pub fn year_day(&self) -> u32 {
        (1..self.month)
            .map(|m| days_in_month(self.year, m))
            .sum::<u32>()
            + self.day
    }

    /// Monday is 0.
    pub fn weekday(&self) -> u32 {
        ((self.ordinal() + 6) % 7) as u32
    }

    /// ISO year, week and weekday (Monday is 1).
    pub fn iso_calendar(&self) -> (i32, u32, u32) {
        let weekday = self.weekday();
        let thursday = self.ordinal() - i64::from(weekday) + 3;
        // The Thursday of a date's week decides the year; at the ends of the calendar it may lie outside.
        let (year, year_day) = match Date::from_ordinal(thursday) {
            Ok(date) => (date.year, date.year_day()),
            Err(_) if thursday < 1 => (0, (thursday + 366) as u32),
            Err(_) => (10_000, (thursday - 3_652_059) as u32),
        };
        (year, (year_day - 1) / 7 + 1, weekday + 1)
    }

    pub fn iso(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    pub fn repr(&self) -> String {
        format!("datetime.date({}, {}, {})", self.year, self.month, self.day)
    }

    pub fn at_midnight(self) -> DateTime {
        DateTime {
            date: self,
            time: Time::default(),
            offset: None,
        }
    }

    /// `date.fromisoformat`, or `year-month-day` with single digits as Django reads it.
    pub fn parse(text: &str) -> Option<Date> {
        parse_iso_date(text).or_else(|| {
            let mut parts = text.split('-');
            let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
            let fits =
                parts.next().is_none() && year.len() == 4 && month.len() < 3 && day.len() < 3;
            if !fits {
                return None;
            }
            Date::new(number(year)?, number(month)?, number(day)?).ok()
        })
    }
}

impl Time {
    pub fn new(hour: i128, minute: i128, second: i128, micro: i128) -> Res<Time> {
        let fits = (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second)
            && (0..1_000_000).contains(&micro);
        if !fits {
            return Err(Error::runtime("a time is out of range"));
        }
        Ok(Time {
            hour: hour as u32,
            minute: minute as u32,
            second: second as u32,
            micro: micro as u32,
        })
    }

    pub fn micros(&self) -> i128 {
        let seconds = i128::from(self.hour * 3600 + self.minute * 60 + self.second);
        seconds * 1_000_000 + i128::from(self.micro)
    }

    pub fn from_micros(micros: i128) -> Time {
        let seconds = (micros / 1_000_000) as u32;
        Time {
            hour: seconds / 3600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            micro: (micros % 1_000_000) as u32,
        }
    }

    pub fn iso(&self) -> String {
        let mut out = format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second);
        if self.micro > 0 {
            out.push_str(&format!(".{:06}", self.micro));
        }
        out
    }

    fn parts(&self) -> String {
        match (self.second, self.micro) {
            (0, 0) => format!("{}, {}", self.hour, self.minute),
            (s, 0) => format!("{}, {}, {s}", self.hour, self.minute),
            (s, m) => format!("{}, {}, {s}, {m}", self.hour, self.minute),
        }
    }

    pub fn repr(&self) -> String {
        format!("datetime.time({})", self.parts())
    }
}

impl DateTime {
    /// Microseconds since the start of the calendar, in UTC where there is a zone.
    pub fn micros(&self) -> i128 {
        let local = i128::from(self.date.ordinal()) * DAY + self.time.micros();
        local - i128::from(self.offset.unwrap_or(0)) * 60_000_000
    }

    fn from_local_micros(micros: i128, offset: Option<i32>) -> Res<DateTime> {
        let date = Date::from_ordinal(micros.div_euclid(DAY) as i64)?;
        Ok(DateTime {
            date,
            time: Time::from_micros(micros.rem_euclid(DAY)),
            offset,
        })
    }

    pub fn plus(&self, delta: Delta) -> Res<DateTime> {
        let local = i128::from(self.date.ordinal()) * DAY + self.time.micros();
        DateTime::from_local_micros(local + delta.0, self.offset)
    }

    pub fn offset_text(&self, colon: &str) -> String {
        let Some(offset) = self.offset else {
            return String::new();
        };
        let sign = if offset < 0 { '-' } else { '+' };
        format!(
            "{sign}{:02}{colon}{:02}",
            offset.abs() / 60,
            offset.abs() % 60
        )
    }

    pub fn iso(&self, separator: &str) -> String {
        self.date.iso() + separator + &self.time.iso() + &self.offset_text(":")
    }

    pub fn repr(&self) -> String {
        let date = self.date;
        let zone = match self.offset {
            None => String::new(),
            Some(0) => ", tzinfo=datetime.timezone.utc".into(),
            Some(offset) => {
                let delta = Delta(i128::from(offset) * 60_000_000).repr();
                format!(", tzinfo=datetime.timezone({delta})")
            }
        };
        let (y, m, d) = (date.year, date.month, date.day);
        format!(
            "datetime.datetime({y}, {m}, {d}, {}{zone})",
            self.time.parts()
        )
    }

    /// What `datetime.fromisoformat` and Django's `parse_datetime` read.
    pub fn parse(text: &str) -> Option<DateTime> {
        if let Some(date) = parse_iso_date(text) {
            return Some(date.at_midnight());
        }
        let (date, rest) = (8..=10).rev().find_map(|length| {
            let date = parse_iso_date(text.get(..length)?)?;
            let separator = text[length..].chars().next()?;
            Some((date, &text[length + separator.len_utf8()..]))
        })?;
        let rest = rest.trim_start();
        let zone = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
        let (clock, zone) = rest.split_at(zone);
        let offset = parse_offset(zone)?;
        Some(DateTime {
            date,
            time: parse_clock(clock.trim_end())?,
            offset,
        })
    }
}

impl Delta {
    fn split(self) -> (i128, i128, i128) {
        let seconds = self.0.rem_euclid(DAY);
        (
            self.0.div_euclid(DAY),
            seconds / 1_000_000,
            seconds % 1_000_000,
        )
    }

    pub fn days(self) -> i128 {
        self.split().0
    }

    pub fn seconds(self) -> i128 {
        self.split().1
    }

    pub fn micros(self) -> i128 {
        self.split().2
    }

    pub fn of_days(days: i128) -> Delta {
        Delta(days * DAY)
    }

    pub fn repr(self) -> String {
        let (days, seconds, micros) = self.split();
        let parts: Vec<String> = [
            ("days", days),
            ("seconds", seconds),
            ("microseconds", micros),
        ]
        .into_iter()
        .filter(|(_, n)| *n != 0)
        .map(|(name, n)| format!("{name}={n}"))
        .collect();
        format!(
            "datetime.timedelta({})",
            if parts.is_empty() {
                "0".into()
            } else {
                parts.join(", ")
            }
        )
    }
}

impl std::fmt::Display for Delta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, seconds, micros) = self.split();
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(
            f,
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )?;
        if micros != 0 {
            write!(f, ".{micros:06}")
        } else {
            Ok(())
        }
    }
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn number(text: &str) -> Option<i128> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]`, `YYYYWww[D]`.
fn parse_iso_date(text: &str) -> Option<Date> {
    if !text.is_ascii() || text.len() < 7 {
        return None;
    }
    let year = number(&text[..4])?;
    let dash = text.as_bytes()[4] == b'-';
    let rest = &text[4 + usize::from(dash)..];
    if let Some(week) = rest.strip_prefix('W') {
        let (week, day) = match (week.len(), dash) {
            (2, _) => (week, "1"),
            (3, false) => (&week[..2], &week[2..]),
            (4, true) if week.as_bytes()[2] == b'-' => (&week[..2], &week[3..]),
            _ => return None,
        };
        let (week, day) = (number(week)? as i64, number(day)? as i64);
        if !(1..=53).contains(&week) || !(1..=7).contains(&day) {
            return None;
        }
        let fourth = Date::new(year, 1, 4).ok()?;
        let monday = fourth.ordinal() - i64::from(fourth.weekday());
        let date = Date::from_ordinal(monday + (week - 1) * 7 + day - 1).ok()?;
        return (date.iso_calendar().1 as i64 == week).then_some(date);
    }
    let (month, day) = match (rest.len(), dash) {
        (4, false) => (&rest[..2], &rest[2..]),
        (5, true) if rest.as_bytes()[2] == b'-' => (&rest[..2], &rest[3..]),
        _ => return None,
    };
    Date::new(year, number(month)?, number(day)?).ok()
}

fn parse_clock(text: &str) -> Option<Time> {
    let (clock, fraction) = match text.find(['.', ',']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, "0"),
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.is_empty() {
        return None;
    }
    let micro = number(&format!("{:0<6}", &fraction[..fraction.len().min(6)]))?;
    let parts: Vec<&str> = if clock.contains(':') {
        clock.split(':').collect()
    } else if clock.is_ascii() && clock.len() % 2 == 0 {
        (0..clock.len())
            .step_by(2)
            .map(|at| &clock[at..at + 2])
            .collect()
    } else {
        return None;
    };
    if parts.is_empty() || parts.len() > 3 || parts.iter().any(|p| p.len() > 2) {
        return None;
    }
    let part = |at: usize| parts.get(at).map_or(Some(0), |p| number(p));
    Time::new(part(0)?, part(1)?, part(2)?, micro).ok()
}

fn parse_offset(text: &str) -> Option<Option<i32>> {
    if text.is_empty() {
        return Some(None);
    }
    if text == "Z" {
        return Some(Some(0));
    }
    let (sign, digits) = (
        if text.starts_with('-') { -1 } else { 1 },
        text[1..].replace(':', ""),
    );
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits)?, 0),
        4 => (number(&digits[..2])?, number(&digits[2..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(Some(sign * (hours as i32 * 60 + minutes as i32)))
}

/// `strftime` of a date or a moment.
pub fn strftime(moment: &DateTime, format: &str) -> Res<String> {
    charge(format.len())?;
    let mut out = String::with_capacity(format.len() * 2);
    format_into(moment, format, &mut out)?;
    crate::limits::charge_bytes(out.len())?;
    Ok(out)
}

fn format_into(moment: &DateTime, format: &str, out: &mut String) -> Res<()> {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let spec = &rest[at + 1..];
        let mut used = 0;
        let mut flag = None;
        let mut upper = false;
        let mut swap = false;
        while let Some(c) = spec[used..].chars().next() {
            match c {
                '_' | '-' | '0' => flag = Some(c),
                '^' => upper = true,
                '#' => swap = true,
                _ => break,
            }
            used += 1;
        }
        let digits = spec[used..].bytes().take_while(u8::is_ascii_digit).count();
        let width: usize = spec[used..used + digits].parse().unwrap_or(0);
        if width > 1024 {
            return Err(Error::limit("a width in strftime is too large"));
        }
        used += digits;
        if spec[used..].starts_with(['E', 'O']) {
            used += 1;
        }
        let Some(c) = spec[used..].chars().next() else {
            out.push_str(&rest[at..]);
            return Ok(());
        };
        used += c.len_utf8();
        match directive(moment, c)? {
            Some(Field::Number(value, digits, pad)) => {
                let pad = match flag {
                    Some('_') => ' ',
                    Some('0') => '0',
                    _ => pad,
                };
                let text = value.to_string();
                let digits = if flag == Some('-') {
                    0
                } else {
                    digits.max(width)
                };
                out.push_str(&crate::text::pad(&text, digits, pad, '>'));
            }
            Some(Field::Text(mut text)) => {
                if upper {
                    text = text.to_uppercase();
                } else if swap {
                    text = if c == 'p' {
                        text.to_lowercase()
                    } else {
                        text.to_uppercase()
                    };
                }
                let fill = if flag == Some('0') { '0' } else { ' ' };
                out.push_str(&crate::text::pad(&text, width, fill, '>'));
            }
            None => out.push_str(&rest[at..at + 1 + used]),
        }
        rest = &spec[used..];
    }
    out.push_str(rest);
    Ok(())
}

enum Field {
    /// Value, least number of digits, what fills them up.
    Number(i64, usize, char),
    Text(String),
}

fn directive(moment: &DateTime, c: char) -> Res<Option<Field>> {
    let DateTime { date, time, .. } = moment;
    let weekday = date.weekday();
    let hour12 = if time.hour % 12 == 0 {
        12
    } else {
        time.hour % 12
    };
    let two = |value: u32| Field::Number(i64::from(value), 2, '0');
    let spaced = |value: u32| Field::Number(i64::from(value), 2, ' ');
    let compound = |format: &str| -> Res<Field> {
        let mut out = String::new();
        format_into(moment, format, &mut out)?;
        Ok(Field::Text(out))
    };
    let text = |text: &str| Field::Text(text.to_string());
    Ok(Some(match c {
        'Y' => Field::Number(i64::from(date.year), 1, '0'),
        'C' => Field::Number(i64::from(date.year / 100), 1, '0'),
        'y' => two((date.year % 100) as u32),
        'm' => two(date.month),
        'd' => two(date.day),
        'e' => spaced(date.day),
        'j' => Field::Number(i64::from(date.year_day()), 3, '0'),
        'B' => text(MONTHS[date.month as usize - 1]),
        'b' | 'h' => text(&MONTHS[date.month as usize - 1][..3]),
        'A' => text(DAYS[weekday as usize]),
        'a' => text(&DAYS[weekday as usize][..3]),
        'u' => Field::Number(i64::from(weekday + 1), 1, '0'),
        'w' => Field::Number(i64::from((weekday + 1) % 7), 1, '0'),
        'U' => two((date.year_day() + 6 - (weekday + 1) % 7) / 7),
        'W' => two((date.year_day() + 6 - weekday) / 7),
        'V' => two(date.iso_calendar().1),
        'G' => Field::Number(i64::from(date.iso_calendar().0), 1, '0'),
        'g' => two((date.iso_calendar().0.rem_euclid(100)) as u32),
        'H' => two(time.hour),
        'I' => two(hour12),
        'k' => spaced(time.hour),
        'l' => spaced(hour12),
        'M' => two(time.minute),
        'S' => two(time.second),
        'f' => Field::Number(i64::from(time.micro), 6, '0'),
        'p' => text(if time.hour < 12 { "AM" } else { "PM" }),
        'P' => text(if time.hour < 12 { "am" } else { "pm" }),
        'z' => text(&moment.offset_text("")),
        'Z' => text(&zone_name(moment)),
        'c' => compound("%a %b %e %H:%M:%S %Y")?,
        'x' | 'D' => compound("%m/%d/%y")?,
        'X' | 'T' => compound("%H:%M:%S")?,
        'F' => compound("%Y-%m-%d")?,
        'R' => compound("%H:%M")?,
        'r' => compound("%I:%M:%S %p")?,
        'n' => text("\n"),
        't' => text("\t"),
        '%' => text("%"),
        's' => return Err(Error::runtime("%s in strftime depends on the machine")),
        _ => return Ok(None),
    }))
}

/// `tzname()`.
pub fn zone_name(moment: &DateTime) -> String {
    match moment.offset {
        None => String::new(),
        Some(0) => "UTC".into(),
        Some(_) => format!("UTC{}", moment.offset_text(":")),
    }
}
