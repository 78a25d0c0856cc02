//! The cases of a runbook: facts as they might be, and the verdicts they must give.

use super::checker::Checker;
use super::model::Case;
use super::raw;
use crate::fact::{Declared, FactType, FactValue, parse_duration, parse_instant};
use crate::report::model::Verdict;
use crate::text::Untrusted;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

/// Checks one case against the declared facts and the steps of its runbook.
pub(super) fn case(raw: &Spanned<raw::RawCase>, steps: &[String], check: &mut Checker) -> Case {
    let raw = raw.get_ref();
    let line = check.line(raw.name.span().start);
    let mut facts = BTreeMap::new();
    for (path, value) in &raw.facts {
        let Some((_, fact)) = crate::fact::find(path) else {
            check.at(value, crate::fact::unknown_fact(path));
            continue;
        };
        match typed(fact, value.get_ref()) {
            Some(typed) => drop(facts.insert(fact.path, typed)),
            None => check.at(
                value,
                format!(
                    "`{path}` is a {}, not a {}",
                    fact.ty.name(),
                    value.get_ref().type_str()
                ),
            ),
        }
    }
    let mut expect = BTreeMap::new();
    for (step, word) in &raw.expect {
        if !steps.contains(step) {
            check.at(word, format!("there is no step `{step}`"));
        }
        match Verdict::from_word(word.get_ref()) {
            Some(verdict) => drop(expect.insert(step.clone(), verdict)),
            None => check.at(word, format!("`{}` is not a verdict", word.get_ref())),
        }
    }
    if raw.expect.is_empty() {
        check.at(
            &raw.name,
            "a case that expects nothing cannot fail".to_owned(),
        );
    }
    Case {
        name: raw.name.get_ref().clone(),
        line,
        facts,
        expect,
    }
}

/// A TOML value as the fact's type; `None` when it cannot be one.
fn typed(fact: &Declared, value: &Value) -> Option<FactValue> {
    Some(match (fact.ty, value) {
        (FactType::Bool, Value::Boolean(b)) => FactValue::Bool(*b),
        (FactType::Int, Value::Integer(n)) => FactValue::Int(*n),
        (FactType::Float, Value::Float(x)) if x.is_finite() => FactValue::Float(*x),
        (FactType::Float, Value::Integer(n)) => FactValue::Float(*n as f64),
        (FactType::Text, Value::String(text)) => FactValue::Text(Untrusted::new(text.as_str())),
        (FactType::Duration, Value::String(text)) => FactValue::Duration(parse_duration(text)?),
        (FactType::Instant, Value::String(text)) => FactValue::Instant(parse_instant(text)?),
        (FactType::List, Value::Array(lines)) => FactValue::List(
            lines
                .iter()
                .map(|line| line.as_str().map(Untrusted::new))
                .collect::<Option<Vec<_>>>()?,
        ),
        _ => return None,
    })
}
