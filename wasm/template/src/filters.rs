// Jinja's built-in filters and upstream's four own ones. Each takes its arguments by the names that Jinja's
// Python functions have.

use crate::ast::Name;
use crate::dates::{Date, DateTime, strftime};
use crate::error::{Error, Kind, Res};
use crate::fail;
use crate::format;
use crate::host;
use crate::interp::{CallArgs, Interp, fill};
use crate::lexer::is_space;
use crate::limits::{charge, charge_bytes};
use crate::methods::sort_by;
use crate::ops;
use crate::str_methods;
use crate::tests;
use crate::text;
use crate::value::{Dict, Tuple, Value};
use std::cmp::Ordering;
use std::rc::Rc;

const NAMES: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "capitalize",
    "center",
    "count",
    "d",
    "datetime",
    "default",
    "dictsort",
    "e",
    "escape",
    "filesizeformat",
    "first",
    "float",
    "forceescape",
    "format",
    "get_cf_value",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "localize_date",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "random",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "slugify",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "urlize",
    "wordcount",
    "wordwrap",
    "xmlattr",
];

pub fn exists(name: &str) -> bool {
    NAMES.contains(&name)
}

fn text_arg(value: &Option<Value>, default: &str, filter: &str) -> Res<String> {
    match value {
        None => Ok(default.into()),
        Some(value) => {
            value.used()?;
            match value.as_str() {
                Some(text) => Ok(text.into()),
                None => fail!("{filter}: expected a text, not {}", value.kind()),
            }
        }
    }
}

fn int_arg(value: &Option<Value>, default: i128, filter: &str) -> Res<i128> {
    match value {
        None => Ok(default),
        Some(value) => {
            value.used()?;
            match value.as_index() {
                Some(number) => Ok(number),
                None => fail!("{filter}: expected a whole number, not {}", value.kind()),
            }
        }
    }
}

fn size_arg(value: &Option<Value>, default: i128, filter: &str) -> Res<usize> {
    let size = int_arg(value, default, filter)?.max(0);
    usize::try_from(size)
        .ok()
        .filter(|size| *size <= 1 << 20)
        .ok_or_else(|| Error::limit(format!("{filter}: a size is too large")))
}

fn flag(value: &Option<Value>, default: bool) -> Res<bool> {
    value.as_ref().map_or(Ok(default), Value::truthy)
}

fn needed(value: Option<Value>, filter: &str) -> Res<Value> {
    match value {
        Some(value) => Ok(value),
        None => fail!("the filter '{filter}' is missing an argument"),
    }
}

/// Jinja's `make_attrgetter`: `a.b.0`.
fn attribute_path(
    interp: &Interp,
    item: &Value,
    path: &Value,
    default: Option<&Value>,
) -> Res<Value> {
    let parts: Vec<Value> = match path.as_str() {
        Some(path) => path
            .split('.')
            .map(|part| match part.parse::<i128>() {
                Ok(index) if part.bytes().all(|b| b.is_ascii_digit()) => Value::Int(index),
                _ => Value::str(part),
            })
            .collect(),
        None => vec![path.clone()],
    };
    let mut value = item.clone();
    for part in &parts {
        value = interp.subscript(&value, part)?;
        if value.is_undefined()
            && let Some(default) = default
        {
            value = default.clone();
        }
    }
    Ok(value)
}

/// What a case-insensitive filter compares.
fn ignore_case(value: &Value) -> Res<Value> {
    match value.as_str() {
        Some(text) => Value::text(text.to_lowercase()),
        None => Ok(value.clone()),
    }
}

fn key_of(
    interp: &Interp,
    item: &Value,
    attribute: &Option<Value>,
    case_sensitive: bool,
) -> Res<Value> {
    let value = match attribute {
        None | Some(Value::None) => item.clone(),
        Some(path) => attribute_path(interp, item, path, None)?,
    };
    if case_sensitive {
        Ok(value)
    } else {
        ignore_case(&value)
    }
}

/// The filters that are generators in Jinja: they fail when they are run, not when they are called.
const LAZY: &[&str] = &[
    "batch",
    "items",
    "map",
    "reject",
    "rejectattr",
    "select",
    "selectattr",
    "slice",
    "unique",
];

pub fn apply(interp: &Interp, name: &str, input: Value, args: CallArgs) -> Res<Value> {
    charge(2)?;
    match eager(interp, name, input, args) {
        Err(error) if error.kind != Kind::Limit && LAZY.contains(&name) => {
            Ok(Value::failing(error))
        }
        result => result,
    }
}

