// From tokens to statements: Jinja 3.1's grammar with the loopcontrols extension, and no other extension.

use crate::ast::*;
use crate::error::{Error, Res};
use crate::lexer::{Token, tokenize};
use crate::limits::{Level, SOURCE_BYTES};
use crate::value::Value;
use crate::{filters, tests};
use std::rc::Rc;

pub fn parse(source: &str) -> Res<Template> {
    if source.len() > SOURCE_BYTES {
        return Err(Error::limit("the template is too long"));
    }
    let mut parser = Parser {
        tokens: tokenize(source)?,
        at: 0,
        blocks: Vec::new(),
        names: Vec::new(),
        unknown: Vec::new(),
        in_loop: false,
    };
    let body = parser.body(&[])?;
    // Jinja refuses unknown filters before it runs, unless a condition may keep them from running.
    if let Some(what) = parser.unknown.first() {
        return Err(Error::syntax(format!("No {what}.")));
    }
    Ok(Template {
        body,
        blocks: parser.blocks,
    })
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    blocks: Vec<Rc<BlockDef>>,
    /// Every variable that was looked at, in order: tells whether a body uses `loop`, `caller`, …
    names: Vec<Name>,
    unknown: Vec<String>,
    in_loop: bool,
}

const BINARY: &[(&str, BinOp)] = &[
    ("*", BinOp::Mul),
    ("/", BinOp::Div),
    ("//", BinOp::FloorDiv),
    ("%", BinOp::Mod),
];
const COMPARE: &[(&str, CmpOp)] = &[
    ("==", CmpOp::Eq),
    ("!=", CmpOp::Ne),
    ("<", CmpOp::Lt),
    ("<=", CmpOp::Le),
    (">", CmpOp::Gt),
    (">=", CmpOp::Ge),
];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Some(Token::Op(o)) if *o == op)
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(n)) if n == name)
    }

    fn skip_op(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }

    fn skip_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        self.at += usize::from(found);
        found
    }

    fn expect_op(&mut self, op: &str) -> Res<()> {
        if self.skip_op(op) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("'{op}'")))
        }
    }

    fn expect(&mut self, token: Token, what: &str) -> Res<()> {
        if self.peek() == Some(&token) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected(what))
        }
    }

    fn name(&mut self) -> Res<Name> {
        match self.peek() {
            Some(Token::Name(name)) => {
                let name: Name = name.as_str().into();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    fn unexpected(&self, wanted: &str) -> Error {
        let found = match self.peek() {
            None => "the end of the template".to_string(),
            Some(Token::Text(_)) => "text".to_string(),
            Some(Token::Name(n)) => format!("'{n}'"),
            Some(Token::Str(_)) => "a text in quotes".to_string(),
            Some(Token::Int(_) | Token::Float(_)) => "a number".to_string(),
            Some(Token::Op(op)) => format!("'{op}'"),
            Some(Token::VariableEnd) => "'}}'".to_string(),
            Some(Token::BlockEnd) => "'%}'".to_string(),
            Some(Token::VariableBegin) => "'{{'".to_string(),
            Some(Token::BlockBegin) => "'{%'".to_string(),
        };
        Error::syntax(format!("expected {wanted}, found {found}"))
    }

    /// Statements up to one of the tags in `ends`, of which `{% name` is consumed.
    fn body(&mut self, ends: &[&str]) -> Res<Body> {
        let _level = Level::enter()?;
        let mut body = Vec::new();
        loop {
            match self.peek() {
                None if ends.is_empty() => return Ok(body),
                None => return Err(self.unexpected(&format!("'{}'", ends.join("' or '")))),
                Some(Token::Text(text)) => {
                    let text = text.as_str().into();
                    body.push(Stmt::Text(text));
                    self.at += 1;
                }
                Some(Token::VariableBegin) => {
                    self.at += 1;
                    let value = self.tuple(true, &[])?;
                    self.expect(Token::VariableEnd, "'}}'")?;
                    body.push(Stmt::Print(value));
                }
                Some(Token::BlockBegin) => {
                    self.at += 1;
                    if ends.iter().any(|end| self.is_name(end)) {
                        return Ok(body);
                    }
                    let statement = self.statement()?;
                    body.push(statement);
                }
                Some(_) => return Err(self.unexpected("a tag")),
            }
        }
    }

    /// A body whose end tag closes it.
    fn closed_body(&mut self, end: &str) -> Res<Body> {
        self.block_end()?;
        let body = self.body(&[end])?;
        self.at += 1;
        self.block_end()?;
        Ok(body)
    }

    fn block_end(&mut self) -> Res<()> {
        self.skip_op(":");
        self.expect(Token::BlockEnd, "'%}'")
    }

    fn statement(&mut self) -> Res<Stmt> {
        let tag = self.name()?;
        match &*tag {
            "for" => self.for_loop(),
            "if" => self.condition(),
            "set" => self.set(),
            "with" => {
                let mut pairs = Vec::new();
                while self.peek() != Some(&Token::BlockEnd) && !self.is_op(":") {
                    if !pairs.is_empty() {
                        self.expect_op(",")?;
                    }
                    let target = self.target(false, &[])?;
                    self.expect_op("=")?;
                    pairs.push((target, self.expression()?));
                }
                Ok(Stmt::With(pairs, self.closed_body("endwith")?))
            }
            "macro" => {
                let name = self.name()?;
                let params = self.params()?;
                let def = self.macro_body(name, params, "endmacro")?;
                Ok(Stmt::Macro(Rc::new(def)))
            }
            "call" => {
                let params = if self.is_op("(") {
                    self.params()?
                } else {
                    Vec::new()
                };
                let call = self.expression()?;
                if !matches!(call, Expr::Call(..)) {
                    return Err(Error::syntax("expected a call in a call block"));
                }
                let def = self.macro_body("caller".into(), params, "endcall")?;
                Ok(Stmt::CallBlock(call, Rc::new(def)))
            }
            "filter" => {
                let filter = self.block_filter()?;
                Ok(Stmt::FilterBlock(filter, self.plain_body("endfilter")?))
            }
            "block" => self.block(),
            "autoescape" => {
                let on = self.expression()?;
                Ok(Stmt::Autoescape(on, self.plain_body("endautoescape")?))
            }
            "break" | "continue" => {
                if !self.in_loop {
                    return Err(Error::syntax(format!("'{tag}' outside of a loop")));
                }
                self.block_end()?;
                Ok(if &*tag == "break" {
                    Stmt::Break
                } else {
                    Stmt::Continue
                })
            }
            "include" => self.no_loader("include"),
            "import" | "from" => self.no_loader("import"),
            "extends" => self.no_loader("extends"),
            _ => Err(Error::syntax(format!("unknown tag '{tag}'"))),
        }
    }

    /// A body in which `break` does not mean the loop around it.
    fn plain_body(&mut self, end: &str) -> Res<Body> {
        let outer = std::mem::take(&mut self.in_loop);
        let body = self.closed_body(end);
        self.in_loop = outer;
        body
    }

    fn no_loader(&mut self, what: &'static str) -> Res<Stmt> {
        while self.peek() != Some(&Token::BlockEnd) {
            if self.peek().is_none() {
                return Err(self.unexpected("'%}'"));
            }
            self.at += 1;
        }
        self.block_end()?;
        Ok(Stmt::NoLoader(what))
    }

    fn for_loop(&mut self) -> Res<Stmt> {
        let target = self.target(false, &["in"])?;
        if !self.skip_name("in") {
            return Err(self.unexpected("'in'"));
        }
        let iter = self.tuple(false, &["recursive"])?;
        let test = if self.skip_name("if") {
            Some(self.expression()?)
        } else {
            None
        };
        let recursive = self.skip_name("recursive");
        self.block_end()?;
        let seen = self.names.len();
        let outer = std::mem::replace(&mut self.in_loop, true);
        let body = self.body(&["endfor", "else"]);
        self.in_loop = outer;
        let body = body?;
        let uses_loop = recursive || self.names[seen..].iter().any(|n| &**n == "loop");
        let otherwise = if self.skip_name("else") {
            self.block_end()?;
            self.body(&["endfor"])?
        } else {
            Vec::new()
        };
        self.at += 1;
        self.block_end()?;
        Ok(Stmt::For(Rc::new(For {
            target,
            iter,
            test,
            recursive,
            body,
            otherwise,
            uses_loop,
        })))
    }

    fn condition(&mut self) -> Res<Stmt> {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        let mut known = None;
        loop {
            let test = self.tuple(false, &[])?;
            let unknown = *known.get_or_insert(self.unknown.len());
            self.block_end()?;
            let body = self.body(&["elif", "else", "endif"])?;
            branches.push((test, body));
            if self.skip_name("elif") {
                continue;
            }
            if self.skip_name("else") {
                self.block_end()?;
                otherwise = self.body(&["endif"])?;
            }
            self.at += 1;
            self.block_end()?;
            self.unknown.truncate(unknown);
            return Ok(Stmt::If(branches, otherwise));
        }
    }

    fn set(&mut self) -> Res<Stmt> {
        let target = self.target(true, &[])?;
        if self.skip_op("=") {
            let value = self.tuple(true, &[])?;
            self.block_end()?;
            return Ok(Stmt::Set(target, value));
        }
        let filter = if self.is_op("|") {
            Some(self.filters(None)?)
        } else {
            None
        };
        Ok(Stmt::SetBlock(target, filter, self.plain_body("endset")?))
    }

    fn block(&mut self) -> Res<Stmt> {
        let name = self.name()?;
        let mut scoped = false;
        while self.peek() != Some(&Token::BlockEnd) && !self.is_op(":") {
            if self.skip_name("scoped") {
                scoped = true;
            } else if !self.skip_name("required") {
                return Err(self.unexpected("'%}'"));
            }
        }
        self.block_end()?;
        let outer = std::mem::take(&mut self.in_loop);
        let body = self.body(&["endblock"]);
        self.in_loop = outer;
        let body = body?;
        self.at += 1;
        self.skip_name(&name);
        self.block_end()?;
        if self.blocks.iter().any(|b| b.name == name) {
            return Err(Error::syntax(format!("block '{name}' defined twice")));
        }
        let def = Rc::new(BlockDef { name, body, scoped });
        self.blocks.push(def.clone());
        Ok(Stmt::Block(def))
    }

    fn block_filter(&mut self) -> Res<Expr> {
        let first = self.filter(None)?;
        if self.is_op("|") {
            self.filters(Some(first))
        } else {
            Ok(first)
        }
    }

    fn params(&mut self) -> Res<Vec<(Name, Option<Expr>)>> {
        self.expect_op("(")?;
        let mut params: Vec<(Name, Option<Expr>)> = Vec::new();
        while !self.skip_op(")") {
            if !params.is_empty() {
                self.expect_op(",")?;
                if self.skip_op(")") {
                    break;
                }
            }
            let name = self.name()?;
            let default = if self.skip_op("=") {
                Some(self.expression()?)
            } else if params.iter().any(|p| p.1.is_some()) {
                return Err(Error::syntax(
                    "non-default argument follows default argument",
                ));
            } else {
                None
            };
            params.push((name, default));
        }
        Ok(params)
    }

    fn macro_body(
        &mut self,
        name: Name,
        params: Vec<(Name, Option<Expr>)>,
        end: &str,
    ) -> Res<MacroDef> {
        let seen = self.names.len();
        let body = self.plain_body(end)?;
        let uses = |what: &str| self.names[seen..].iter().any(|n| &**n == what);
        let (uses_varargs, uses_kwargs, uses_caller) =
            (uses("varargs"), uses("kwargs"), uses("caller"));
        Ok(MacroDef {
            name,
            params,
            body,
            uses_varargs,
            uses_kwargs,
            uses_caller,
        })
    }

    fn target(&mut self, fields: bool, ends: &[&str]) -> Res<Target> {
        let mut parts = Vec::new();
        let mut comma = false;
        loop {
            if self.skip_op("(") {
                parts.push(self.target(false, &[])?);
                self.expect_op(")")?;
            } else {
                let name = self.name()?;
                if matches!(
                    &*name,
                    "true" | "false" | "none" | "True" | "False" | "None"
                ) {
                    return Err(Error::syntax(format!("can't assign to '{name}'")));
                }
                if fields && self.skip_op(".") {
                    let field = self.name()?;
                    return Ok(Target::Field(name, field));
                }
                parts.push(Target::Name(name));
            }
            if !self.skip_op(",") {
                break;
            }
            comma = true;
            if self.is_op("=") || self.is_op(")") || ends.iter().any(|end| self.is_name(end)) {
                break;
            }
        }
        if comma {
            Ok(Target::Tuple(parts))
        } else {
            Ok(parts.remove(0))
        }
    }

    /// One expression, or several with commas between them.
    fn tuple(&mut self, conditions: bool, ends: &[&str]) -> Res<Expr> {
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            let at_end = matches!(
                self.peek(),
                Some(Token::VariableEnd | Token::BlockEnd) | None
            ) || self.is_op(")")
                || ends.iter().any(|end| self.is_name(end));
            if at_end && (comma || items.is_empty()) {
                break;
            }
            items.push(if conditions {
                self.expression()?
            } else {
                self.or()?
            });
            if !self.skip_op(",") {
                break;
            }
            comma = true;
        }
        if items.is_empty() {
            return Err(self.unexpected("an expression"));
        }
        if comma {
            Ok(Expr::Tuple(items))
        } else {
            Ok(items.remove(0))
        }
    }

    fn expression(&mut self) -> Res<Expr> {
        let unknown = self.unknown.len();
        let mut value = self.or()?;
        while self.skip_name("if") {
            let test = self.or()?;
            let otherwise = if self.skip_name("else") {
                Some(Box::new(self.expression()?))
            } else {
                None
            };
            value = Expr::Cond(Box::new(test), Box::new(value), otherwise);
            self.unknown.truncate(unknown);
        }
        Ok(value)
    }

    fn or(&mut self) -> Res<Expr> {
        let mut left = self.and()?;
        while self.skip_name("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Res<Expr> {
        let mut left = self.not()?;
        while self.skip_name("and") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Res<Expr> {
        if self.skip_name("not") {
            let _level = Level::enter()?;
            return Ok(Expr::Not(Box::new(self.not()?)));
        }
        self.compare()
    }

    fn compare(&mut self) -> Res<Expr> {
        let left = self.sum()?;
        let mut operations = Vec::new();
        loop {
            let found = COMPARE.iter().find(|(op, _)| self.is_op(op));
            let op = if let Some((_, op)) = found {
                self.at += 1;
                *op
            } else if self.skip_name("in") {
                CmpOp::In
            } else if self.is_name("not")
                && matches!(self.tokens.get(self.at + 1), Some(Token::Name(n)) if n == "in")
            {
                self.at += 2;
                CmpOp::NotIn
            } else {
                break;
            };
            operations.push((op, self.sum()?));
        }
        if operations.is_empty() {
            Ok(left)
        } else {
            Ok(Expr::Compare(Box::new(left), operations))
        }
    }

    fn sum(&mut self) -> Res<Expr> {
        let mut left = self.concat()?;
        loop {
            let op = if self.skip_op("+") {
                BinOp::Add
            } else if self.skip_op("-") {
                BinOp::Sub
            } else {
                return Ok(left);
            };
            left = Expr::Binary(op, Box::new(left), Box::new(self.concat()?));
        }
    }

    fn concat(&mut self) -> Res<Expr> {
        let first = self.product()?;
        if !self.is_op("~") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.skip_op("~") {
            parts.push(self.product()?);
        }
        Ok(Expr::Concat(parts))
    }

    fn product(&mut self) -> Res<Expr> {
        let mut left = self.power()?;
        while let Some((_, op)) = BINARY.iter().find(|(op, _)| self.is_op(op)) {
            self.at += 1;
            left = Expr::Binary(*op, Box::new(left), Box::new(self.power()?));
        }
        Ok(left)
    }

    fn power(&mut self) -> Res<Expr> {
        let mut left = self.unary(true)?;
        while self.skip_op("**") {
            left = Expr::Binary(BinOp::Pow, Box::new(left), Box::new(self.unary(true)?));
        }
        Ok(left)
    }

    fn unary(&mut self, with_filter: bool) -> Res<Expr> {
        let _level = Level::enter()?;
        let node = if self.skip_op("-") {
            Expr::Neg(Box::new(self.unary(false)?))
        } else if self.skip_op("+") {
            Expr::Pos(Box::new(self.unary(false)?))
        } else {
            self.primary()?
        };
        let node = self.postfix(node)?;
        if with_filter {
            self.filters_and_tests(node)
        } else {
            Ok(node)
        }
    }

    fn primary(&mut self) -> Res<Expr> {
        let Some(token) = self.peek().cloned() else {
            return Err(self.unexpected("an expression"));
        };
        self.at += 1;
        Ok(match token {
            Token::Name(name) => match name.as_str() {
                "true" | "True" => Expr::Const(Value::Bool(true)),
                "false" | "False" => Expr::Const(Value::Bool(false)),
                "none" | "None" => Expr::Const(Value::None),
                _ => {
                    let name: Name = name.as_str().into();
                    self.names.push(name.clone());
                    Expr::Name(name)
                }
            },
            Token::Str(mut text) => {
                while let Some(Token::Str(more)) = self.peek() {
                    text.push_str(more);
                    self.at += 1;
                }
                Expr::Const(Value::str(&text))
            }
            Token::Int(number) => Expr::Const(Value::Int(number)),
            Token::Float(number) => Expr::Const(Value::Float(number)),
            Token::Op("(") => {
                let value = if self.is_op(")") {
                    Expr::Tuple(Vec::new())
                } else {
                    self.tuple(true, &[])?
                };
                self.expect_op(")")?;
                value
            }
            Token::Op("[") => {
                let mut items = Vec::new();
                while !self.skip_op("]") {
                    if !items.is_empty() {
                        self.expect_op(",")?;
                        if self.skip_op("]") {
                            break;
                        }
                    }
                    items.push(self.expression()?);
                }
                Expr::List(items)
            }
            Token::Op("{") => {
                let mut items = Vec::new();
                while !self.skip_op("}") {
                    if !items.is_empty() {
                        self.expect_op(",")?;
                        if self.skip_op("}") {
                            break;
                        }
                    }
                    let key = self.expression()?;
                    self.expect_op(":")?;
                    items.push((key, self.expression()?));
                }
                Expr::Dict(items)
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected("an expression"));
            }
        })
    }

    fn postfix(&mut self, mut node: Expr) -> Res<Expr> {
        loop {
            if self.skip_op(".") {
                node = self.attribute(node)?;
            } else if self.skip_op("[") {
                node = self.subscript(node)?;
            } else if self.is_op("(") {
                let args = self.args()?;
                node = Expr::Call(Box::new(node), args);
            } else {
                return Ok(node);
            }
        }
    }

    fn attribute(&mut self, node: Expr) -> Res<Expr> {
        if let Some(Token::Int(index)) = self.peek() {
            let index = Expr::Const(Value::Int(*index));
            self.at += 1;
            return Ok(Expr::Item(Box::new(node), Box::new(index)));
        }
        let name = self.name()?;
        Ok(Expr::Attr(Box::new(node), name))
    }

    fn subscript(&mut self, node: Expr) -> Res<Expr> {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.skip_op("]") {
            if !items.is_empty() {
                self.expect_op(",")?;
                comma = true;
            }
            items.push(self.slice()?);
        }
        if items.is_empty() {
            return Err(Error::syntax("expected subscript expression"));
        }
        let index = if comma {
            Expr::Tuple(items)
        } else {
            items.remove(0)
        };
        Ok(Expr::Item(Box::new(node), Box::new(index)))
    }

    fn slice(&mut self) -> Res<Expr> {
        let start = if self.is_op(":") {
            None
        } else {
            Some(Box::new(self.expression()?))
        };
        if !self.skip_op(":") {
            return start
                .map(|start| *start)
                .ok_or_else(|| self.unexpected("an expression"));
        }
        let mut parts = [start, None, None];
        let ends = |parser: &Self| parser.is_op("]") || parser.is_op(",");
        if !ends(self) && !self.is_op(":") {
            parts[1] = Some(Box::new(self.expression()?));
        }
        if self.skip_op(":") && !ends(self) {
            parts[2] = Some(Box::new(self.expression()?));
        }
        Ok(Expr::Slice(parts))
    }

    fn args(&mut self) -> Res<Args> {
        self.expect_op("(")?;
        let mut args = Args::default();
        let mut first = true;
        while !self.skip_op(")") {
            if !std::mem::take(&mut first) {
                self.expect_op(",")?;
                if self.skip_op(")") {
                    break;
                }
            }
            if self.skip_op("**") {
                if args.double_star.is_some() {
                    return Err(Error::syntax("invalid syntax for function call expression"));
                }
                args.double_star = Some(Box::new(self.expression()?));
            } else if self.is_op("*") {
                self.at += 1;
                if args.star.is_some() || args.double_star.is_some() {
                    return Err(Error::syntax("invalid syntax for function call expression"));
                }
                args.star = Some(Box::new(self.expression()?));
            } else if matches!(self.peek(), Some(Token::Name(_)))
                && matches!(self.tokens.get(self.at + 1), Some(Token::Op("=")))
            {
                let name = self.name()?;
                self.at += 1;
                if args.double_star.is_some() || args.named.iter().any(|(n, _)| *n == name) {
                    return Err(Error::syntax("invalid syntax for function call expression"));
                }
                args.named.push((name, self.expression()?));
            } else {
                if args.double_star.is_some() || args.star.is_some() || !args.named.is_empty() {
                    return Err(Error::syntax("invalid syntax for function call expression"));
                }
                args.positional.push(self.expression()?);
            }
        }
        Ok(args)
    }

    fn filters_and_tests(&mut self, mut node: Expr) -> Res<Expr> {
        loop {
            if self.is_op("|") {
                node = self.filters(Some(node))?;
            } else if self.is_name("is") {
                self.at += 1;
                node = self.test(node)?;
            } else if self.is_op("(") {
                let args = self.args()?;
                node = Expr::Call(Box::new(node), args);
            } else {
                return Ok(node);
            }
        }
    }

    fn filters(&mut self, mut node: Option<Expr>) -> Res<Expr> {
        while self.skip_op("|") {
            node = Some(self.filter(node)?);
        }
        node.ok_or_else(|| self.unexpected("a filter"))
    }

    fn filter(&mut self, input: Option<Expr>) -> Res<Expr> {
        let name = self.dotted_name()?;
        if !filters::exists(&name) {
            self.unknown.push(format!("filter named '{name}'"));
        }
        let args = if self.is_op("(") {
            self.args()?
        } else {
            Args::default()
        };
        Ok(Expr::Filter(input.map(Box::new), name, args))
    }

    fn test(&mut self, node: Expr) -> Res<Expr> {
        let negated = self.skip_name("not");
        let name = self.dotted_name()?;
        if !tests::exists(&name) {
            self.unknown.push(format!("test named '{name}'"));
        }
        let takes_argument = match self.peek() {
            Some(Token::Name(n)) if n == "is" => {
                return Err(Error::syntax("You cannot chain multiple tests with is"));
            }
            Some(Token::Name(n)) => !matches!(n.as_str(), "else" | "or" | "and"),
            Some(Token::Str(_) | Token::Int(_) | Token::Float(_) | Token::Op("[" | "{")) => true,
            _ => false,
        };
        let args = if self.is_op("(") {
            self.args()?
        } else if takes_argument {
            let argument = self.primary()?;
            Args {
                positional: vec![self.postfix(argument)?],
                ..Args::default()
            }
        } else {
            Args::default()
        };
        let test = Expr::Test(Box::new(node), name, args);
        Ok(if negated {
            Expr::Not(Box::new(test))
        } else {
            test
        })
    }

    fn dotted_name(&mut self) -> Res<Name> {
        let mut name = self.name()?;
        while self.skip_op(".") {
            name = format!("{name}.{}", self.name()?).into();
        }
        Ok(name)
    }
}
