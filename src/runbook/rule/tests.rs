//! Every condition that is read here is CEL and means the same there: an implementation of
//! CEL that is not ours is asked.

mod generated;

use super::*;
use crate::runbook::{Library, model::Runbook};
use crate::text::Untrusted;
use cel::{Context, Program, Value as Cel};
use generated::{ConditionDice, comparison, limits, mutated};
use std::collections::HashMap;

const INTS: &[i64] = &[-1, 0, 1, 2, 10, 900, i64::MAX, i64::MIN];
const FLOATS: &[f64] = &[-0.5, -0.0, 0.0, 0.5, 1.0, 2.5, 10.0, 900.0, 1e300];
const TEXTS: &[&str] = &[
    "",
    "ok",
    "critical",
    "never-pulsed",
    "Entenküken",
    "a && b",
    "🦆",
    "Ok",
];
const VERDICTS: &[Verdict] = &[
    Verdict::Ok,
    Verdict::Warning,
    Verdict::Critical,
    Verdict::Skipped,
    Verdict::Unknown,
];

/// A value of this type; a text may be one that the condition holds.
fn some(ty: FactType, source: &str, dice: &mut ConditionDice) -> (FactValue, Cel) {
    let quoted = source.split(['\'', '"']).skip(1).step_by(2);
    let texts: Vec<_> = TEXTS.iter().copied().chain(quoted).collect();
    let value = match ty {
        FactType::Bool => FactValue::Bool(dice.of(&[true, false])),
        FactType::Int => FactValue::Int(dice.of(INTS)),
        FactType::Float => FactValue::Float(dice.of(FLOATS)),
        FactType::Duration => FactValue::Duration(dice.of(INTS)),
        FactType::Text => {
            let text = dice.of(&texts);
            return (FactValue::Text(Untrusted::new(text)), Cel::from(text));
        }
        other => panic!("{} is never compared", other.name()),
    };
    let same = in_cel(&value);
    (value, same)
}

fn in_cel(value: &FactValue) -> Cel {
    match value {
        FactValue::Bool(b) => Cel::Bool(*b),
        FactValue::Int(n) | FactValue::Duration(n) => Cel::Int(*n),
        FactValue::Float(x) => Cel::Float(*x),
        other => panic!("{} is no limit", other.ty().name()),
    }
}

/// Values under dotted names, as the nested maps that CEL selects from.
fn nested(values: &[(&str, Cel)]) -> HashMap<String, Cel> {
    let mut heads: HashMap<String, Cel> = HashMap::new();
    let mut inside: HashMap<&str, Vec<(&str, Cel)>> = HashMap::new();
    for (path, value) in values {
        match path.split_once('.') {
            None => drop(heads.insert((*path).to_owned(), value.clone())),
            Some((head, rest)) => inside.entry(head).or_default().push((rest, value.clone())),
        }
    }
    let maps = inside
        .into_iter()
        .map(|(head, values)| (head.to_owned(), Cel::from(nested(&values))));
    heads.into_iter().chain(maps).collect()
}

fn compiled(condition: &Expression) -> Program {
    Program::compile(&condition.source)
        .unwrap_or_else(|why| panic!("CEL does not read `{}`: {why}", condition.source))
}

