// Reads the variables of a rendering: JSON whose objects are all tags, so that no text of a document can ever
// be taken for one. {"dict": [[key, value], …]}, {"list": […]}, {"float": n}, {"none": 0} (the placeholder),
// {"date": "…"}, {"moment": "…"} (UTC), {"named": [name, [[attribute, value], …]]}; plain null, true, false, whole
// numbers and texts stand for themselves.

use crate::dates::{Date, DateTime};
use crate::error::{Error, Res};
use crate::limits::Level;
use crate::value::{Dict, Named, Value};
use std::rc::Rc;

pub fn read(json: &str) -> Res<Value> {
    let mut reader = Reader { json, at: 0 };
    let value = reader.value()?;
    reader.space();
    if reader.at < json.len() {
        Err(bad("something follows them"))
    } else {
        Ok(value)
    }
}

fn bad(what: &str) -> Error {
    Error::runtime(format!("the variables cannot be read: {what}"))
}

struct Reader<'j> {
    json: &'j str,
    at: usize,
}

impl<'j> Reader<'j> {
    fn space(&mut self) {
        let bytes = self.json.as_bytes();
        while bytes
            .get(self.at)
            .is_some_and(|b| matches!(b, b' ' | b'\n' | b'\t' | b'\r'))
        {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Option<u8> {
        self.space();
        self.json.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Res<()> {
        if self.skip(byte) {
            Ok(())
        } else {
            Err(bad(&format!("no {:?}", byte as char)))
        }
    }

    fn value(&mut self) -> Res<Value> {
        let _level = Level::enter()?;
        match self.next() {
            Some(b'"') => Ok(Value::Str(self.text()?.into())),
            Some(b'{') => self.tagged(),
            Some(b'-' | b'0'..=b'9') => {
                let number = self.number();
                number
                    .parse()
                    .map(Value::Int)
                    .map_err(|_| bad("a number is not whole"))
            }
            _ => {
                let words = [
                    ("null", Value::None),
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                ];
                for (word, value) in words {
                    if self.json[self.at..].starts_with(word) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(bad("a value is missing"))
            }
        }
    }

    fn number(&mut self) -> &'j str {
        let rest = &self.json[self.at..];
        let length = rest
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn tagged(&mut self) -> Res<Value> {
        self.expect(b'{')?;
        self.space();
        let tag = self.text()?;
        self.expect(b':')?;
        self.space();
        let value = match tag.as_str() {
            "dict" => {
                let mut dict = Dict::default();
                self.pairs(|key, value| {
                    // Keys are unique already: they come from a map.
                    dict.entries.push((Value::Str(key.into()), value));
                })?;
                Value::dict(dict)
            }
            "list" => {
                let mut items = Vec::new();
                self.expect(b'[')?;
                while !self.skip(b']') {
                    if !items.is_empty() {
                        self.expect(b',')?;
                    }
                    items.push(self.value()?);
                }
                Value::list(items)
            }
            "float" => {
                let number = if self.next() == Some(b'"') {
                    self.text()?
                } else {
                    self.number().to_string()
                };
                Value::Float(number.parse().map_err(|_| bad("a number is malformed"))?)
            }
            "none" => {
                self.number();
                Value::Placeholder
            }
            "date" => {
                let text = self.text()?;
                Value::Date(Date::parse(&text).ok_or_else(|| bad("a date is malformed"))?)
            }
            "moment" => {
                let text = self.text()?;
                let moment = DateTime::parse(&text).ok_or_else(|| bad("a moment is malformed"))?;
                Value::DateTime(DateTime {
                    offset: Some(0),
                    ..moment
                })
            }
            "named" => {
                self.expect(b'[')?;
                self.space();
                let name = self.text()?.into();
                self.expect(b',')?;
                let mut fields = Vec::new();
                self.pairs(|key, value| fields.push((key.into(), value)))?;
                self.expect(b']')?;
                Value::Named(Rc::new(Named { name, fields }))
            }
            _ => return Err(bad("an unknown tag")),
        };
        self.expect(b'}')?;
        Ok(value)
    }

    fn pairs(&mut self, mut take: impl FnMut(String, Value)) -> Res<()> {
        self.expect(b'[')?;
        let mut first = true;
        while !self.skip(b']') {
            if !std::mem::take(&mut first) {
                self.expect(b',')?;
            }
            self.expect(b'[')?;
            self.space();
            let key = self.text()?;
            self.expect(b',')?;
            let value = self.value()?;
            self.expect(b']')?;
            take(key, value);
        }
        Ok(())
    }

    fn text(&mut self) -> Res<String> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            let rest = &self.json[self.at..];
            let Some(end) = rest.find(['"', '\\']) else {
                return Err(bad("a text has no end"));
            };
            out.push_str(&rest[..end]);
            self.at += end + 1;
            if rest.as_bytes()[end] == b'"' {
                return Ok(out);
            }
            let escape = self.json.as_bytes().get(self.at).copied();
            self.at += 1;
            out.push(match escape {
                Some(c @ (b'"' | b'\\' | b'/')) => c as char,
                Some(b'b') => '\x08',
                Some(b'f') => '\x0c',
                Some(b'n') => '\n',
                Some(b'r') => '\r',
                Some(b't') => '\t',
                Some(b'u') => self.unicode()?,
                _ => return Err(bad("an escape is malformed")),
            });
        }
    }

    fn unit(&mut self) -> Option<u32> {
        let hex = self.json.get(self.at..self.at + 4)?;
        let unit = u32::from_str_radix(hex, 16).ok()?;
        self.at += 4;
        Some(unit)
    }

    /// A lone surrogate becomes U+FFFD: no file can be named with one.
    fn unicode(&mut self) -> Res<char> {
        let high = self.unit().ok_or_else(|| bad("an escape is malformed"))?;
        if (0xd800..0xdc00).contains(&high) && self.json[self.at..].starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            match self.unit() {
                Some(low) if (0xdc00..0xe000).contains(&low) => {
                    let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
                }
                _ => self.at = before,
            }
        }
        Ok(char::from_u32(high).unwrap_or('\u{fffd}'))
    }
}
