// Attributes and methods of values. A type's methods are the names in its table; everything else is undefined.

use crate::dates::{Date, DateTime, Delta, Time, strftime, zone_name};
use crate::error::Res;
use crate::fail;
use crate::format;
use crate::interp::{CallArgs, Interp, field};
use crate::limits::charge;
use crate::ops;
use crate::str_methods;
use crate::value::{Dict, Loop, Value, View};
use std::cmp::Ordering;
use std::rc::Rc;

const LIST: &[&str] = &[
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
    "sort",
];
const TUPLE: &[&str] = &["count", "index"];
const DICT: &[&str] = &[
    "clear",
    "copy",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];
const INT: &[&str] = &["bit_length", "bit_count", "conjugate", "is_integer"];
const FLOAT: &[&str] = &["conjugate", "is_integer"];
const DATE: &[&str] = &[
    "ctime",
    "isocalendar",
    "isoformat",
    "isoweekday",
    "replace",
    "strftime",
    "toordinal",
    "weekday",
];
const DATETIME: &[&str] = &[
    "ctime",
    "date",
    "isocalendar",
    "isoformat",
    "isoweekday",
    "replace",
    "strftime",
    "time",
    "timestamp",
    "toordinal",
    "tzname",
    "utcoffset",
    "weekday",
];
const TIME: &[&str] = &["isoformat", "strftime"];
const DELTA: &[&str] = &["total_seconds"];
const LOOP: &[&str] = &["changed", "cycle"];
const CYCLER: &[&str] = &["next", "reset"];

fn table(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Str(_) | Value::Placeholder => str_methods::NAMES,
        Value::List(_) => LIST,
        Value::Tuple(_) | Value::Range(_) => TUPLE,
        Value::Dict(_) => DICT,
        Value::Int(_) | Value::Bool(_) => INT,
        Value::Float(_) => FLOAT,
        Value::Date(_) => DATE,
        Value::DateTime(_) => DATETIME,
        Value::Time(_) => TIME,
        Value::Delta(_) => DELTA,
        Value::Loop(_) => LOOP,
        Value::Cycler(_) => CYCLER,
        _ => &[],
    }
}

/// `getattr`, or None.
pub fn attribute(value: &Value, name: &str) -> Res<Option<Value>> {
    let int = |n: u32| Some(Value::Int(i128::from(n)));
    let found = match (value, name) {
        (Value::Named(_) | Value::Tuple(_), _) if field(value, name).is_some() => {
            field(value, name)
        }
        (Value::Int(_) | Value::Bool(_), "real" | "numerator") => value.as_index().map(Value::Int),
        (Value::Int(_) | Value::Bool(_), "imag") => int(0),
        (Value::Int(_) | Value::Bool(_), "denominator") => int(1),
        (Value::Float(_), "real") => Some(value.clone()),
        (Value::Float(_), "imag") => Some(Value::Float(0.0)),
        (Value::Range(r), "start") => Some(Value::Int(r.start)),
        (Value::Range(r), "stop") => Some(Value::Int(r.stop)),
        (Value::Range(r), "step") => Some(Value::Int(r.step)),
        (Value::Date(d), _) => date_field(d, name),
        (Value::DateTime(m), _) => date_field(&m.date, name)
            .or_else(|| time_field(&m.time, name))
            .or_else(|| (name == "tzinfo").then(|| zone(m.offset))),
        (Value::Time(t), _) => time_field(t, name),
        (Value::Delta(d), "days") => Some(Value::Int(d.days())),
        (Value::Delta(d), "seconds") => Some(Value::Int(d.seconds())),
        (Value::Delta(d), "microseconds") => Some(Value::Int(d.micros())),
        (Value::Loop(state), _) => loop_field(state, name),
        (Value::Cycler(c), "current") => Some(c.items[c.at.get()].clone()),
        (Value::Macro(m), "name") => Some(Value::Str(m.def.name.clone())),
        _ => None,
    };
    if found.is_some() {
        return Ok(found);
    }
    Ok(table(value)
        .iter()
        .find(|method| **method == name)
        .map(|_| Value::Method(Rc::new((value.clone(), name.into())))))
}

