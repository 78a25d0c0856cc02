//! Conditions mean what CEL says: whatever is accepted here, a CEL that is not ours reads,
//! and on every value it says the same.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it learns something"
)]

use super::*;
use crate::runbook::Library;
use crate::text::Untrusted;
use cel::{Context, Program, Value as CelValue};
use std::collections::HashMap;

/// Values under dotted names, as the nested maps that CEL selects from.
#[derive(Default)]
struct Tree(HashMap<String, Node>);

enum Node {
    Leaf(CelValue),
    Branch(Tree),
}

impl Tree {
    fn put(&mut self, path: &str, value: CelValue) {
        match path.split_once('.') {
            None => drop(self.0.insert(path.to_owned(), Node::Leaf(value))),
            Some((head, rest)) => {
                let branch = || Node::Branch(Tree::default());
                let node = self.0.entry(head.to_owned()).or_insert_with(branch);
                if let Node::Branch(tree) = node {
                    tree.put(rest, value);
                }
            }
        }
    }

    fn value(self) -> CelValue {
        let map: HashMap<String, CelValue> = self
            .0
            .into_iter()
            .map(|(name, node)| {
                let value = match node {
                    Node::Leaf(value) => value,
                    Node::Branch(tree) => tree.value(),
                };
                (name, value)
            })
            .collect();
        CelValue::from(map)
    }
}

fn theirs(value: &FactValue) -> CelValue {
    match value {
        FactValue::Bool(b) => CelValue::Bool(*b),
        FactValue::Int(n) | FactValue::Duration(n) | FactValue::Instant(n) => CelValue::Int(*n),
        FactValue::Float(x) => CelValue::Float(*x),
        FactValue::Text(text) => CelValue::from(text.printable(200).as_str()),
        other => panic!("{other:?} is compared by no rule"),
    }
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % most.max(1)
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn value(&mut self, ty: FactType) -> FactValue {
        let n = self.of(&[-1, 0, 1, 2, 10, 599, 600, 601, 1800, i64::MAX, i64::MIN + 1]);
        match ty {
            FactType::Bool => FactValue::Bool(self.below(2) == 0),
            FactType::Int => FactValue::Int(n),
            FactType::Duration => FactValue::Duration(n),
            FactType::Float => FactValue::Float(self.of(&[-1.5, 0.0, 0.5, 1.0, 10.0, 95.0, 1e18])),
            FactType::Text => FactValue::Text(Untrusted::new(
                self.of(&["", "a", "stopped", "ok", "no \"x\""]),
            )),
            other => panic!("{other:?} is compared by no rule"),
        }
    }
}

/// Whether both say the same of a condition on values thrown for it.
fn agree(
    source: &str,
    expression: &Expression,
    limits: &BTreeMap<String, FactValue>,
    dice: &mut Dice,
) {
    let facts: HashMap<&str, FactValue> = expression
        .facts
        .iter()
        .map(|path| {
            let (_, declared) = crate::probe::find(path).expect("declared");
            (*path, dice.value(declared.ty))
        })
        .collect();
    let verdicts: HashMap<String, Verdict> = expression
        .steps
        .iter()
        .map(|step| {
            (
                step.clone(),
                dice.of(&[Verdict::Ok, Verdict::Critical, Verdict::Skipped]),
            )
        })
        .collect();
    let ours = expression
        .holds(
            |path| facts.get(path),
            limits,
            |step| verdicts.get(step).copied(),
        )
        .expect("what was loaded can be evaluated");
    let mut tree = Tree::default();
    for (path, value) in &facts {
        tree.put(path, theirs(value));
    }
    for name in &expression.limits {
        tree.put(&format!("limits.{name}"), theirs(&limits[name]));
    }
    for (step, verdict) in &verdicts {
        tree.put(&format!("verdict.{step}"), CelValue::from(verdict.word()));
    }
    let program = Program::compile(source).unwrap_or_else(|error| panic!("{source}: {error:?}"));
    let mut context = Context::empty();
    for (name, node) in tree.0 {
        let value = match node {
            Node::Leaf(value) => value,
            Node::Branch(tree) => tree.value(),
        };
        context.add_variable_from_value(name, value);
    }
    let other = program.execute(&context);
    assert_eq!(
        other,
        Ok(CelValue::Bool(ours)),
        "{source} on {facts:?} {verdicts:?}"
    );
}