fn eager(interp: &Interp, name: &str, input: Value, args: CallArgs) -> Res<Value> {
    match name {
        "default" | "d" => {
            let [default, boolean] = args.bind(name, ["default_value", "boolean"])?;
            let falsy = input.is_undefined() || (flag(&boolean, false)? && !input.truthy()?);
            Ok(if falsy {
                default.unwrap_or_else(|| Value::str(""))
            } else {
                input
            })
        }
        "abs" => {
            let [] = args.bind(name, [])?;
            match &input {
                Value::Float(f) => Ok(Value::Float(f.abs())),
                Value::Delta(d) if d.0 >= 0 => Ok(input),
                Value::Delta(_) => ops::negate(&input),
                _ => match input.as_index() {
                    Some(number) => Ok(Value::Int(number.checked_abs().unwrap_or(i128::MAX))),
                    None => {
                        input.used()?;
                        fail!("bad operand type for abs(): '{}'", input.kind())
                    }
                },
            }
        }
        "attr" => {
            let [attribute] = args.bind(name, ["name"])?;
            let attribute = text_arg(&attribute, "", name)?;
            input.used()?;
            let found = if attribute.starts_with('_') {
                None
            } else {
                crate::methods::attribute(&input, &attribute)?
            };
            Ok(found.unwrap_or_else(|| {
                Value::undefined(format!(
                    "'{} object' has no attribute '{attribute}'",
                    input.kind()
                ))
            }))
        }
        "int" => to_int(input, args),
        "float" => {
            let [default] = args.bind(name, ["default"])?;
            input.used()?;
            if let Value::Absent = input {
                fail!("float: the value is undefined");
            }
            let parsed = match &input {
                _ if input.as_str().is_some() => parse_float(input.as_str().unwrap_or_default()),
                _ => ops::as_float(&input),
            };
            Ok(parsed
                .map(Value::Float)
                .or(default)
                .unwrap_or(Value::Float(0.0)))
        }
        "round" => round(input, args),
        "string" => {
            let [] = args.bind(name, [])?;
            if input.as_str().is_some() {
                Ok(input)
            } else {
                Ok(Value::Str(input.to_text()?))
            }
        }
        "safe" => {
            let [] = args.bind(name, [])?;
            Ok(Value::Str(input.to_text()?))
        }
        "list" => {
            let [] = args.bind(name, [])?;
            Ok(Value::list(input.items()?))
        }
        "length" | "count" => {
            let [] = args.bind(name, [])?;
            Ok(Value::Int(input.len()? as i128))
        }
        "first" => {
            let [] = args.bind(name, [])?;
            let first = input.items()?.into_iter().next();
            Ok(first.unwrap_or_else(|| Value::undefined("No first item, sequence was empty.")))
        }
        "last" => {
            let [] = args.bind(name, [])?;
            if matches!(input, Value::Iter(_)) {
                fail!("'generator' object is not reversible");
            }
            let last = input.items()?.pop();
            Ok(last.unwrap_or_else(|| Value::undefined("No last item, sequence was empty.")))
        }
        "random" => fail!("random is refused: a file's name must not be random"),
        "reverse" => {
            let [] = args.bind(name, [])?;
            match input.as_str() {
                Some(text) => Value::text(text.chars().rev().collect()),
                None => {
                    let mut items = input.items()?;
                    items.reverse();
                    Ok(Value::iter(items))
                }
            }
        }
        "items" => {
            let [] = args.bind(name, [])?;
            match &input {
                Value::Undefined(_) | Value::Absent => Ok(Value::iter(Vec::new())),
                Value::Dict(dict) => {
                    let view = Value::View(crate::value::View::Items, dict.clone());
                    Ok(Value::iter(view.items()?))
                }
                _ => fail!("Can only get item pairs from a mapping."),
            }
        }
        "join" => {
            let [separator, attribute] = args.bind(name, ["d", "attribute"])?;
            let separator = match &separator {
                Some(separator) => separator.to_text()?,
                None => "".into(),
            };
            let mut out = String::new();
            for (at, item) in input.items()?.iter().enumerate() {
                if at > 0 {
                    charge_bytes(separator.len())?;
                    out.push_str(&separator);
                }
                key_of(interp, item, &attribute, true)?.print(&mut out)?;
            }
            Value::text(out)
        }
        "map" => map(interp, input, args),
        "select" | "reject" | "selectattr" | "rejectattr" => pick(interp, name, input, args),
        "sort" => {
            let [reverse, case_sensitive, attribute] =
                args.bind(name, ["reverse", "case_sensitive", "attribute"])?;
            let sensitive = flag(&case_sensitive, false)?;
            let items = input.items()?;
            let mut keys = Vec::with_capacity(items.len());
            for item in &items {
                keys.push(sort_key(interp, item, &attribute, sensitive)?);
            }
            Ok(Value::list(sort_by(items, keys, flag(&reverse, false)?)?))
        }
        "dictsort" => {
            let [case_sensitive, by, reverse] =
                args.bind(name, ["case_sensitive", "by", "reverse"])?;
            let at = match text_arg(&by, "key", name)?.as_str() {
                "key" => 0,
                "value" => 1,
                _ => fail!("You can only sort by either \"key\" or \"value\""),
            };
            let Value::Dict(dict) = &input else {
                fail!("dictsort needs a mapping")
            };
            let items = Value::View(crate::value::View::Items, dict.clone()).items()?;
            let sensitive = flag(&case_sensitive, false)?;
            let mut keys = Vec::with_capacity(items.len());
            for item in &items {
                let part = ops::item(item, &Value::Int(at))?.unwrap_or(Value::None);
                keys.push(if sensitive { part } else { ignore_case(&part)? });
            }
            Ok(Value::list(sort_by(items, keys, flag(&reverse, false)?)?))
        }
        "unique" => {
            let [case_sensitive, attribute] = args.bind(name, ["case_sensitive", "attribute"])?;
            let sensitive = flag(&case_sensitive, false)?;
            let mut seen = Dict::default();
            let mut kept = Vec::new();
            for item in input.items()? {
                let key = key_of(interp, &item, &attribute, sensitive)?;
                if seen.get(&key)?.is_none() {
                    seen.insert(key, Value::None)?;
                    kept.push(item);
                }
            }
            Ok(Value::iter(kept))
        }
        "min" | "max" => {
            let [case_sensitive, attribute] = args.bind(name, ["case_sensitive", "attribute"])?;
            let sensitive = flag(&case_sensitive, false)?;
            let mut best: Option<(Value, Value)> = None;
            for item in input.items()? {
                let key = key_of(interp, &item, &attribute, sensitive)?;
                let better = match &best {
                    None => true,
                    Some((_, old)) if name == "min" => {
                        ops::order(&key, old, "<")? == Some(Ordering::Less)
                    }
                    Some((_, old)) => ops::order(&key, old, ">")? == Some(Ordering::Greater),
                };
                if better {
                    best = Some((item, key));
                }
            }
            Ok(best.map_or_else(
                || Value::undefined("No aggregated item, sequence was empty."),
                |b| b.0,
            ))
        }
        "sum" => {
            let [attribute, start] = args.bind(name, ["attribute", "start"])?;
            let mut total = start.unwrap_or(Value::Int(0));
            if total.as_str().is_some() {
                fail!("sum() can't sum strings [use ''.join(seq) instead]");
            }
            for item in input.items()? {
                let item = key_of(interp, &item, &attribute, true)?;
                total = ops::binary(crate::ast::BinOp::Add, &total, &item)?;
            }
            Ok(total)
        }
        "groupby" => {
            let [attribute, default, case_sensitive] =
                args.bind(name, ["attribute", "default", "case_sensitive"])?;
            let attribute = needed(attribute, name)?;
            let sensitive = flag(&case_sensitive, false)?;
            group(interp, input, &attribute, default.as_ref(), sensitive)
        }
        "batch" => {
            let [size, fill] = args.bind(name, ["linecount", "fill_with"])?;
            let size = size_arg(&Some(needed(size, name)?), 1, name)?.max(1);
            let mut rows = Vec::new();
            for chunk in input.items()?.chunks(size) {
                let mut row = chunk.to_vec();
                if let Some(fill) = fill.as_ref().filter(|f| !matches!(f, Value::None)) {
                    charge(size)?;
                    row.resize(size, fill.clone());
                }
                rows.push(Value::list(row));
            }
            Ok(Value::iter(rows))
        }
        "slice" => {
            let [slices, fill] = args.bind(name, ["slices", "fill_with"])?;
            let slices = size_arg(&Some(needed(slices, name)?), 1, name)?;
            if slices == 0 {
                fail!("integer division or modulo by zero");
            }
            charge(slices)?;
            let items = input.items()?;
            let (each, extra) = (items.len() / slices, items.len() % slices);
            let mut at = 0;
            let mut columns = Vec::new();
            for column in 0..slices {
                let end = at + each + usize::from(column < extra);
                let mut part = items[at..end].to_vec();
                if column >= extra
                    && let Some(fill) = fill.as_ref().filter(|f| !matches!(f, Value::None))
                {
                    part.push(fill.clone());
                }
                at = end;
                columns.push(Value::list(part));
            }
            Ok(Value::iter(columns))
        }
        "format" => {
            let text = input.to_text()?;
            if !args.named.is_empty() && !args.positional.is_empty() {
                fail!("can't handle positional and keyword arguments at the same time");
            }
            if args.named.is_empty() {
                return format::percent(&text, &Value::tuple(args.positional));
            }
            let entries = args
                .named
                .into_iter()
                .map(|(k, v)| (Value::Str(k), v))
                .collect();
            format::percent(&text, &Value::dict(Dict { entries }))
        }
        "get_cf_value" => {
            let [field, default] = args.bind(name, ["name", "default"])?;
            let field = needed(field, name)?;
            if ops::contains(&input, &field)? {
                let found = ops::item(&input, &field)?;
                let value = match found {
                    Some(found) => ops::item(&found, &Value::str("value"))?,
                    None => None,
                };
                match value {
                    Some(Value::None) => {}
                    Some(value) => return Ok(value),
                    None => fail!("get_cf_value: that is no custom field"),
                }
            }
            Ok(default.unwrap_or(Value::None))
        }
        "datetime" => {
            let [format] = args.bind(name, ["format"])?;
            let format = text_arg(&Some(needed(format, name)?), "", name)?;
            input.used()?;
            let moment = match &input {
                Value::Date(date) => date.at_midnight(),
                Value::DateTime(moment) => *moment,
                Value::Time(time) => DateTime {
                    date: Date {
                        year: 1900,
                        month: 1,
                        day: 1,
                    },
                    time: *time,
                    offset: None,
                },
                _ => match input.as_str().map(Date::parse) {
                    Some(Some(date)) => date.at_midnight(),
                    Some(None) => fail!("datetime: the text is no date"),
                    None => fail!("'{}' object has no attribute 'strftime'", input.kind()),
                },
            };
            Value::text(strftime(&moment, &format)?)
        }
        "localize_date" => {
            let [format, locale] = args.bind(name, ["format", "locale"])?;
            let format = text_arg(&Some(needed(format, name)?), "", name)?;
            let locale = text_arg(&Some(needed(locale, name)?), "", name)?;
            localize(&input, &format, &locale)
        }
        "slugify" => {
            let [unicode] = args.bind(name, ["allow_unicode"])?;
            slugify(&input.to_text()?, flag(&unicode, false)?)
        }
        "pprint" => {
            let [] = args.bind(name, [])?;
            let mut out = String::new();
            input.repr(&mut out)?;
            Value::text(out)
        }
        "tojson" => {
            let [indent] = args.bind(name, ["indent"])?;
            if !matches!(indent, None | Some(Value::None)) {
                fail!("tojson: an indented text has line breaks, which no file name has");
            }
            let mut out = String::new();
            to_json(&input, &mut out)?;
            let out = out
                .replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026")
                .replace('\'', "\\u0027");
            Value::text(out)
        }
        "xmlattr" | "urlize" => fail!("the filter '{name}' makes HTML, which no file name has"),
        "urlencode" => {
            let [] = args.bind(name, [])?;
            urlencode(&input)
        }
        "filesizeformat" => {
            let [binary] = args.bind(name, ["binary"])?;
            file_size(&input, flag(&binary, false)?)
        }
        "indent" | "wordwrap" if input.as_str().is_none() => {
            input.used()?;
            fail!("{name}: '{}' is no text", input.kind())
        }
        // A list that is short enough goes through; a longer one cannot be cut like a text.
        "truncate" if input.as_str().is_none() => {
            let items = input.len()?;
            let [length, _, _, leeway] =
                args.bind(name, ["length", "killwords", "end", "leeway"])?;
            if items > size_arg(&length, 255, name)? + size_arg(&leeway, 5, name)? {
                fail!("truncate: '{}' is no text", input.kind());
            }
            Ok(input)
        }
        "truncate" if matches!(input, Value::Placeholder) => {
            let cut = text_filter(name, crate::value::PLACEHOLDER, args)?;
            Ok(if cut.as_str() == input.as_str() {
                input
            } else {
                cut
            })
        }
        _ => text_filter(name, &input.to_text()?, args),
    }
}

