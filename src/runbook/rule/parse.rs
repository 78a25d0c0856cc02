//! The text of a condition as a tree: one comparison, or two joined by `&&`, and nothing
//! else of CEL. What is read here means what CEL says it means.

/// One of the comparisons, or a fact that is true or false by itself.
#[derive(Debug, PartialEq)]
pub(super) enum Clause {
    Is(Operand),
    Not(Operand),
    Compare(Operand, Operator, Operand),
}

/// One side of a comparison.
#[derive(Debug, PartialEq)]
pub(super) enum Operand {
    /// A dotted name.
    Name(String),
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A `-` before a name.
    Minus(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why a text is no condition.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum Mistake {
    #[error("is not an expression: {0}")]
    NoExpression(String),
    #[error(
        "holds `{0}`, which is not permitted here: a condition is one comparison, or two joined by `&&`"
    )]
    NotPermitted(&'static str),
    #[error("needs on each side of a comparison a fact, a limit or a literal")]
    Side,
    #[error("holds a text with a backslash: write it as it is")]
    Escape,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    Compare(Operator),
    And,
    Not,
    Minus,
    Dot,
    Open,
    Close,
    /// A sign of CEL that has no place in a condition.
    Other(&'static str),
}

/// Reads a condition.
pub(super) fn parse(source: &str) -> Result<Vec<Clause>, Mistake> {
    let mut parser = Parser {
        tokens: tokens(source)?,
        at: 0,
    };
    let clauses = parser.condition()?;
    match parser.next() {
        None => Ok(clauses),
        Some(token) => Err(unexpected(&token)),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn took(&mut self, wanted: &Token) -> bool {
        let is_it = self.peek() == Some(wanted);
        self.at += usize::from(is_it);
        is_it
    }

    fn condition(&mut self) -> Result<Vec<Clause>, Mistake> {
        let mut clauses = self.clauses()?;
        if self.took(&Token::And) {
            clauses.extend(self.clauses()?);
        }
        match (clauses.len() > 2, self.peek()) {
            (false, Some(Token::And)) | (true, _) => Err(Mistake::NotPermitted("&&")),
            _ => Ok(clauses),
        }
    }

    /// A clause, or a condition in parentheses.
    fn clauses(&mut self) -> Result<Vec<Clause>, Mistake> {
        let begin = self.at;
        if self.took(&Token::Open) {
            let inner = self.condition()?;
            self.close()?;
            // What stood in parentheses may have been one side alone.
            if !matches!(self.peek(), Some(Token::Compare(_))) {
                return Ok(inner);
            }
            self.at = begin;
        }
        Ok(vec![self.clause()?])
    }

    fn clause(&mut self) -> Result<Clause, Mistake> {
        if self.took(&Token::Not) {
            return Ok(Clause::Not(self.operand()?));
        }
        let left = self.operand()?;
        let Some(Token::Compare(operator)) = self.peek().cloned() else {
            return Ok(Clause::Is(left));
        };
        self.at += 1;
        let right = self.operand()?;
        match self.peek() {
            Some(Token::Compare(_)) => Err(Mistake::Side),
            _ => Ok(Clause::Compare(left, operator, right)),
        }
    }

    fn close(&mut self) -> Result<(), Mistake> {
        match self.next() {
            Some(Token::Close) => Ok(()),
            Some(token) => Err(unexpected(&token)),
            None => Err(ended()),
        }
    }

    fn operand(&mut self) -> Result<Operand, Mistake> {
        let operand = match self.next().ok_or_else(ended)? {
            Token::Int(n) => Operand::Int(n),
            Token::Float(x) => Operand::Float(x),
            Token::Text(text) => Operand::Text(text),
            Token::Name(name) => match name.as_str() {
                "true" => Operand::Bool(true),
                "false" => Operand::Bool(false),
                _ => Operand::Name(self.dotted(name)?),
            },
            Token::Minus => match self.operand()? {
                Operand::Int(n) => Operand::Int(n.checked_neg().ok_or(Mistake::Side)?),
                Operand::Float(x) => Operand::Float(-x),
                Operand::Name(name) => Operand::Minus(name),
                _ => return Err(Mistake::Side),
            },
            Token::Open => {
                let operand = self.operand()?;
                self.close()?;
                operand
            }
            token => return Err(unexpected(&token)),
        };
        match self.peek() {
            // A call, an index or a sum: one side of a comparison is neither.
            Some(Token::Open | Token::Minus | Token::Other("[" | "+" | "*" | "/" | "%" | "in")) => {
                Err(Mistake::Side)
            }
            _ => Ok(operand),
        }
    }

    fn dotted(&mut self, mut name: String) -> Result<String, Mistake> {
        while self.took(&Token::Dot) {
            match self.next() {
                Some(Token::Name(part)) => {
                    name.push('.');
                    name.push_str(&part);
                }
                Some(token) => return Err(unexpected(&token)),
                None => return Err(ended()),
            }
        }
        Ok(name)
    }
}

fn ended() -> Mistake {
    Mistake::NoExpression("it ends where something is missing".to_owned())
}

fn unexpected(token: &Token) -> Mistake {
    match token {
        Token::Other("||") => Mistake::NotPermitted("||"),
        Token::Other("?") => Mistake::NotPermitted("?"),
        Token::And => Mistake::NotPermitted("&&"),
        Token::Not => Mistake::NotPermitted("!"),
        other => Mistake::NoExpression(format!("{other:?} has no place where it stands")),
    }
}

fn tokens(source: &str) -> Result<Vec<Token>, Mistake> {
    const SIGNS: [(&str, Token); 20] = [
        ("==", Token::Compare(Operator::Equal)),
        ("!=", Token::Compare(Operator::NotEqual)),
        ("<=", Token::Compare(Operator::LessOrEqual)),
        (">=", Token::Compare(Operator::GreaterOrEqual)),
        ("<", Token::Compare(Operator::Less)),
        (">", Token::Compare(Operator::Greater)),
        ("&&", Token::And),
        ("||", Token::Other("||")),
        ("!", Token::Not),
        ("-", Token::Minus),
        (".", Token::Dot),
        ("(", Token::Open),
        (")", Token::Close),
        ("[", Token::Other("[")),
        ("+", Token::Other("+")),
        ("*", Token::Other("*")),
        ("/", Token::Other("/")),
        ("%", Token::Other("%")),
        ("?", Token::Other("?")),
        (":", Token::Other(":")),
    ];
    let mut tokens = Vec::new();
    let mut rest = source;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let Some(first) = rest.chars().next() else {
            return Ok(tokens);
        };
        let length = |inside: fn(char) -> bool| rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let (token, taken) = match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = length(|c| c.is_ascii_alphanumeric() || c == '_');
                let (word, after) = rest.split_at(end);
                // `r'…'` and `b'…'` are texts of other kinds.
                if after.starts_with(['\'', '"']) {
                    return Err(Mistake::Escape);
                }
                let token = match word {
                    "in" => Token::Other("in"),
                    word => Token::Name(word.to_owned()),
                };
                (token, end)
            }
            '0'..='9' => number(rest)?,
            quote @ ('\'' | '"') => text(rest, quote)?,
            _ => {
                let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
                let (sign, token) = sign.ok_or_else(|| {
                    Mistake::NoExpression(format!("{first:?} has no place in it"))
                })?;
                (token.clone(), sign.len())
            }
        };
        tokens.push(token);
        rest = rest.get(taken..).unwrap_or_default();
    }
}

