//! From the runbook as written to the runbook that can be relied on.
//!
//! Nothing here stops at the first complaint: an operator who edits a file at night
//! wants the whole list.

use super::case;
use super::checker::Checker;
use super::metric_check;
use super::model::{DEFAULT_RANK, Escalate, Notice, Rule, Runbook, Step};
use super::pasteable;
use super::raw;
use super::rule::{Expression, Scope};
use super::words::Words;
use crate::fact::{FactType, FactValue, parse_duration};
use crate::report::model::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Spanned, Value};

/// Checks everything; `None` when something essential is missing.
pub(super) fn runbook(raw: raw::RawRunbook, check: &mut Checker) -> Option<Runbook> {
    identity(&raw, check);
    let limits = limits(&raw, check);
    let mut steps: Vec<Step> = Vec::new();
    if raw.step.is_empty() {
        check.at(&raw.id, "has no [[step]]".to_owned());
    }
    let mut earlier: Vec<String> = Vec::new();
    for raw_step in &raw.step {
        for rule in &raw_step.get_ref().rule {
            if let Some(command) = &rule.get_ref().command
                && let Some(why) = pasteable::complaint(command.get_ref(), raw.id.get_ref())
            {
                check.at(command, why);
            }
        }
        let id = &raw_step.get_ref().id;
        if !is_id(id.get_ref()) {
            check.at(
                id,
                format!(
                    "the step id `{}` is not made of a-z, 0-9 and -",
                    id.get_ref()
                ),
            );
        }
        if earlier.contains(id.get_ref()) {
            check.at(id, format!("there is a step `{}` already", id.get_ref()));
        }
        steps.extend(step(
            raw_step,
            &Scope {
                limits: &limits,
                earlier_steps: &earlier,
            },
            check,
        ));
        earlier.push(id.get_ref().clone());
    }
    let overview = raw
        .overview
        .as_ref()
        .and_then(|text| check.words(text, &limits));
    unused_limits(&raw, &steps, overview.as_ref(), check);
    let asks = raw.asks.as_ref().and_then(|asks| {
        let words = check.words(asks, &limits)?;
        if let Some(fact) = words.facts().next() {
            let why = format!("`asks` names the fact {fact}; the message has them all");
            check.at(asks, why);
        }
        Some(words)
    });
    let notices = raw.notice.iter();
    let notices = notices.filter_map(|raw| notice(raw, &steps, &limits, check));
    let notices = notices.collect();
    let metrics = metric_check::all(&raw, &steps, check);
    let cases = raw
        .case
        .iter()
        .map(|raw| case::case(raw, &earlier, check))
        .collect();
    Some(Runbook {
        file: check.file.clone(),
        id: raw.id.into_inner(),
        short: raw
            .short
            .map_or_else(|| raw.title.get_ref().clone(), Spanned::into_inner),
        overview,
        title: raw.title.into_inner(),
        severity: raw.severity.into_inner(),
        asks,
        rank: raw.rank.unwrap_or(DEFAULT_RANK),
        explained_by: raw
            .explained_by
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
        notices,
        limits,
        metrics,
        steps,
        cases,
    })
}

/// A notice to users, whose rule must exist.
fn notice(
    raw: &raw::RawNotice,
    steps: &[Step],
    limits: &BTreeMap<String, FactValue>,
    check: &mut Checker,
) -> Option<Notice> {
    let named = raw.of.get_ref().split_once('/').filter(|(id, reason)| {
        let mut steps = steps.iter().filter(|step| step.id == *id);
        steps.any(|step| step.rules.iter().any(|rule| rule.reason == *reason))
    });
    if named.is_none() {
        let why = format!("`{}` is no STEP/REASON of a rule", raw.of.get_ref());
        check.at(&raw.of, why);
    }
    let text = check.words(&raw.text, limits)?;
    let (step, reason) = named?;
    Some(Notice {
        step: step.to_owned(),
        reason: reason.to_owned(),
        text,
    })
}