/// The filters whose input becomes a text first.
fn text_filter(name: &str, input: &str, args: CallArgs) -> Res<Value> {
    charge_bytes(input.len())?;
    match name {
        "replace" => {
            let [old, new, count] = args.bind(name, ["old", "new", "count"])?;
            let old = needed(old, name)?.to_text()?;
            let new = needed(new, name)?.to_text()?;
            let count = match &count {
                None | Some(Value::None) => -1,
                some => int_arg(some, -1, name)?,
            };
            str_methods::replace(input, &old, &new, count)
        }
        "trim" => {
            let [chars] = args.bind(name, ["chars"])?;
            let chars = match chars {
                Some(Value::None) => None,
                other => other,
            };
            str_methods::call(input, "strip", CallArgs::of(chars.into_iter().collect()))
        }
        "center" => {
            let [width] = args.bind(name, ["width"])?;
            let width = size_arg(&width, 80, name)?;
            charge_bytes(width)?;
            Value::text(str_methods::center(input, width, ' '))
        }
        "indent" => {
            let [width, first, blank] = args.bind(name, ["width", "first", "blank"])?;
            indent(input, &width, flag(&first, false)?, flag(&blank, false)?)
        }
        "truncate" => {
            let [length, kill, end, leeway] =
                args.bind(name, ["length", "killwords", "end", "leeway"])?;
            let length = size_arg(&length, 255, name)?;
            let leeway = match leeway {
                Some(Value::None) => 5,
                other => size_arg(&other, 5, name)?,
            };
            truncate(
                input,
                length,
                flag(&kill, false)?,
                &text_arg(&end, "...", name)?,
                leeway,
            )
        }
        "wordwrap" => {
            let [width, long, wrap, hyphens] = args.bind(
                name,
                [
                    "width",
                    "break_long_words",
                    "wrapstring",
                    "break_on_hyphens",
                ],
            )?;
            let width = size_arg(&width, 79, name)?.max(1);
            let wrap = match &wrap {
                Some(Value::None) => "\n".to_string(),
                other => text_arg(other, "\n", name)?,
            };
            wordwrap(
                input,
                width,
                flag(&long, true)?,
                &wrap,
                flag(&hyphens, true)?,
            )
        }
        _ => {
            let [] = args.bind(name, [])?;
            Value::text(match name {
                "lower" => input.to_lowercase(),
                "upper" => input.to_uppercase(),
                "capitalize" => text::capitalize(input),
                "title" => text::title_words(input),
                "escape" | "e" | "forceescape" => escape(input),
                "striptags" => strip_tags(input),
                "wordcount" => return Ok(Value::Int(word_count(input))),
                _ => fail!("No filter named '{name}'."),
            })
        }
    }
}

