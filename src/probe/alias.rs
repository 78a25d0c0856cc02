//! Lambda: where the alias points, what runs there, and which versions there are.
//!
//! Three questions at the same time, none of which needs another's answer: the
//! configuration is asked for by the alias. Of the configuration only what is named below
//! is ever read; it also holds the function's environment.

mod answer;

use super::{ProbeContext, aws};
use crate::fact::{self, FactValue, Probe};
use crate::lambda::version_state::VersionStanding;
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use answer::{AliasAnswer, Running, Versions, alias, configuration, versions};
use time::OffsetDateTime;

/// Versions shown as evidence.
const NEWEST: usize = 5;

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Alias);
    match &context.expected_version {
        Some(version) => observation.set(
            "alias.pinned",
            FactValue::Text(Untrusted::new(version.as_str())),
            context.now,
        ),
        None => observation.set_unavailable(
            "alias.pinned",
            Unavailable::new(
                UnavailableReason::NotAsked,
                "no version was named as the expected one",
            ),
        ),
    }
    let Some(config) = aws::config(context, &mut observation).await else {
        return observation;
    };
    let client = aws_sdk_lambda::Client::new(config);
    let ((target, a), (configuration, b), (versions, c)) = tokio::join!(
        alias(context, &client),
        configuration(context, &client),
        versions(context, &client),
    );
    for part in [a, b, c] {
        observation.reached |= part.reached;
        observation.asked.extend(part.asked);
    }
    pointing(&mut observation, &target, context.now);
    running(&mut observation, &target, configuration, context.now);
    published(&mut observation, versions, context.now);
    observation
}

fn pointing(
    observation: &mut Observation,
    target: &Result<AliasAnswer, Unavailable>,
    at: OffsetDateTime,
) {
    let target = match target {
        Ok(target) => target,
        Err(unavailable) => return observation.default_unavailable(unavailable.clone()),
    };
    let text = |text: &str| FactValue::Text(Untrusted::new(text));
    observation.set("alias.version", text(&target.version), at);
    let latest = target.version == "$LATEST";
    observation.set("alias.latest", FactValue::Bool(latest), at);
    let number = target.version.parse().map(FactValue::Int).map_err(|_| {
        Unavailable::new(
            UnavailableReason::Unsupported,
            format!(
                "the alias points to {}, which has no number",
                Untrusted::new(target.version.as_str()).printable(40)
            ),
        )
    });
    observation.put("alias.number", number, at);
    // It goes into a command that is pasted into a shell: nothing but a plain id may.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let revision = match target.revision.as_str() {
        "" => Err("the alias has no revision"),
        revision if revision.chars().all(plain) => Ok(text(revision)),
        _ => Err("the revision of the alias is no plain id"),
    };
    let revision = revision.map_err(|why| Unavailable::new(UnavailableReason::Missing, why));
    observation.put("alias.revision", revision, at);
    let shares: Vec<_> = target
        .weights
        .iter()
        .filter(|(_, share)| *share > 0.0)
        .collect();
    observation.set("alias.weighted", FactValue::Bool(!shares.is_empty()), at);
    let rest = 1.0 - shares.iter().map(|(_, share)| share).sum::<f64>();
    let mut parts = vec![format!("{} % on version {}", percent(rest), target.version)];
    let others = shares
        .iter()
        .map(|(version, share)| format!("{} % on version {version}", percent(*share)));
    parts.extend(others);
    observation.set("alias.split", text(&parts.join(", ")), at);
}

/// Rounded to a hundredth of a percent: what is left of one after subtracting is not exact.
fn percent(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}

