// Python's two ways of formatting: `'%02d' % x` and `'{:02d}'.format(x)`.

use crate::error::{Error, Res};
use crate::fail;
use crate::interp::Interp;
use crate::limits::{charge, charge_bytes};
use crate::ops::as_float;
use crate::text::pad;
use crate::value::Value;

/// More than any file name can hold.
const MAX_WIDTH: usize = 4096;

#[derive(Clone)]
struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: char,
}

const PLAIN: Spec = Spec {
    fill: ' ',
    align: None,
    sign: '-',
    alternate: false,
    width: 0,
    grouping: None,
    precision: None,
    kind: '\0',
};

fn bounded(width: i128) -> Res<usize> {
    usize::try_from(width)
        .ok()
        .filter(|w| *w <= MAX_WIDTH)
        .ok_or_else(|| Error::limit("a width or precision is too large"))
}

/// `format % values`.
pub fn percent(format: &str, values: &Value) -> Res<Value> {
    charge_bytes(format.len())?;
    let single = [values.clone()];
    let items: &[Value] = match values {
        Value::Tuple(tuple) => &tuple.items,
        _ => &single,
    };
    let mut next = items.iter();
    let mut named = false;
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        charge(4)?;
        let mut keyed = None;
        if chars.peek() == Some(&'(') {
            chars.next();
            let mut key = String::new();
            let mut depth = 1;
            loop {
                let Some(c) = chars.next() else {
                    fail!("incomplete format key")
                };
                match c {
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                key.push(c);
            }
            let found = match values {
                Value::Dict(dict) => dict.borrow().get(&Value::str(&key))?,
                _ => fail!("format requires a mapping"),
            };
            let Some(found) = found else {
                fail!("key {key:?} is missing")
            };
            keyed = Some(found);
            named = true;
        }
        let mut spec = PLAIN;
        let mut left = false;
        let mut zero = false;
        while let Some(flag) = chars.next_if(|c| "-+ #0".contains(*c)) {
            match flag {
                '-' => left = true,
                '+' => spec.sign = '+',
                ' ' if spec.sign != '+' => spec.sign = ' ',
                '#' => spec.alternate = true,
                '0' => zero = true,
                _ => {}
            }
        }
        let mut take = || -> Res<Value> {
            match next.next() {
                Some(value) => Ok(value.clone()),
                None => fail!("not enough arguments for format string"),
            }
        };
        let mut measure = |chars: &mut std::iter::Peekable<std::str::Chars>| -> Res<Option<i128>> {
            if chars.next_if_eq(&'*').is_some() {
                return match take()? {
                    Value::Int(width) => Ok(Some(width)),
                    _ => fail!("* wants int"),
                };
            }
            let mut number = None;
            while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                chars.next();
                number = Some((number.unwrap_or(0) * 10 + i128::from(digit)).min(1_000_000));
            }
            Ok(number)
        };
        let width = measure(&mut chars)?.unwrap_or(0);
        left |= width < 0;
        spec.width = bounded(width.abs())?;
        if chars.next_if_eq(&'.').is_some() {
            spec.precision = Some(bounded(measure(&mut chars)?.unwrap_or(0).max(0))?);
        }
        while chars.next_if(|c| "hlL".contains(*c)).is_some() {}
        let Some(kind) = chars.next() else {
            fail!("incomplete format")
        };
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match keyed {
            Some(value) => value,
            None => take()?,
        };
        spec.align = Some(if left { '<' } else { '>' });
        let text = match kind {
            's' | 'r' | 'a' => {
                let mut text = String::new();
                match kind {
                    's' => value.print(&mut text)?,
                    _ => repr(&value, kind == 'a', &mut text)?,
                }
                let cut: String = text
                    .chars()
                    .take(spec.precision.unwrap_or(usize::MAX))
                    .collect();
                pad(&cut, spec.width, ' ', spec.align.unwrap_or('>'))
            }
            'c' => {
                let c = match value.as_index() {
                    Some(code) => u32::try_from(code).ok().and_then(char::from_u32),
                    None => value.as_str().and_then(|s| {
                        let mut chars = s.chars();
                        chars.next().filter(|_| chars.next().is_none())
                    }),
                };
                let Some(c) = c else {
                    fail!("%c requires an int in range or a unicode character")
                };
                pad(&c.to_string(), spec.width, ' ', spec.align.unwrap_or('>'))
            }
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => {
                let number = match &value {
                    Value::Float(f) if matches!(kind, 'd' | 'i' | 'u') => float_to_int(*f)?,
                    _ => match value.as_index() {
                        Some(number) => number,
                        None => fail!(
                            "%{kind} format: a real number is required, not {}",
                            value.kind()
                        ),
                    },
                };
                spec.kind = if matches!(kind, 'i' | 'u') { 'd' } else { kind };
                let least = spec.precision.take().unwrap_or(0);
                let (sign, prefix, digits) = int_parts(number, &spec);
                let digits = pad(&digits, least, '0', '>');
                finish(&sign, &prefix, &digits, &spec, zero && !left)
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let Some(number) = as_float(&value) else {
                    fail!("must be real number, not {}", value.kind())
                };
                spec.kind = kind;
                let (sign, digits) = float_parts(number, &spec);
                finish(
                    &sign,
                    "",
                    &digits,
                    &spec,
                    zero && !left && number.is_finite(),
                )
            }
            _ => fail!("unsupported format character '{kind}'"),
        };
        out.push_str(&text);
        charge_bytes(text.len())?;
    }
    let all_used = next.next().is_none();
    if !all_used && !named && !is_mapping(values) {
        fail!("not all arguments converted during string formatting");
    }
    Value::text(out)
}