fn sort_key(
    interp: &Interp,
    item: &Value,
    attribute: &Option<Value>,
    sensitive: bool,
) -> Res<Value> {
    match attribute.as_ref().and_then(Value::as_str) {
        // `sort(attribute="a,b")` sorts by several.
        Some(paths) if paths.contains(',') => {
            let keys: Res<Vec<Value>> = paths
                .split(',')
                .map(|p| key_of(interp, item, &Some(Value::str(p)), sensitive))
                .collect();
            Ok(Value::list(keys?))
        }
        _ => {
            let key = key_of(interp, item, attribute, sensitive)?;
            Ok(if attribute.is_some() {
                Value::list(vec![key])
            } else {
                key
            })
        }
    }
}

fn map(interp: &Interp, input: Value, mut args: CallArgs) -> Res<Value> {
    if args.positional.is_empty() {
        let [attribute, default] = args.bind("map", ["attribute", "default"])?;
        let Some(attribute) = attribute else {
            fail!("map requires a filter argument")
        };
        let mut out = Vec::new();
        for item in input_items(&input)? {
            out.push(attribute_path(interp, &item, &attribute, default.as_ref())?);
        }
        return Ok(Value::iter(out));
    }
    let filter = text_arg(&Some(args.positional.remove(0)), "", "map")?;
    if !exists(&filter) {
        fail!("No filter named '{filter}'.");
    }
    let mut out = Vec::new();
    for item in input_items(&input)? {
        let again = CallArgs {
            positional: args.positional.clone(),
            named: args.named.clone(),
        };
        charge(again.positional.len() + again.named.len())?;
        out.push(apply(interp, &filter, item, again)?);
    }
    Ok(Value::iter(out))
}

