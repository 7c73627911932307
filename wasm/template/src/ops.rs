// Python's operators. Whole numbers have 127 bits: what does not fit is refused, never wrong.

use crate::ast::{BinOp, CmpOp};
use crate::dates::Date;
use crate::dates::Delta;
use crate::error::{Error, Res};
use crate::fail;
use crate::limits::{Level, charge, charge_bytes};
use crate::value::{Dict, Value, View};
use std::cmp::Ordering;

fn overflow() -> Error {
    Error::limit("a number is too large")
}

/// Fails for what cannot be a key. The placeholder is among it, as upstream's is.
pub fn check_hashable(key: &Value) -> Res<()> {
    key.used()?;
    match key {
        Value::List(_) | Value::Dict(_) | Value::Placeholder | Value::View(..) => {
            fail!("unhashable type: '{}'", key.kind())
        }
        Value::Tuple(t) => {
            let _level = Level::enter()?;
            t.items.iter().try_for_each(check_hashable)
        }
        _ => Ok(()),
    }
}

enum Number {
    Int(i128),
    Float(f64),
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Float(f) => Some(Number::Float(*f)),
        _ => value.as_index().map(Number::Int),
    }
}

pub fn as_float(value: &Value) -> Option<f64> {
    match number(value)? {
        Number::Int(i) => Some(i as f64),
        Number::Float(f) => Some(f),
    }
}

/// Which of a whole and a fractional number is larger, exactly.
fn order_int_float(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.abs() >= 1e38 {
        return Some(if float > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    let whole = float.trunc();
    let by_whole = int.cmp(&(whole as i128));
    Some(by_whole.then_with(|| {
        0.0f64
            .partial_cmp(&(float - whole))
            .unwrap_or(Ordering::Equal)
    }))
}

fn order_numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
        (Number::Int(a), Number::Float(b)) => order_int_float(*a, *b),
        (Number::Float(a), Number::Int(b)) => order_int_float(*b, *a).map(Ordering::reverse),
    }
}

/// Python's `==`.
pub fn equal(a: &Value, b: &Value) -> Res<bool> {
    charge(1)?;
    a.used()?;
    b.used()?;
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return Ok(order_numbers(&x, &y) == Some(Ordering::Equal));
    }
    let _level = Level::enter()?;
    Ok(match (a, b) {
        (Value::None, Value::None) | (Value::Absent, Value::Absent) => true,
        (Value::Placeholder, other) | (other, Value::Placeholder) => {
            matches!(other.as_str(), Some("none" | crate::value::PLACEHOLDER))
        }
        (Value::Str(a), Value::Str(b)) => {
            charge_bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::List(a), Value::List(b)) => {
            let (a, b) = (a.borrow().clone(), b.borrow().clone());
            equal_items(&a, &b)?
        }
        (Value::Tuple(a), Value::Tuple(b)) => equal_items(&a.items, &b.items)?,
        (Value::Dict(a), Value::Dict(b)) => {
            let (a, b) = (a.borrow(), b.borrow());
            if a.entries.len() != b.entries.len() {
                return Ok(false);
            }
            for (key, value) in &a.entries {
                match b.get(key)? {
                    Some(other) if equal(value, &other)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Value::Range(a), Value::Range(b)) => {
            let (m, n) = (a.len(), b.len());
            m == n && (m == 0 || (a.start == b.start && (m == 1 || a.step == b.step)))
        }
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::DateTime(a), Value::DateTime(b)) => {
            a.offset.is_some() == b.offset.is_some() && a.micros() == b.micros()
        }
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Delta(a), Value::Delta(b)) => a == b,
        _ => same(a, b),
    })
}