fn running(
    observation: &mut Observation,
    target: &Result<AliasAnswer, Unavailable>,
    running: Result<Running, Unavailable>,
    at: OffsetDateTime,
) {
    const PATHS: [&str; 5] = [
        "alias.timeout",
        "alias.published",
        "alias.function_state",
        "alias.function_obstacle",
        "alias.standing",
    ];
    let agrees = |running: Running| match target {
        Ok(target) if target.version != running.version => Err(Unavailable::new(
            UnavailableReason::Contradictory,
            format!(
                "the alias pointed to version {} and then to version {} within this run",
                Untrusted::new(target.version.as_str()).printable(40),
                Untrusted::new(running.version.as_str()).printable(40)
            ),
        )
        .fix("Run duckops again in a minute: the alias is being moved")),
        _ => Ok(running),
    };
    match running.and_then(agrees) {
        Ok(running) => {
            observation.put(
                "alias.timeout",
                running.timeout.map(FactValue::Duration),
                at,
            );
            let undated =
                || Unavailable::new(UnavailableReason::Missing, "the version has no date");
            let published = running.published.ok_or_else(undated);
            observation.put("alias.published", published.map(FactValue::Instant), at);
            let state = FactValue::Text(Untrusted::new(running.state.to_string()));
            let standing = running.state.standing().map(|standing| {
                FactValue::Text(Untrusted::new(match standing {
                    VersionStanding::Ready => "ready",
                    VersionStanding::Inactive => "inactive",
                    VersionStanding::Coming => "coming",
                    VersionStanding::Pending => "pending",
                    VersionStanding::Failed => "failed",
                }))
            });
            let standing = standing.map_err(|missing| {
                Unavailable::new(
                    UnavailableReason::Missing,
                    format!("Lambda did not return {missing} of the version"),
                )
            });
            let standing = running.stated_once.and(standing);
            let is_ready = || {
                let why = "the version can serve";
                Err(Unavailable::new(UnavailableReason::NoData, why))
            };
            let obstacle = standing.clone().and_then(|standing| match standing {
                FactValue::Text(word) if word.is("ready") => is_ready(),
                _ => Ok(state.clone()),
            });
            observation.put("alias.function_obstacle", obstacle, at);
            observation.set("alias.function_state", state, at);
            observation.put("alias.standing", standing, at);
        }
        Err(unavailable) => PATHS
            .iter()
            .for_each(|path| observation.set_unavailable(path, unavailable.clone())),
    }
}

fn published(
    observation: &mut Observation,
    versions: Result<Versions, Unavailable>,
    at: OffsetDateTime,
) {
    let versions = match versions {
        Ok(versions) => versions,
        Err(unavailable) => {
            observation.set_unavailable("alias.versions", unavailable.clone());
            return observation.set_unavailable("alias.newest_versions", unavailable);
        }
    };
    let numbers = versions
        .iter()
        .map(|(number, _)| Untrusted::new(number.to_string()));
    observation.set("alias.versions", FactValue::List(numbers.collect()), at);
    let dated = versions.iter().take(NEWEST).map(|(number, published)| {
        let date = published.map_or_else(|| "undated".to_owned(), fact::instant);
        Untrusted::new(format!("{number}, published {date}"))
    });
    observation.set(
        "alias.newest_versions",
        FactValue::List(dated.collect()),
        at,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(version: &str, revision: &str, weights: &[(&str, f64)]) -> Observation {
        let mut observation = Observation::new(Probe::Alias);
        let weights = weights.iter().map(|(v, w)| ((*v).to_owned(), *w)).collect();
        let target = Ok(AliasAnswer {
            version: version.to_owned(),
            revision: revision.to_owned(),
            weights,
        });
        pointing(&mut observation, &target, OffsetDateTime::UNIX_EPOCH);
        observation
    }

    fn shown(observation: &Observation, path: &str) -> Option<String> {
        let fact = observation.outcome(path).ok()?;
        Some(fact.value.shown().to_string())
    }

    #[test]
    fn weights_of_a_split_add_up_to_one() {
        let observation = told("62", "5e1f-62", &[("61", 0.1), ("60", 0.0)]);
        assert_eq!(
            shown(&observation, "alias.split").as_deref(),
            Some("90 % on version 62, 10 % on version 61")
        );
        assert_eq!(
            shown(&observation, "alias.weighted").as_deref(),
            Some("yes")
        );
        assert_eq!(
            shown(&told("62", "5e1f", &[("61", 0.0)]), "alias.weighted").as_deref(),
            Some("no")
        );
    }

    #[test]
    fn latest_has_no_version_number_and_unusual_revisions_reach_no_command() {
        let observation = told("$LATEST", "5e1f; rm -rf ~", &[]);
        assert_eq!(shown(&observation, "alias.latest").as_deref(), Some("yes"));
        assert_eq!(shown(&observation, "alias.number"), None);
        assert_eq!(shown(&observation, "alias.revision"), None);
    }
}