/// `map` and `select` take a false input as an empty one.
fn input_items(input: &Value) -> Res<Vec<Value>> {
    input.used()?;
    let countless = matches!(input, Value::Iter(_));
    if countless || input.truthy()? {
        input.items()
    } else {
        Ok(Vec::new())
    }
}

fn pick(interp: &Interp, name: &str, input: Value, mut args: CallArgs) -> Res<Value> {
    let attribute = if name.ends_with("attr") {
        if args.positional.is_empty() {
            fail!("Missing parameter for attribute name");
        }
        Some(args.positional.remove(0))
    } else {
        None
    };
    let wanted = !name.starts_with("reject");
    let test: Option<Name> = if args.positional.is_empty() {
        None
    } else {
        Some(
            text_arg(&Some(args.positional.remove(0)), "", name)?
                .as_str()
                .into(),
        )
    };
    if let Some(test) = test.as_ref().filter(|test| !tests::exists(test)) {
        fail!("No test named '{test}'.");
    }
    let mut kept = Vec::new();
    for item in input_items(&input)? {
        let value = match &attribute {
            Some(path) => attribute_path(interp, &item, path, None)?,
            None => item.clone(),
        };
        let passes = match &test {
            Some(test) => {
                let again = CallArgs {
                    positional: args.positional.clone(),
                    named: args.named.clone(),
                };
                tests::apply(test, &value, again)?
            }
            None => value.truthy()?,
        };
        if passes == wanted {
            kept.push(item);
        }
    }
    Ok(Value::iter(kept))
}

fn group(
    interp: &Interp,
    input: Value,
    attribute: &Value,
    default: Option<&Value>,
    sensitive: bool,
) -> Res<Value> {
    let items = input.items()?;
    let mut keys = Vec::with_capacity(items.len());
    let mut labelled = Vec::with_capacity(items.len());
    for item in items {
        let label = attribute_path(interp, &item, attribute, default)?;
        keys.push(if sensitive {
            label.clone()
        } else {
            ignore_case(&label)?
        });
        labelled.push(Value::tuple(vec![label, item]));
    }
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for pair in sort_by(labelled, keys, false)? {
        let label = ops::item(&pair, &Value::Int(0))?.unwrap_or(Value::None);
        let item = ops::item(&pair, &Value::Int(1))?.unwrap_or(Value::None);
        let key = if sensitive {
            label.clone()
        } else {
            ignore_case(&label)?
        };
        match groups.last_mut() {
            Some((last, _, members)) if ops::equal(last, &key)? => members.push(item),
            _ => groups.push((key, label, vec![item])),
        }
    }
    let groups = groups
        .into_iter()
        .map(|(_, label, members)| {
            let items = vec![label, Value::list(members)];
            Value::Tuple(Rc::new(Tuple {
                items,
                names: &["grouper", "list"],
            }))
        })
        .collect();
    Ok(Value::list(groups))
}

/// Python's `float(text)`.
fn parse_float(text: &str) -> Option<f64> {
    let text = text::strip(text);
    let lower = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity" | "nan") {
        return text.parse().ok();
    }
    let sound = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-._eE".contains(&b));
    let clean = remove_underscores(text)?;
    if sound && clean.bytes().any(|b| b.is_ascii_digit()) {
        clean.parse().ok()
    } else {
        None
    }
}

/// Single underscores stand between digits only.
fn remove_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        if *byte == b'_' && (at == 0 || !digit(at - 1) || !digit(at + 1)) {
            return None;
        }
    }
    Some(text.replace('_', ""))
}