/// What both say of some facts and some verdicts.
fn agreed(
    condition: &Expression,
    program: &Program,
    limits: &BTreeMap<String, FactValue>,
    dice: &mut ConditionDice,
) -> bool {
    let facts: BTreeMap<&str, (FactValue, Cel)> = condition
        .facts
        .iter()
        .filter_map(|path| crate::fact::find(path))
        .map(|(_, fact)| (fact.path, some(fact.ty, &condition.source, dice)))
        .collect();
    let steps: BTreeMap<&str, Verdict> = condition
        .steps
        .iter()
        .map(|step| (step.as_str(), dice.of(VERDICTS)))
        .collect();
    let limited: Vec<_> = limits
        .iter()
        .map(|(name, value)| (format!("limits.{name}"), in_cel(value)))
        .collect();
    let judged: Vec<_> = steps
        .iter()
        .map(|(step, verdict)| (format!("verdict.{step}"), Cel::from(verdict.word())))
        .collect();
    let known = facts.iter().map(|(path, value)| (*path, value.1.clone()));
    let rest = limited
        .iter()
        .chain(&judged)
        .map(|(path, value)| (path.as_str(), value.clone()));
    let mut context = Context::empty();
    for (name, value) in nested(&known.chain(rest).collect::<Vec<_>>()) {
        context.add_variable_from_value(name, value);
    }
    let ours = condition.holds(
        |path| facts.get(path).map(|(value, _)| value),
        |step| steps.get(step).copied(),
    );
    let theirs = program.execute(&context);
    match (&ours, &theirs) {
        (Ok(ours), Ok(Cel::Bool(theirs))) if ours == theirs => *ours,
        _ => panic!(
            "`{}` with {facts:?} {steps:?}: {ours:?}, in CEL {theirs:?}",
            condition.source
        ),
    }
}

fn built_in() -> Vec<Runbook> {
    let library = Library::open(None).expect("the built-in ones");
    library.all().expect("they are right")
}

#[test]
fn built_in_conditions_mean_the_same_in_another_cel_implementation() {
    let mut dice = ConditionDice(7);
    let mut asked = 0;
    for runbook in built_in() {
        for rule in runbook.steps.iter().flat_map(|step| &step.rules) {
            let program = compiled(&rule.when);
            // Until it has held and not held: of two rare facts both must meet.
            let (mut held, mut thrown) = (0, 0);
            while thrown < 200 || ((held == 0 || held == thrown) && thrown < 20_000) {
                held += usize::from(agreed(&rule.when, &program, &runbook.limits, &mut dice));
                thrown += 1;
            }
            assert!(0 < held && held < thrown, "{}: {held}", rule.when.source);
            asked += 1;
        }
    }
    assert!(asked > 100, "only {asked} conditions");
}

#[test]
fn every_accepted_condition_is_cel_with_the_same_meaning() {
    let limits = limits();
    let steps = ["quota".to_owned(), "true".to_owned(), "if".to_owned()];
    let scope = Scope {
        limits: &limits,
        earlier_steps: &steps,
    };
    let mut dice = ConditionDice(20_260_322);
    let (mut read, mut refused, mut held) = (0, 0, 0);
    for round in 0..4_000 {
        let mut text = comparison(&mut dice);
        if dice.below(3) == 0 {
            text = format!("{text} && {}", comparison(&mut dice));
        }
        for _ in 0..round % 3 {
            text = mutated(&text, &mut dice);
        }
        match Expression::parse(&text, &scope) {
            Err(why) => {
                let is_long = why.iter().any(|why| why.contains("longer than 80"));
                assert!(is_long || round % 3 > 0, "`{text}` is refused: {why:?}");
                refused += 1;
            }
            Ok(condition) => {
                read += 1;
                held += usize::from(agreed(
                    &condition,
                    &compiled(&condition),
                    &limits,
                    &mut dice,
                ));
            }
        }
    }
    assert!(
        read > 1_000 && refused > 1_000,
        "{read} read, {refused} refused"
    );
    assert!(
        held > read / 5 && held < read * 4 / 5,
        "{held} of {read} held"
    );
}

#[test]
fn a_condition_over_80_characters_is_refused() {
    let limits = limits();
    let scope = Scope {
        limits: &limits,
        earlier_steps: &[],
    };
    // Each parenthesis would take a piece of the stack.
    for text in ["(".repeat(200_000), format!("api.up{}", " ".repeat(80))] {
        let why = Expression::parse(&text, &scope).expect_err("it is too long");
        assert!(
            why.len() == 1 && why[0].contains("longer than 80"),
            "{why:?}"
        );
    }
}
