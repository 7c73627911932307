// Runs a template: statements print to a text, expressions give values. Names are looked up in scopes as
// Jinja's compiled code does; attributes as its sandbox does.

use crate::ast::*;
use crate::error::{Error, Res};
use crate::fail;
use crate::limits::{Level, OUTPUT_BYTES, charge, charge_bytes};
use crate::value::{Cycler, Dict, Joiner, Loop, Macro, Named, Range, Tuple, Value};
use crate::{filters, methods, ops, tests};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The sandbox's own limit.
const MAX_RANGE: usize = 100_000;
const FUNCTIONS: [&str; 6] = ["range", "dict", "namespace", "cycler", "joiner", "lipsum"];

#[derive(Default)]
pub struct Scope {
    vars: RefCell<Vec<(Name, Value)>>,
    parent: Option<Rc<Scope>>,
}

impl Scope {
    pub fn root(vars: Vec<(Name, Value)>) -> Rc<Scope> {
        Rc::new(Scope {
            vars: RefCell::new(vars),
            parent: None,
        })
    }

    fn child(parent: &Rc<Scope>) -> Rc<Scope> {
        Rc::new(Scope {
            vars: RefCell::default(),
            parent: Some(parent.clone()),
        })
    }

    fn get(&self, name: &str) -> Option<Value> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some((_, value)) = here.vars.borrow().iter().find(|(n, _)| **n == *name) {
                return Some(value.clone());
            }
            scope = here.parent.as_deref();
        }
        None
    }

    fn set(&self, name: &Name, value: Value) {
        let mut vars = self.vars.borrow_mut();
        match vars.iter_mut().find(|(n, _)| n == name) {
            Some(slot) => slot.1 = value,
            None => vars.push((name.clone(), value)),
        }
    }
}

/// The values of a call.
#[derive(Default)]
pub struct CallArgs {
    pub positional: Vec<Value>,
    pub named: Vec<(Name, Value)>,
}

impl CallArgs {
    pub fn of(positional: Vec<Value>) -> CallArgs {
        CallArgs {
            positional,
            named: Vec::new(),
        }
    }

    /// Puts the arguments in the order of the parameters, as a Python function takes them.
    pub fn bind<const N: usize>(
        self,
        function: &str,
        params: [&str; N],
    ) -> Res<[Option<Value>; N]> {
        let mut bound: [Option<Value>; N] = std::array::from_fn(|_| None);
        if self.positional.len() > N {
            fail!(
                "{function}() takes at most {N} arguments ({} given)",
                self.positional.len()
            );
        }
        for (slot, value) in bound.iter_mut().zip(self.positional) {
            *slot = Some(value);
        }
        for (name, value) in self.named {
            match params.iter().position(|p| **p == *name) {
                Some(at) if bound[at].is_none() => bound[at] = Some(value),
                Some(_) => fail!("{function}() got multiple values for argument '{name}'"),
                None => fail!("{function}() got an unexpected keyword argument '{name}'"),
            }
        }
        Ok(bound)
    }
}

enum Flow {
    Next,
    Break,
    Continue,
}

pub struct Interp<'t> {
    template: &'t Template,
    root: Rc<Scope>,
}

pub fn render(template: &Template, variables: Vec<(Name, Value)>) -> Res<String> {
    let interp = Interp {
        template,
        root: Scope::root(variables),
    };
    let mut out = String::new();
    interp.run(&template.body, &interp.root, &mut out)?;
    Ok(out)
}

fn print_text(text: &str, out: &mut String) -> Res<()> {
    charge_bytes(text.len())?;
    if out.len() + text.len() > OUTPUT_BYTES {
        return Err(Error::limit("the template prints too much"));
    }
    out.push_str(text);
    Ok(())
}