/// Python's `int(text, base)`.
fn parse_int(text: &str, base: i128) -> Option<i128> {
    let text = text::strip(text);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find(|(prefix, radix)| lower.starts_with(prefix) && (base == *radix || base == 0));
    let (digits, radix) = match prefixed {
        Some((prefix, radix)) => (
            lower[prefix.len()..].trim_start_matches('_').to_string(),
            radix,
        ),
        None if base == 0 => (lower, 10),
        None => (lower, base),
    };
    let radix = u32::try_from(radix).ok().filter(|r| (2..=36).contains(r))?;
    let digits = remove_underscores(&digits)?;
    if digits.is_empty() || !digits.bytes().all(|b| (b as char).is_digit(radix)) {
        return None;
    }
    let value = i128::from_str_radix(&digits, radix).ok()?;
    Some(if negative { -value } else { value })
}

fn to_int(input: Value, args: CallArgs) -> Res<Value> {
    let [default, base] = args.bind("int", ["default", "base"])?;
    input.used()?;
    if let Value::Absent = input {
        fail!("int: the value is undefined");
    }
    let parsed = match (&input, input.as_str()) {
        (_, Some(text)) => parse_int(text, int_arg(&base, 10, "int")?)
            .or_else(|| parse_float(text).and_then(|f| format::float_to_int(f).ok())),
        (Value::Float(f), _) => format::float_to_int(*f).ok(),
        _ => input.as_index(),
    };
    Ok(parsed.map(Value::Int).or(default).unwrap_or(Value::Int(0)))
}

fn round(input: Value, args: CallArgs) -> Res<Value> {
    let [precision, method] = args.bind("round", ["precision", "method"])?;
    let precision = int_arg(&precision, 0, "round")?.clamp(-400, 400) as i32;
    let method = text_arg(&method, "common", "round")?;
    input.used()?;
    let Some(number) = ops::as_float(&input) else {
        fail!("type {} doesn't define __round__ method", input.kind())
    };
    match method.as_str() {
        "common" => match input.as_index() {
            Some(whole) if precision >= 0 => Ok(Value::Int(whole)),
            Some(whole) => Ok(Value::Int(round_whole(whole, precision.unsigned_abs()))),
            None => Ok(Value::Float(round_float(number, precision))),
        },
        "ceil" | "floor" => {
            let scale = 10f64.powi(precision);
            let scaled = number * scale;
            let whole = if method == "ceil" {
                scaled.ceil()
            } else {
                scaled.floor()
            };
            Ok(Value::Float(whole / scale))
        }
        _ => fail!("method must be common, ceil or floor"),
    }
}

/// To the nearest, halves to the even neighbour, decided on the exact value.
fn round_float(number: f64, precision: i32) -> f64 {
    if !number.is_finite() || precision > 320 {
        return number;
    }
    if precision >= 0 {
        return format!("{number:.*}", precision as usize)
            .parse()
            .unwrap_or(number);
    }
    match format::float_to_int(number.round_ties_even()) {
        Ok(whole) if precision > -39 => {
            let below = round_whole(whole, precision.unsigned_abs());
            below as f64
        }
        _ => 0.0,
    }
}

fn round_whole(number: i128, digits: u32) -> i128 {
    let Some(unit) = 10i128.checked_pow(digits) else {
        return 0;
    };
    let rest = number.rem_euclid(unit);
    let floor = number - rest;
    let odd = (floor / unit) % 2 != 0;
    match (rest * 2).cmp(&unit) {
        Ordering::Less => floor,
        Ordering::Greater => floor + unit,
        Ordering::Equal => floor + if odd { unit } else { 0 },
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            _ => out.push(c),
        }
    }
    out
}

/// Comments and tags away, blanks collapsed, the five entities that `escape` makes turned back.
fn strip_tags(text: &str) -> String {
    let mut text = text.to_string();
    for (open, close) in [("<!--", "-->"), ("<", ">")] {
        let mut out = String::with_capacity(text.len());
        let mut rest = &*text;
        while let Some(start) = rest.find(open) {
            let Some(end) = rest[start + open.len()..].find(close) else {
                break;
            };
            out.push_str(&rest[..start]);
            rest = &rest[start + open.len() + end + close.len()..];
        }
        out.push_str(rest);
        text = out;
    }
    let words: Vec<&str> = text
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect();
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(words.join(" "), |text, (entity, c)| text.replace(entity, c))
}

fn word_count(text: &str) -> i128 {
    let mut count = 0;
    let mut inside = false;
    for c in text.chars() {
        let word = c == '_' || c.is_alphanumeric();
        count += i128::from(word && !inside);
        inside = word;
    }
    count
}

fn indent(text: &str, width: &Option<Value>, first: bool, blank: bool) -> Res<Value> {
    let indention = match width {
        Some(value) if value.as_str().is_some() => value.to_text()?.to_string(),
        other => {
            let width = size_arg(other, 4, "indent")?;
            charge_bytes(width)?;
            " ".repeat(width)
        }
    };
    let text = text.to_string() + "\n";
    let mut lines = text::lines(&text, false);
    let mut out = String::new();
    let start = lines.remove(0);
    if first {
        out.push_str(&indention);
    }
    out.push_str(start);
    for line in lines {
        charge_bytes(indention.len() + line.len())?;
        out.push('\n');
        if blank || !line.is_empty() {
            out.push_str(&indention);
        }
        out.push_str(line);
    }
    Value::text(out)
}

