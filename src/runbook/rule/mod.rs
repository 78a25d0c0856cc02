//! The condition of a rule: a CEL expression that is held to a small part of CEL.
//!
//! One comparison, or two joined by `&&`, of declared facts with limits, literals or other
//! facts of the same type: whatever else CEL can say is refused when it is loaded, and what
//! passes cannot fail to evaluate once its facts are known. CEL gives the same answers; the
//! tests ask an implementation of it that is not ours.

mod parse;
#[cfg(test)]
mod tests;

use crate::fact::{FactType, FactValue};
use crate::report::metric::Bound;
use crate::report::model::Verdict;
use parse::{Comparison, Operand, Term};
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
    /// Each must hold.
    terms: Vec<Term<Side>>,
}

/// What a rule may refer to beside the declared facts.
pub(super) struct Scope<'a> {
    pub(super) limits: &'a BTreeMap<String, FactValue>,
    pub(super) earlier_steps: &'a [String],
}

/// One side of a comparison.
#[derive(Debug)]
enum Side {
    Fact(&'static str),
    /// The verdict of an earlier step.
    Verdict(String),
    /// A limit or a literal.
    Constant(FactValue),
}

/// What one side of a comparison is.
#[derive(Clone, Copy, PartialEq)]
enum SideType {
    Typed(FactType),
    /// A whole number as written: fits facts that are whole or have a fraction.
    Number,
    Verdict,
}

/// What one side of a comparison comes to.
enum SideValue<'a> {
    Known(&'a FactValue),
    Word(&'static str),
}

impl Expression {
    /// Reads a condition and checks it; `scope` says what it may name.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn parse(source: &str, scope: &Scope<'_>) -> Result<Self, Vec<String>> {
        if source.chars().count() > LONGEST {
            return Err(vec![format!(
                "the condition is longer than {LONGEST} characters: more than a comparison belongs into a fact"
            )]);
        }
        let written = parse::parse(source)
            .map_err(|why| vec![format!("`{source}` is not an expression: {why}")])?;
        let mut check = TypeChecker::of(scope);
        if written.len() > 2 {
            check
                .errors
                .push("a condition is one comparison, or two joined by `&&`".to_owned());
        }
        let terms: Vec<_> = written
            .into_iter()
            .filter_map(|term| check.term(term))
            .collect();
        if check.facts.is_empty() && check.steps.is_empty() && check.errors.is_empty() {
            check
                .errors
                .push(format!("`{source}` names no fact: it is always the same"));
        }
        if !check.errors.is_empty() {
            return Err(check.errors);
        }
        Ok(Self {
            source: source.to_owned(),
            facts: check.facts,
            limits: check.limits,
            steps: check.steps,
            terms,
        })
    }

    /// The facts that it compares with a constant by order, each with what is left when the
    /// comparison does not hold.
    pub fn bounds(&self) -> impl Iterator<Item = (&'static str, Bound)> + '_ {
        self.terms.iter().filter_map(|term| match term {
            Term::Compared(Side::Fact(path), operator, Side::Constant(value)) => {
                Some((*path, operator.complement(value.number()?)?))
            }
            Term::Compared(Side::Constant(value), operator, Side::Fact(path)) => {
                Some((*path, operator.turned().complement(value.number()?)?))
            }
            _ => None,
        })
    }

    /// Whether it holds. The caller has every fact and every verdict it names.
    ///
    /// # Errors
    /// What is not known after all, or not of its declared type.
    pub fn holds<'a>(
        &'a self,
        fact: impl Fn(&str) -> Option<&'a FactValue>,
        verdict: impl Fn(&str) -> Option<Verdict>,
    ) -> Result<bool, String> {
        let value = |side: &'a Side| match side {
            Side::Constant(value) => Ok(SideValue::Known(value)),
            Side::Fact(path) => fact(path)
                .map(SideValue::Known)
                .ok_or_else(|| format!("{path} is not known")),
            Side::Verdict(step) => verdict(step)
                .map(|verdict| SideValue::Word(verdict.word()))
                .ok_or_else(|| format!("step {step} is not judged")),
        };
        let mistyped = || format!("`{}` compares what is not alike", self.source);
        let is = |side| match value(side)? {
            SideValue::Known(FactValue::Bool(is)) => Ok(*is),
            _ => Err(mistyped()),
        };
        let mut holds = true;
        for term in &self.terms {
            holds &= match term {
                Term::Is(side) => is(side)?,
                Term::IsNot(side) => !is(side)?,
                Term::Compared(left, operator, right) => {
                    operator.holds(order(value(left)?, value(right)?).ok_or_else(mistyped)?)
                }
            };
        }
        Ok(holds)
    }
}

/// How two values of one kind stand to each other; a text that is not the verdict's word is
/// just another.
fn order(left: SideValue<'_>, right: SideValue<'_>) -> Option<Ordering> {
    use FactValue::{Bool, Duration, Float, Int, Text};
    use SideValue::{Known, Word};
    match (left, right) {
        (Known(Int(a)), Known(Int(b))) | (Known(Duration(a)), Known(Duration(b))) => Some(a.cmp(b)),
        (Known(Float(a)), Known(Float(b))) => a.partial_cmp(b),
        (Known(Float(a)), Known(Int(b))) => a.partial_cmp(&(*b as f64)),
        (Known(Int(a)), Known(Float(b))) => (*a as f64).partial_cmp(b),
        (Known(Bool(a)), Known(Bool(b))) => Some(a.cmp(b)),
        (Known(Text(a)), Known(Text(b))) => Some(a.cmp(b)),
        (Word(word), Known(Text(text))) | (Known(Text(text)), Word(word)) => {
            Some(if text.is(word) {
                Ordering::Equal
            } else {
                Ordering::Less
            })
        }
        _ => None,
    }
}