fn identity(raw: &raw::RawRunbook, check: &mut Checker) {
    let id = raw.id.get_ref();
    let stem = std::path::Path::new(&check.file)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .map(str::to_owned);
    if !is_id(id) {
        check.at(
            &raw.id,
            format!("the id `{id}` is not made of a-z, 0-9 and -"),
        );
    } else if stem.as_deref() != Some(id) {
        check.at(
            &raw.id,
            format!("the id `{id}` must be the name of the file"),
        );
    }
    if raw.title.get_ref().trim().is_empty() {
        check.at(&raw.title, "the title must not be empty".to_owned());
    }
    priority(&raw.severity, check);
}

/// What may name a runbook or a step.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn priority(text: &Spanned<String>, check: &mut Checker) {
    if !matches!(text.get_ref().as_str(), "P0" | "P1" | "P2") {
        check.at(text, format!("`{}` is not P0, P1 or P2", text.get_ref()));
    }
}

fn limits(raw: &raw::RawRunbook, check: &mut Checker) -> BTreeMap<String, FactValue> {
    let mut limits = BTreeMap::new();
    for (name, value) in &raw.limits {
        let typed = match value.get_ref() {
            Value::Integer(n) => Some(FactValue::Int(*n)),
            Value::Float(x) if x.is_finite() => Some(FactValue::Float(*x)),
            Value::String(text) => parse_duration(text).map(FactValue::Duration),
            _ => None,
        };
        match typed {
            Some(typed) => drop(limits.insert(name.clone(), typed)),
            None => check.at(
                value,
                format!("limits.{name} is neither a number nor a duration such as \"15m\""),
            ),
        }
    }
    limits
}

fn unused_limits(
    raw: &raw::RawRunbook,
    steps: &[Step],
    overview: Option<&Words>,
    check: &mut Checker,
) {
    let used: BTreeSet<&str> = steps
        .iter()
        .flat_map(|step| {
            let rules = step.rules.iter().flat_map(|rule| {
                let named = rule.words().flat_map(Words::limits);
                rule.when.limits.iter().map(String::as_str).chain(named)
            });
            step.manual.limits().chain(rules)
        })
        .chain(overview.into_iter().flat_map(Words::limits))
        .collect();
    // A rule that failed to load may have used it.
    if check.complaints.is_empty() {
        for (name, value) in raw
            .limits
            .iter()
            .filter(|(name, _)| !used.contains(name.as_str()))
        {
            check.at(value, format!("limits.{name} is used nowhere"));
        }
    }
}

fn step(raw: &Spanned<raw::RawStep>, scope: &Scope<'_>, check: &mut Checker) -> Option<Step> {
    let line = check.line(raw.get_ref().id.span().start);
    let raw = raw.get_ref();
    if raw.title.get_ref().trim().is_empty() {
        check.at(&raw.title, "the title must not be empty".to_owned());
    }
    if raw.rule.is_empty() {
        check.at(
            &raw.id,
            format!("step `{}` has no [[step.rule]]", raw.id.get_ref()),
        );
    }
    let mut show = Vec::new();
    for path in &raw.show {
        match crate::fact::find(path.get_ref()) {
            Some((_, fact)) => show.push(fact.path),
            None => check.at(path, crate::fact::unknown_fact(path.get_ref())),
        }
    }
    let warming_up =
        raw.warming_up
            .as_ref()
            .and_then(|path| match crate::fact::find(path.get_ref()) {
                Some((_, fact)) if fact.ty == FactType::Instant => Some(fact.path),
                Some(_) => {
                    check.at(path, "`warming_up` needs a fact that is a time".to_owned());
                    None
                }
                None => {
                    check.at(path, crate::fact::unknown_fact(path.get_ref()));
                    None
                }
            });
    let manual = check.command(&raw.manual, scope.limits);
    let rules = raw
        .rule
        .iter()
        .filter_map(|raw| rule(raw.get_ref(), scope, check))
        .collect();
    Some(Step {
        id: raw.id.get_ref().clone(),
        line,
        title: raw.title.get_ref().clone(),
        manual: manual?,
        show,
        guide: raw
            .guide
            .iter()
            .map(|line| line.get_ref().clone())
            .collect(),
        warming_up,
        rules,
    })
}