impl Interp<'_> {
    fn run(&self, body: &Body, scope: &Rc<Scope>, out: &mut String) -> Res<Flow> {
        let _level = Level::enter()?;
        for statement in body {
            charge(1)?;
            match self.statement(statement, scope, out)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn run_to_text(&self, body: &Body, scope: &Rc<Scope>) -> Res<String> {
        let mut out = String::new();
        self.run(body, scope, &mut out)?;
        Ok(out)
    }

    fn statement(&self, statement: &Stmt, scope: &Rc<Scope>, out: &mut String) -> Res<Flow> {
        match statement {
            Stmt::Text(text) => print_text(text, out)?,
            Stmt::Print(expr) => print_text(&self.eval(expr, scope)?.to_text()?, out)?,
            Stmt::If(branches, otherwise) => {
                for (test, body) in branches {
                    if self.eval(test, scope)?.truthy()? {
                        return self.run(body, scope, out);
                    }
                }
                return self.run(otherwise, scope, out);
            }
            Stmt::For(def) => {
                let items = self.eval(&def.iter, scope)?;
                self.for_loop(def, &items, 0, scope, out)?;
            }
            Stmt::Set(target, expr) => {
                let value = self.eval(expr, scope)?;
                self.assign(target, value, scope)?;
            }
            Stmt::SetBlock(target, filter, body) => {
                let text = Value::text(self.run_to_text(body, &Scope::child(scope))?)?;
                let value = match filter {
                    Some(filter) => self.eval_filter(filter, text, scope)?,
                    None => text,
                };
                self.assign(target, value, scope)?;
            }
            Stmt::With(pairs, body) => {
                let inner = Scope::child(scope);
                for (target, expr) in pairs {
                    let value = self.eval(expr, scope)?;
                    self.assign(target, value, &inner)?;
                }
                return self.run(body, &inner, out);
            }
            Stmt::Macro(def) => {
                let value = Value::Macro(Rc::new(Macro {
                    def: def.clone(),
                    scope: scope.clone(),
                }));
                scope.set(&def.name, value);
            }
            Stmt::CallBlock(call, def) => {
                let caller = Value::Macro(Rc::new(Macro {
                    def: def.clone(),
                    scope: scope.clone(),
                }));
                let Expr::Call(callee, args) = call else {
                    fail!("not a call")
                };
                let callee = self.eval(callee, scope)?;
                let mut args = self.args(args, scope)?;
                args.named.push(("caller".into(), caller));
                print_text(&self.call(&callee, args)?.to_text()?, out)?;
            }
            Stmt::FilterBlock(filter, body) => {
                let text = Value::text(self.run_to_text(body, &Scope::child(scope))?)?;
                print_text(&self.eval_filter(filter, text, scope)?.to_text()?, out)?;
            }
            Stmt::Block(def) => {
                let inner = Scope::child(if def.scoped { scope } else { &self.root });
                self.run(&def.body, &inner, out)?;
            }
            Stmt::Autoescape(on, body) => {
                if self.eval(on, scope)?.truthy()? {
                    fail!("autoescape is not supported");
                }
                self.run(body, &Scope::child(scope), out)?;
            }
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::NoLoader(what) => {
                fail!("'{what}' needs another template, and there is none");
            }
        }
        Ok(Flow::Next)
    }

    fn for_loop(
        &self,
        def: &Rc<For>,
        iterable: &Value,
        depth: usize,
        scope: &Rc<Scope>,
        out: &mut String,
    ) -> Res<()> {
        let mut items = iterable.items()?;
        // With `loop` in use Jinja filters ahead too; without it, the condition sees what earlier rounds set.
        if def.uses_loop && def.test.is_some() {
            let mut kept = Vec::new();
            for item in items {
                let inner = Scope::child(scope);
                inner.set(&"loop".into(), Value::undefined("'loop' is undefined"));
                self.assign(&def.target, item.clone(), &inner)?;
                if self.passes(def, &inner)? {
                    kept.push(item);
                }
            }
            items = kept;
        }
        let items = Rc::new(items);
        let state = Rc::new(Loop {
            items: items.clone(),
            index: Cell::new(0),
            depth,
            changed: RefCell::default(),
            def: def.clone(),
            scope: scope.clone(),
        });
        let mut empty = true;
        for (index, item) in items.iter().enumerate() {
            charge(2)?;
            let inner = Scope::child(scope);
            if def.uses_loop {
                state.index.set(index);
                inner.set(&"loop".into(), Value::Loop(state.clone()));
            }
            self.assign(&def.target, item.clone(), &inner)?;
            if !def.uses_loop && !self.passes(def, &inner)? {
                continue;
            }
            // As in Jinja, a round that `break` or `continue` cuts short does not count for `else`.
            match self.run(&def.body, &inner, out)? {
                Flow::Next => empty = false,
                Flow::Continue => {}
                Flow::Break => break,
            }
        }
        if empty {
            self.run(&def.otherwise, &Scope::child(scope), out)?;
        }
        Ok(())
    }

    fn passes(&self, def: &For, scope: &Rc<Scope>) -> Res<bool> {
        match &def.test {
            Some(test) => self.eval(test, scope)?.truthy(),
            None => Ok(true),
        }
    }

    fn assign(&self, target: &Target, value: Value, scope: &Rc<Scope>) -> Res<()> {
        match target {
            Target::Name(name) => scope.set(name, value),
            Target::Field(name, field) => match scope.get(name) {
                Some(Value::Namespace(fields)) => {
                    fields.borrow_mut().insert(Value::str(field), value)?;
                }
                Some(_) => fail!("cannot assign attribute on non-namespace object"),
                None => return Err(Error::undefined(format!("'{name}' is undefined"))),
            },
            Target::Tuple(targets) => {
                let items = value.items()?;
                if items.len() != targets.len() {
                    fail!(
                        "cannot unpack {} values into {}",
                        items.len(),
                        targets.len()
                    );
                }
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item, scope)?;
                }
            }
        }
        Ok(())
    }

    fn eval_filter(&self, filter: &Expr, input: Value, scope: &Rc<Scope>) -> Res<Value> {
        let _level = Level::enter()?;
        let Expr::Filter(inner, name, args) = filter else {
            fail!("not a filter")
        };
        let input = match inner {
            Some(inner) => self.eval_filter(inner, input, scope)?,
            None => input,
        };
        let args = self.args(args, scope)?;
        filters::apply(self, name, input, args)
    }

    fn args(&self, args: &Args, scope: &Rc<Scope>) -> Res<CallArgs> {
        let mut values = CallArgs::default();
        for expr in &args.positional {
            values.positional.push(self.eval(expr, scope)?);
        }
        if let Some(star) = &args.star {
            values.positional.extend(self.eval(star, scope)?.items()?);
        }
        for (name, expr) in &args.named {
            values.named.push((name.clone(), self.eval(expr, scope)?));
        }
        if let Some(star) = &args.double_star {
            let Value::Dict(dict) = self.eval(star, scope)? else {
                fail!("argument after ** must be a mapping");
            };
            for (key, value) in &dict.borrow().entries {
                let Some(name) = key.as_str() else {
                    fail!("keywords must be strings")
                };
                if values.named.iter().any(|(n, _)| **n == *name) {
                    fail!("got multiple values for keyword argument '{name}'");
                }
                values.named.push((name.into(), value.clone()));
            }
        }
        Ok(values)
    }

    fn eval_all(&self, exprs: &[Expr], scope: &Rc<Scope>) -> Res<Vec<Value>> {
        charge(exprs.len())?;
        exprs.iter().map(|expr| self.eval(expr, scope)).collect()
    }

    fn eval(&self, expr: &Expr, scope: &Rc<Scope>) -> Res<Value> {
        let _level = Level::enter()?;
        charge(1)?;
        Ok(match expr {
            Expr::Const(value) => value.clone(),
            Expr::Name(name) => match scope.get(name) {
                Some(value) => value,
                None if &**name == "self" => Value::Blocks,
                None => match FUNCTIONS.iter().find(|f| ***f == **name) {
                    Some(function) => Value::Function(function),
                    None => Value::undefined(format!("'{name}' is undefined")),
                },
            },
            Expr::List(items) => Value::list(self.eval_all(items, scope)?),
            Expr::Tuple(items) => Value::tuple(self.eval_all(items, scope)?),
            Expr::Dict(items) => {
                let mut dict = Dict::default();
                for (key, value) in items {
                    let key = self.eval(key, scope)?;
                    dict.insert(key, self.eval(value, scope)?)?;
                }
                Value::dict(dict)
            }
            Expr::Neg(value) => ops::negate(&self.eval(value, scope)?)?,
            Expr::Pos(value) => ops::positive(&self.eval(value, scope)?)?,
            Expr::Not(value) => Value::Bool(!self.eval(value, scope)?.truthy()?),
            Expr::Binary(op, a, b) => {
                let a = self.eval(a, scope)?;
                ops::binary(*op, &a, &self.eval(b, scope)?)?
            }
            Expr::And(a, b) => {
                let a = self.eval(a, scope)?;
                if a.truthy()? { self.eval(b, scope)? } else { a }
            }
            Expr::Or(a, b) => {
                let a = self.eval(a, scope)?;
                if a.truthy()? { a } else { self.eval(b, scope)? }
            }
            Expr::Compare(first, operations) => {
                let mut left = self.eval(first, scope)?;
                let mut holds = true;
                for (op, expr) in operations {
                    let right = self.eval(expr, scope)?;
                    holds = ops::compare(*op, &left, &right)?;
                    if !holds {
                        break;
                    }
                    left = right;
                }
                Value::Bool(holds)
            }
            Expr::Concat(parts) => {
                let mut text = String::new();
                for part in parts {
                    print_text(&self.eval(part, scope)?.to_text()?, &mut text)?;
                }
                Value::text(text)?
            }
            Expr::Cond(test, then, otherwise) => {
                if self.eval(test, scope)?.truthy()? {
                    self.eval(then, scope)?
                } else if let Some(otherwise) = otherwise {
                    self.eval(otherwise, scope)?
                } else {
                    Value::Absent
                }
            }
            Expr::Attr(value, name) => self.attribute(&self.eval(value, scope)?, name)?,
            Expr::Item(value, index) => {
                let value = self.eval(value, scope)?;
                if let Expr::Slice(parts) = &**index {
                    let mut bounds = [Value::None, Value::None, Value::None];
                    for (bound, part) in bounds.iter_mut().zip(parts) {
                        if let Some(part) = part {
                            *bound = self.eval(part, scope)?;
                            bound.used()?;
                        }
                    }
                    present(&value)?;
                    return match ops::slice(&value, bounds)? {
                        Some(found) => Ok(found),
                        None => fail!("'{}' object is not subscriptable", value.kind()),
                    };
                }
                let index = self.eval(index, scope)?;
                self.subscript(&value, &index)?
            }
            Expr::Slice(_) => fail!("a slice stands outside of a subscript"),
            Expr::Call(callee, args) => {
                let callee = self.eval(callee, scope)?;
                let args = self.args(args, scope)?;
                self.call(&callee, args)?
            }
            Expr::Filter(input, name, args) => {
                let input = match input {
                    Some(input) => self.eval(input, scope)?,
                    None => fail!("a filter has no input"),
                };
                let args = self.args(args, scope)?;
                filters::apply(self, name, input, args)?
            }
            Expr::Test(value, name, args) => {
                let value = self.eval(value, scope)?;
                let args = self.args(args, scope)?;
                Value::Bool(tests::apply(name, &value, args)?)
            }
        })
    }

    /// `value.name`: an attribute, else an item. Names that start with `_` are no attributes.
    pub fn attribute(&self, value: &Value, name: &str) -> Res<Value> {
        charge(1)?;
        present(value)?;
        if let Value::Blocks = value {
            let known = self.template.blocks.iter().any(|b| *b.name == *name);
            return Ok(if known {
                Value::Method(Rc::new((Value::Blocks, name.into())))
            } else {
                Value::undefined(format!("there is no block '{name}'"))
            });
        }
        if !name.starts_with('_')
            && let Some(found) = methods::attribute(value, name)?
        {
            return Ok(found);
        }
        Ok(match value {
            Value::Dict(dict) | Value::Namespace(dict) => dict.borrow().get_str(name),
            _ => None,
        }
        .unwrap_or_else(|| no_attribute(value, name)))
    }

    /// `value[index]`: an item, else an attribute.
    pub fn subscript(&self, value: &Value, index: &Value) -> Res<Value> {
        present(value)?;
        if let Some(found) = ops::item(value, index)? {
            return Ok(found);
        }
        index.used()?;
        let Some(name) = index.as_str() else {
            return Ok(Value::undefined(format!(
                "{} has no such element",
                value.kind()
            )));
        };
        if !name.starts_with('_')
            && let Some(found) = methods::attribute(value, name)?
        {
            return Ok(found);
        }
        Ok(no_attribute(value, name))
    }

    pub fn call(&self, callee: &Value, args: CallArgs) -> Res<Value> {
        let _level = Level::enter()?;
        charge(2)?;
        callee.used()?;
        match callee {
            Value::Function(name) => function(name, args),
            Value::Macro(value) => self.call_macro(value, args),
            Value::Method(method) => {
                let (receiver, name) = &**method;
                if matches!(&**name, "save" | "delete" | "update") {
                    return Err(Error::security(format!("'{name}' is not safely callable")));
                }
                if let Value::Blocks = receiver {
                    let block = self.template.blocks.iter().find(|b| b.name == *name);
                    let Some(block) = block else {
                        fail!("there is no block '{name}'")
                    };
                    return Value::text(self.run_to_text(&block.body, &Scope::child(&self.root))?);
                }
                methods::call(self, receiver, name, args)
            }
            Value::Joiner(joiner) => {
                let first = !joiner.used.replace(true);
                Ok(if first {
                    Value::str("")
                } else {
                    joiner.separator.clone()
                })
            }
            Value::Loop(state) => {
                if !state.def.recursive {
                    fail!("The loop must have the 'recursive' marker to be called recursively.");
                }
                let [items] = args.bind("loop", ["iterable"])?;
                let Some(items) = items else {
                    fail!("loop() needs what to go through")
                };
                let mut out = String::new();
                self.for_loop(&state.def, &items, state.depth + 1, &state.scope, &mut out)?;
                Value::text(out)
            }
            _ => fail!("'{}' object is not callable", callee.kind()),
        }
    }

    fn call_macro(&self, value: &Macro, args: CallArgs) -> Res<Value> {
        let def = &value.def;
        let scope = Scope::child(&value.scope);
        let mut positional = args.positional.into_iter();
        let mut named = args.named;
        let caller = named
            .iter()
            .position(|(n, _)| &**n == "caller")
            .map(|at| named.remove(at).1);
        for (name, default) in &def.params {
            let by_name = named
                .iter()
                .position(|(n, _)| n == name)
                .map(|at| named.remove(at).1);
            let given = match (positional.next(), by_name) {
                (Some(_), Some(_)) => fail!("macro '{}' got two values for '{name}'", def.name),
                (Some(given), None) | (None, Some(given)) => Some(given),
                (None, None) => None,
            };
            let given = match (given, default) {
                (Some(given), _) => given,
                (None, Some(default)) => self.eval(default, &scope)?,
                (None, None) => Value::undefined(format!("parameter '{name}' was not provided")),
            };
            scope.set(name, given);
        }
        let rest: Vec<Value> = positional.collect();
        if def.uses_varargs {
            scope.set(&"varargs".into(), Value::tuple(rest));
        } else if !rest.is_empty() {
            fail!(
                "macro '{}' takes not more than {} argument(s)",
                def.name,
                def.params.len()
            );
        }
        if def.uses_kwargs {
            let mut dict = Dict::default();
            for (name, given) in named {
                dict.insert(Value::Str(name), given)?;
            }
            scope.set(&"kwargs".into(), Value::dict(dict));
        } else if let Some((name, _)) = named.first() {
            fail!("macro '{}' takes no keyword argument '{name}'", def.name);
        }
        match caller {
            Some(caller) if def.uses_caller => scope.set(&"caller".into(), caller),
            Some(_) => fail!(
                "macro '{}' was invoked with two values for the special caller argument",
                def.name
            ),
            None if def.uses_caller => {
                scope.set(&"caller".into(), Value::undefined("No caller defined"));
            }
            None => {}
        }
        Value::text(self.run_to_text(&def.body, &scope)?)
    }
}

