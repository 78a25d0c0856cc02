//! The condition of a rule: an expression of CEL that is held to a small part of CEL.
//!
//! It is parsed and checked when it is loaded: one comparison, or two joined by `&&`, of
//! declared facts with limits, literals or other facts of the same type. What passes cannot
//! fail to evaluate once its facts are known. The tests compare it with a CEL that is not ours.

mod parse;

use crate::fact::{FactType, FactValue};
use crate::report::model::Verdict;
use parse::{Clause, Operand, Operator};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The longest condition, so that it can be read at a glance.
const LONGEST: usize = 80;

/// A condition that is known to compare like with like.
#[derive(Debug)]
pub struct Expression {
    /// As it was written.
    pub source: String,
    /// The facts it compares.
    pub facts: Vec<&'static str>,
    /// The limits it compares with.
    pub limits: Vec<String>,
    /// The earlier steps whose verdict it asks for.
    pub steps: Vec<String>,
    clauses: Vec<Clause>,
}

/// What a rule may refer to beside the declared facts.
pub(super) struct Scope<'a> {
    pub(super) limits: &'a BTreeMap<String, FactValue>,
    pub(super) earlier_steps: &'a [String],
}

/// What one side of a comparison is.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Typed(FactType),
    /// A whole number as written: fits facts that are whole or have a fraction.
    Number,
    Verdict,
}

impl Expression {
    /// Reads a condition and checks what it compares; `scope` says what it may name.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn parse(source: &str, scope: &Scope<'_>) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        if source.chars().count() > LONGEST {
            errors.push(format!(
                "the condition is longer than {LONGEST} characters: more than a comparison belongs into a fact"
            ));
        }
        let clauses = match parse::parse(source) {
            Ok(clauses) => clauses,
            Err(mistake) => {
                errors.push(format!("`{source}` {mistake}"));
                return Err(errors);
            }
        };
        let mut walk = Walk {
            scope,
            facts: Vec::new(),
            limits: Vec::new(),
            steps: Vec::new(),
            errors,
        };
        clauses.iter().for_each(|clause| walk.clause(clause));
        if walk.facts.is_empty() && walk.steps.is_empty() && walk.errors.is_empty() {
            walk.errors
                .push(format!("`{source}` names no fact: it is always the same"));
        }
        if !walk.errors.is_empty() {
            return Err(walk.errors);
        }
        let Walk {
            facts,
            limits,
            steps,
            ..
        } = walk;
        Ok(Self {
            source: source.to_owned(),
            facts,
            limits,
            steps,
            clauses,
        })
    }

    /// Whether it holds. The caller has every fact and every verdict it names.
    ///
    /// # Errors
    /// What is not known or not alike, which loading should have made impossible.
    pub fn holds<'a>(
        &self,
        fact: impl Fn(&str) -> Option<&'a FactValue>,
        limits: &'a BTreeMap<String, FactValue>,
        verdict: impl Fn(&str) -> Option<Verdict>,
    ) -> Result<bool, String> {
        let known = |name: &str| {
            if let Some(limit) = name.strip_prefix("limits.") {
                let limit = limits.get(limit);
                return value(limit.ok_or_else(|| format!("{name} is not set"))?);
            }
            if let Some(step) = name.strip_prefix("verdict.") {
                let verdict = verdict(step).ok_or_else(|| format!("{name} is not judged"))?;
                return Ok(Value::Text(verdict.word().into()));
            }
            value(fact(name).ok_or_else(|| format!("{name} is not known"))?)
        };
        let side = |operand: &Operand| match operand {
            Operand::Name(name) => known(name),
            Operand::Minus(name) => match known(name)? {
                Value::Int(n) => Ok(Value::Int(n.saturating_neg())),
                _ => Err(format!("-{name} is no number")),
            },
            Operand::Bool(b) => Ok(Value::Bool(*b)),
            Operand::Int(n) => Ok(Value::Int(*n)),
            Operand::Float(x) => Ok(Value::Float(*x)),
            Operand::Text(text) => Ok(Value::Text(text.clone().into())),
        };
        for clause in &self.clauses {
            let holds = match clause {
                Clause::Is(operand) => side(operand)?.truth()?,
                Clause::Not(operand) => !side(operand)?.truth()?,
                Clause::Compare(left, operator, right) => {
                    compare(*operator, &side(left)?, &side(right)?)?
                }
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A value that can be compared.
enum Value<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
}

impl Value<'_> {
    fn truth(&self) -> Result<bool, String> {
        match self {
            Value::Bool(b) => Ok(*b),
            _ => Err("a condition is true or false".to_owned()),
        }
    }
}

/// A text is compared as it would be printed, which leaves plain words as they are.
fn value(value: &FactValue) -> Result<Value<'_>, String> {
    Ok(match value {
        FactValue::Bool(b) => Value::Bool(*b),
        FactValue::Int(n) | FactValue::Duration(n) | FactValue::Instant(n) => Value::Int(*n),
        FactValue::Float(x) => Value::Float(*x),
        FactValue::Text(text) => Value::Text(text.printable(200).to_string().into()),
        FactValue::List(_) | FactValue::Series(_) | FactValue::Groups(_) => {
            return Err("a list is evidence, not a value to compare".to_owned());
        }
    })
}