fn equal_items(a: &[Value], b: &[Value]) -> Res<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (x, y) in a.iter().zip(b) {
        if !equal(x, y)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Python's `is`, where it can be told.
pub fn same(a: &Value, b: &Value) -> bool {
    use std::rc::Rc;
    match (a, b) {
        (Value::None, Value::None) | (Value::Placeholder, Value::Placeholder) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b && (-5..=256).contains(a),
        (Value::Str(a), Value::Str(b)) => Rc::ptr_eq(a, b) || (a == b && a.len() <= 1),
        (Value::List(a), Value::List(b)) => Rc::ptr_eq(a, b),
        (Value::Tuple(a), Value::Tuple(b)) => Rc::ptr_eq(a, b),
        (Value::Dict(a), Value::Dict(b)) | (Value::Namespace(a), Value::Namespace(b)) => {
            Rc::ptr_eq(a, b)
        }
        (Value::Iter(a), Value::Iter(b)) => Rc::ptr_eq(a, b),
        (Value::Named(a), Value::Named(b)) => Rc::ptr_eq(a, b),
        (Value::Cycler(a), Value::Cycler(b)) => Rc::ptr_eq(a, b),
        (Value::Joiner(a), Value::Joiner(b)) => Rc::ptr_eq(a, b),
        (Value::Loop(a), Value::Loop(b)) => Rc::ptr_eq(a, b),
        (Value::Macro(a), Value::Macro(b)) => Rc::ptr_eq(a, b),
        (Value::Function(a), Value::Function(b)) => a == b,
        _ => false,
    }
}

/// Python's order of two values, for `<` and sorting. None where neither is smaller (NaN).
pub fn order(a: &Value, b: &Value, sign: &str) -> Res<Option<Ordering>> {
    charge(1)?;
    a.used()?;
    b.used()?;
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return Ok(order_numbers(&x, &y));
    }
    if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
        charge_bytes(x.len().min(y.len()))?;
        return Ok(Some(x.cmp(y)));
    }
    let _level = Level::enter()?;
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            let (a, b) = (a.borrow().clone(), b.borrow().clone());
            order_items(&a, &b, sign)
        }
        (Value::Tuple(a), Value::Tuple(b)) => order_items(&a.items, &b.items, sign),
        (Value::Date(a), Value::Date(b)) => Ok(Some(a.cmp(b))),
        (Value::DateTime(a), Value::DateTime(b)) => {
            if a.offset.is_some() != b.offset.is_some() {
                fail!("can't compare offset-naive and offset-aware datetimes");
            }
            Ok(Some(a.micros().cmp(&b.micros())))
        }
        (Value::Time(a), Value::Time(b)) => Ok(Some(a.cmp(b))),
        (Value::Delta(a), Value::Delta(b)) => Ok(Some(a.cmp(b))),
        _ => fail!(
            "'{sign}' not supported between instances of '{}' and '{}'",
            a.kind(),
            b.kind()
        ),
    }
}

fn order_items(a: &[Value], b: &[Value], sign: &str) -> Res<Option<Ordering>> {
    for (x, y) in a.iter().zip(b) {
        if !equal(x, y)? {
            return order(x, y, sign);
        }
    }
    Ok(Some(a.len().cmp(&b.len())))
}

pub fn compare(op: CmpOp, a: &Value, b: &Value) -> Res<bool> {
    let is = |sign: &str, wanted: &[Ordering]| -> Res<bool> {
        Ok(order(a, b, sign)?.is_some_and(|found| wanted.contains(&found)))
    };
    match op {
        CmpOp::Eq => equal(a, b),
        CmpOp::Ne => Ok(!equal(a, b)?),
        CmpOp::Lt => is("<", &[Ordering::Less]),
        CmpOp::Le => is("<=", &[Ordering::Less, Ordering::Equal]),
        CmpOp::Gt => is(">", &[Ordering::Greater]),
        CmpOp::Ge => is(">=", &[Ordering::Greater, Ordering::Equal]),
        CmpOp::In => contains(b, a),
        CmpOp::NotIn => Ok(!contains(b, a)?),
    }
}

