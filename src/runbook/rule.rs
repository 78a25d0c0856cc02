//! The condition of a rule: a CEL expression that is held to a small part of CEL.
//!
//! CEL in Rust checks no types and compares unlike values as false, so the tree of each
//! expression is walked when it is loaded: one comparison, or two joined by `&&`, of
//! declared facts with limits, literals or other facts of the same type. What passes
//! cannot fail to evaluate once its facts are known.

use crate::fact::{FactType, FactValue};
use crate::report::model::Verdict;
use cel::common::ast::{Expr, LiteralValue, operators as op};
use cel::{Context, Program, Value};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// The longest condition, so that it can be read at a glance.
const LONGEST: usize = 80;

/// A condition that is known to compare like with like.
pub struct Expression {
    /// As it was written.
    pub source: String,
    /// The facts it compares.
    pub facts: Vec<&'static str>,
    /// The limits it compares with.
    pub limits: Vec<String>,
    /// The earlier steps whose verdict it asks for.
    pub steps: Vec<String>,
    program: Program,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
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
    /// Reads a condition and walks its tree; `scope` says what it may name.
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
        let program = match Program::compile(source) {
            Ok(program) => program,
            Err(parse) => {
                let first = parse
                    .errors
                    .first()
                    .map_or(String::new(), |e| e.msg.clone());
                errors.push(format!("`{source}` is not an expression: {first}"));
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
        walk.condition(&program.expression().expr);
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
            program,
        })
    }

    /// Whether it holds. The caller has every fact and every verdict it names.
    ///
    /// # Errors
    /// What CEL says, which loading should have made impossible.
    pub fn holds<'a>(
        &self,
        fact: impl Fn(&str) -> Option<&'a FactValue>,
        limits: &BTreeMap<String, FactValue>,
        verdict: impl Fn(&str) -> Option<Verdict>,
    ) -> Result<bool, String> {
        let mut root = Tree::default();
        for path in &self.facts {
            root.put(
                path,
                cel_value(fact(path).ok_or_else(|| format!("{path} is not known"))?)?,
            );
        }
        for name in &self.limits {
            let limit = limits
                .get(name)
                .ok_or_else(|| format!("limits.{name} is not set"))?;
            root.put(&format!("limits.{name}"), cel_value(limit)?);
        }
        for step in &self.steps {
            let word = verdict(step)
                .ok_or_else(|| format!("step {step} is not judged"))?
                .word();
            root.put(&format!("verdict.{step}"), Value::from(word));
        }
        // The functions of CEL's library are permitted nowhere, and take longer to set up than
        // everything else here.
        let mut context = Context::empty();
        for (name, value) in root.0 {
            context.add_variable_from_value(name, Value::from(value));
        }
        match self.program.execute(&context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("`{}` gave {:?}", self.source, other.type_of())),
            Err(error) => Err(format!("`{}`: {error}", self.source)),
        }
    }
}

/// CEL's own types; a text goes in as it would be printed, which leaves plain words as they are.
fn cel_value(value: &FactValue) -> Result<Value, String> {
    Ok(match value {
        FactValue::Bool(b) => Value::Bool(*b),
        FactValue::Int(n) | FactValue::Duration(n) | FactValue::Instant(n) => Value::Int(*n),
        FactValue::Float(x) => Value::Float(*x),
        FactValue::Text(text) => Value::from(text.printable(200).as_str()),
        FactValue::List(_) | FactValue::Series(_) | FactValue::Groups(_) => {
            return Err("a list is evidence, not a value to compare".to_owned());
        }
    })
}

/// Values under dotted names, as the nested maps that CEL selects from.
#[derive(Default)]
struct Tree(HashMap<String, Node>);

enum Node {
    Leaf(Value),
    Branch(Tree),
}

