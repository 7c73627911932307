// What a template says. Nothing here can name a file, a module or another template.

use crate::value::Value;
use std::rc::Rc;

pub type Name = Rc<str>;
pub type Body = Vec<Stmt>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CmpOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

pub enum Expr {
    Const(Value),
    Name(Name),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Neg(Box<Expr>),
    Pos(Box<Expr>),
    Not(Box<Expr>),
    Binary(BinOp, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Vec<(CmpOp, Expr)>),
    Concat(Vec<Expr>),
    Cond(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    Attr(Box<Expr>, Name),
    Item(Box<Expr>, Box<Expr>),
    /// start, stop, step; stands inside an `Item` only.
    Slice([Option<Box<Expr>>; 3]),
    Call(Box<Expr>, Args),
    /// Without an input it is the filter of a block.
    Filter(Option<Box<Expr>>, Name, Args),
    Test(Box<Expr>, Name, Args),
}

#[derive(Default)]
pub struct Args {
    pub positional: Vec<Expr>,
    pub named: Vec<(Name, Expr)>,
    pub star: Option<Box<Expr>>,
    pub double_star: Option<Box<Expr>>,
}

pub enum Target {
    Name(Name),
    Tuple(Vec<Target>),
    Field(Name, Name),
}

pub struct For {
    pub target: Target,
    pub iter: Expr,
    pub test: Option<Expr>,
    pub recursive: bool,
    pub body: Body,
    pub otherwise: Body,
    /// Whether the body looks at `loop`: then the items are known in advance.
    pub uses_loop: bool,
}

pub struct MacroDef {
    pub name: Name,
    pub params: Vec<(Name, Option<Expr>)>,
    pub body: Body,
    pub uses_varargs: bool,
    pub uses_kwargs: bool,
    pub uses_caller: bool,
}

pub struct BlockDef {
    pub name: Name,
    pub body: Body,
    pub scoped: bool,
}

pub enum Stmt {
    Text(Rc<str>),
    Print(Expr),
    For(Rc<For>),
    If(Vec<(Expr, Body)>, Body),
    Set(Target, Expr),
    SetBlock(Target, Option<Expr>, Body),
    With(Vec<(Target, Expr)>, Body),
    Macro(Rc<MacroDef>),
    CallBlock(Expr, Rc<MacroDef>),
    FilterBlock(Expr, Body),
    Block(Rc<BlockDef>),
    /// `autoescape`: only switched off can it be had.
    Autoescape(Expr, Body),
    Break,
    Continue,
    /// `include`, `import`, `extends`: upstream's environment has no loader, so running it fails.
    NoLoader(&'static str),
}

pub struct Template {
    pub body: Body,
    pub blocks: Vec<Rc<BlockDef>>,
}