fn truncate(text: &str, length: usize, kill_words: bool, end: &str, leeway: usize) -> Res<Value> {
    let end_length = end.chars().count();
    if length < end_length {
        fail!("expected length >= {end_length}, got {length}");
    }
    if text.chars().count() <= length + leeway {
        return Value::text(text.into());
    }
    let cut: String = text.chars().take(length - end_length).collect();
    if kill_words {
        return Value::text(cut + end);
    }
    let words = cut.rsplit_once(' ').map_or(&*cut, |(before, _)| before);
    Value::text(words.to_string() + end)
}

/// Python's `textwrap` for each line, without expanding tabs or replacing blanks.
fn wordwrap(text: &str, width: usize, break_long: bool, wrap: &str, hyphens: bool) -> Res<Value> {
    let mut out = String::new();
    for (at, line) in text::lines(text, false).into_iter().enumerate() {
        if at > 0 {
            out.push_str(wrap);
        }
        for (at, row) in wrap_line(line, width, break_long, hyphens)?
            .into_iter()
            .enumerate()
        {
            charge_bytes(row.len() + wrap.len())?;
            if at > 0 {
                out.push_str(wrap);
            }
            out.push_str(&row);
        }
    }
    Value::text(out)
}

fn wrap_line(line: &str, width: usize, break_long: bool, hyphens: bool) -> Res<Vec<String>> {
    charge(line.len())?;
    let mut chunks: Vec<&str> = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let blank = is_space(first);
        let end = rest.find(|c| is_space(c) != blank).unwrap_or(rest.len());
        let (mut word, after) = rest.split_at(end);
        while let Some(at) = hyphen_end(word).filter(|_| hyphens) {
            chunks.push(&word[..at]);
            word = &word[at..];
        }
        chunks.push(word);
        rest = after;
    }
    let mut rows: Vec<String> = Vec::new();
    let mut queue: std::collections::VecDeque<&str> = chunks.into();
    let blank = |chunk: &str| chunk.chars().all(is_space);
    let length = |chunk: &str| chunk.chars().count();
    while !queue.is_empty() {
        charge(2)?;
        let mut row: Vec<&str> = Vec::new();
        let mut used = 0;
        if !rows.is_empty() && queue.front().is_some_and(|chunk| blank(chunk)) {
            queue.pop_front();
        }
        while let Some(chunk) = queue.front().filter(|chunk| used + length(chunk) <= width) {
            used += length(chunk);
            row.extend(queue.pop_front());
        }
        if let Some(chunk) = queue.front_mut().filter(|chunk| length(chunk) > width) {
            if break_long {
                let space = chunk
                    .char_indices()
                    .nth(width - used)
                    .map_or(chunk.len(), |(at, _)| at);
                let hyphen = chunk[..space]
                    .rfind('-')
                    .filter(|at| hyphens && chunk[..*at].contains(|c| c != '-'));
                let (piece, rest) = chunk.split_at(hyphen.map_or(space, |at| at + 1));
                row.push(piece);
                *chunk = rest;
            } else if row.is_empty() {
                row.extend(queue.pop_front());
            }
        }
        if row.last().is_some_and(|chunk| blank(chunk)) {
            row.pop();
        }
        if !row.is_empty() {
            rows.push(row.concat());
        }
    }
    Ok(rows)
}

/// Behind the first hyphen between letters, two on each side: there a chunk may end.
fn hyphen_end(word: &str) -> Option<usize> {
    let letters =
        |chars: &mut dyn Iterator<Item = char>| chars.take(2).filter(|c| c.is_alphabetic()).count();
    word.match_indices('-').map(|(at, _)| at + 1).find(|at| {
        letters(&mut word[..at - 1].chars().rev()) == 2 && letters(&mut word[*at..].chars()) == 2
    })
}

fn urlencode(input: &Value) -> Res<Value> {
    input.used()?;
    let quote = |text: &str, form: bool| -> Res<String> {
        charge_bytes(text.len() * 3)?;
        let mut out = String::new();
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                    out.push(byte as char)
                }
                b'/' if !form => out.push('/'),
                b' ' if form => out.push('+'),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        Ok(out)
    };
    let iterable = matches!(
        input,
        Value::Dict(_)
            | Value::List(_)
            | Value::Tuple(_)
            | Value::Iter(_)
            | Value::Range(_)
            | Value::View(..)
    );
    if !iterable {
        return Value::text(quote(&input.to_text()?, false)?);
    }
    let mut pairs = Dict::default();
    let items = match input {
        Value::Dict(dict) => Value::View(crate::value::View::Items, dict.clone()).items()?,
        other => other.items()?,
    };
    let mut parts = Vec::new();
    for pair in items {
        pairs.entries.clear();
        fill(&mut pairs, &Value::list(vec![pair]))?;
        for (key, value) in &pairs.entries {
            parts.push(format!(
                "{}={}",
                quote(&key.to_text()?, true)?,
                quote(&value.to_text()?, true)?
            ));
        }
    }
    Value::text(parts.join("&"))
}