impl Tree {
    fn put(&mut self, path: &str, value: Value) {
        match path.split_once('.') {
            None => drop(self.0.insert(path.to_owned(), Node::Leaf(value))),
            Some((head, rest)) => {
                let node = self
                    .0
                    .entry(head.to_owned())
                    .or_insert_with(|| Node::Branch(Tree::default()));
                if let Node::Branch(tree) = node {
                    tree.put(rest, value);
                }
            }
        }
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        match node {
            Node::Leaf(value) => value,
            Node::Branch(tree) => {
                let map: HashMap<String, Value> = tree
                    .0
                    .into_iter()
                    .map(|(name, node)| (name, Value::from(node)))
                    .collect();
                Value::from(map)
            }
        }
    }
}

struct Walk<'a> {
    scope: &'a Scope<'a>,
    facts: Vec<&'static str>,
    limits: Vec<String>,
    steps: Vec<String>,
    errors: Vec<String>,
}

impl Walk<'_> {
    fn condition(&mut self, expr: &Expr) {
        match expr {
            Expr::Call(call) if call.func_name == op::LOGICAL_AND => {
                call.args
                    .iter()
                    .for_each(|side| self.comparison(&side.expr));
            }
            other => self.comparison(other),
        }
    }

    /// One comparison; a fact that is true or false may stand alone or behind a `!`.
    fn comparison(&mut self, expr: &Expr) {
        match expr {
            Expr::Ident(_) | Expr::Select(_) => return self.yes_or_no(expr),
            Expr::Call(call) if call.func_name == op::LOGICAL_NOT => {
                return call.args.iter().for_each(|arg| self.yes_or_no(&arg.expr));
            }
            _ => {}
        }
        const ORDER: [&str; 4] = [op::GREATER, op::GREATER_EQUALS, op::LESS, op::LESS_EQUALS];
        let Expr::Call(call) = expr else {
            return self
                .error("a condition is a comparison such as `fact > limits.name`, true or false");
        };
        let ordered = ORDER.contains(&call.func_name.as_str());
        let equal = call.func_name == op::EQUALS || call.func_name == op::NOT_EQUALS;
        if !ordered && !equal {
            let name = call.func_name.trim_matches('_');
            return self.error(&format!(
                "`{name}` is not permitted here: a condition is one comparison, or two joined by `&&`"
            ));
        }
        let [left, right] = call.args.as_slice() else {
            return self.error("a comparison has two sides");
        };
        let sides = (self.side(&left.expr), self.side(&right.expr));
        if let (Some(left), Some(right)) = sides
            && let Err(error) = comparable(left, right, ordered)
        {
            self.error(&error);
        }
    }

    fn yes_or_no(&mut self, expr: &Expr) {
        match self.side(expr) {
            Some(Side::Typed(FactType::Bool)) | None => {}
            Some(side) => self.error(&format!(
                "a condition is true or false, this is {}",
                words(side)
            )),
        }
    }

    fn side(&mut self, expr: &Expr) -> Option<Side> {
        match expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Call(call) if call.func_name == op::NEGATE => call
                .args
                .first()
                .and_then(|arg| self.side(&arg.expr))
                .filter(|side| *side == Side::Number),
            Expr::Ident(_) | Expr::Select(_) => self.name(&dotted(expr)?),
            _ => {
                self.error("each side of a comparison is a fact, a limit or a literal");
                None
            }
        }
    }

    fn literal(&mut self, literal: &LiteralValue) -> Option<Side> {
        match literal {
            LiteralValue::Boolean(_) => Some(Side::Typed(FactType::Bool)),
            LiteralValue::Int(_) => Some(Side::Number),
            LiteralValue::Double(_) => Some(Side::Typed(FactType::Float)),
            LiteralValue::String(_) => Some(Side::Typed(FactType::Text)),
            _ => {
                self.error("a literal is a number, a text, true or false");
                None
            }
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

fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!(
            "{}.{}",
            dotted(&select.operand.expr)?,
            select.field
        )),
        _ => None,
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
