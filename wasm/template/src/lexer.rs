// From template source to text and tokens, with Jinja's rules of white space: trim_blocks, lstrip_blocks,
// `-` and `+` signs, the newline at the end dropped.

use crate::error::{Error, Res};

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Text(String),
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name(String),
    Str(String),
    Int(i128),
    Float(f64),
    Op(&'static str),
}

/// Longest first, so that a prefix never wins.
const OPERATORS: &[&str] = &[
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

pub fn tokenize(source: &str) -> Res<Vec<Token>> {
    let mut text = source.replace("\r\n", "\n").replace('\r', "\n");
    if text.ends_with('\n') {
        text.pop();
    }
    Lexer {
        source: &text,
        at: 0,
        tokens: Vec::new(),
        line_start: true,
    }
    .run()
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    tokens: Vec<Token>,
    /// Whether what was read last ended a line.
    line_start: bool,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn run(mut self) -> Res<Vec<Token>> {
        while self.at < self.source.len() {
            let rest = self.rest();
            let Some(begin) = find_begin(rest) else {
                self.push_text(rest);
                break;
            };
            let (text, tag) = rest.split_at(begin);
            let kind = &tag[..2];
            let sign = tag[2..].chars().next().filter(|c| matches!(c, '-' | '+'));
            // A sign that is followed by nothing of a tag's own is still a sign, as in Jinja.
            let text = self.strip_before(text, sign, kind != "{{");
            self.push_text(text);
            self.at += begin + 2 + usize::from(sign.is_some());
            match kind {
                "{#" => self.comment()?,
                "{{" => self.inside(Token::VariableBegin, Token::VariableEnd, "}}")?,
                _ => match raw_begin(self.rest()) {
                    Some((length, strip)) => self.raw(length, strip)?,
                    None => self.inside(Token::BlockBegin, Token::BlockEnd, "%}")?,
                },
            }
            self.line_start = self.source[..self.at].ends_with('\n');
        }
        Ok(self.tokens)
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.tokens.push(Token::Text(text.to_string()));
        }
    }

    /// The text before a tag, without what the tag's sign or lstrip_blocks takes away.
    fn strip_before(&self, text: &'s str, sign: Option<char>, lstrip: bool) -> &'s str {
        match sign {
            Some('-') => text.trim_end_matches(is_space),
            None if lstrip => {
                let line = text.rfind('\n').map_or(0, |at| at + 1);
                let blank = text[line..].chars().all(is_space);
                if blank && (line > 0 || self.line_start) {
                    &text[..line]
                } else {
                    text
                }
            }
            _ => text,
        }
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_space).len();
    }

    fn skip_newline(&mut self) {
        if self.rest().starts_with('\n') {
            self.at += 1;
        }
    }

    fn comment(&mut self) -> Res<()> {
        let Some(end) = self.rest().find("#}") else {
            return Err(Error::syntax("a comment has no end"));
        };
        let body = &self.rest()[..end];
        let sign = body.chars().next_back();
        self.at += end + 2;
        match sign {
            Some('-') => self.skip_space(),
            Some('+') => {}
            _ => self.skip_newline(),
        }
        Ok(())
    }

    /// Between `{% raw %}` and `{% endraw %}` all is text.
    fn raw(&mut self, begin: usize, strip: bool) -> Res<()> {
        self.at += begin;
        if strip {
            self.skip_space();
        }
        self.line_start = self.source[..self.at].ends_with('\n');
        let body = self.rest();
        let mut from = 0;
        while let Some(found) = body[from..].find("{%") {
            let at = from + found;
            let tag = &body[at + 2..];
            let sign = tag.chars().next().filter(|c| matches!(c, '-' | '+'));
            let tag = &tag[usize::from(sign.is_some())..];
            let inner = tag.trim_start_matches(is_space);
            if let Some(after) = inner.strip_prefix("endraw") {
                let after = after.trim_start_matches(is_space);
                let end = [("-%}", '-'), ("+%}", '+'), ("%}", ' ')]
                    .into_iter()
                    .find(|(close, _)| after.starts_with(close));
                if let Some((close, sign_after)) = end {
                    let text = self.strip_before(&body[..at], sign, true);
                    self.push_text(text);
                    self.at += body.len() - after.len() + close.len();
                    match sign_after {
                        '-' => self.skip_space(),
                        '+' => {}
                        _ => self.skip_newline(),
                    }
                    return Ok(());
                }
            }
            from = at + 2;
        }
        Err(Error::syntax("a raw block has no end"))
    }

    fn inside(&mut self, begin: Token, end: Token, close: &str) -> Res<()> {
        self.tokens.push(begin);
        let mut open: Vec<&'static str> = Vec::new();
        let mut after_dot = false;
        loop {
            self.skip_space();
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                return Err(Error::syntax("the template ends inside a tag"));
            };
            if open.is_empty() {
                let signed = rest
                    .strip_prefix(['-', '+'])
                    .is_some_and(|r| r.starts_with(close));
                if rest.starts_with(close) || (signed && (first == '-' || close == "%}")) {
                    self.at += close.len() + usize::from(signed);
                    self.tokens.push(end);
                    if first == '-' && signed {
                        self.skip_space();
                    } else if close == "%}" && !signed {
                        self.skip_newline();
                    }
                    return Ok(());
                }
            }
            let was_dot = std::mem::take(&mut after_dot);
            if first == '"' || first == '\'' {
                self.string(first)?;
            } else if first.is_ascii_digit() {
                self.number(was_dot)?;
            } else if first == '_' || first.is_alphabetic() {
                let length = rest
                    .find(|c: char| c != '_' && !c.is_alphanumeric())
                    .unwrap_or(rest.len());
                self.tokens.push(Token::Name(rest[..length].to_string()));
                self.at += length;
            } else {
                let Some(op) = OPERATORS.iter().find(|op| rest.starts_with(**op)) else {
                    return Err(Error::syntax(format!("unexpected character {first:?}")));
                };
                match *op {
                    "{" => open.push("}"),
                    "(" => open.push(")"),
                    "[" => open.push("]"),
                    "}" | ")" | "]" if open.pop() != Some(op) => {
                        return Err(Error::syntax(format!("unexpected '{op}'")));
                    }
                    _ => {}
                }
                after_dot = *op == ".";
                self.at += op.len();
                self.tokens.push(Token::Op(op));
            }
        }
    }

    fn string(&mut self, quote: char) -> Res<()> {
        let rest = &self.rest()[1..];
        let mut escaped = false;
        let end = rest.char_indices().find(|(_, c)| {
            let ends = !escaped && *c == quote;
            escaped = !escaped && *c == '\\';
            ends
        });
        let Some((end, _)) = end else {
            return Err(Error::syntax("a text in quotes has no end"));
        };
        self.tokens.push(Token::Str(unescape(&rest[..end])?));
        self.at += end + 2;
        Ok(())
    }

    fn number(&mut self, after_dot: bool) -> Res<()> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        if bytes[0] == b'0' && bytes.len() > 1 {
            let radix = match bytes[1] | 0x20 {
                b'x' => 16,
                b'o' => 8,
                b'b' => 2,
                _ => 10,
            };
            let length = digits(&rest[2.min(rest.len())..], radix);
            if radix != 10 && length > 0 {
                let clean = rest[2..2 + length].replace('_', "");
                let value = i128::from_str_radix(&clean, radix)
                    .map_err(|_| Error::limit("a number is too large"))?;
                self.tokens.push(Token::Int(value));
                self.at += 2 + length;
                return Ok(());
            }
        }
        let mut length = digits(rest, 10);
        let mut float = false;
        if !after_dot {
            if bytes.get(length) == Some(&b'.') {
                let fraction = digits(&rest[length + 1..], 10);
                if fraction > 0 {
                    length += 1 + fraction;
                    float = true;
                }
            }
            if bytes.get(length).is_some_and(|b| b | 0x20 == b'e') {
                let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
                let exponent = digits(rest.get(length + 1 + sign..).unwrap_or(""), 10);
                if exponent > 0 {
                    length += 1 + sign + exponent;
                    float = true;
                }
            }
        }
        let clean = rest[..length].replace('_', "");
        if float {
            let value = clean.parse().map_err(|_| Error::syntax("not a number"))?;
            self.tokens.push(Token::Float(value));
            self.at += length;
            return Ok(());
        }
        // As in Jinja, a number that starts with 0 is nothing but zeros: `007` are three tokens' worth of one.
        if clean.len() > 1 && clean.starts_with('0') {
            length = rest
                .find(|c| c != '0' && c != '_')
                .unwrap_or(rest.len())
                .min(length);
            self.tokens.push(Token::Int(0));
            self.at += length;
            return Ok(());
        }
        let value = clean
            .parse()
            .map_err(|_| Error::limit("a number is too large"))?;
        self.tokens.push(Token::Int(value));
        self.at += length;
        Ok(())
    }
}