fn rule(raw: &raw::RawRule, scope: &Scope<'_>, check: &mut Checker) -> Option<Rule> {
    let when = Expression::parse(raw.when.get_ref(), scope)
        .map_err(|errors| {
            errors
                .into_iter()
                .for_each(|error| check.at(&raw.when, error))
        })
        .ok();
    let verdict = Verdict::from_word(raw.verdict.get_ref());
    match verdict {
        None => check.at(
            &raw.verdict,
            format!(
                "`{}` is not ok, warning, critical or skipped",
                raw.verdict.get_ref()
            ),
        ),
        Some(Verdict::Unknown) => {
            check.at(
                &raw.verdict,
                "unknown is never a rule: it is what is left when no rule can decide".to_owned(),
            );
        }
        Some(Verdict::Ok) if when.as_ref().is_some_and(|when| when.facts.is_empty()) => {
            check.at(
                &raw.when,
                "an ok must compare a fact: that is its proof".to_owned(),
            );
        }
        Some(Verdict::Warning | Verdict::Critical) if raw.next.is_none() => {
            check.at(
                &raw.when,
                "what is not ok needs a `next`: the one thing to do".to_owned(),
            );
        }
        Some(_) => {}
    }
    let mut sentence = |text: &Option<Spanned<String>>| {
        text.as_ref()
            .and_then(|text| check.words(text, scope.limits))
    };
    let (next, headline) = (sentence(&raw.next), sentence(&raw.headline));
    let mut command = |text: &Option<Spanned<String>>| {
        text.as_ref()
            .and_then(|text| check.command(text, scope.limits))
    };
    let (command, then) = (command(&raw.command), command(&raw.then));
    let say = check.words(&raw.say, scope.limits);
    let also = raw.also.iter();
    let also = also
        .filter_map(|text| check.words(text, scope.limits))
        .collect();
    let escalate = escalate(raw, check);
    let line = check.line(raw.when.span().start);
    let (when, verdict) = (when?, verdict?);
    let reason = raw
        .reason
        .as_ref()
        .map_or_else(|| default_reason(&when), |reason| reason.get_ref().clone());
    Some(Rule {
        line,
        when,
        verdict,
        reason,
        say: say?,
        also,
        headline,
        then,
        next,
        command,
        escalate,
        leads: raw.leads,
        explained_by: raw
            .explained_by
            .iter()
            .map(|id| id.get_ref().clone())
            .collect(),
    })
}

fn escalate(raw: &raw::RawRule, check: &mut Checker) -> Option<Escalate> {
    if let (None, Some(whom)) = (&raw.escalate, &raw.escalate_to) {
        check.at(whom, "`escalate_to` goes with `escalate`".to_owned());
    }
    if let (None, Some(within)) = (&raw.escalate, &raw.within) {
        check.at(within, "`within` goes with `escalate`".to_owned());
    }
    match (&raw.within, &raw.escalate_from) {
        (None, Some(from)) => check.at(from, "`escalate_from` goes with `within`".to_owned()),
        (Some(within), None) => {
            let why = "`within` needs `escalate_from`: counted from each run it would never end";
            check.at(within, why.to_owned());
        }
        _ => {}
    }
    let from = raw.escalate_from.as_ref().and_then(|path| {
        let wrong = match crate::fact::find(path.get_ref()) {
            Some((_, fact)) if fact.ty == FactType::Instant => return Some(fact.path),
            Some((_, fact)) => format!("`{}` is a {}, not an instant", fact.path, fact.ty.name()),
            None => crate::fact::unknown_fact(path.get_ref()),
        };
        check.at(path, wrong);
        None
    });
    let to = raw.escalate.as_ref()?;
    priority(to, check);
    let within = raw.within.as_ref().and_then(|text| {
        let seconds = parse_duration(text.get_ref());
        if seconds.is_none() {
            check.at(
                text,
                format!("`{}` is not a duration such as 5m", text.get_ref()),
            );
        }
        seconds
    });
    Some(Escalate {
        priority: to.get_ref().clone(),
        to: raw.escalate_to.as_ref().map(|to| to.get_ref().clone()),
        within: within.zip(from),
    })
}

/// The last name of what is compared first, which changes less than its limit.
fn default_reason(when: &Expression) -> String {
    when.facts
        .first()
        .and_then(|path| path.rsplit('.').next())
        .map_or_else(|| "follows-step".to_owned(), |name| name.replace('_', "-"))
}
