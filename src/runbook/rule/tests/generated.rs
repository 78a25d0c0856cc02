//! Conditions made by chance, the same in every run, and what they may name.

use super::*;

/// Xorshift: the same conditions in every run.
pub(super) struct ConditionDice(pub(super) u64);

impl ConditionDice {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % n
    }

    pub(super) fn of<T: Copy>(&mut self, many: &[T]) -> T {
        many[self.below(many.len())]
    }
}

/// Limits of every kind, one of them named by a word that CEL reserves.
pub(super) fn limits() -> BTreeMap<String, FactValue> {
    let limits = [
        ("few", FactValue::Int(2)),
        ("share", FactValue::Float(2.5)),
        ("old", FactValue::Duration(900)),
        ("for", FactValue::Int(-1)),
        ("in", FactValue::Int(1)),
    ];
    limits.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A fact of this type.
pub(super) fn fact(ty: FactType, dice: &mut ConditionDice) -> &'static str {
    let facts: Vec<_> = crate::fact::all()
        .flat_map(|(_, facts)| facts)
        .filter(|fact| fact.ty == ty)
        .map(|fact| fact.path)
        .collect();
    dice.of(&facts)
}

/// What a fact of this type may be compared with, beside another fact.
pub(super) fn others(ty: FactType) -> &'static [&'static str] {
    match ty {
        FactType::Bool => &["true", "false"],
        FactType::Int => &[
            "0",
            "007",
            "-1",
            "- 2",
            "-9223372036854775808",
            "limits.few",
            "limits.for",
        ],
        FactType::Float => &[
            "0.0",
            ".5",
            "-2.5e0",
            "1e300",
            "- 1.0E-2",
            "2",
            "limits.share",
            "limits.few",
        ],
        FactType::Duration => &["limits.old"],
        _ => &[
            "''",
            "\"ok\"",
            "'a && b'",
            "'Entenküken'",
            "\"🦆\"",
            "\"it's\"",
            "verdict.quota",
            "verdict.if",
        ],
    }
}

/// The same with parentheses or room around it, or neither.
pub(super) fn wrapped(text: &str, dice: &mut ConditionDice) -> String {
    match dice.below(12) {
        0 => format!("({text})"),
        1 => format!("( {text}\t)"),
        2 => format!(" {text} "),
        _ => text.to_owned(),
    }
}

/// One comparison as it should be.
pub(super) fn comparison(dice: &mut ConditionDice) -> String {
    let (ty, operators): (_, &[&str]) = dice.of(&[
        (FactType::Bool, &["==", "!="]),
        (FactType::Int, &["==", "!=", "<", "<=", ">", ">="]),
        (FactType::Duration, &["==", "!=", "<", "<=", ">", ">="]),
        (FactType::Float, &["<", "<=", ">", ">="]),
        (FactType::Text, &["==", "!="]),
    ]);
    let left = wrapped(fact(ty, dice), dice);
    let other = match dice.below(3) {
        0 => fact(ty, dice),
        _ => dice.of(others(ty)),
    };
    let right = wrapped(other, dice);
    let (operator, room) = (dice.of(operators), dice.of(&["", " ", "\n"]));
    let text = match (ty, dice.below(4)) {
        (FactType::Bool, 0) => left,
        (FactType::Bool, 1) => format!("!{room}{left}"),
        (_, 2) => format!("{right}{room}{operator}{room}{left}"),
        _ => format!("{left}{room}{operator}{room}{right}"),
    };
    wrapped(&text, dice)
}

/// Breaks a text in one place, or mends it.
pub(super) fn mutated(text: &str, dice: &mut ConditionDice) -> String {
    const PARTS: &[&str] = &[
        "(",
        ")",
        "!",
        "-",
        "=",
        "<",
        "&&",
        "||",
        ".",
        "'",
        "\"",
        "\\",
        "\\n",
        " ",
        "1",
        "u",
        "e5",
        "0x1F",
        "r",
        "b",
        "//",
        "?",
        ":",
        "[",
        "`",
        "+",
        "true",
        "null",
        " in ",
        "\u{a0}",
        "ü",
        "\n",
        "limits.in",
        "limits",
        "verdict.quota",
    ];
    // What one could take for a word of the language, or of CEL.
    const WORDS: &[&str] = &[
        "limits.in",
        "verdict.true",
        "null",
        "5u",
        "0x1F",
        "1.",
        "1e999",
        "99999999999999999999",
        "-limits.few",
        "r'ok'",
        "b'ok'",
        "'''ok'''",
        "'a\\'b'",
        "limits. few",
        ".5.5",
        "--1",
        "!true",
    ];
    let types = [
        FactType::Bool,
        FactType::Int,
        FactType::Float,
        FactType::Text,
    ];
    let words: Vec<&str> = types
        .into_iter()
        .flat_map(others)
        .copied()
        .filter(|word| text.contains(word))
        .collect();
    if !words.is_empty() && dice.below(2) == 0 {
        return text.replacen(dice.of(&words), dice.of(WORDS), 1);
    }
    let mut chars: Vec<char> = text.chars().collect();
    let at = dice.below(chars.len() + 1);
    let end = (at + dice.below(3)).min(chars.len());
    let part = match end > at && dice.below(2) == 0 {
        true => "",
        false => dice.of(PARTS),
    };
    chars.splice(at..end, part.chars());
    chars.into_iter().collect()
}