/// `20`, `1.5`, `1e3`; forms that CEL has beside them are not needed here.
fn number(rest: &str) -> Result<(Token, usize), Mistake> {
    let digits = |from: usize| {
        let after = rest.get(from..).unwrap_or_default();
        from + after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len())
    };
    let whole = digits(0);
    let mut end = whole;
    let byte = |at: usize| rest.as_bytes().get(at).copied().unwrap_or_default();
    if byte(end) == b'.' && byte(end + 1).is_ascii_digit() {
        end = digits(end + 1);
    }
    if matches!(byte(end), b'e' | b'E') {
        let sign = usize::from(matches!(byte(end + 1), b'+' | b'-'));
        if byte(end + 1 + sign).is_ascii_digit() {
            end = digits(end + 1 + sign);
        }
    }
    let (text, after) = rest.split_at(end);
    let no_number = || Mistake::NoExpression(format!("{text:?} is no number that fits"));
    if after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
        return Err(no_number());
    }
    let token = match end == whole {
        true => text.parse().map(Token::Int).map_err(|_| no_number())?,
        false => match text.parse::<f64>() {
            Ok(x) if x.is_finite() => Token::Float(x),
            _ => return Err(no_number()),
        },
    };
    Ok((token, end))
}

fn text(rest: &str, quote: char) -> Result<(Token, usize), Mistake> {
    let inside = rest.get(1..).unwrap_or_default();
    let end = inside
        .find([quote, '\\', '\n', '\r'])
        .ok_or_else(|| Mistake::NoExpression("a text has no end".to_owned()))?;
    let (text, after) = inside.split_at(end);
    match after.chars().next() {
        // Two texts side by side, or a text in three quotes.
        Some(found) if found == quote && !after[1..].starts_with(['\'', '"']) => {
            Ok((Token::Text(text.to_owned()), end + 2))
        }
        Some('\\') => Err(Mistake::Escape),
        _ => Err(Mistake::NoExpression(
            "a text has no end on its line".to_owned(),
        )),
    }
}