/// What Python takes for a mapping here: everything with items but texts and tuples.
fn is_mapping(value: &Value) -> bool {
    matches!(value, Value::Dict(_) | Value::List(_) | Value::Range(_)) || value.is_undefined()
}

fn repr(value: &Value, ascii: bool, out: &mut String) -> Res<()> {
    let mut text = String::new();
    value.repr(&mut text)?;
    if !ascii {
        out.push_str(&text);
        return Ok(());
    }
    for c in text.chars() {
        match c as u32 {
            0..0x80 => out.push(c),
            code @ 0x80..0x100 => out.push_str(&format!("\\x{code:02x}")),
            code @ 0x100..0x1_0000 => out.push_str(&format!("\\u{code:04x}")),
            code => out.push_str(&format!("\\U{code:08x}")),
        }
    }
    Ok(())
}

pub fn float_to_int(value: f64) -> Res<i128> {
    if !value.is_finite() {
        fail!(
            "cannot convert float {} to integer",
            crate::text::float(value)
        );
    }
    if value.abs() >= 1.7e38 {
        return Err(Error::limit("a number is too large"));
    }
    Ok(value as i128)
}

fn sign_text(negative: bool, spec: &Spec) -> String {
    match (negative, spec.sign) {
        (true, _) => "-".into(),
        (false, '+') => "+".into(),
        (false, ' ') => " ".into(),
        _ => String::new(),
    }
}

/// Sign, prefix and digits of a whole number.
fn int_parts(number: i128, spec: &Spec) -> (String, String, String) {
    let size = number.unsigned_abs();
    let (prefix, digits) = match spec.kind {
        'x' => ("0x", format!("{size:x}")),
        'X' => ("0X", format!("{size:X}")),
        'o' => ("0o", format!("{size:o}")),
        'b' => ("0b", format!("{size:b}")),
        _ => ("", size.to_string()),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    (sign_text(number < 0, spec), prefix.into(), digits)
}

/// Sign and digits of a float, by its type and precision.
fn float_parts(number: f64, spec: &Spec) -> (String, String) {
    let sign = sign_text(number.is_sign_negative() && !number.is_nan(), spec);
    let size = number.abs();
    let upper = spec.kind.is_ascii_uppercase();
    let digits = if !size.is_finite() {
        if size.is_nan() {
            "nan".into()
        } else {
            "inf".to_string()
        }
    } else {
        match spec.kind.to_ascii_lowercase() {
            'f' => {
                let text = format!("{:.*}", spec.precision.unwrap_or(6), size);
                if spec.alternate && !text.contains('.') {
                    text + "."
                } else {
                    text
                }
            }
            '%' => format!("{:.*}%", spec.precision.unwrap_or(6), size * 100.0),
            'e' => exponent_form(size, spec.precision.unwrap_or(6)),
            'g' | 'n' => general(size, spec.precision.unwrap_or(6).max(1), spec.alternate),
            // Without a type: like repr, or like g with a precision, but always with a fraction.
            _ => match spec.precision {
                None => crate::text::float(size),
                Some(precision) => {
                    let precision = precision.max(1);
                    let exponent = decimal_exponent(size, precision);
                    let text = general(size, precision, false);
                    if (-4..precision as i32).contains(&exponent) && !text.contains('.') {
                        // One digit fewer than g allows: the fraction needs it.
                        if exponent == precision as i32 - 1 {
                            strip_zeros(&exponent_form(size, precision - 1))
                        } else {
                            text + ".0"
                        }
                    } else {
                        text
                    }
                }
            },
        }
    };
    (sign, if upper { digits.to_uppercase() } else { digits })
}

fn exponent_form(size: f64, precision: usize) -> String {
    let text = format!("{size:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!(
        "{digits}e{}{:02}",
        if exponent < 0 { '-' } else { '+' },
        exponent.abs()
    )
}

fn decimal_exponent(size: f64, precision: usize) -> i32 {
    let text = format!("{size:.*e}", precision - 1);
    text.split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0)
}