/// Fails for both kinds of undefined.
fn present(value: &Value) -> Res<()> {
    match value {
        Value::Absent => Err(Error::undefined(
            "an inline if-expression without else section was false",
        )),
        _ => value.used(),
    }
}

fn no_attribute(value: &Value, name: &str) -> Value {
    Value::undefined(format!(
        "'{} object' has no attribute '{name}'",
        value.kind()
    ))
}

fn function(name: &str, args: CallArgs) -> Res<Value> {
    match name {
        "range" => {
            let mut bounds = [None; 3];
            if args.positional.is_empty() || args.positional.len() > 3 || !args.named.is_empty() {
                fail!("range expected 1 to 3 arguments");
            }
            for (bound, value) in bounds.iter_mut().zip(&args.positional) {
                value.used()?;
                match value.as_index() {
                    Some(index) => *bound = Some(index),
                    None => fail!(
                        "'{}' object cannot be interpreted as an integer",
                        value.kind()
                    ),
                }
            }
            let range = match bounds {
                [Some(stop), None, _] => Range {
                    start: 0,
                    stop,
                    step: 1,
                },
                [Some(start), Some(stop), step] => Range {
                    start,
                    stop,
                    step: step.unwrap_or(1),
                },
                _ => fail!("range expected 1 to 3 arguments"),
            };
            if range.step == 0 {
                fail!("range() arg 3 must not be zero");
            }
            let largest = [range.start, range.stop, range.step]
                .into_iter()
                .map(i128::unsigned_abs)
                .max();
            if largest.is_some_and(|size| size > 1 << 100) || range.len() > MAX_RANGE {
                return Err(Error::limit(format!(
                    "Range too big. The maximum size is {MAX_RANGE}."
                )));
            }
            Ok(Value::Range(range))
        }
        "dict" | "namespace" => {
            let mut dict = Dict::default();
            if args.positional.len() > 1 {
                fail!("{name} expected at most 1 argument");
            }
            if let Some(from) = args.positional.first() {
                fill(&mut dict, from)?;
            }
            for (key, value) in args.named {
                dict.insert(Value::Str(key), value)?;
            }
            let dict = Rc::new(RefCell::new(dict));
            Ok(if name == "dict" {
                Value::Dict(dict)
            } else {
                Value::Namespace(dict)
            })
        }
        "cycler" => {
            if args.positional.is_empty() || !args.named.is_empty() {
                fail!("at least one item has to be provided");
            }
            Ok(Value::Cycler(Rc::new(Cycler {
                items: args.positional,
                at: Cell::new(0),
            })))
        }
        "joiner" => {
            let [separator] = args.bind("joiner", ["sep"])?;
            let separator = separator.unwrap_or_else(|| Value::str(", "));
            Ok(Value::Joiner(Rc::new(Joiner {
                separator,
                used: Cell::new(false),
            })))
        }
        _ => fail!("{name}() is random: a file's name must not be"),
    }
}

/// Fills a dictionary from another one or from pairs.
pub fn fill(dict: &mut Dict, from: &Value) -> Res<()> {
    if let Value::Dict(other) = from {
        for (key, value) in &other.borrow().entries {
            dict.insert(key.clone(), value.clone())?;
        }
        return Ok(());
    }
    for pair in from.items()? {
        let mut pair = pair.items()?.into_iter();
        let (Some(key), Some(value), None) = (pair.next(), pair.next(), pair.next()) else {
            fail!("a dictionary is made of pairs");
        };
        dict.insert(key, value)?;
    }
    Ok(())
}

/// The attribute of an object of the library, or of an item of `groupby`.
pub fn field(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Named(object) => {
            let Named { fields, .. } = &**object;
            fields
                .iter()
                .find(|(n, _)| **n == *name)
                .map(|(_, v)| v.clone())
        }
        Value::Tuple(tuple) => {
            let Tuple { items, names } = &**tuple;
            names
                .iter()
                .position(|n| *n == name)
                .map(|at| items[at].clone())
        }
        _ => None,
    }
}