impl Comparison {
    /// The same comparison with its sides exchanged.
    fn turned(self) -> Self {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            Comparison::Equal | Comparison::NotEqual => self,
        }
    }

    /// The values for which a comparison with `end` does not hold; `None` without an order.
    fn complement(self, end: f64) -> Option<Bound> {
        match self {
            Comparison::Greater => Some(Bound::AtMost(end)),
            Comparison::GreaterOrEqual => Some(Bound::Below(end)),
            Comparison::Less => Some(Bound::AtLeast(end)),
            Comparison::LessOrEqual => Some(Bound::Above(end)),
            Comparison::Equal | Comparison::NotEqual => None,
        }
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Finds what a condition names and sees to it that like is compared with like.
struct TypeChecker<'a> {
    scope: &'a Scope<'a>,
    facts: Vec<&'static str>,
    limits: Vec<String>,
    steps: Vec<String>,
    errors: Vec<String>,
}

impl<'a> TypeChecker<'a> {
    fn of(scope: &'a Scope<'a>) -> Self {
        Self {
            scope,
            facts: Vec::new(),
            limits: Vec::new(),
            steps: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// `None`, here and below, when there was a complaint.
    fn term(&mut self, term: Term<Operand<'_>>) -> Option<Term<Side>> {
        match term {
            Term::Is(side) => self.boolean(side).map(Term::Is),
            Term::IsNot(side) => self.boolean(side).map(Term::IsNot),
            Term::Compared(left, operator, right) => {
                let (left, right) = (self.side(left), self.side(right));
                let ((left, a), (right, b)) = (left?, right?);
                match comparable(a, b, operator) {
                    Ok(()) => Some(Term::Compared(left, operator, right)),
                    Err(error) => self.error(&error),
                }
            }
        }
    }

    /// A fact that is true or false may stand alone or behind a `!`.
    fn boolean(&mut self, side: Operand<'_>) -> Option<Side> {
        match self.side(side)? {
            (Side::Constant(_), _) => self
                .error("a condition is a comparison such as `fact > limits.name`, true or false"),
            (side, SideType::Typed(FactType::Bool)) => Some(side),
            (_, kind) => self.error(&format!(
                "a condition is true or false, this is {}",
                words(kind)
            )),
        }
    }

    fn side(&mut self, side: Operand<'_>) -> Option<(Side, SideType)> {
        let path = match side {
            Operand::Literal(value) => return Some(constant(value)),
            Operand::Name(path) => path,
        };
        if let Some(limit) = path.strip_prefix("limits.") {
            let Some(value) = self.scope.limits.get(limit) else {
                return self.error(&format!("`{path}` is not in [limits]"));
            };
            self.limits.push(limit.to_owned());
            return Some(constant(value.clone()));
        }
        if let Some(step) = path.strip_prefix("verdict.") {
            if !self.scope.earlier_steps.iter().any(|known| known == step) {
                return self.error(&format!("`{path}` is not an earlier step of this runbook"));
            }
            self.steps.push(step.to_owned());
            return Some((Side::Verdict(step.to_owned()), SideType::Verdict));
        }
        let Some((_, fact)) = crate::fact::find(path) else {
            return self.error(&crate::fact::unknown_fact(path));
        };
        if matches!(
            fact.ty,
            FactType::List | FactType::Instant | FactType::Series | FactType::Groups
        ) {
            return self.error(&format!(
                "`{path}` is a {}: evidence only, nothing to compare",
                fact.ty.name()
            ));
        }
        self.facts.push(fact.path);
        Some((Side::Fact(fact.path), SideType::Typed(fact.ty)))
    }

    fn error<T>(&mut self, text: &str) -> Option<T> {
        self.errors.push(text.to_owned());
        None
    }
}

fn constant(value: FactValue) -> (Side, SideType) {
    let kind = match value.ty() {
        FactType::Int => SideType::Number,
        ty => SideType::Typed(ty),
    };
    (Side::Constant(value), kind)
}

/// Whether two sides may stand in one comparison.
fn comparable(left: SideType, right: SideType, operator: Comparison) -> Result<(), String> {
    use FactType::{Bool, Float, Int, Text};
    use SideType::{Number, Typed, Verdict};
    let is_ordered = !matches!(operator, Comparison::Equal | Comparison::NotEqual);
    match (left, right) {
        (Typed(Bool | Text), Typed(_)) | (Verdict, _) | (_, Verdict) if is_ordered => {
            Err("only numbers and durations have an order: use == or !=".to_owned())
        }
        (Typed(Float), _) | (_, Typed(Float)) if !is_ordered => {
            Err("a number with a fraction is never compared by == or !=".to_owned())
        }
        (Typed(Float | Int), Number) | (Number, Typed(Float | Int)) => Ok(()),
        (Typed(a), Typed(b)) if a == b => Ok(()),
        (Verdict, Typed(Text)) | (Typed(Text), Verdict) => Ok(()),
        (a, b) => Err(format!("{} is compared with {}", words(a), words(b))),
    }
}

fn words(kind: SideType) -> &'static str {
    match kind {
        SideType::Typed(FactType::Duration) => "a duration (write limits such as \"15m\")",
        SideType::Typed(ty) => ty.name(),
        SideType::Number => "a whole number",
        SideType::Verdict => "a verdict",
    }
}
