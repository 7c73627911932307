// The values that a template works with: Python's, as far as a template of Jinja's sandbox can reach them.

use crate::ast::{For, MacroDef, Name};
use crate::dates::{Date, DateTime, Delta, Time};
use crate::error::{Error, Res};
use crate::interp::Scope;
use crate::limits::{Level, charge, charge_bytes};
use crate::ops;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What an unset correspondent, type, number or owner is: a text that is also equal to "none" and false.
pub const PLACEHOLDER: &str = "-none-";

#[derive(Clone)]
pub enum Value {
    /// With what is to be said when it is used.
    Undefined(Rc<str>),
    /// What an inline `if` without `else` gives: it prints nothing and is false.
    Absent,
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Rc<str>),
    Placeholder,
    List(Rc<RefCell<Vec<Value>>>),
    Tuple(Rc<Tuple>),
    Dict(Rc<RefCell<Dict>>),
    View(View, Rc<RefCell<Dict>>),
    Range(Range),
    /// What a generator would give: its items, or how it fails, come once.
    Iter(Rc<RefCell<Res<std::vec::IntoIter<Value>>>>),
    /// An object of the library, printed as its name.
    Named(Rc<Named>),
    Date(Date),
    DateTime(DateTime),
    Time(Time),
    Delta(Delta),
    Namespace(Rc<RefCell<Dict>>),
    Cycler(Rc<Cycler>),
    Joiner(Rc<Joiner>),
    Loop(Rc<Loop>),
    Macro(Rc<Macro>),
    Method(Rc<(Value, Name)>),
    Function(&'static str),
    /// `self`, whose attributes are the blocks.
    Blocks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum View {
    Keys,
    Values,
    Items,
}

pub struct Tuple {
    pub items: Vec<Value>,
    /// `grouper` and `list`, for the items of `groupby`.
    pub names: &'static [&'static str],
}

pub struct Named {
    pub name: Rc<str>,
    pub fields: Vec<(Rc<str>, Value)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub start: i128,
    pub stop: i128,
    pub step: i128,
}

impl Range {
    pub fn len(&self) -> usize {
        let span = if self.step > 0 {
            self.stop - self.start
        } else {
            self.start - self.stop
        };
        if span <= 0 {
            0
        } else {
            ((span - 1) / self.step.abs() + 1) as usize
        }
    }

    pub fn get(&self, index: usize) -> Value {
        Value::Int(self.start + self.step * index as i128)
    }
}

pub struct Cycler {
    pub items: Vec<Value>,
    pub at: Cell<usize>,
}

pub struct Joiner {
    pub separator: Value,
    pub used: Cell<bool>,
}

pub struct Macro {
    pub def: Rc<MacroDef>,
    pub scope: Rc<Scope>,
}

/// The variable `loop`.
pub struct Loop {
    pub items: Rc<Vec<Value>>,
    pub index: Cell<usize>,
    pub depth: usize,
    pub changed: RefCell<Option<Vec<Value>>>,
    pub def: Rc<For>,
    pub scope: Rc<Scope>,
}

/// A dictionary in the order of insertion. Searched from the start: those of templates are small, and every
/// comparison is charged.
#[derive(Default)]
pub struct Dict {
    pub entries: Vec<(Value, Value)>,
}

