//! The function as AWS would have to describe it: its alias, its versions, and what was measured
//! of it and of the mail.

use super::{DAY, HOUR, RecordedFacts, before};
use crate::fact::parse_instant;
use crate::practice::{FakeMetric, FakeStack, Version};

pub(super) fn alias(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    if let Some(version) = facts.text("alias.version") {
        world.alias_target.version = version;
    }
    if let Some(revision) = facts.text("alias.revision") {
        world.alias_target.revision = revision;
    }
    if let (Some(true), Some(split)) = (facts.bool("alias.weighted"), facts.text("alias.split")) {
        world.alias_target.weights = shares(&split, &world.alias_target.version);
    }
    if let Some(limit) = facts.span("alias.timeout") {
        world.configured.insert("Timeout".to_owned(), limit.into());
    }
    let dated: Vec<(String, u64)> = facts
        .list("alias.newest_versions")
        .iter()
        .filter_map(|line| {
            let (number, at) = line.split_once(", published ")?;
            Some((number.to_owned(), facts.ago(parse_instant(at)?)))
        })
        .collect();
    let published = facts.ago_of("alias.published");
    world.versions = facts
        .list("alias.versions")
        .iter()
        .rev()
        .map(|number| {
            let known = dated.iter().find(|(known, _)| known == number);
            let ago = known.map(|(_, ago)| *ago);
            let current = (*number == world.alias_target.version)
                .then_some(published)
                .flatten();
            Version {
                number: number.clone(),
                modified: before(world, current.or(ago).unwrap_or(30 * DAY)),
                code_sha256: format!("RECORDED{number}="),
            }
        })
        .collect();
}

/// The shares of other versions, out of `90 % on version 61, 10 % on version 62`.
fn shares(split: &str, main: &str) -> Vec<(String, f64)> {
    let share = |part: &str| -> Option<(String, f64)> {
        let (percent, version) = part.trim().split_once(" % on version ")?;
        let percent: f64 = percent.parse().ok()?;
        Some((version.to_owned(), percent / 100.0))
    };
    let others = split.split(',').filter_map(share);
    others.filter(|(version, _)| version != main).collect()
}

pub(super) fn metrics(world: &mut FakeStack, facts: &RecordedFacts<'_>) {
    let (function, name) = (world.function.clone(), world.alias.clone());
    let whole = vec![("FunctionName".to_owned(), function.clone())];
    let mut through = whole.clone();
    through.push(("Resource".to_owned(), format!("{function}:{name}")));
    for (metric, word) in [
        ("Invocations", "invocations"),
        ("Errors", "errors"),
        ("Throttles", "throttles"),
    ] {
        for (path, dimensions) in [
            (format!("lambda.{word}_by_minute"), &whole),
            (format!("lambda.alias_{word}_by_minute"), &through),
        ] {
            if let Some(points) = facts.series(&path) {
                measured(world, facts, ("AWS/Lambda", metric), dimensions, points);
            }
        }
        for (version, points) in facts.groups(&format!("lambda.version_{word}_by_minute")) {
            let mut executed = through.clone();
            executed.push(("ExecutedVersion".to_owned(), super::plain(version)));
            measured(world, facts, ("AWS/Lambda", metric), &executed, points);
        }
    }
    if let Some(points) = facts.series("email.sends_hourly") {
        measured(world, facts, ("AWS/SES", "Send"), &[], points);
    }
    let noon = facts.began - i64::try_from(DAY / 2).unwrap_or(0);
    for (fact, metric) in [
        ("email.bounces_24h", "Bounce"),
        ("email.complaints_24h", "Complaint"),
    ] {
        if let Some(count) = facts.int(fact) {
            measured(world, facts, ("AWS/SES", metric), &[], &[(noon, count)]);
        }
    }
    if facts.text("email.rates_from").as_deref() == Some("reputation") {
        for (fact, metric) in [
            ("email.bounce_percent", "Reputation.BounceRate"),
            ("email.complaint_percent", "Reputation.ComplaintRate"),
        ] {
            if let Some(percent) = facts.float(fact) {
                world.metrics.push(FakeMetric {
                    namespace: "AWS/SES".to_owned(),
                    name: metric.to_owned(),
                    dimensions: Vec::new(),
                    points: vec![(before(world, HOUR), percent / 100.0)],
                });
            }
        }
    }
}

fn measured(
    world: &mut FakeStack,
    facts: &RecordedFacts<'_>,
    (namespace, name): (&str, &str),
    dimensions: &[(String, String)],
    points: &[(i64, i64)],
) {
    #[allow(clippy::cast_precision_loss, reason = "numbers of requests and mails")]
    let point = |(at, count): &(i64, i64)| (before(world, facts.ago(*at)), *count as f64);
    let series = FakeMetric {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        dimensions: dimensions.to_vec(),
        points: points.iter().map(point).collect(),
    };
    world.metrics.push(series);
}
