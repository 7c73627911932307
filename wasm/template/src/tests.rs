// Jinja's built-in tests.

use crate::ast::CmpOp;
use crate::error::Res;
use crate::fail;
use crate::filters;
use crate::interp::CallArgs;
use crate::ops;
use crate::str_methods::is_case;
use crate::value::Value;

const PLAIN: &[&str] = &[
    "boolean",
    "callable",
    "defined",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "integer",
    "iterable",
    "lower",
    "mapping",
    "none",
    "number",
    "odd",
    "sequence",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];
const COMPARISONS: &[(&str, CmpOp)] = &[
    ("==", CmpOp::Eq),
    ("eq", CmpOp::Eq),
    ("equalto", CmpOp::Eq),
    ("!=", CmpOp::Ne),
    ("ne", CmpOp::Ne),
    (">", CmpOp::Gt),
    ("gt", CmpOp::Gt),
    ("greaterthan", CmpOp::Gt),
    (">=", CmpOp::Ge),
    ("ge", CmpOp::Ge),
    ("<", CmpOp::Lt),
    ("lt", CmpOp::Lt),
    ("lessthan", CmpOp::Lt),
    ("<=", CmpOp::Le),
    ("le", CmpOp::Le),
    ("in", CmpOp::In),
];

pub fn exists(name: &str) -> bool {
    PLAIN.contains(&name)
        || matches!(name, "divisibleby" | "sameas")
        || COMPARISONS.iter().any(|(n, _)| *n == name)
}

pub fn apply(name: &str, value: &Value, args: CallArgs) -> Res<bool> {
    let comparison = COMPARISONS.iter().find(|(n, _)| *n == name);
    if comparison.is_some() || matches!(name, "divisibleby" | "sameas") {
        let [other] = args.bind(name, ["other"])?;
        let Some(other) = other else {
            fail!("the test '{name}' is missing an argument")
        };
        return match comparison {
            Some((_, op)) => ops::compare(*op, value, &other),
            None if name == "sameas" => Ok(ops::same(value, &other)),
            None => {
                let rest = ops::binary(crate::ast::BinOp::Mod, value, &other)?;
                ops::equal(&rest, &Value::Int(0))
            }
        };
    }
    let [] = args.bind(name, [])?;
    Ok(match name {
        "defined" => !value.is_undefined(),
        "undefined" => value.is_undefined(),
        "none" => matches!(value, Value::None),
        "boolean" => matches!(value, Value::Bool(_)),
        "true" => matches!(value, Value::Bool(true)),
        "false" => matches!(value, Value::Bool(false)),
        "integer" => matches!(value, Value::Int(_)),
        "float" => matches!(value, Value::Float(_)),
        "number" => matches!(value, Value::Int(_) | Value::Float(_) | Value::Bool(_)),
        "string" => value.as_str().is_some(),
        "mapping" => matches!(value, Value::Dict(_)),
        "sequence" => matches!(
            value,
            Value::Str(_)
                | Value::Placeholder
                | Value::List(_)
                | Value::Tuple(_)
                | Value::Dict(_)
                | Value::Range(_)
        ),
        "iterable" => {
            value.used()?;
            matches!(
                value,
                Value::Str(_)
                    | Value::Placeholder
                    | Value::List(_)
                    | Value::Tuple(_)
                    | Value::Dict(_)
                    | Value::View(..)
                    | Value::Range(_)
                    | Value::Iter(_)
                    | Value::Loop(_)
            )
        }
        "callable" => matches!(
            value,
            Value::Undefined(_)
                | Value::Absent
                | Value::Macro(_)
                | Value::Method(_)
                | Value::Function(_)
                | Value::Joiner(_)
                | Value::Loop(_)
        ),
        "odd" | "even" => {
            let rest = ops::binary(crate::ast::BinOp::Mod, value, &Value::Int(2))?;
            ops::equal(&rest, &Value::Int(i128::from(name == "odd")))?
        }
        "lower" => is_case(&value.to_text()?, char::is_lowercase),
        "upper" => is_case(&value.to_text()?, char::is_uppercase),
        "filter" => value.as_str().is_some_and(filters::exists),
        "test" => value.as_str().is_some_and(exists),
        // Nothing is marked as escaped: names are not HTML.
        "escaped" => false,
        _ => fail!("No test named '{name}'."),
    })
}
