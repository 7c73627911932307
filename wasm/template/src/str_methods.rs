// The methods of Python's `str`.

use crate::error::{Error, Res};
use crate::fail;
use crate::interp::CallArgs;
use crate::lexer::is_space;
use crate::limits::{charge, charge_bytes};
use crate::text;
use crate::value::Value;

pub const NAMES: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "zfill",
];

fn text_of(value: &Option<Value>, function: &str) -> Res<String> {
    match value {
        Some(value) => {
            value.used()?;
            match value.as_str() {
                Some(text) => Ok(text.to_string()),
                None => fail!("{function}() argument must be str, not {}", value.kind()),
            }
        }
        None => fail!("{function}() is missing an argument"),
    }
}

fn whole(value: &Option<Value>, default: i128) -> Res<i128> {
    match value {
        None => Ok(default),
        Some(value) => {
            value.used()?;
            match value.as_index() {
                Some(number) => Ok(number),
                None => fail!(
                    "'{}' object cannot be interpreted as an integer",
                    value.kind()
                ),
            }
        }
    }
}

fn texts(parts: Vec<&str>) -> Res<Value> {
    charge(parts.len() * 2)?;
    Ok(Value::list(parts.into_iter().map(Value::str).collect()))
}

fn width(value: &Option<Value>, function: &str) -> Res<usize> {
    if value.is_none() {
        fail!("{function}() is missing an argument");
    }
    let width = whole(value, 0)?.max(0);
    let width = usize::try_from(width).map_err(|_| Error::limit("a width is too large"))?;
    charge_bytes(width.saturating_mul(4))?;
    Ok(width)
}

/// The part of the text between two positions, and the characters before it. None where start is behind stop.
fn window<'t>(
    text: &'t str,
    start: &Option<Value>,
    stop: &Option<Value>,
) -> Res<Option<(&'t str, usize)>> {
    let none = |value: &Option<Value>| matches!(value, None | Some(Value::None));
    if none(start) && none(stop) {
        return Ok(Some((text, 0)));
    }
    let length = text.chars().count() as i128;
    let clamp = |value: &Option<Value>, default: i128| -> Res<i128> {
        let at = if none(value) {
            default
        } else {
            whole(value, default)?
        };
        Ok(if at < 0 { (at + length).max(0) } else { at })
    };
    let (start, stop) = (clamp(start, 0)?, clamp(stop, length)?.min(length));
    if start > stop {
        return Ok(None);
    }
    let byte = |at: i128| {
        text.char_indices()
            .nth(at as usize)
            .map_or(text.len(), |(byte, _)| byte)
    };
    Ok(Some((&text[byte(start)..byte(stop)], start as usize)))
}

fn affixes(value: Option<Value>, function: &str) -> Res<Vec<String>> {
    match value {
        Some(Value::Tuple(tuple)) => tuple
            .items
            .iter()
            .map(|item| text_of(&Some(item.clone()), function))
            .collect(),
        other => Ok(vec![text_of(&other, function)?]),
    }
}

/// At most `limit` cuts from the left; negative means all.
fn split<'t>(text: &'t str, separator: &str, limit: i128) -> Vec<&'t str> {
    if limit < 0 {
        text.split(separator).collect()
    } else {
        text.splitn(limit.min(1 << 30) as usize + 1, separator)
            .collect()
    }
}

fn split_blank(text: &str, limit: i128) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        if limit >= 0 && parts.len() as i128 == limit {
            parts.push(rest);
            return parts;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
    }
    parts
}

fn rsplit_blank(text: &str, limit: i128) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end_matches(is_space);
    while !rest.is_empty() {
        if limit >= 0 && parts.len() as i128 == limit {
            parts.push(rest);
            break;
        }
        let start = rest.char_indices().rev().find(|(_, c)| is_space(*c));
        let start = start.map_or(0, |(at, c)| at + c.len_utf8());
        parts.push(&rest[start..]);
        rest = rest[..start].trim_end_matches(is_space);
    }
    parts.reverse();
    parts
}

