//! Which facts of each runbook are told as numbers, and which of its limits they are held
//! against: one table for every format that a machine plots. It knows limits by name only;
//! what they are stands in the report, as the operator wrote them.

use super::model::{Report, Runbook};
use super::words::{fact, number};

/// One number of a runbook. It is told in every run, known or not.
#[derive(Clone, Copy, Debug)]
pub struct Datum {
    /// At most 19 of `a-z0-9_`.
    pub label: &'static str,
    /// The path of the fact.
    pub fact: &'static str,
    /// The unit of the fact, as its probe declares it.
    pub unit: &'static str,
    /// Whether it only ever grows.
    pub total: bool,
    /// What it is held against; none for a number that is only looked at.
    pub range: Option<Range>,
}

/// The limits of a number.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// From where on it is a warning.
    pub warning: Option<Edge>,
    /// From where on it is critical.
    pub critical: Option<Edge>,
    /// The fact that the limits are a percentage of.
    pub percent_of: Option<&'static str>,
}

/// Where an order ends, by the name of the limit.
#[derive(Clone, Copy, Debug)]
pub enum Edge {
    /// The limit itself is still in order.
    Over(&'static str),
    /// It is not any more. For whole numbers only.
    From(&'static str),
}

/// The facts of each runbook, in this order.
pub const DATA: [(&str, &[Datum]); 7] = [
    (
        "inc-001",
        &[
            Datum {
                range: Some(Range {
                    warning: Some(Edge::Over("slow")),
                    ..Range::NONE
                }),
                ..datum("api_seconds", "api.seconds", "seconds")
            },
            datum("api_up", "api.up", ""),
            datum("log_errors_15m_min", "logs.errors_15m_min", "lines"),
            datum("lambda_errors_min", "lambda.errors_min", "count"),
            datum("lambda_throttle_min", "lambda.throttles_min", "count"),
        ],
    ),
    (
        "inc-002",
        &[
            datum("ducklings", "status.database.ducklings", "count"),
            datum(
                "birth_certificates",
                "status.database.birth_certificates",
                "count",
            ),
        ],
    ),
    (
        "inc-003",
        &[
            datum("agents_alive", "status.agents.alive", "count"),
            datum("agents_dead", "status.agents.dead", "count"),
            datum("agents_bonded", "status.agents.total_bonded", "count"),
            Datum {
                range: Some(Range {
                    warning: Some(Edge::From("pulse_slow")),
                    critical: Some(Edge::From("pulse_offline")),
                    percent_of: None,
                }),
                ..datum("pulse_age", "audit.pulse_age", "seconds")
            },
        ],
    ),
    (
        "inc-004",
        &[
            Datum {
                range: Some(Range {
                    critical: Some(Edge::Over("per_day")),
                    ..Range::NONE
                }),
                ..datum("cb_errors_24h_min", "peck.callback_errors_24h_min", "count")
            },
            datum("cb_errors_24h_max", "peck.callback_errors_24h_max", "count"),
            Datum {
                total: true,
                ..datum("cb_errors_total", "peck.callback_errors", "count")
            },
            datum("cb_errors_rising", "peck.callback_errors_rising", ""),
        ],
    ),
    (
        "inc-005",
        &[
            Datum {
                range: Some(Range {
                    warning: Some(Edge::From("used_warning")),
                    critical: Some(Edge::Over("used_critical")),
                    percent_of: Some("email.max_24h"),
                }),
                ..datum("ses_used", "email.sent_24h", "recipients")
            },
            datum("ses_max", "email.max_24h", "recipients"),
        ],
    ),
    (
        "peck",
        &[
            datum("pecks_pending", "pecks.pending", "count"),
            datum("pecks_least_left", "pecks.least_left", "seconds"),
            datum("pecks_denied_min", "pecks.denied", "count"),
            datum("pecks_expired_min", "pecks.expired", "count"),
            datum("pecks_cb_errors_min", "pecks.callback_errors", "count"),
        ],
    ),
    (
        "bond",
        &[
            datum("bonds_bonded", "bonds.bonded", "count"),
            datum("bonds_alive", "bonds.alive", "count"),
            datum("bonds_slow_min", "bonds.slow", "count"),
            datum("bonds_offline_min", "bonds.offline", "count"),
            Datum {
                range: Some(Range {
                    warning: Some(Edge::From("slow")),
                    critical: Some(Edge::From("offline")),
                    percent_of: None,
                }),
                ..datum("bonds_pulse_age", "bonds.pulse_age", "seconds")
            },
        ],
    ),
];

const fn datum(label: &'static str, fact: &'static str, unit: &'static str) -> Datum {
    Datum {
        label,
        fact,
        unit,
        total: false,
        range: None,
    }
}

/// The limits of a number as numbers: the last value that is still in order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Beyond this it is a warning.
    pub warning: Option<f64>,
    /// Beyond this it is critical.
    pub critical: Option<f64>,
    /// The most that there can be.
    pub most: Option<f64>,
}

impl Range {
    const NONE: Self = Self {
        warning: None,
        critical: None,
        percent_of: None,
    };