fn zone(offset: Option<i32>) -> Value {
    match offset {
        None => Value::None,
        Some(0) => Value::str("UTC"),
        Some(_) => Value::undefined("a time zone other than UTC has no text"),
    }
}

fn date_field(date: &Date, name: &str) -> Option<Value> {
    Some(Value::Int(match name {
        "year" => i128::from(date.year),
        "month" => i128::from(date.month),
        "day" => i128::from(date.day),
        _ => return None,
    }))
}

fn time_field(time: &Time, name: &str) -> Option<Value> {
    Some(Value::Int(i128::from(match name {
        "hour" => time.hour,
        "minute" => time.minute,
        "second" => time.second,
        "microsecond" => time.micro,
        _ => return None,
    })))
}

fn loop_field(state: &Loop, name: &str) -> Option<Value> {
    let (index, length) = (state.index.get(), state.items.len());
    let neighbour = |at: Option<usize>, what: &str| {
        let found = at.and_then(|at| state.items.get(at)).cloned();
        found.unwrap_or_else(|| Value::undefined(format!("there is no {what} item")))
    };
    let number = |n: usize| Value::Int(n as i128);
    Some(match name {
        "index" => number(index + 1),
        "index0" => number(index),
        "revindex" => number(length - index),
        "revindex0" => number(length - index - 1),
        "first" => Value::Bool(index == 0),
        "last" => Value::Bool(index + 1 == length),
        "length" => number(length),
        "depth" => number(state.depth + 1),
        "depth0" => number(state.depth),
        "previtem" => neighbour(index.checked_sub(1), "previous"),
        "nextitem" => neighbour(Some(index + 1), "next"),
        _ => return None,
    })
}

pub fn call(interp: &Interp, receiver: &Value, name: &str, args: CallArgs) -> Res<Value> {
    match receiver {
        Value::Str(_) | Value::Placeholder => {
            let text = receiver.to_text()?;
            match name {
                "format" => {
                    let text = format::braces(interp, &text, &args.positional, &args.named)?;
                    // The sandbox gives back the type of text that it was called on.
                    let kept = matches!(receiver, Value::Placeholder);
                    if kept {
                        Ok(Value::Placeholder)
                    } else {
                        Value::text(text)
                    }
                }
                "format_map" => {
                    let [mapping] = args.bind(name, ["mapping"])?;
                    let Some(Value::Dict(dict)) = mapping else {
                        fail!("format_map() needs a mapping")
                    };
                    let named: Vec<_> = dict
                        .borrow()
                        .entries
                        .iter()
                        .filter_map(|(k, v)| Some((k.as_str()?.into(), v.clone())))
                        .collect();
                    Value::text(format::braces(interp, &text, &[], &named)?)
                }
                _ => str_methods::call(&text, name, args),
            }
        }
        Value::List(list) => list_method(list, name, args),
        Value::Tuple(_) | Value::Range(_) => search(&receiver.items()?, name, args),
        Value::Dict(dict) => dict_method(dict, name, args),
        Value::Int(_) | Value::Bool(_) => {
            let number = receiver.as_index().unwrap_or(0);
            let [] = args.bind(name, [])?;
            Ok(match name {
                "bit_length" => Value::Int(i128::from(128 - number.unsigned_abs().leading_zeros())),
                "bit_count" => Value::Int(i128::from(number.unsigned_abs().count_ones())),
                "is_integer" => Value::Bool(true),
                _ => Value::Int(number),
            })
        }
        Value::Float(number) => {
            let [] = args.bind(name, [])?;
            Ok(match name {
                "is_integer" => Value::Bool(number.is_finite() && number.fract() == 0.0),
                _ => receiver.clone(),
            })
        }
        Value::Date(date) => date_method(*date, name, args),
        Value::DateTime(moment) => moment_method(*moment, name, args),
        Value::Time(time) => {
            if name == "strftime" {
                let date = Date {
                    year: 1900,
                    month: 1,
                    day: 1,
                };
                return formatted(
                    &DateTime {
                        date,
                        time: *time,
                        offset: None,
                    },
                    args,
                );
            }
            let [] = args.bind(name, [])?;
            Value::text(time.iso())
        }
        Value::Delta(delta) => {
            let [] = args.bind(name, [])?;
            Ok(Value::Float(delta.0 as f64 / 1e6))
        }
        Value::Loop(state) if name == "cycle" => {
            if args.positional.is_empty() {
                fail!("no items for cycling given");
            }
            Ok(args.positional[state.index.get() % args.positional.len()].clone())
        }
        Value::Loop(state) => {
            let now = args.positional;
            let mut last = state.changed.borrow_mut();
            let unchanged = match &*last {
                Some(before) => {
                    ops::equal(&Value::tuple(before.clone()), &Value::tuple(now.clone()))?
                }
                None => false,
            };
            if !unchanged {
                *last = Some(now);
            }
            Ok(Value::Bool(!unchanged))
        }
        Value::Cycler(cycler) => {
            let [] = args.bind(name, [])?;
            let at = cycler.at.get();
            cycler.at.set(if name == "next" {
                (at + 1) % cycler.items.len()
            } else {
                0
            });
            Ok(if name == "next" {
                cycler.items[at].clone()
            } else {
                Value::None
            })
        }
        _ => fail!("'{}' object has no method '{name}'", receiver.kind()),
    }
}

