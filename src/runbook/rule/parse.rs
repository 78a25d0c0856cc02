//! The text of a condition as a tree. This is the lexis and the shape of the language and
//! nothing else: which names there are, and what may be compared with what, is its parent's.
//!
//! Whatever is read here reads the same in CEL. Much of CEL is not read: functions, arithmetic,
//! `||`, escapes in texts.

use crate::fact::FactValue;
use crate::text::Untrusted;

/// One of the things that a condition asks for, of sides as they are written or as they resolve.
#[derive(Debug)]
pub(super) enum Term<S> {
    /// It is true.
    Is(S),
    /// It is false.
    IsNot(S),
    /// The comparison holds.
    Compared(S, Comparison, S),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A side as it is written.
#[derive(Debug)]
pub(super) enum Operand<'a> {
    /// Identifiers with dots between them.
    Name(&'a str),
    Literal(FactValue),
}

#[derive(Clone, Copy, PartialEq)]
enum Token<'a> {
    Name(&'a str),
    Number(&'a str),
    Text(&'a str),
    Sign(&'a str),
    End,
}

/// Reads a condition: everything in the list must hold. The caller bounds the length, and with
/// it how deep parentheses go.
///
/// # Errors
/// The first thing that is not of this language.
pub(super) fn parse(source: &str) -> Result<Vec<Term<Operand<'_>>>, String> {
    let mut parser = Parser {
        rest: source,
        token: Token::End,
    };
    parser.advance()?;
    let terms = parser.joined()?;
    match parser.token {
        Token::End => Ok(terms),
        _ => Err(parser.misplaced()),
    }
}

struct Parser<'a> {
    /// What was not looked at yet.
    rest: &'a str,
    /// What stands before it.
    token: Token<'a>,
}

impl<'a> Parser<'a> {
    fn joined(&mut self) -> Result<Vec<Term<Operand<'a>>>, String> {
        let mut terms = self.comparison()?;
        while self.eat("&&")? {
            terms.extend(self.comparison()?);
        }
        Ok(terms)
    }

    fn comparison(&mut self) -> Result<Vec<Term<Operand<'a>>>, String> {
        let left = self.unary()?;
        let Some(operator) = self.operator() else {
            return Ok(left);
        };
        self.advance()?;
        let right = self.unary()?;
        Ok(vec![Term::Compared(side(left)?, operator, side(right)?)])
    }