/// The length of a run of digits, single underscores between them allowed.
fn digits(text: &str, radix: u32) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(|b| (*b as char).is_digit(radix));
    let mut length = 0;
    while digit(length)
        || (bytes.get(length) == Some(&b'_') && digit(length + 1) && (length > 0 || radix != 10))
    {
        length += 1;
    }
    length
}

fn find_begin(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(1))
        .find(|&at| bytes[at] == b'{' && matches!(bytes[at + 1], b'{' | b'%' | b'#'))
}

/// After `{%`: the length of ` raw %}` and whether it strips what follows.
fn raw_begin(text: &str) -> Option<(usize, bool)> {
    let inner = text.trim_start_matches(is_space).strip_prefix("raw")?;
    let inner = inner.trim_start_matches(is_space);
    let (close, strip) = if inner.starts_with("-%}") {
        (3, true)
    } else {
        (2, false)
    };
    (strip || inner.starts_with("%}")).then(|| (text.len() - inner.len() + close, strip))
}

/// The escapes of a Python text literal; unknown ones stay as they are.
fn unescape(text: &str) -> Res<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let Some(c) = after.chars().next() else { break };
        let mut used = c.len_utf8();
        match c {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(c),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            '0'..='7' => {
                used = after
                    .bytes()
                    .take(3)
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .count();
                let code = u32::from_str_radix(&after[..used], 8).unwrap_or(0);
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            'x' | 'u' | 'U' => {
                let length = match c {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let hex = after
                    .get(1..1 + length)
                    .filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
                let code = hex.and_then(|h| u32::from_str_radix(h, 16).ok());
                let Some(code) = code else {
                    return Err(Error::syntax(format!("a \\{c} escape is cut short")));
                };
                // A lone surrogate cannot be a file's name.
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                used = 1 + length;
            }
            'N' => return Err(Error::syntax("\\N{…} escapes are not supported")),
            _ => {
                out.push('\\');
                out.push(c);
            }
        }
        rest = &after[used..];
    }
    out.push_str(rest);
    Ok(out)
}

/// What Python's `str.isspace` says of one character.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}