fn compare(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<bool, String> {
    let order = match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Float(b)) => (*a as f64).partial_cmp(b),
        (Value::Float(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        _ => return Err("unlike values are compared".to_owned()),
    };
    // What is no number is neither less, equal nor greater.
    Ok(match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
        Operator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
    })
}

struct Walk<'a> {
    scope: &'a Scope<'a>,
    facts: Vec<&'static str>,
    limits: Vec<String>,
    steps: Vec<String>,
    errors: Vec<String>,
}

impl Walk<'_> {
    /// A fact that is true or false may stand alone or behind a `!`.
    fn clause(&mut self, clause: &Clause) {
        let (left, operator, right) = match clause {
            Clause::Is(Operand::Name(name)) | Clause::Not(Operand::Name(name)) => {
                return self.yes_or_no(name);
            }
            Clause::Is(_) | Clause::Not(_) => {
                return self.error(
                    "a condition is a comparison such as `fact > limits.name`, true or false",
                );
            }
            Clause::Compare(left, operator, right) => (left, operator, right),
        };
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        let sides = (self.side(left), self.side(right));
        if let (Some(left), Some(right)) = sides
            && let Err(error) = comparable(left, right, ordered)
        {
            self.error(&error);
        }
    }

    fn yes_or_no(&mut self, name: &str) {
        match self.name(name) {
            Some(Side::Typed(FactType::Bool)) | None => {}
            Some(side) => self.error(&format!(
                "a condition is true or false, this is {}",
                words(side)
            )),
        }
    }

    fn side(&mut self, operand: &Operand) -> Option<Side> {
        match operand {
            Operand::Name(name) => self.name(name),
            Operand::Minus(name) => {
                let side = self.name(name)?;
                if side != Side::Number {
                    self.error(&format!("`-{name}` is no whole number"));
                    return None;
                }
                Some(side)
            }
            Operand::Bool(_) => Some(Side::Typed(FactType::Bool)),
            Operand::Int(_) => Some(Side::Number),
            Operand::Float(_) => Some(Side::Typed(FactType::Float)),
            Operand::Text(_) => Some(Side::Typed(FactType::Text)),
        }
    }

    fn name(&mut self, path: &str) -> Option<Side> {
        if let Some(limit) = path.strip_prefix("limits.") {
            let Some(value) = self.scope.limits.get(limit) else {
                self.error(&format!("`{path}` is not in [limits]"));
                return None;
            };
            self.limits.push(limit.to_owned());
            return Some(match value.ty() {
                FactType::Int => Side::Number,
                ty => Side::Typed(ty),
            });
        }
        if let Some(step) = path.strip_prefix("verdict.") {
            if !self
                .scope
                .earlier_steps
                .iter()
                .any(|earlier| earlier == step)
            {
                self.error(&format!("`{path}` is not an earlier step of this runbook"));
                return None;
            }
            self.steps.push(step.to_owned());
            return Some(Side::Verdict);
        }
        let Some((_, fact)) = crate::probe::find(path) else {
            self.error(&crate::probe::unknown_fact(path));
            return None;
        };
        if matches!(
            fact.ty,
            FactType::List | FactType::Instant | FactType::Series | FactType::Groups
        ) {
            self.error(&format!(
                "`{path}` is a {}: evidence only, nothing to compare",
                fact.ty.name()
            ));
            return None;
        }
        self.facts.push(fact.path);
        Some(Side::Typed(fact.ty))
    }

    fn error(&mut self, text: &str) {
        self.errors.push(text.to_owned());
    }
}

/// Whether two sides may stand in one comparison.
fn comparable(left: Side, right: Side, ordered: bool) -> Result<(), String> {
    use FactType::{Bool, Float, Int, Text};
    use Side::{Number, Typed, Verdict};
    match (left, right) {
        (Typed(Bool | Text), Typed(_)) | (Verdict, _) | (_, Verdict) if ordered => {
            Err("only numbers and durations have an order: use == or !=".to_owned())
        }
        (Typed(Float), _) | (_, Typed(Float)) if !ordered => {
            Err("a number with a fraction is never compared by == or !=".to_owned())
        }
        (Typed(Float | Int), Number) | (Number, Typed(Float | Int)) => Ok(()),
        (Typed(a), Typed(b)) if a == b => Ok(()),
        (Verdict, Typed(Text)) | (Typed(Text), Verdict) => Ok(()),
        (a, b) => Err(format!("{} is compared with {}", words(a), words(b))),
    }
}

fn words(side: Side) -> &'static str {
    match side {
        Side::Typed(FactType::Duration) => "a duration (write limits such as \"15m\")",
        Side::Typed(ty) => ty.name(),
        Side::Number => "a whole number",
        Side::Verdict => "a verdict",
    }
}

#[cfg(test)]
mod tests;