fn file_size(input: &Value, binary: bool) -> Res<Value> {
    input.used()?;
    let bytes = match input.as_str() {
        Some(text) => parse_float(text),
        None => ops::as_float(input),
    };
    let Some(bytes) = bytes else {
        fail!("could not convert to a number of bytes")
    };
    let base = if binary { 1024.0 } else { 1000.0 };
    let units = if binary {
        ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    } else {
        ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    };
    if bytes == 1.0 {
        return Ok(Value::str("1 Byte"));
    }
    if bytes < base {
        return Value::text(format!("{} Bytes", bytes.trunc()));
    }
    let mut unit = base;
    let mut name = units[0];
    for next in units {
        name = next;
        if bytes < unit * base {
            break;
        }
        unit *= base;
    }
    if bytes >= unit * base {
        unit /= base;
    }
    Value::text(format!("{:.1} {name}", bytes / unit))
}

fn to_json(value: &Value, out: &mut String) -> Res<()> {
    let _level = crate::limits::Level::enter()?;
    charge(2)?;
    value.used()?;
    match value {
        Value::None => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i) => out.push_str(&i.to_string()),
        Value::Float(f) if f.is_nan() => out.push_str("NaN"),
        Value::Float(f) if f.is_infinite() => {
            out.push_str(if *f > 0.0 { "Infinity" } else { "-Infinity" })
        }
        Value::Float(f) => out.push_str(&text::float(*f)),
        Value::Str(_) | Value::Placeholder => json_text(value.as_str().unwrap_or_default(), out)?,
        Value::List(_) | Value::Tuple(_) => {
            out.push('[');
            for (at, item) in value.items()?.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                to_json(item, out)?;
            }
            out.push(']');
        }
        Value::Dict(dict) => {
            let mut entries = dict.borrow().entries.clone();
            charge(entries.len())?;
            // Jinja's own dumps sorts the keys.
            let keys: Vec<Value> = entries.iter().map(|(k, _)| k.clone()).collect();
            let pairs = entries
                .drain(..)
                .map(|(k, v)| Value::tuple(vec![k, v]))
                .collect();
            out.push('{');
            for (at, pair) in sort_by(pairs, keys, false)?.iter().enumerate() {
                let Value::Tuple(pair) = pair else { continue };
                if at > 0 {
                    out.push_str(", ");
                }
                match &pair.items[0] {
                    key if key.as_str().is_some() => to_json(key, out)?,
                    key @ (Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_)) => {
                        out.push('"');
                        to_json(key, out)?;
                        out.push('"');
                    }
                    key => fail!(
                        "keys must be str, int, float, bool or None, not {}",
                        key.kind()
                    ),
                }
                out.push_str(": ");
                to_json(&pair.items[1], out)?;
            }
            out.push('}');
        }
        _ => fail!("Object of type {} is not JSON serializable", value.kind()),
    }
    Ok(())
}

fn json_text(text: &str, out: &mut String) -> Res<()> {
    charge_bytes(text.len() * 2)?;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    Ok(())
}

fn localize(input: &Value, format: &str, locale: &str) -> Res<Value> {
    input.used()?;
    let parsed = match input.as_str() {
        Some(text) => DateTime::parse(text).map(Value::DateTime),
        None => Some(input.clone()),
    };
    let moment = match parsed {
        Some(Value::Date(date)) => date.iso(),
        Some(Value::DateTime(moment)) => {
            // Moments of the library are UTC and shown so. Another zone comes out of a text only.
            let zoned = format.contains(['z', 'Z', 'O', 'v', 'V', 'x', 'X'])
                || matches!(format, "long" | "full");
            if zoned && moment.offset.is_some_and(|offset| offset != 0) {
                fail!("localize_date: the names of other time zones than UTC are not supported");
            }
            format!(
                "{}T{}.{:06}",
                moment.date.iso(),
                &moment.time.iso()[..8],
                moment.time.micro
            )
        }
        _ => fail!("Unsupported type {} for localize_date", input.kind()),
    };
    if locale.contains('\n') {
        fail!("Invalid locale identifier");
    }
    Value::text(host::ask(
        host::LOCALIZE,
        &format!("{moment}\n{locale}\n{format}"),
    )?)
}

/// Django's slugify.
fn slugify(input: &str, unicode: bool) -> Res<Value> {
    let plain = if input.is_ascii() {
        input.to_string()
    } else {
        host::ask(if unicode { host::NFKC } else { host::NFKD }, input)?
    };
    let kept: String = plain
        .chars()
        .filter(|c| unicode || c.is_ascii())
        .flat_map(char::to_lowercase)
        .filter(|c| *c == '_' || *c == '-' || c.is_alphanumeric() || is_space(*c))
        .collect();
    let mut slug = String::with_capacity(kept.len());
    for c in kept.chars() {
        let dash = c == '-' || is_space(c);
        if !dash {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    Value::text(slug.trim_matches(['-', '_']).into())
}