/// Removes zeros at the end of the fraction, before an exponent.
fn strip_zeros(text: &str) -> String {
    let (digits, exponent) = match text.find('e') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    if !digits.contains('.') {
        return text.into();
    }
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_string()
        + exponent
}

fn general(size: f64, precision: usize, keep_zeros: bool) -> String {
    let exponent = decimal_exponent(size, precision);
    let text = if (-4..precision as i32).contains(&exponent) {
        format!(
            "{size:.*}",
            (precision as i32 - 1 - exponent).max(0) as usize
        )
    } else {
        exponent_form(size, precision - 1)
    };
    if keep_zeros { text } else { strip_zeros(&text) }
}

/// Puts sign, prefix and digits together in the width.
fn finish(sign: &str, prefix: &str, digits: &str, spec: &Spec, zeros: bool) -> String {
    let length = sign.len() + prefix.len();
    if zeros {
        let inner = spec.width.saturating_sub(length);
        let digits = match spec.grouping {
            Some(mark) => zero_grouped(digits, inner, mark),
            None => pad(digits, inner, '0', '>'),
        };
        return format!("{sign}{prefix}{digits}");
    }
    match spec.align.unwrap_or('>') {
        '=' => {
            let inner = spec.width.saturating_sub(length);
            format!("{sign}{prefix}{}", pad(digits, inner, spec.fill, '>'))
        }
        align => pad(
            &format!("{sign}{prefix}{digits}"),
            spec.width,
            spec.fill,
            align,
        ),
    }
}

/// Zeros before digits that already have separators, with separators of their own.
fn zero_grouped(digits: &str, width: usize, mark: char) -> String {
    let whole = digits.find(['.', 'e', '%']).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(whole);
    let mut plain = whole.replace(mark, "");
    let mut text = whole.to_string();
    while text.len() + rest.len() < width {
        plain.insert(0, '0');
        text = group(&plain, mark, 3);
    }
    text + rest
}

fn group(digits: &str, mark: char, every: usize) -> String {
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(every) {
            out.push(mark);
        }
        out.push(c);
    }
    out
}

fn grouped(digits: &str, spec: &Spec) -> String {
    let Some(mark) = spec.grouping else {
        return digits.into();
    };
    let every = if "xXob".contains(spec.kind) { 4 } else { 3 };
    let whole = if every == 4 {
        digits.len()
    } else {
        digits.find(['.', 'e', 'E', '%']).unwrap_or(digits.len())
    };
    group(&digits[..whole], mark, every) + &digits[whole..]
}

