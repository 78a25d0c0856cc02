//! Objects as Node.js and Python print them: no JSON, but names and values all the same.

use serde_json::{Map, Value};
use std::iter::Peekable;
use std::str::Chars;

/// How deep objects may lie in one another.
const DEPTH: usize = 16;

/// The fields of `{ level: 'error', message: 'x' }` or `{'level': 'ERROR'}`: as many as are
/// understood, and none where the first is not.
pub(super) fn parse(text: &str) -> Option<Map<String, Value>> {
    let mut chars = text.chars().peekable();
    let fields = object(&mut chars, 0)?;
    (!fields.is_empty()).then_some(fields)
}

fn object(chars: &mut Peekable<Chars<'_>>, depth: usize) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    if depth == DEPTH || chars.next() != Some('{') {
        return None;
    }
    loop {
        skip_blanks(chars);
        match chars.peek()? {
            '}' => {
                chars.next();
                return Some(fields);
            }
            ',' => {
                chars.next();
                continue;
            }
            _ => {}
        }
        let Some(name) = name(chars) else {
            return Some(fields);
        };
        skip_blanks(chars);
        let value = match chars.peek()? {
            '{' => object(chars, depth + 1).map_or(Value::Null, Value::Object),
            quote if is_quote(*quote) => Value::String(quoted(chars)?),
            _ => bare(chars),
        };
        fields.insert(name, value);
    }
}

fn skip_blanks(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
}

fn is_quote(c: char) -> bool {
    ['\'', '"', '`'].contains(&c)
}

/// A name and the colon behind it.
fn name(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let name = match chars.peek().copied().is_some_and(is_quote) {
        true => quoted(chars)?,
        false => {
            let mut name = String::new();
            while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || "_$.-@".contains(*c)) {
                name.push(c);
            }
            name
        }
    };
    (!name.is_empty() && chars.next() == Some(':')).then_some(name)
}

/// A text in quotes; Node.js breaks a long one into parts with `+` between them.
fn quoted(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let quote = chars.next()?;
    let mut text = String::new();
    loop {
        match chars.next()? {
            '\\' => text.push(chars.next()?),
            c if c == quote => {
                let mut ahead = chars.clone();
                skip_blanks(&mut ahead);
                if ahead.next() != Some('+') {
                    return Some(text);
                }
                skip_blanks(&mut ahead);
                if ahead.next() != Some(quote) {
                    return Some(text);
                }
                *chars = ahead;
            }
            c => text.push(c),
        }
    }
}

/// Anything else up to the comma or the brace behind it: a number, a word, a list.
fn bare(chars: &mut Peekable<Chars<'_>>) -> Value {
    let mut text = String::new();
    let mut open = 0_usize;
    while let Some(c) = chars.peek().copied() {
        match c {
            ',' | '}' if open == 0 => break,
            '[' | '{' | '(' => open += 1,
            ']' | '}' | ')' => open = open.saturating_sub(1),
            _ => {}
        }
        text.push(c);
        chars.next();
    }
    match text.trim() {
        "null" | "None" | "undefined" => Value::Null,
        "true" | "True" => Value::Bool(true),
        "false" | "False" => Value::Bool(false),
        word => match word.parse::<f64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(word),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_nodejs_and_python_print_is_read() {
        let table = [
            (
                "{ level: 'error', message: 'put ' +\n  'refused', n: 7 }",
                json!({"level": "error", "message": "put refused", "n": 7.0}),
            ),
            (
                "{'a': None, 'b': [], 'c': {'d': True}, 'e': 'it\\'s'}",
                json!({"a": null, "b": "[]", "c": {"d": true}, "e": "it's"}),
            ),
            (
                "{ err: Error: boom\n    at x (a.js:1:2), next: 'y' }",
                json!({"err": "Error: boom\n    at x (a.js:1:2)", "next": "y"}),
            ),
            (
                "{ a: [ 'x, y', { b: 1 } ] }",
                json!({"a": "[ 'x, y', { b: 1 } ]"}),
            ),
        ];
        for (text, fields) in table {
            assert_eq!(parse(text).map(Value::Object), Some(fields), "{text}");
        }
        for text in ["{}", "{", "{ put refused }", "{{{{", "", "{ a: 'x"] {
            assert_eq!(parse(text), None, "{text}");
        }
        // What lies too deep is left out.
        assert!(parse(&"{ a: ".repeat(100_000)).is_some());
    }
}
