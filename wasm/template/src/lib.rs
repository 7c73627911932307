//! Jinja 2 templates with Python's values, for file names. A rendering is a function from a template and
//! variables to a text: no clock, no random numbers, no files, and bounded steps, nesting and memory.

// `len` is Python's: it may fail, and nothing asks for emptiness.
#![allow(clippy::len_without_is_empty)]

pub mod abi;
pub mod ast;
pub mod dates;
pub mod error;
pub mod filters;
pub mod format;
pub mod host;
pub mod interp;
pub mod lexer;
pub mod limits;
pub mod methods;
pub mod ops;
pub mod parser;
pub mod str_methods;
pub mod tests;
pub mod text;
pub mod value;
pub mod variables;

use error::{Error, Res};
use std::cell::RefCell;
use std::rc::Rc;

/// Compiled templates that are kept: a library has one format and a few storage paths.
const KEPT: usize = 32;

type Compiled = Res<Rc<ast::Template>>;

thread_local! {
    static TEMPLATES: RefCell<Vec<(String, Compiled)>> = const { RefCell::new(Vec::new()) };
}

fn compiled(source: &str) -> Compiled {
    TEMPLATES.with_borrow_mut(|templates| {
        if let Some((_, template)) = templates.iter().find(|(s, _)| s == source) {
            return template.clone();
        }
        let template = parser::parse(source).map(Rc::new);
        if templates.len() >= KEPT {
            drop(templates.remove(0));
        }
        templates.push((source.to_string(), template.clone()));
        template
    })
}

fn render_request(request: &[u8]) -> Res<String> {
    let bad = || Error::runtime("the request is malformed");
    let (length, rest) = request.split_first_chunk::<4>().ok_or_else(bad)?;
    let (source, variables) = rest
        .split_at_checked(u32::from_le_bytes(*length) as usize)
        .ok_or_else(bad)?;
    let source = str::from_utf8(source).map_err(|_| bad())?;
    render(source, str::from_utf8(variables).map_err(|_| bad())?)
}

/// Renders a template with variables in the form that `variables` reads.
pub fn render(source: &str, variables: &str) -> Res<String> {
    limits::refill();
    let template = compiled(source)?;
    let value::Value::Dict(dict) = variables::read(variables)? else {
        return Err(Error::runtime("the variables are no mapping"));
    };
    let vars = dict
        .borrow()
        .entries
        .iter()
        .filter_map(|(k, v)| Some((k.as_str()?.into(), v.clone())))
        .collect();
    interp::render(&template, vars)
}