pub fn call(text: &str, name: &str, args: CallArgs) -> Res<Value> {
    charge_bytes(text.len())?;
    let all = |test: fn(char) -> bool| Value::Bool(!text.is_empty() && text.chars().all(test));
    match name {
        "strip" | "lstrip" | "rstrip" => {
            let [chars] = args.bind(name, ["chars"])?;
            let set = match &chars {
                None | Some(Value::None) => None,
                some => Some(text_of(some, name)?),
            };
            charge(set.as_ref().map_or(0, String::len))?;
            let drop = |c: char| {
                set.as_ref()
                    .map_or_else(|| is_space(c), |set| set.contains(c))
            };
            let text = if name == "rstrip" {
                text
            } else {
                text.trim_start_matches(drop)
            };
            let text = if name == "lstrip" {
                text
            } else {
                text.trim_end_matches(drop)
            };
            Value::text(text.into())
        }
        "split" | "rsplit" => {
            let [separator, limit] = args.bind(name, ["sep", "maxsplit"])?;
            let limit = whole(&limit, -1)?;
            charge(text.len() / 2)?;
            if matches!(separator, None | Some(Value::None)) {
                return texts(if name == "split" {
                    split_blank(text, limit)
                } else {
                    rsplit_blank(text, limit)
                });
            }
            let separator = text_of(&separator, name)?;
            if separator.is_empty() {
                fail!("empty separator");
            }
            if name == "split" {
                return texts(split(text, &separator, limit));
            }
            let mut parts: Vec<&str> = if limit < 0 {
                text.rsplit(&separator).collect()
            } else {
                text.rsplitn(limit.min(1 << 30) as usize + 1, &separator)
                    .collect()
            };
            parts.reverse();
            texts(parts)
        }
        "splitlines" => {
            let [keep] = args.bind(name, ["keepends"])?;
            let keep = keep.map_or(Ok(false), |keep| keep.truthy())?;
            texts(text::lines(text, keep))
        }
        "partition" | "rpartition" => {
            let [separator] = args.bind(name, ["sep"])?;
            let separator = text_of(&separator, name)?;
            if separator.is_empty() {
                fail!("empty separator");
            }
            let parts = if name == "partition" {
                text.split_once(&separator)
            } else {
                text.rsplit_once(&separator)
            };
            let parts = match parts {
                Some((before, after)) => [before, &separator, after],
                None if name == "partition" => [text, "", ""],
                None => ["", "", text],
            };
            Ok(Value::tuple(parts.into_iter().map(Value::str).collect()))
        }
        "join" => {
            let [items] = args.bind(name, ["iterable"])?;
            let Some(items) = items else {
                fail!("join() is missing an argument")
            };
            let mut out = String::new();
            for (at, item) in items.items()?.iter().enumerate() {
                item.used()?;
                let Some(part) = item.as_str() else {
                    fail!(
                        "sequence item {at}: expected str instance, {} found",
                        item.kind()
                    );
                };
                charge_bytes(part.len() + text.len())?;
                if at > 0 {
                    out.push_str(text);
                }
                out.push_str(part);
            }
            Value::text(out)
        }
        "replace" => {
            let [old, new, count] = args.bind(name, ["old", "new", "count"])?;
            let (old, new) = (text_of(&old, name)?, text_of(&new, name)?);
            replace(text, &old, &new, whole(&count, -1)?)
        }
        "startswith" | "endswith" => {
            let [affix, start, stop] = args.bind(name, ["prefix", "start", "end"])?;
            let affixes = affixes(affix, name)?;
            let Some((part, _)) = window(text, &start, &stop)? else {
                return Ok(Value::Bool(false));
            };
            Ok(Value::Bool(affixes.iter().any(|affix| {
                if name == "startswith" {
                    part.starts_with(&**affix)
                } else {
                    part.ends_with(&**affix)
                }
            })))
        }
        "removeprefix" | "removesuffix" => {
            let [affix] = args.bind(name, ["affix"])?;
            let affix = text_of(&affix, name)?;
            let cut = if name == "removeprefix" {
                text.strip_prefix(&*affix)
            } else {
                text.strip_suffix(&*affix)
            };
            Value::text(cut.unwrap_or(text).into())
        }
        "find" | "rfind" | "index" | "rindex" | "count" => {
            let [part, start, stop] = args.bind(name, ["sub", "start", "end"])?;
            let part = text_of(&part, name)?;
            charge(text.len() / 4)?;
            let inside = window(text, &start, &stop)?;
            if name == "count" {
                let count = match inside {
                    Some((inside, _)) if part.is_empty() => inside.chars().count() + 1,
                    Some((inside, _)) => inside.matches(&*part).count(),
                    None => 0,
                };
                return Ok(Value::Int(count as i128));
            }
            let found = inside.and_then(|(inside, before)| {
                let at = if name.starts_with('r') {
                    inside.rfind(&*part)
                } else {
                    inside.find(&*part)
                };
                at.map(|at| before + inside[..at].chars().count())
            });
            match found {
                Some(at) => Ok(Value::Int(at as i128)),
                None if name.ends_with("find") => Ok(Value::Int(-1)),
                None => fail!("substring not found"),
            }
        }
        "center" | "ljust" | "rjust" => {
            let [size, fill] = args.bind(name, ["width", "fillchar"])?;
            let size = width(&size, name)?;
            let fill = match &fill {
                None => " ".to_string(),
                some => text_of(some, name)?,
            };
            let mut chars = fill.chars();
            let (Some(fill), None) = (chars.next(), chars.next()) else {
                fail!("The fill character must be exactly one character long");
            };
            Value::text(match name {
                "ljust" => text::pad(text, size, fill, '<'),
                "rjust" => text::pad(text, size, fill, '>'),
                _ => center(text, size, fill),
            })
        }
        "zfill" => {
            let [size] = args.bind(name, ["width"])?;
            let size = width(&size, name)?;
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
            Value::text(
                sign.to_string() + &text::pad(digits, size.saturating_sub(sign.len()), '0', '>'),
            )
        }
        "expandtabs" => {
            let [size] = args.bind(name, ["tabsize"])?;
            let size = whole(&size, 8)?.clamp(0, 4096) as usize;
            expand_tabs(text, size)
        }
        _ => {
            let [] = args.bind(name, [])?;
            match name {
                "lower" => Value::text(text.to_lowercase()),
                "upper" => Value::text(text.to_uppercase()),
                // Full case folding differs from lower case for ß and a few ligatures.
                "casefold" => Value::text(
                    text.replace(['ß', 'ẞ'], "ss")
                        .to_lowercase()
                        .replace('ς', "σ"),
                ),
                "title" => Value::text(text::title(text)),
                "capitalize" => Value::text(text::capitalize(text)),
                "swapcase" => {
                    let mut out = String::with_capacity(text.len());
                    for c in text.chars() {
                        if c.is_uppercase() {
                            out.extend(c.to_lowercase());
                        } else {
                            out.extend(c.to_uppercase());
                        }
                    }
                    Value::text(out)
                }
                "isalnum" => Ok(all(char::is_alphanumeric)),
                "isalpha" => Ok(all(char::is_alphabetic)),
                "isascii" => Ok(Value::Bool(text.is_ascii())),
                "isdecimal" | "isdigit" => Ok(all(is_digit)),
                "isnumeric" => Ok(all(char::is_numeric)),
                "isspace" => Ok(all(is_space)),
                "isprintable" => Ok(Value::Bool(text.chars().all(text::is_printable))),
                "isidentifier" => {
                    let starts = text
                        .chars()
                        .next()
                        .is_some_and(|c| c == '_' || c.is_alphabetic());
                    Ok(Value::Bool(
                        starts && text.chars().all(|c| c == '_' || c.is_alphanumeric()),
                    ))
                }
                "islower" => Ok(Value::Bool(is_case(text, char::is_lowercase))),
                "isupper" => Ok(Value::Bool(is_case(text, char::is_uppercase))),
                _ => Ok(Value::Bool(
                    text.chars().any(text::is_cased) && text::title(text) == *text,
                )),
            }
        }
    }
}

