//! Lambda: where the alias points, what runs there, and which versions there are.
//!
//! Three questions at the same time, none of which needs another's answer: the
//! configuration is asked for by the alias. Of the configuration only what is named below
//! is ever read; it also holds the function's environment.

mod answer;

use super::{Ask, aws};
use crate::fact::{self, FactValue, Probe};
use crate::observation::{Reading, Silence, Why};
use crate::text::Untrusted;
use answer::{Running, Target, Versions, alias, configuration, versions};
use time::OffsetDateTime;

/// Versions shown as evidence.
const NEWEST: usize = 5;

pub(super) async fn ask(ask: &Ask) -> Reading {
    let mut reading = Reading::new(Probe::Alias);
    match &ask.expected_version {
        Some(version) => reading.know(
            "alias.pinned",
            FactValue::Text(Untrusted::new(version.as_str())),
            ask.now,
        ),
        None => reading.hush(
            "alias.pinned",
            Silence::new(Why::NotAsked, "no version was named as the expected one"),
        ),
    }
    let Some(config) = aws::config(ask, &mut reading).await else {
        return reading;
    };
    let client = aws_sdk_lambda::Client::new(config);
    let ((target, a), (configuration, b), (versions, c)) = tokio::join!(
        alias(ask, &client),
        configuration(ask, &client),
        versions(ask, &client),
    );
    for part in [a, b, c] {
        reading.reached |= part.reached;
        reading.asked.extend(part.asked);
    }
    pointing(&mut reading, &target, ask.now);
    running(&mut reading, &target, configuration, ask.now);
    published(&mut reading, versions, ask.now);
    reading
}

fn pointing(reading: &mut Reading, target: &Result<Target, Silence>, at: OffsetDateTime) {
    let target = match target {
        Ok(target) => target,
        Err(silence) => return reading.rest(silence.clone()),
    };
    let text = |text: &str| FactValue::Text(Untrusted::new(text));
    reading.know("alias.version", text(&target.version), at);
    let latest = target.version == "$LATEST";
    reading.know("alias.latest", FactValue::Bool(latest), at);
    let number = target.version.parse().map(FactValue::Int).map_err(|_| {
        Silence::new(
            Why::Unsupported,
            format!(
                "the alias points to {}, which has no number",
                Untrusted::new(target.version.as_str()).printable(40)
            ),
        )
    });
    reading.put("alias.number", number, at);
    // It goes into a command that is pasted into a shell: nothing but a plain id may.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let revision = match target.revision.as_str() {
        "" => Err("the alias has no revision"),
        revision if revision.chars().all(plain) => Ok(text(revision)),
        _ => Err("the revision of the alias is no plain id"),
    };
    let revision = revision.map_err(|why| Silence::new(Why::Missing, why));
    reading.put("alias.revision", revision, at);
    let shares: Vec<_> = target
        .weights
        .iter()
        .filter(|(_, share)| *share > 0.0)
        .collect();
    reading.know("alias.weighted", FactValue::Bool(!shares.is_empty()), at);
    let rest = 1.0 - shares.iter().map(|(_, share)| share).sum::<f64>();
    let mut parts = vec![format!("{} % on version {}", percent(rest), target.version)];
    let others = shares
        .iter()
        .map(|(version, share)| format!("{} % on version {version}", percent(*share)));
    parts.extend(others);
    reading.know("alias.split", text(&parts.join(", ")), at);
}

/// Rounded to a hundredth of a percent: what is left of one after subtracting is not exact.
fn percent(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}

fn running(
    reading: &mut Reading,
    target: &Result<Target, Silence>,
    running: Result<Running, Silence>,
    at: OffsetDateTime,
) {
    const PATHS: [&str; 3] = ["alias.timeout", "alias.published", "alias.function_state"];
    let agrees = |running: Running| match target {
        Ok(target) if target.version != running.version => Err(Silence::new(
            Why::Contradictory,
            format!(
                "the alias pointed to version {} and then to version {} within this run",
                Untrusted::new(target.version.as_str()).printable(40),
                Untrusted::new(running.version.as_str()).printable(40)
            ),
        )
        .fix("Somebody is moving the alias: ask again in a minute")),
        _ => Ok(running),
    };
    match running.and_then(agrees) {
        Ok(running) => {
            reading.put(
                "alias.timeout",
                running.timeout.map(FactValue::Duration),
                at,
            );
            let undated = || Silence::new(Why::Missing, "the version has no date");
            let published = running.published.ok_or_else(undated);
            reading.put("alias.published", published.map(FactValue::Instant), at);
            let state = FactValue::Text(Untrusted::new(running.state));
            reading.know("alias.function_state", state, at);
        }
        Err(silence) => PATHS
            .iter()
            .for_each(|path| reading.hush(path, silence.clone())),
    }
}

fn published(reading: &mut Reading, versions: Result<Versions, Silence>, at: OffsetDateTime) {
    let versions = match versions {
        Ok(versions) => versions,
        Err(silence) => {
            reading.hush("alias.versions", silence.clone());
            return reading.hush("alias.newest_versions", silence);
        }
    };
    let numbers = versions
        .iter()
        .map(|(number, _)| Untrusted::new(number.to_string()));
    reading.know("alias.versions", FactValue::List(numbers.collect()), at);
    let dated = versions.iter().take(NEWEST).map(|(number, published)| {
        let date = published.map_or_else(|| "undated".to_owned(), fact::instant);
        Untrusted::new(format!("{number}, published {date}"))
    });
    reading.know(
        "alias.newest_versions",
        FactValue::List(dated.collect()),
        at,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(version: &str, revision: &str, weights: &[(&str, f64)]) -> Reading {
        let mut reading = Reading::new(Probe::Alias);
        let weights = weights.iter().map(|(v, w)| ((*v).to_owned(), *w)).collect();
        let target = Ok(Target {
            version: version.to_owned(),
            revision: revision.to_owned(),
            weights,
        });
        pointing(&mut reading, &target, OffsetDateTime::UNIX_EPOCH);
        reading
    }

    fn shown(reading: &Reading, path: &str) -> Option<String> {
        let fact = reading.outcome(path).ok()?;
        Some(fact.value.shown().to_string())
    }

    #[test]
    fn a_split_adds_up() {
        let reading = told("62", "5e1f-62", &[("61", 0.1), ("60", 0.0)]);
        assert_eq!(
            shown(&reading, "alias.split").as_deref(),
            Some("90 % on version 62, 10 % on version 61")
        );
        assert_eq!(shown(&reading, "alias.weighted").as_deref(), Some("yes"));
        assert_eq!(
            shown(&told("62", "5e1f", &[("61", 0.0)]), "alias.weighted").as_deref(),
            Some("no")
        );
    }

    #[test]
    fn latest_has_no_number_and_a_strange_revision_reaches_no_command() {
        let reading = told("$LATEST", "5e1f; rm -rf ~", &[]);
        assert_eq!(shown(&reading, "alias.latest").as_deref(), Some("yes"));
        assert_eq!(shown(&reading, "alias.number"), None);
        assert_eq!(shown(&reading, "alias.revision"), None);
    }
}