#[test]
fn every_condition_of_the_built_in_runbooks_means_what_cel_says() {
    let (mut dice, mut conditions) = (Dice(1), 0);
    for runbook in Library::open(None).expect("built in").all().expect("right") {
        for rule in runbook.steps.iter().flat_map(|step| &step.rules) {
            for _ in 0..40 {
                agree(&rule.when.source, &rule.when, &runbook.limits, &mut dice);
            }
            conditions += 1;
        }
    }
    assert!(conditions > 100, "{conditions}");
}

/// Conditions thrown together from pieces, most of them wrong.
#[test]
fn whatever_is_accepted_cel_reads_in_the_same_way() {
    let limits = BTreeMap::from([
        ("few".to_owned(), FactValue::Int(10)),
        ("share".to_owned(), FactValue::Float(9.5)),
        ("window".to_owned(), FactValue::Duration(600)),
    ]);
    let earlier = ["quota".to_owned()];
    let scope = Scope {
        limits: &limits,
        earlier_steps: &earlier,
    };
    let operands = [
        "audit.pulses",
        "audit.reach",
        "api.up",
        "api.seconds",
        "fleet.state",
        "limits.few",
        "limits.share",
        "limits.window",
        "verdict.quota",
        "0",
        "10",
        "-1",
        "1.5",
        "-0.5",
        "1e2",
        "'stopped'",
        "\"ok\"",
        "''",
        "true",
        "false",
        "- limits.few",
        "(audit.pulses)",
        "(10)",
        "((api.up))",
        "'a",
        "1.",
        "0x1f",
        "1u",
        "r'a'",
        "size(audit.pulses)",
        "null",
        "a.b.c",
    ];
    let operators = [
        " < ", "<=", " >", " >= ", "==", " != ", " + ", " = ", " in ",
    ];
    let joints = ["", " && ", "&&", " || ", " && ! ", ") && (", " ? "];
    // Mostly like with like: what is thrown together from everything is mostly refused.
    let alike: [&[&str]; 5] = [
        &[
            "audit.pulses",
            "limits.few",
            "0",
            "10",
            "-1",
            "(audit.pulses)",
            "(10)",
            "- limits.few",
        ],
        &["audit.reach", "limits.window", "audit.pulse_age"],
        &[
            "api.up",
            "true",
            "false",
            "((api.up))",
            "status.agents.all_dead",
        ],
        &[
            "api.seconds",
            "limits.share",
            "1.5",
            "-0.5",
            "1e2",
            "10",
            "limits.few",
        ],
        &[
            "fleet.state",
            "'stopped'",
            "\"ok\"",
            "''",
            "verdict.quota",
            "api.cause",
        ],
    ];
    let (mut dice, mut accepted, mut refused) = (Dice(7), 0, 0);
    let clause = |dice: &mut Dice| {
        let pool = match dice.below(5) {
            0 => operands.as_slice(),
            _ => dice.of(&alike),
        };
        let (one, other) = (dice.of(pool), dice.of(pool));
        let operator = dice.of(&operators);
        match dice.below(6) {
            0 => one.to_owned(),
            1 => format!("!{one}"),
            2 => format!("({one} {operator} {other})"),
            _ => format!("{one}{operator}{other}"),
        }
    };
    for _ in 0..30_000 {
        let joint = dice.of(&joints);
        let source = match joint {
            "" => clause(&mut dice),
            ") && (" => format!("({}{joint}{})", clause(&mut dice), clause(&mut dice)),
            joint => format!("{}{joint}{}", clause(&mut dice), clause(&mut dice)),
        };
        match Expression::parse(&source, &scope) {
            Err(_) => refused += 1,
            Ok(expression) => {
                accepted += 1;
                for _ in 0..3 {
                    agree(&source, &expression, &limits, &mut dice);
                }
            }
        }
    }
    println!("conditions: {accepted} accepted and compared, {refused} refused");
    assert!(accepted > 1_000 && refused > 1_000, "{accepted} {refused}");
}