fn parse_spec(text: &str) -> Res<(Spec, bool)> {
    let mut spec = PLAIN;
    let mut rest = text;
    let mut zero = false;
    let mut filled = false;
    let mut chars = rest.chars();
    if let Some(first) = chars.next() {
        let second = chars.next();
        if let Some(align @ ('<' | '>' | '=' | '^')) = second {
            (spec.fill, spec.align) = (first, Some(align));
            filled = true;
            rest = chars.as_str();
        } else if "<>=^".contains(first) {
            spec.align = Some(first);
            rest = &rest[1..];
        }
    }
    if let Some(sign) = rest.chars().next().filter(|c| "+- ".contains(*c)) {
        spec.sign = sign;
        rest = &rest[1..];
    }
    if let Some(after) = rest.strip_prefix('z') {
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('#') {
        spec.alternate = true;
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('0') {
        zero = spec.align.is_none();
        if !filled {
            spec.fill = '0';
        }
        rest = after;
    }
    let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count();
    let length = digits(rest);
    if length > 0 {
        spec.width = bounded(rest[..length.min(9)].parse().unwrap_or(i128::MAX))?;
        rest = &rest[length..];
    }
    if let Some(mark) = rest.chars().next().filter(|c| matches!(c, ',' | '_')) {
        spec.grouping = Some(mark);
        rest = &rest[1..];
    }
    if let Some(after) = rest.strip_prefix('.') {
        let length = digits(after);
        if length == 0 {
            fail!("Format specifier missing precision");
        }
        spec.precision = Some(bounded(
            after[..length.min(9)].parse().unwrap_or(i128::MAX),
        )?);
        rest = &after[length..];
    }
    let mut chars = rest.chars();
    spec.kind = chars.next().unwrap_or('\0');
    if chars.next().is_some() {
        fail!("Invalid format specifier '{text}'");
    }
    Ok((spec, zero))
}

/// Python's `format(value, spec)`.
pub fn format_value(value: &Value, text: &str) -> Res<String> {
    value.used()?;
    charge_bytes(text.len())?;
    match value {
        Value::Date(date) if !text.is_empty() => {
            return crate::dates::strftime(&date.at_midnight(), text);
        }
        Value::DateTime(moment) if !text.is_empty() => return crate::dates::strftime(moment, text),
        _ => {}
    }
    if text.is_empty() {
        return Ok(value.to_text()?.to_string());
    }
    let is_number = matches!(value, Value::Int(_) | Value::Bool(_) | Value::Float(_));
    if value.as_str().is_none() && !is_number {
        fail!(
            "unsupported format string passed to {}.__format__",
            value.kind()
        );
    }
    let (mut spec, zero) = parse_spec(text)?;
    let wrong = || {
        let message = format!(
            "Unknown format code '{}' for object of type '{}'",
            spec.kind,
            value.kind()
        );
        Error::runtime(message)
    };
    if let Some(string) = value.as_str() {
        if !matches!(spec.kind, '\0' | 's') {
            return Err(wrong());
        }
        if spec.align == Some('=') || spec.sign != '-' || spec.alternate || spec.grouping.is_some()
        {
            fail!("a text cannot be formatted as a number");
        }
        let cut: String = string
            .chars()
            .take(spec.precision.unwrap_or(usize::MAX))
            .collect();
        return Ok(pad(&cut, spec.width, spec.fill, spec.align.unwrap_or('<')));
    }
    if let (Some(number), '\0' | 'd' | 'n' | 'x' | 'X' | 'o' | 'b' | 'c') =
        (value.as_index(), spec.kind)
    {
        if spec.precision.is_some() {
            fail!("Precision not allowed in integer format specifier");
        }
        if matches!(value, Value::Bool(_))
            && spec.kind == '\0'
            && spec.width == 0
            && text.is_empty()
        {
            return Ok(value.to_text()?.to_string());
        }
        if spec.kind == 'c' {
            let c = u32::try_from(number).ok().and_then(char::from_u32);
            let Some(c) = c else {
                fail!("%c arg not in range(0x110000)")
            };
            return Ok(pad(
                &c.to_string(),
                spec.width,
                spec.fill,
                spec.align.unwrap_or('<'),
            ));
        }
        let (sign, prefix, digits) = int_parts(number, &spec);
        let digits = grouped(&digits, &spec);
        return Ok(finish(&sign, &prefix, &digits, &spec, zero));
    }
    if !matches!(
        spec.kind,
        '\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%'
    ) {
        return Err(wrong());
    }
    let Some(number) = as_float(value) else {
        return Err(wrong());
    };
    if spec.kind == '\0' && value.as_index().is_some() {
        spec.kind = 'g';
    }
    let (sign, digits) = float_parts(number, &spec);
    let digits = grouped(&digits, &spec);
    Ok(finish(
        &sign,
        "",
        &digits,
        &spec,
        zero && number.is_finite(),
    ))
}

/// `format.format(*positional, **named)`, with attributes looked up as the sandbox does.
pub fn braces(
    interp: &Interp,
    format: &str,
    positional: &[Value],
    named: &[(crate::ast::Name, Value)],
) -> Res<String> {
    let mut counter = Some(0);
    expand(interp, format, positional, named, &mut counter, 2)
}

fn expand(
    interp: &Interp,
    format: &str,
    positional: &[Value],
    named: &[(crate::ast::Name, Value)],
    counter: &mut Option<usize>,
    levels: u32,
) -> Res<String> {
    if levels == 0 {
        fail!("Max string recursion exceeded");
    }
    charge_bytes(format.len())?;
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = rest.as_bytes()[at];
        let after = &rest[at + 1..];
        if after.as_bytes().first() == Some(&brace) {
            out.push(brace as char);
            rest = &after[1..];
            continue;
        }
        if brace == b'}' {
            fail!("Single '}}' encountered in format string");
        }
        charge(4)?;
        let mut depth = 1;
        let end = after.char_indices().find(|(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some((end, _)) = end else {
            fail!("expected '}}' before end of string")
        };
        let field = &after[..end];
        rest = &after[end + 1..];
        let split = field.find(['!', ':']).unwrap_or(field.len());
        // A bracketed key may hold both signs.
        let split = match field[..split].rfind('[') {
            Some(open) if !field[open..split].contains(']') => {
                let close = field[open..]
                    .find(']')
                    .map_or(field.len(), |close| open + close);
                field[close..]
                    .find(['!', ':'])
                    .map_or(field.len(), |at| close + at)
            }
            _ => split,
        };
        let (path, tail) = field.split_at(split);
        let value = lookup(interp, path, positional, named, counter)?;
        let (conversion, spec) = match tail.strip_prefix('!') {
            Some(tail) => {
                let mut chars = tail.chars();
                let conversion = chars.next();
                let spec = chars.as_str();
                if !spec.is_empty() && !spec.starts_with(':') {
                    fail!("expected ':' after conversion specifier");
                }
                (conversion, spec.strip_prefix(':').unwrap_or(""))
            }
            None => (None, tail.strip_prefix(':').unwrap_or("")),
        };
        let value = match conversion {
            None => value,
            Some('s') => Value::Str(value.to_text()?),
            Some(kind @ ('r' | 'a')) => {
                let mut text = String::new();
                repr(&value, kind == 'a', &mut text)?;
                Value::text(text)?
            }
            Some(other) => fail!("Unknown conversion specifier {other:?}"),
        };
        let spec = match spec.contains(['{', '}']) {
            true => expand(interp, spec, positional, named, counter, levels - 1)?,
            false => spec.to_string(),
        };
        let text = format_value(&value, &spec)?;
        charge_bytes(text.len())?;
        out.push_str(&text);
    }
    out.push_str(rest);
    Ok(out)
}

fn lookup(
    interp: &Interp,
    path: &str,
    positional: &[Value],
    named: &[(crate::ast::Name, Value)],
    counter: &mut Option<usize>,
) -> Res<Value> {
    let first = path.find(['.', '[']).unwrap_or(path.len());
    let (head, mut rest) = path.split_at(first);
    let index = if head.is_empty() {
        let Some(next) = counter.as_mut() else {
            fail!("cannot switch from manual field specification to automatic field numbering")
        };
        *next += 1;
        Some(*next - 1)
    } else if head.bytes().all(|b| b.is_ascii_digit()) {
        if counter.is_some_and(|n| n > 0) {
            fail!("cannot switch from automatic field numbering to manual field specification");
        }
        *counter = None;
        Some(head.parse().unwrap_or(usize::MAX))
    } else {
        None
    };
    let found = match index {
        Some(index) => positional.get(index).cloned(),
        None => named
            .iter()
            .find(|(name, _)| **name == *head)
            .map(|(_, value)| value.clone()),
    };
    let Some(mut value) = found else {
        fail!("no value for the replacement field '{head}'")
    };
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            value = interp.attribute(&value, &after[..end])?;
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix('[') {
            let Some(end) = after.find(']') else {
                fail!("Missing ']' in format string")
            };
            let key = &after[..end];
            let key = match key.parse::<i128>() {
                Ok(index) if !key.starts_with(['-', '+']) => Value::Int(index),
                _ => Value::str(key),
            };
            value = interp.subscript(&value, &key)?;
            rest = &after[end + 1..];
        } else {
            fail!("Only '.' or '[' may follow ']' in format field specifier");
        }
    }
    Ok(value)
}