fn required(value: Option<Value>, function: &str) -> Res<Value> {
    match value {
        Some(value) => Ok(value),
        None => fail!("{function}() is missing an argument"),
    }
}

fn index_of(value: &Value) -> Res<i128> {
    value.used()?;
    match value.as_index() {
        Some(index) => Ok(index),
        None => fail!(
            "'{}' object cannot be interpreted as an integer",
            value.kind()
        ),
    }
}

/// `count` and `index` of a sequence.
fn search(items: &[Value], name: &str, args: CallArgs) -> Res<Value> {
    let [wanted, start, stop] = args.bind(name, ["value", "start", "stop"])?;
    let wanted = required(wanted, name)?;
    let length = items.len() as i128;
    let bound = |value: Option<Value>, default: i128| -> Res<usize> {
        let at = match value {
            Some(value) => index_of(&value)?,
            None => default,
        };
        Ok((if at < 0 { at + length } else { at }).clamp(0, length) as usize)
    };
    let (start, stop) = (bound(start, 0)?, bound(stop, length)?);
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate().take(stop).skip(start) {
        if ops::equal(item, &wanted)? {
            found.push(at);
        }
    }
    match (name, found.first()) {
        ("count", _) => Ok(Value::Int(found.len() as i128)),
        (_, Some(at)) => Ok(Value::Int(*at as i128)),
        _ => fail!("the value is not in the list"),
    }
}