impl Dict {
    fn find(&self, key: &Value) -> Res<Option<usize>> {
        ops::check_hashable(key)?;
        charge(self.entries.len() / 4)?;
        for (at, (k, _)) in self.entries.iter().enumerate() {
            if ops::equal(k, key)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    pub fn get(&self, key: &Value) -> Res<Option<Value>> {
        Ok(self.find(key)?.map(|at| self.entries[at].1.clone()))
    }

    pub fn get_str(&self, key: &str) -> Option<Value> {
        let found = self
            .entries
            .iter()
            .find(|(k, _)| matches!(k, Value::Str(s) if **s == *key));
        found.map(|(_, v)| v.clone())
    }

    pub fn insert(&mut self, key: Value, value: Value) -> Res<()> {
        charge(2)?;
        match self.find(&key)? {
            Some(at) => self.entries[at].1 = value,
            None => self.entries.push((key, value)),
        }
        Ok(())
    }

    pub fn remove(&mut self, key: &Value) -> Res<Option<Value>> {
        Ok(self.find(key)?.map(|at| self.entries.remove(at).1))
    }
}

impl Value {
    pub fn str(text: &str) -> Value {
        Value::Str(text.into())
    }

    /// A text that was just made and is now paid for.
    pub fn text(text: String) -> Res<Value> {
        charge_bytes(text.len())?;
        Ok(Value::Str(text.into()))
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(RefCell::new(items)))
    }

    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Rc::new(Tuple { items, names: &[] }))
    }

    pub fn dict(dict: Dict) -> Value {
        Value::Dict(Rc::new(RefCell::new(dict)))
    }

    pub fn iter(items: Vec<Value>) -> Value {
        Value::Iter(Rc::new(RefCell::new(Ok(items.into_iter()))))
    }

    /// A generator that fails when it is run.
    pub fn failing(error: Error) -> Value {
        Value::Iter(Rc::new(RefCell::new(Err(error))))
    }

    pub fn undefined(message: impl Into<String>) -> Value {
        Value::Undefined(message.into().into())
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) => Some(s),
            Value::Placeholder => Some(PLACEHOLDER),
            _ => None,
        }
    }

    /// A whole number, as Python's `__index__` gives it.
    pub fn as_index(&self) -> Option<i128> {
        match self {
            Value::Int(i) => Some(*i),
            Value::Bool(b) => Some(i128::from(*b)),
            _ => None,
        }
    }

    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined(_) | Value::Absent)
    }

    /// Fails where Jinja's StrictUndefined would.
    pub fn used(&self) -> Res<()> {
        match self {
            Value::Undefined(message) => Err(Error::undefined(message.to_string())),
            _ => Ok(()),
        }
    }

    /// The name of its Python type, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Undefined(_) | Value::Absent => "Undefined",
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) | Value::Placeholder => "str",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::View(..) => "dict view",
            Value::Range(_) => "range",
            Value::Iter(_) => "generator",
            Value::Named(_) => "object",
            Value::Date(_) => "date",
            Value::DateTime(_) => "datetime",
            Value::Time(_) => "time",
            Value::Delta(_) => "timedelta",
            Value::Namespace(_) => "Namespace",
            Value::Cycler(_) => "Cycler",
            Value::Joiner(_) => "Joiner",
            Value::Loop(_) => "LoopContext",
            Value::Macro(_) => "Macro",
            Value::Method(_) | Value::Function(_) => "function",
            Value::Blocks => "TemplateReference",
        }
    }

    pub fn truthy(&self) -> Res<bool> {
        self.used()?;
        Ok(match self {
            Value::None | Value::Placeholder | Value::Absent => false,
            Value::Bool(b) => *b,
            Value::Int(i) => *i != 0,
            Value::Float(f) => *f != 0.0,
            Value::Str(s) => !s.is_empty(),
            Value::List(l) => !l.borrow().is_empty(),
            Value::Tuple(t) => !t.items.is_empty(),
            Value::Dict(d) | Value::View(_, d) => !d.borrow().entries.is_empty(),
            Value::Range(r) => r.len() > 0,
            Value::Delta(d) => d.0 != 0,
            _ => true,
        })
    }

    /// Python's `len`.
    pub fn len(&self) -> Res<usize> {
        self.used()?;
        Ok(match self {
            Value::Str(_) | Value::Placeholder => {
                let text = self.as_str().unwrap_or_default();
                charge_bytes(text.len())?;
                text.chars().count()
            }
            Value::List(l) => l.borrow().len(),
            Value::Tuple(t) => t.items.len(),
            Value::Dict(d) | Value::View(_, d) => d.borrow().entries.len(),
            Value::Range(r) => r.len(),
            Value::Loop(l) => l.items.len(),
            Value::Absent => 0,
            _ => crate::fail!("object of type '{}' has no len()", self.kind()),
        })
    }

    /// Python's `iter`, run to the end.
    pub fn items(&self) -> Res<Vec<Value>> {
        self.used()?;
        let items: Vec<Value> = match self {
            Value::Str(_) | Value::Placeholder => {
                let text = self.as_str().unwrap_or_default();
                charge(text.len())?;
                text.chars()
                    .map(|c| Value::str(c.encode_utf8(&mut [0; 4])))
                    .collect()
            }
            Value::List(l) => {
                charge(l.borrow().len())?;
                l.borrow().clone()
            }
            Value::Tuple(t) => {
                charge(t.items.len())?;
                t.items.clone()
            }
            Value::Dict(d) | Value::View(View::Keys, d) => {
                charge(d.borrow().entries.len())?;
                d.borrow().entries.iter().map(|(k, _)| k.clone()).collect()
            }
            Value::View(View::Values, d) => {
                charge(d.borrow().entries.len())?;
                d.borrow().entries.iter().map(|(_, v)| v.clone()).collect()
            }
            Value::View(View::Items, d) => {
                charge(d.borrow().entries.len() * 3)?;
                let dict = d.borrow();
                dict.entries
                    .iter()
                    .map(|(k, v)| Value::tuple(vec![k.clone(), v.clone()]))
                    .collect()
            }
            Value::Range(r) => {
                charge(r.len())?;
                (0..r.len()).map(|at| r.get(at)).collect()
            }
            Value::Iter(items) => {
                let rest: Vec<Value> = match &mut *items.borrow_mut() {
                    Ok(items) => items.by_ref().collect(),
                    Err(error) => return Err(error.clone()),
                };
                charge(rest.len())?;
                rest
            }
            Value::Absent => Vec::new(),
            _ => crate::fail!("'{}' object is not iterable", self.kind()),
        };
        Ok(items)
    }

    /// Python's `str`.
    pub fn to_text(&self) -> Res<Rc<str>> {
        if let Value::Str(s) = self {
            return Ok(s.clone());
        }
        let mut out = String::new();
        self.print(&mut out)?;
        charge_bytes(out.len())?;
        Ok(out.into())
    }

    /// Appends Python's `str` of it.
    pub fn print(&self, out: &mut String) -> Res<()> {
        self.used()?;
        match self {
            Value::Str(s) => {
                charge_bytes(s.len())?;
                out.push_str(s);
            }
            Value::Placeholder => out.push_str(PLACEHOLDER),
            Value::Absent => {}
            Value::Named(named) => out.push_str(&named.name),
            Value::Date(date) => out.push_str(&date.iso()),
            Value::DateTime(moment) => out.push_str(&moment.iso(" ")),
            Value::Time(time) => out.push_str(&time.iso()),
            Value::Delta(delta) => out.push_str(&delta.to_string()),
            _ => self.repr(out)?,
        }
        Ok(())
    }

    /// Appends Python's `repr` of it. Fails for objects whose `repr` is an address in memory: no file should be
    /// named so.
    pub fn repr(&self, out: &mut String) -> Res<()> {
        let _level = Level::enter()?;
        charge(1)?;
        match self {
            Value::Undefined(_) | Value::Absent => out.push_str("Undefined"),
            Value::None => out.push_str("None"),
            Value::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
            Value::Int(i) => out.push_str(&i.to_string()),
            Value::Float(f) => out.push_str(&crate::text::float(*f)),
            Value::Str(_) | Value::Placeholder => {
                let text = self.as_str().unwrap_or_default();
                charge_bytes(text.len())?;
                crate::text::quote(text, out);
            }
            Value::List(l) => sequence("[", &l.borrow(), "]", out)?,
            Value::Tuple(t) if t.names.contains(&"week") => {
                let [year, week, weekday] = [0, 1, 2].map(|at| t.items[at].as_index().unwrap_or(0));
                let text = format!("IsoCalendarDate(year={year}, week={week}, weekday={weekday})");
                out.push_str("datetime.");
                out.push_str(&text);
            }
            Value::Tuple(t) if t.items.len() == 1 => sequence("(", &t.items, ",)", out)?,
            Value::Tuple(t) => sequence("(", &t.items, ")", out)?,
            Value::Dict(d) => mapping("{", &d.borrow(), "}", out)?,
            Value::View(kind, _) => {
                out.push_str(match kind {
                    View::Keys => "dict_keys(",
                    View::Values => "dict_values(",
                    View::Items => "dict_items(",
                });
                sequence("[", &self.items()?, "])", out)?;
            }
            Value::Range(r) => {
                out.push_str(&format!("range({}, {}", r.start, r.stop));
                if r.step != 1 {
                    out.push_str(&format!(", {}", r.step));
                }
                out.push(')');
            }
            Value::Date(date) => out.push_str(&date.repr()),
            Value::DateTime(moment) => out.push_str(&moment.repr()),
            Value::Time(time) => out.push_str(&time.repr()),
            Value::Delta(delta) => out.push_str(&delta.repr()),
            Value::Namespace(d) => mapping("<Namespace {", &d.borrow(), "}>", out)?,
            Value::Loop(l) => {
                out.push_str(&format!(
                    "<LoopContext {}/{}>",
                    l.index.get() + 1,
                    l.items.len()
                ));
            }
            _ => crate::fail!("a {} has no text", self.kind()),
        }
        Ok(())
    }
}

fn sequence(open: &str, items: &[Value], close: &str, out: &mut String) -> Res<()> {
    out.push_str(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        item.repr(out)?;
    }
    out.push_str(close);
    Ok(())
}

fn mapping(open: &str, dict: &Dict, close: &str, out: &mut String) -> Res<()> {
    out.push_str(open);
    for (at, (key, value)) in dict.entries.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        key.repr(out)?;
        out.push_str(": ");
        value.repr(out)?;
    }
    out.push_str(close);
    Ok(())
}
