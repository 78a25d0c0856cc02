//! Claim: knowing less never makes a judgement better. The judge alone, on random facts.

use duckops::fact;
use duckops::fact::{Declared, FactType, FactValue};
use duckops::judge::{Inputs, Selection, judge};
use duckops::observation::{Observation, Observations, Unavailable, UnavailableReason};
use duckops::report::model::Verdict;
use duckops::runbook::Library;
use duckops::runbook::model::Runbook;
use duckops::text::StackNames;
use duckops::text::Untrusted;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

type Facts = BTreeMap<&'static str, FactValue>;

/// A generator that gives the same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll() % sides as u64).expect("small")
    }
}

fn verdicts(runbook: &Runbook, facts: &Facts) -> Vec<(Verdict, bool)> {
    let mut observations = Observations::default();
    for (probe, declared) in fact::all() {
        let unavailable = Unavailable::new(UnavailableReason::Missing, "nobody said so");
        let mut observation = Observation::silent(probe, unavailable);
        for fact in declared {
            if let Some(value) = facts.get(fact.path) {
                observation.set(fact.path, value.clone(), OffsetDateTime::UNIX_EPOCH);
            }
        }
        observations.add(declared, observation);
    }
    let inputs = Inputs {
        observations: &observations,
        naming: &StackNames::new(),
    };
    let asked = Selection {
        runbook,
        step: None,
    };
    let concluded = judge(&[asked], &[], inputs);
    concluded.runbooks[0]
        .steps
        .iter()
        .map(|step| {
            let mut also = step.also.iter();
            let is_open = also.any(|line| line.as_str().starts_with("worse not ruled out: "));
            (step.verdict(), is_open)
        })
        .collect()
}

/// The facts that the rules of a runbook compare.
fn compared(runbook: &Runbook) -> BTreeSet<&'static str> {
    let rules = runbook.steps.iter().flat_map(|step| &step.rules);
    rules
        .flat_map(|rule| rule.when.facts.iter().copied())
        .collect()
}

/// A value on either side of some limit, or on it.
fn value(declared: &Declared, runbook: &Runbook, dice: &mut Dice) -> FactValue {
    let limits: Vec<f64> = runbook
        .limits
        .values()
        .filter_map(|limit| match limit {
            FactValue::Int(n) | FactValue::Duration(n) => Some(*n as f64),
            FactValue::Float(x) => Some(*x),
            _ => None,
        })
        .chain([0.0])
        .collect();
    let near = limits[dice.below(limits.len())] + dice.below(3) as f64 - 1.0;
    match declared.ty {
        FactType::Bool => FactValue::Bool(dice.below(2) == 0),
        FactType::Int => FactValue::Int((near as i64).max(0)),
        FactType::Float => FactValue::Float(near.max(0.0)),
        FactType::Duration => FactValue::Duration((near as i64).max(0)),
        FactType::Text => {
            const WORDS: [&str; 5] = ["HEALTHY", "PROBATION", "counts", "reputation", "gateway"];
            FactValue::Text(Untrusted::new(WORDS[dice.below(WORDS.len())]))
        }
        FactType::List => FactValue::List(Vec::new()),
        FactType::Instant => FactValue::Instant(0),
        FactType::Series => FactValue::Series(Vec::new()),
        FactType::Groups => FactValue::Groups(Vec::new()),
    }
}

/// What no probe yields: two facts that exclude each other.
fn impossible(facts: &Facts) -> bool {
    // Sign-ups without a mail are counted only where no mail was sent, so nothing is used up.
    let more_than_0 = |fact: &str| match facts.get(fact) {
        Some(FactValue::Int(count)) => *count > 0,
        Some(FactValue::Float(percent)) => *percent > 0.0,
        _ => false,
    };
    if more_than_0("email.unmailed_signups") && more_than_0("email.used_percent") {
        return true;
    }
    // Targets that are offline are bonded agents, so some are bonded.
    let none_bonded = facts.get("status.agents.total_bonded") == Some(&FactValue::Int(0));
    if none_bonded && more_than_0("callbacks.failing_offline") {
        return true;
    }
    let unlimited = facts.get("email.unlimited") == Some(&FactValue::Bool(true));
    unlimited && (facts.contains_key("email.used_percent") || facts.contains_key("email.left_24h"))
}

#[derive(Default)]
struct Count {
    comparisons: usize,
    moved: usize,
    wrong: Vec<String>,
}

/// Takes every fact away in turn and compares.
fn forget_one_at_a_time(runbook: &Runbook, facts: &Facts, count: &mut Count) {
    let knowing = verdicts(runbook, facts);
    for forgotten in facts.keys() {
        let mut fewer = facts.clone();
        fewer.remove(forgotten);
        let less = verdicts(runbook, &fewer);
        for (at, (before, after)) in knowing.iter().zip(&less).enumerate() {
            count.comparisons += 1;
            count.moved += usize::from(before != after);
            let (before, after, is_open) = (&before.0, &after.0, after.1);
            let became_ok = *after == Verdict::Ok && *before != Verdict::Ok;
            let hushed = *before == Verdict::Unknown
                && (*after == Verdict::Skipped || (*after == Verdict::Warning && !is_open));
            // A warning that holds stands by itself, and says what could not be checked.
            let soothed = *before == Verdict::Critical
                && (*after == Verdict::Skipped || (*after == Verdict::Warning && !is_open));
            if became_ok || hushed || soothed {
                count.wrong.push(format!(
                    "{} {}: {before:?} without {forgotten} is {after:?}: {facts:?}",
                    runbook.id, runbook.steps[at].id
                ));
            }
        }
    }
}

#[test]
fn forgetting_a_fact_of_a_case_never_makes_a_step_better() {
    let library = Library::open(None).expect("runbooks").with_cases();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut count = Count::default();
    for runbook in library.all().expect("runbooks") {
        for case in &runbook.cases {
            forget_one_at_a_time(&runbook, &case.facts, &mut count);
            for _ in 0..20 {
                let mut subset = case.facts.clone();
                subset.retain(|_, _| dice.below(3) > 0);
                forget_one_at_a_time(&runbook, &subset, &mut count);
            }
        }
    }
    println!(
        "ignorance, cases: {} comparisons, {} moved",
        count.comparisons, count.moved
    );
    assert!(count.wrong.is_empty(), "{}", count.wrong.join("\n"));
    assert!(
        count.moved > 100,
        "forgetting changed hardly anything: {}",
        count.moved
    );
}

#[test]
fn forgetting_one_of_random_facts_never_makes_a_step_better() {
    let library = Library::open(None).expect("runbooks").with_cases();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut count = Count::default();
    for runbook in library.all().expect("runbooks") {
        let facts: Vec<&Declared> = compared(&runbook)
            .into_iter()
            .filter_map(|path| fact::find(path).map(|(_, declared)| declared))
            .collect();
        for _ in 0..400 {
            let known: Facts = facts
                .iter()
                .map(|fact| (fact.path, value(fact, &runbook, &mut dice)))
                .filter(|_| true)
                .collect();
            let mut known = known;
            known.retain(|_, _| dice.below(6) > 0);
            if !impossible(&known) {
                forget_one_at_a_time(&runbook, &known, &mut count);
            }
        }
    }
    println!(
        "ignorance, random: {} comparisons, {} moved",
        count.comparisons, count.moved
    );
    assert!(
        count.wrong.is_empty(),
        "{} wrong:\n{}",
        count.wrong.len(),
        count.wrong[..count.wrong.len().min(10)].join("\n")
    );
    assert!(
        count.moved > 1_000,
        "forgetting changed hardly anything: {}",
        count.moved
    );
}