    fn operator(&self) -> Option<Comparison> {
        Some(match self.token {
            Token::Sign("==") => Comparison::Equal,
            Token::Sign("!=") => Comparison::NotEqual,
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::LessOrEqual,
            Token::Sign(">") => Comparison::Greater,
            Token::Sign(">=") => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Vec<Term<Operand<'a>>>, String> {
        match self.eat("!")? {
            true => Ok(vec![Term::IsNot(side(self.primary()?)?)]),
            false => self.primary(),
        }
    }

    fn primary(&mut self) -> Result<Vec<Term<Operand<'a>>>, String> {
        if self.eat("(")? {
            let inside = self.joined()?;
            return match self.eat(")")? {
                true => Ok(inside),
                false => Err(self.misplaced()),
            };
        }
        let minus = if self.eat("-")? { "-" } else { "" };
        let written = match self.token {
            Token::Number(digits) => Operand::Literal(number(&format!("{minus}{digits}"))?),
            _ if minus == "-" => return Err("a minus stands only before a number".to_owned()),
            Token::Text(text) => Operand::Literal(FactValue::Text(Untrusted::new(text))),
            Token::Name("true") => Operand::Literal(FactValue::Bool(true)),
            Token::Name("false") => Operand::Literal(FactValue::Bool(false)),
            Token::Name(name) if !name.split('.').any(is_keyword) => Operand::Name(name),
            _ => return Err(self.misplaced()),
        };
        self.advance()?;
        Ok(vec![Term::Is(written)])
    }

    fn eat(&mut self, sign: &str) -> Result<bool, String> {
        let found = self.token == Token::Sign(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Reads the next token.
    fn advance(&mut self) -> Result<(), String> {
        let text = self
            .rest
            .trim_start_matches(['\t', ' ', '\r', '\n', '\x0c']);
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let (token, length) = match first {
            None => (Token::End, 0),
            Some('"' | '\'') => {
                let inside = quoted(text)?;
                (Token::Text(inside), inside.len() + 2)
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let length = dotted(text);
                (Token::Name(&text[..length]), length)
            }
            Some(c) if is_digit(first) || (c == '.' && is_digit(second)) => {
                let length = numeral(text);
                (Token::Number(&text[..length]), length)
            }
            Some(c) => {
                let long = ["&&", "||", "==", "!=", "<=", ">="];
                let is_long = long.iter().any(|sign| text.starts_with(sign));
                let length = if is_long { 2 } else { c.len_utf8() };
                (Token::Sign(&text[..length]), length)
            }
        };
        self.token = token;
        self.rest = &text[length..];
        Ok(())
    }

    /// The complaint about the token that stands where it may not.
    fn misplaced(&self) -> String {
        let token = match self.token {
            Token::End => {
                return "it is no whole expression: something is missing at its end".to_owned();
            }
            Token::Text(_) => "a text",
            Token::Name(token) | Token::Number(token) | Token::Sign(token) => &format!("`{token}`"),
        };
        format!(
            "{token} is not permitted here: a condition is one comparison, or two joined by `&&`, and each side of a comparison is a fact, a limit or a literal"
        )
    }
}

/// The one side that stands here, where a comparison, or two, could.
fn side<'a>(terms: Vec<Term<Operand<'a>>>) -> Result<Operand<'a>, String> {
    match <[_; 1]>::try_from(terms) {
        Ok([Term::Is(side)]) => Ok(side),
        _ => Err("each side of a comparison is a fact, a limit or a literal".to_owned()),
    }
}

/// Words that are no names, not even after a dot.
fn is_keyword(word: &str) -> bool {
    matches!(word, "true" | "false" | "null" | "in")
}

/// How long the name is that a text begins with.
fn dotted(text: &str) -> usize {
    let mut length = 0;
    loop {
        length += run(&text[length..], |c| c.is_ascii_alphanumeric() || c == '_');
        let after = text[length..].strip_prefix('.');
        match after.and_then(|after| after.chars().next()) {
            Some(c) if c.is_ascii_alphabetic() || c == '_' => length += 1,
            _ => return length,
        }
    }
}

/// How long the number is that a text begins with: `12`, `1.5`, `.5`, `2e-3`.
fn numeral(text: &str) -> usize {
    let digits = |text: &str| run(text, |c| c.is_ascii_digit());
    let mut length = digits(text);
    if let Some(fraction) = text[length..].strip_prefix('.').map(digits)
        && fraction > 0
    {
        length += 1 + fraction;
    }
    if let Some(exponent) = text[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let power = digits(&exponent[sign..]);
        if power > 0 {
            length += 1 + sign + power;
        }
    }
    length
}

fn run(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

fn number(text: &str) -> Result<FactValue, String> {
    let is_whole = !text.contains(['.', 'e', 'E']);
    let read = match is_whole {
        true => text.parse().ok().map(FactValue::Int),
        false => text.parse().ok().map(FactValue::Float),
    };
    read.filter(|value| !matches!(value, FactValue::Float(x) if !x.is_finite()))
        .ok_or_else(|| format!("{text} is too large a number"))
}

/// What stands between the quotes that a text begins with.
fn quoted(text: &str) -> Result<&str, String> {
    let (quote, after) = text.split_at(1);
    let inside = after.split_once(quote).map(|(inside, _)| inside);
    match inside {
        Some(inside) if inside.contains('\\') => {
            Err("a text is written without `\\`: it stands as it is".to_owned())
        }
        Some(inside) if !inside.contains(['\n', '\r']) => Ok(inside),
        _ => Err(format!(
            "it is no whole expression: a text has no closing {quote}"
        )),
    }
}