    /// By the limits of a runbook. What is a percentage of something unknown has no bounds.
    pub fn bounds(self, runbook: &Runbook, report: &Report) -> Bounds {
        let limit = |name: &str| {
            let limit = runbook.limits.iter().find(|(own, _)| own.as_str() == name);
            number(&limit?.1)
        };
        self.by(limit, |path| fact(report, path))
    }

    /// The same, whoever knows the limits and the facts.
    pub fn by(
        self,
        limit: impl Fn(&str) -> Option<f64>,
        fact: impl Fn(&str) -> Option<f64>,
    ) -> Bounds {
        let whole = match self.percent_of {
            None => None,
            Some(path) => match fact(path).filter(|whole| *whole > 0.0) {
                None => return Bounds::default(),
                whole => whole,
            },
        };
        let last = |edge: Edge| {
            let (Edge::Over(name) | Edge::From(name)) = edge;
            let limit = limit(name)?;
            let limit = whole.map_or(limit, |whole| whole * limit / 100.0);
            Some(match (edge, whole) {
                (Edge::From(_), _) => limit.ceil() - 1.0,
                (Edge::Over(_), Some(_)) => limit.floor(),
                (Edge::Over(_), None) => limit,
            })
        };
        Bounds {
            warning: self.warning.and_then(last),
            critical: self.critical.and_then(last),
            most: whole,
        }
    }
}

/// The limits of a fact and the runbook they belong to, where it has any.
pub fn range(path: &str) -> Option<(&'static str, Range)> {
    DATA.iter().find_map(|(id, data)| {
        let datum = data.iter().find(|datum| datum.fact == path)?;
        Some((*id, datum.range?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_the_unit_that_its_probe_declares_and_every_limit_a_name() {
        let library = crate::runbook::Library::open(None).expect("the built-in runbooks");
        for (id, data) in DATA {
            let runbook = library.get(id).expect("a built-in runbook");
            for datum in data {
                let (_, declared) = crate::fact::find(datum.fact).expect(datum.fact);
                assert_eq!(datum.unit, declared.unit, "{}", datum.fact);
                let range = datum.range.unwrap_or(Range::NONE);
                for edge in [range.warning, range.critical].into_iter().flatten() {
                    let (Edge::Over(name) | Edge::From(name)) = edge;
                    assert!(runbook.limits.contains_key(name), "{id}: {name}");
                }
                if let Some(path) = range.percent_of {
                    assert!(crate::fact::find(path).is_some(), "{path}");
                }
            }
        }
    }

    /// A fact that no rule and no `show` of its runbook names would never be known.
    #[test]
    fn every_fact_is_one_that_its_runbook_asks_for() {
        let library = crate::runbook::Library::open(None).expect("the built-in runbooks");
        for (id, data) in DATA {
            let runbook = library.get(id).expect("a built-in runbook");
            let named: Vec<_> = runbook.steps.iter().flat_map(|step| step.facts()).collect();
            for datum in data {
                assert!(named.contains(&datum.fact), "{id}: {}", datum.fact);
            }
        }
    }

    #[test]
    fn no_two_labels_are_alike() {
        let all = DATA.iter().flat_map(|(_, data)| *data);
        let mut labels: Vec<_> = all.map(|datum| datum.label).collect();
        labels.sort_unstable();
        let before = labels.len();
        labels.dedup();
        assert_eq!(labels.len(), before);
        for label in labels {
            assert!(label.len() <= 19, "{label}");
            assert!(
                label
                    .bytes()
                    .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            );
        }
    }
}