fn is_digit(c: char) -> bool {
    // Decimal digits stand in runs of ten that start at a multiple of 16 or 6 behind one; numeric without being a
    // fraction, a circle or a Roman numeral. The scripts that are met in names are named here.
    c.is_ascii_digit()
        || matches!(c as u32, 0x660..=0x669 | 0x6f0..=0x6f9 | 0x966..=0x96f | 0x9e6..=0x9ef | 0xff10..=0xff19)
}

/// Whether all cased characters are of one case, and there is one.
pub fn is_case(text: &str, wanted: fn(char) -> bool) -> bool {
    let mut cased = text.chars().filter(|c| text::is_cased(*c)).peekable();
    cased.peek().is_some() && cased.all(wanted)
}

/// `str.center`: what is over goes to the left where width and length are both odd and even by turns, as in CPython.
pub fn center(text: &str, width: usize, fill: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let left = missing / 2 + (missing & width & 1);
    let mut out: String = std::iter::repeat_n(fill, left).collect();
    out.push_str(text);
    out.extend(std::iter::repeat_n(fill, missing - left));
    out
}

pub fn replace(text: &str, old: &str, new: &str, count: i128) -> Res<Value> {
    let limit = if count < 0 {
        usize::MAX
    } else {
        count.min(1 << 30) as usize
    };
    let found = if old.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(old).count()
    };
    let found = found.min(limit);
    charge(text.len() / 4)?;
    let length = new
        .len()
        .checked_mul(found)
        .and_then(|more| more.checked_add(text.len()));
    charge_bytes(length.unwrap_or(usize::MAX))?;
    Ok(Value::Str(text.replacen(old, new, limit).into()))
}

fn expand_tabs(text: &str, size: usize) -> Res<Value> {
    let tabs = text.bytes().filter(|b| *b == b'\t').count();
    charge_bytes(tabs.saturating_mul(size))?;
    let mut out = String::new();
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' if size > 0 => {
                let blanks = size - column % size;
                out.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
            '\t' => {}
            _ => {
                out.push(c);
                column = if matches!(c, '\n' | '\r') {
                    0
                } else {
                    column + 1
                };
            }
        }
    }
    Value::text(out)
}