/// Python's `item in container`.
pub fn contains(container: &Value, item: &Value) -> Res<bool> {
    container.used()?;
    match container {
        Value::Str(_) | Value::Placeholder => {
            let text = container.as_str().unwrap_or_default();
            item.used()?;
            let Some(part) = item.as_str() else {
                fail!(
                    "'in <string>' requires string as left operand, not {}",
                    item.kind()
                );
            };
            charge_bytes(text.len())?;
            Ok(text.contains(part))
        }
        Value::Dict(d) | Value::View(View::Keys, d) => Ok(d.borrow().get(item)?.is_some()),
        Value::Range(r) => {
            item.used()?;
            let n = match number(item) {
                Some(Number::Int(n)) => n,
                Some(Number::Float(f)) if f.fract() == 0.0 && f.abs() < 1e30 => f as i128,
                _ => return Ok(false),
            };
            let inside = if r.step > 0 {
                n >= r.start && n < r.stop
            } else {
                n <= r.start && n > r.stop
            };
            Ok(inside && (n - r.start) % r.step == 0)
        }
        _ => {
            for found in container.items()? {
                if same(&found, item) || equal(&found, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

pub fn negate(value: &Value) -> Res<Value> {
    value.used()?;
    match (number(value), value) {
        (Some(Number::Int(i)), _) => i.checked_neg().map(Value::Int).ok_or_else(overflow),
        (Some(Number::Float(f)), _) => Ok(Value::Float(-f)),
        (None, Value::Delta(d)) => Ok(Value::Delta(Delta(-d.0))),
        _ => fail!("bad operand type for unary -: '{}'", value.kind()),
    }
}

pub fn positive(value: &Value) -> Res<Value> {
    value.used()?;
    match (number(value), value) {
        (Some(Number::Int(i)), _) => Ok(Value::Int(i)),
        (Some(Number::Float(_)), _) | (None, Value::Delta(_)) => Ok(value.clone()),
        _ => fail!("bad operand type for unary +: '{}'", value.kind()),
    }
}

pub fn binary(op: BinOp, a: &Value, b: &Value) -> Res<Value> {
    charge(1)?;
    a.used()?;
    if op == BinOp::Mod
        && let Some(format) = a.as_str()
    {
        let result = crate::format::percent(format, b)?;
        // A text in which nothing was replaced stays the same object.
        let kept = matches!(a, Value::Placeholder);
        return Ok(if kept { Value::Placeholder } else { result });
    }
    b.used()?;
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return arithmetic(op, x, y);
    }
    match (op, a, b) {
        (BinOp::Add, _, _) if a.as_str().is_some() && b.as_str().is_some() => {
            let (a, b) = (
                a.as_str().unwrap_or_default(),
                b.as_str().unwrap_or_default(),
            );
            charge_bytes(a.len() + b.len())?;
            Ok(Value::Str(format!("{a}{b}").into()))
        }
        (BinOp::Add, Value::List(a), Value::List(b)) => {
            charge(a.borrow().len() + b.borrow().len())?;
            Ok(Value::list(
                a.borrow()
                    .iter()
                    .chain(b.borrow().iter())
                    .cloned()
                    .collect(),
            ))
        }
        (BinOp::Add, Value::Tuple(a), Value::Tuple(b)) => {
            charge(a.items.len() + b.items.len())?;
            Ok(Value::tuple(
                a.items.iter().chain(&b.items).cloned().collect(),
            ))
        }
        (BinOp::Mul, _, _) => match (a.as_index(), b.as_index()) {
            (None, Some(times)) => repeat(a, times),
            (Some(times), None) => repeat(b, times),
            _ => Err(unsupported(op, a, b)),
        },
        (BinOp::Sub, Value::Date(a), Value::Date(b)) => Ok(Value::Delta(Delta::of_days(
            i128::from(a.ordinal() - b.ordinal()),
        ))),
        (BinOp::Sub, Value::DateTime(a), Value::DateTime(b)) => {
            if a.offset.is_some() != b.offset.is_some() {
                fail!("can't subtract offset-naive and offset-aware datetimes");
            }
            Ok(Value::Delta(Delta(a.micros() - b.micros())))
        }
        (BinOp::Add | BinOp::Sub, Value::Date(date), Value::Delta(delta))
        | (BinOp::Add, Value::Delta(delta), Value::Date(date)) => {
            let days = if op == BinOp::Sub {
                -delta.days()
            } else {
                delta.days()
            };
            let ordinal = i128::from(date.ordinal()) + days;
            let ordinal = i64::try_from(ordinal).unwrap_or(i64::MAX);
            Ok(Value::Date(Date::from_ordinal(ordinal)?))
        }
        (BinOp::Add | BinOp::Sub, Value::DateTime(moment), Value::Delta(delta))
        | (BinOp::Add, Value::Delta(delta), Value::DateTime(moment)) => {
            let delta = if op == BinOp::Sub {
                Delta(-delta.0)
            } else {
                *delta
            };
            Ok(Value::DateTime(moment.plus(delta)?))
        }
        (BinOp::Add, Value::Delta(a), Value::Delta(b)) => Ok(Value::Delta(Delta(a.0 + b.0))),
        (BinOp::Sub, Value::Delta(a), Value::Delta(b)) => Ok(Value::Delta(Delta(a.0 - b.0))),
        (BinOp::FloorDiv, Value::Delta(a), Value::Delta(b)) if b.0 != 0 => {
            Ok(Value::Int(floor_div(a.0, b.0)))
        }
        (BinOp::Div, Value::Delta(a), Value::Delta(b)) if b.0 != 0 => {
            Ok(Value::Float(a.0 as f64 / b.0 as f64))
        }
        (BinOp::FloorDiv, Value::Delta(a), _) if b.as_index().is_some_and(|n| n != 0) => Ok(
            Value::Delta(Delta(floor_div(a.0, b.as_index().unwrap_or(1)))),
        ),
        _ => Err(unsupported(op, a, b)),
    }
}

fn unsupported(op: BinOp, a: &Value, b: &Value) -> Error {
    let sign = match op {
        BinOp::Add => "+",
        BinOp::Sub => "-",
        BinOp::Mul => "*",
        BinOp::Div => "/",
        BinOp::FloorDiv => "//",
        BinOp::Mod => "%",
        BinOp::Pow => "** or pow()",
    };
    Error::runtime(format!(
        "unsupported operand type(s) for {sign}: '{}' and '{}'",
        a.kind(),
        b.kind()
    ))
}

fn repeat(value: &Value, times: i128) -> Res<Value> {
    let times = usize::try_from(times.max(0)).map_err(|_| overflow())?;
    if let Some(text) = value.as_str() {
        let length = text.len().checked_mul(times).ok_or_else(overflow)?;
        charge_bytes(length)?;
        return Ok(Value::Str(text.repeat(times).into()));
    }
    let items = |items: &[Value]| -> Res<Vec<Value>> {
        charge(items.len().checked_mul(times).ok_or_else(overflow)?)?;
        Ok(items
            .iter()
            .cycle()
            .take(items.len() * times)
            .cloned()
            .collect())
    };
    match value {
        Value::List(list) => Ok(Value::list(items(&list.borrow())?)),
        Value::Tuple(tuple) => Ok(Value::tuple(items(&tuple.items)?)),
        Value::Delta(delta) => {
            let product = delta.0.checked_mul(times as i128).ok_or_else(overflow)?;
            Ok(Value::Delta(Delta(product)))
        }
        _ => fail!("can't multiply '{}' by 'int'", value.kind()),
    }
}

fn floor_div(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if a % b != 0 && (a < 0) != (b < 0) {
        quotient - 1
    } else {
        quotient
    }
}

/// Python's `%` of floats: the sign of the divisor.
fn float_mod(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
        rest + b
    } else {
        rest.abs().copysign(if rest == 0.0 { b } else { rest })
    }
}

fn arithmetic(op: BinOp, a: Number, b: Number) -> Res<Value> {
    if let (Number::Int(a), Number::Int(b)) = (&a, &b) {
        let (a, b) = (*a, *b);
        let int = match op {
            BinOp::Add => a.checked_add(b),
            BinOp::Sub => a.checked_sub(b),
            BinOp::Mul => a.checked_mul(b),
            BinOp::FloorDiv | BinOp::Mod if b == 0 => {
                fail!("integer division or modulo by zero")
            }
            // The smallest number divided by −1 does not fit.
            BinOp::FloorDiv if b == -1 => a.checked_neg(),
            BinOp::Mod if b == -1 => Some(0),
            BinOp::FloorDiv => Some(floor_div(a, b)),
            BinOp::Mod => Some(a - floor_div(a, b) * b),
            BinOp::Pow if b >= 0 => u32::try_from(b).ok().and_then(|b| match a {
                0 | 1 => Some(if b == 0 { 1 } else { a }),
                _ => a.checked_pow(b),
            }),
            BinOp::Pow | BinOp::Div => return float_arithmetic(op, a as f64, b as f64),
        };
        return int.map(Value::Int).ok_or_else(overflow);
    }
    let float = |n: Number| match n {
        Number::Int(i) => i as f64,
        Number::Float(f) => f,
    };
    float_arithmetic(op, float(a), float(b))
}

fn float_arithmetic(op: BinOp, a: f64, b: f64) -> Res<Value> {
    if b == 0.0 && matches!(op, BinOp::Div | BinOp::FloorDiv | BinOp::Mod) {
        fail!("division by zero");
    }
    Ok(Value::Float(match op {
        BinOp::Add => a + b,
        BinOp::Sub => a - b,
        BinOp::Mul => a * b,
        BinOp::Div => a / b,
        BinOp::FloorDiv => ((a - float_mod(a, b)) / b).round(),
        BinOp::Mod => float_mod(a, b),
        BinOp::Pow => {
            if a == 0.0 && b < 0.0 {
                fail!("0.0 cannot be raised to a negative power");
            }
            if a < 0.0 && b.fract() != 0.0 {
                fail!("a root of a negative number is not a real number");
            }
            let power = a.powf(b);
            if power.is_infinite() && a.is_finite() && b.is_finite() {
                return Err(overflow());
            }
            power
        }
    }))
}

/// `value[index]`; None where Python raises a LookupError or TypeError.
pub fn item(value: &Value, index: &Value) -> Res<Option<Value>> {
    charge(1)?;
    if let Value::Dict(dict) = value {
        return match check_hashable(index) {
            Ok(()) => dict.borrow().get(index),
            Err(_) if !index.is_undefined() => Ok(None),
            Err(error) => Err(error),
        };
    }
    let Some(index) = index.as_index() else {
        return Ok(None);
    };
    let at = |length: usize| {
        let index = if index < 0 {
            index + length as i128
        } else {
            index
        };
        usize::try_from(index).ok().filter(|at| *at < length)
    };
    Ok(match value {
        Value::Str(_) | Value::Placeholder => {
            let text = value.as_str().unwrap_or_default();
            charge_bytes(text.len())?;
            let found = if text.is_ascii() {
                at(text.len()).map(|at| &text[at..=at])
            } else {
                at(text.chars().count()).and_then(|at| {
                    let (start, c) = text.char_indices().nth(at)?;
                    Some(&text[start..start + c.len_utf8()])
                })
            };
            found.map(Value::str)
        }
        Value::List(list) => at(list.borrow().len()).map(|at| list.borrow()[at].clone()),
        Value::Tuple(tuple) => at(tuple.items.len()).map(|at| tuple.items[at].clone()),
        Value::Range(range) => at(range.len()).map(|at| range.get(at)),
        _ => None,
    })
}

/// `value[start:stop:step]`; None where the value has no slices.
pub fn slice(value: &Value, parts: [Value; 3]) -> Res<Option<Value>> {
    let bound = |value: &Value| -> Res<Option<i128>> {
        match value {
            Value::None => Ok(None),
            _ => match value.as_index() {
                Some(index) => Ok(Some(index)),
                None => fail!("slice indices must be integers or None"),
            },
        }
    };
    let step = bound(&parts[2])?.unwrap_or(1);
    if step == 0 {
        fail!("slice step cannot be zero");
    }
    let (start, stop) = (bound(&parts[0])?, bound(&parts[1])?);
    let indices = |length: usize| -> Vec<usize> {
        let length = length as i128;
        let (low, high) = if step > 0 {
            (0, length)
        } else {
            (-1, length - 1)
        };
        let clamp = |bound: Option<i128>, default: i128| match bound {
            None => default,
            Some(at) if at < 0 => at.saturating_add(length).max(low),
            Some(at) => at.min(high),
        };
        let (start, stop) = if step > 0 {
            (clamp(start, low), clamp(stop, high))
        } else {
            (clamp(start, high), clamp(stop, low))
        };
        let mut found = Vec::new();
        let mut at = start;
        while if step > 0 { at < stop } else { at > stop } {
            found.push(at as usize);
            at = at.saturating_add(step);
        }
        found
    };
    Ok(match value {
        Value::Str(_) | Value::Placeholder => {
            let text = value.as_str().unwrap_or_default();
            charge(text.len())?;
            let chars: Vec<char> = text.chars().collect();
            let picked: String = indices(chars.len())
                .into_iter()
                .map(|at| chars[at])
                .collect();
            Some(Value::Str(picked.into()))
        }
        Value::List(list) => {
            charge(list.borrow().len())?;
            let list = list.borrow();
            Some(Value::list(
                indices(list.len())
                    .into_iter()
                    .map(|at| list[at].clone())
                    .collect(),
            ))
        }
        Value::Tuple(tuple) => {
            charge(tuple.items.len())?;
            let items = &tuple.items;
            Some(Value::tuple(
                indices(items.len())
                    .into_iter()
                    .map(|at| items[at].clone())
                    .collect(),
            ))
        }
        Value::Range(range) => {
            charge(range.len())?;
            let picked = indices(range.len());
            let first = picked
                .first()
                .map_or(range.start, |at| range.start + range.step * *at as i128);
            let step = range.step.saturating_mul(step);
            let stop = first + step * picked.len() as i128;
            Some(Value::Range(crate::value::Range {
                start: first,
                stop,
                step,
            }))
        }
        _ => None,
    })
}

/// A dictionary from pairs whose keys are texts.
pub fn dict_of(pairs: Vec<(&str, Value)>) -> Value {
    let entries = pairs.into_iter().map(|(k, v)| (Value::str(k), v)).collect();
    Value::dict(Dict { entries })
}