/// A stable sort by Python's order. The first failing comparison ends it.
pub fn sort_by(items: Vec<Value>, keys: Vec<Value>, reverse: bool) -> Res<Vec<Value>> {
    charge(items.len() * 4)?;
    let mut pairs: Vec<(Value, Value)> = keys.into_iter().zip(items).collect();
    let mut failure = None;
    pairs.sort_by(|(a, _), (b, _)| {
        if failure.is_some() {
            return Ordering::Equal;
        }
        let found = ops::order(a, b, "<").unwrap_or_else(|error| {
            failure = Some(error);
            None
        });
        let found = found.unwrap_or(Ordering::Equal);
        if reverse { found.reverse() } else { found }
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(pairs.into_iter().map(|(_, item)| item).collect()),
    }
}

fn list_method(
    list: &Rc<std::cell::RefCell<Vec<Value>>>,
    name: &str,
    args: CallArgs,
) -> Res<Value> {
    let position = |index: i128, length: usize| -> usize {
        let length = length as i128;
        (if index < 0 { index + length } else { index }).clamp(0, length) as usize
    };
    match name {
        "append" => {
            let [item] = args.bind(name, ["object"])?;
            charge(1)?;
            list.borrow_mut().push(required(item, name)?);
        }
        "extend" => {
            let [items] = args.bind(name, ["iterable"])?;
            let items = required(items, name)?.items()?;
            list.borrow_mut().extend(items);
        }
        "insert" => {
            let [index, item] = args.bind(name, ["index", "object"])?;
            let index = index_of(&required(index, name)?)?;
            charge(list.borrow().len() / 8 + 1)?;
            let at = position(index, list.borrow().len());
            list.borrow_mut().insert(at, required(item, name)?);
        }
        "pop" => {
            let [index] = args.bind(name, ["index"])?;
            let length = list.borrow().len() as i128;
            let index = index.map_or(Ok(-1), |index| index_of(&index))?;
            let at = if index < 0 { index + length } else { index };
            if at < 0 || at >= length {
                fail!("pop index out of range");
            }
            charge(length as usize / 8 + 1)?;
            return Ok(list.borrow_mut().remove(at as usize));
        }
        "remove" => {
            let items = list.borrow().clone();
            let found = search(&items, "index", args)?;
            list.borrow_mut()
                .remove(found.as_index().unwrap_or(0) as usize);
        }
        "clear" => list.borrow_mut().clear(),
        "reverse" => {
            charge(list.borrow().len())?;
            list.borrow_mut().reverse();
        }
        "sort" => {
            let [reverse] = args.bind(name, ["reverse"])?;
            let reverse = reverse.map_or(Ok(false), |r| r.truthy())?;
            let items = list.borrow().clone();
            let sorted = sort_by(items.clone(), items, reverse)?;
            *list.borrow_mut() = sorted;
        }
        "copy" => {
            charge(list.borrow().len())?;
            let items = list.borrow().clone();
            return Ok(Value::list(items));
        }
        _ => {
            let items = list.borrow().clone();
            return search(&items, name, args);
        }
    }
    Ok(Value::None)
}

fn dict_method(dict: &Rc<std::cell::RefCell<Dict>>, name: &str, args: CallArgs) -> Res<Value> {
    match name {
        "keys" => Ok(Value::View(View::Keys, dict.clone())),
        "values" => Ok(Value::View(View::Values, dict.clone())),
        "items" => Ok(Value::View(View::Items, dict.clone())),
        "get" => {
            let [key, default] = args.bind(name, ["key", "default"])?;
            let found = dict.borrow().get(&required(key, name)?)?;
            Ok(found.or(default).unwrap_or(Value::None))
        }
        "setdefault" => {
            let [key, default] = args.bind(name, ["key", "default"])?;
            let key = required(key, name)?;
            if let Some(found) = dict.borrow().get(&key)? {
                return Ok(found);
            }
            let default = default.unwrap_or(Value::None);
            dict.borrow_mut().insert(key, default.clone())?;
            Ok(default)
        }
        "pop" => {
            let [key, default] = args.bind(name, ["key", "default"])?;
            let found = dict.borrow_mut().remove(&required(key, name)?)?;
            match found.or(default) {
                Some(value) => Ok(value),
                None => fail!("pop(): no such key"),
            }
        }
        "popitem" => match dict.borrow_mut().entries.pop() {
            Some((key, value)) => Ok(Value::tuple(vec![key, value])),
            None => fail!("popitem(): dictionary is empty"),
        },
        "clear" => {
            dict.borrow_mut().entries.clear();
            Ok(Value::None)
        }
        _ => {
            charge(dict.borrow().entries.len())?;
            let entries = dict.borrow().entries.clone();
            Ok(Value::dict(Dict { entries }))
        }
    }
}

fn formatted(moment: &DateTime, args: CallArgs) -> Res<Value> {
    let [format] = args.bind("strftime", ["format"])?;
    match required(format, "strftime")? {
        value if value.as_str().is_some() => {
            Value::text(strftime(moment, value.as_str().unwrap_or_default())?)
        }
        value => fail!("strftime() argument 1 must be str, not {}", value.kind()),
    }
}

/// The methods that a date and a moment share.
fn date_method(date: Date, name: &str, args: CallArgs) -> Res<Value> {
    if name == "strftime" {
        return formatted(&date.at_midnight(), args);
    }
    if name == "replace" {
        let [year, month, day] = args.bind(name, ["year", "month", "day"])?;
        return Ok(Value::Date(replaced_date(date, year, month, day)?));
    }
    let [] = args.bind(name, [])?;
    Ok(match name {
        "isoformat" => Value::text(date.iso())?,
        "weekday" => Value::Int(i128::from(date.weekday())),
        "isoweekday" => Value::Int(i128::from(date.weekday() + 1)),
        "toordinal" => Value::Int(i128::from(date.ordinal())),
        "ctime" => Value::text(strftime(&date.at_midnight(), "%a %b %e %H:%M:%S %04Y")?)?,
        _ => {
            let (year, week, weekday) = date.iso_calendar();
            let items = [i128::from(year), i128::from(week), i128::from(weekday)];
            let items = items.into_iter().map(Value::Int).collect();
            let names = &["year", "week", "weekday"];
            Value::Tuple(Rc::new(crate::value::Tuple { items, names }))
        }
    })
}

fn replaced_date(
    date: Date,
    year: Option<Value>,
    month: Option<Value>,
    day: Option<Value>,
) -> Res<Date> {
    let part = |value: Option<Value>, old: i128| value.map_or(Ok(old), |value| index_of(&value));
    Date::new(
        part(year, i128::from(date.year))?,
        part(month, i128::from(date.month))?,
        part(day, i128::from(date.day))?,
    )
}

fn moment_method(moment: DateTime, name: &str, args: CallArgs) -> Res<Value> {
    match name {
        "strftime" => return formatted(&moment, args),
        "replace" => {
            let names = [
                "year",
                "month",
                "day",
                "hour",
                "minute",
                "second",
                "microsecond",
                "tzinfo",
            ];
            let [year, month, day, hour, minute, second, micro, tzinfo] = args.bind(name, names)?;
            let part = |value: Option<Value>, old: u32| {
                value.map_or(Ok(i128::from(old)), |value| index_of(&value))
            };
            let time = Time::new(
                part(hour, moment.time.hour)?,
                part(minute, moment.time.minute)?,
                part(second, moment.time.second)?,
                part(micro, moment.time.micro)?,
            )?;
            let offset = match tzinfo {
                None => moment.offset,
                Some(Value::None) => None,
                Some(_) => fail!("replace() takes no other time zone than None"),
            };
            let date = replaced_date(moment.date, year, month, day)?;
            return Ok(Value::DateTime(DateTime { date, time, offset }));
        }
        "isoformat" => {
            let [separator, precision] = args.bind(name, ["sep", "timespec"])?;
            let separator = separator.unwrap_or_else(|| Value::str("T"));
            let Some(separator) = separator.as_str().filter(|s| s.chars().count() == 1) else {
                fail!("isoformat() argument 1 must be a single character");
            };
            let clock = match precision.as_ref().map_or(Some("auto"), Value::as_str) {
                Some("auto") => moment.time.iso(),
                Some("hours") => format!("{:02}", moment.time.hour),
                Some("minutes") => moment.time.iso()[..5].to_string(),
                Some("seconds") => moment.time.iso()[..8].to_string(),
                Some("milliseconds") => {
                    format!(
                        "{}.{:03}",
                        &moment.time.iso()[..8],
                        moment.time.micro / 1000
                    )
                }
                Some("microseconds") => {
                    format!("{}.{:06}", &moment.time.iso()[..8], moment.time.micro)
                }
                _ => fail!("Unknown timespec value"),
            };
            let date = moment.date.iso();
            return Value::text(format!(
                "{date}{separator}{clock}{}",
                moment.offset_text(":")
            ));
        }
        "date" | "time" | "timestamp" | "tzname" | "utcoffset" | "ctime" => {
            let [] = args.bind(name, [])?;
        }
        _ => return date_method(moment.date, name, args),
    }
    Ok(match name {
        "date" => Value::Date(moment.date),
        "time" => Value::Time(moment.time),
        "tzname" if moment.offset.is_some() => Value::text(zone_name(&moment))?,
        "utcoffset" if moment.offset.is_some() => {
            Value::Delta(Delta(i128::from(moment.offset.unwrap_or(0)) * 60_000_000))
        }
        "tzname" | "utcoffset" => Value::None,
        "ctime" => Value::text(strftime(&moment, "%a %b %e %H:%M:%S %04Y")?)?,
        _ if moment.offset.is_none() => {
            fail!("the timestamp of a moment without a zone depends on the machine")
        }
        _ => {
            let epoch = i128::from(719_163) * 86_400_000_000;
            Value::Float((moment.micros() - epoch) as f64 / 1e6)
        }
    })
}
