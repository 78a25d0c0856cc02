//! Do certificates keep pace with ducklings, and where does the mail go out from.

use super::{CERTIFICATES, DAY, DUCKLINGS, RecordedSamples, increase_of, upper_bound};
use crate::fact::{self, FactValue};
use crate::history::Increase;
use crate::observation::{FactState, Observation, Observations, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::{Duration, OffsetDateTime};

struct Span {
    length: Duration,
    words: &'static str,
    ducklings: &'static str,
    certificates: &'static str,
    dated: &'static str,
    stalled: &'static str,
}

const SPANS: [Span; 2] = [
    Span {
        length: DAY,
        words: "24 h",
        ducklings: "growth.ducklings_24h_min",
        certificates: "growth.certificates_24h_min",
        dated: "audit.certs_issued_24h_min",
        stalled: "certs.stalled_24h",
    },
    Span {
        length: Duration::days(2),
        words: "48 h",
        ducklings: "growth.ducklings_48h_min",
        certificates: "growth.certificates_48h_min",
        dated: "audit.certs_issued_48h_min",
        stalled: "certs.stalled_48h",
    },
];

pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) {
    for span in &SPANS {
        let ducklings = increase_of(observations, past, DUCKLINGS, now, span.length);
        let certificates = increase_of(observations, past, CERTIFICATES, now, span.length);
        let dated = observations.int(span.dated).unwrap_or(0);
        let at_least = |increase_of: &Result<Increase, Unavailable>, dated: i64| {
            let increase_of = increase_of.as_ref().map_err(Clone::clone)?;
            Ok(FactValue::Int(increase_of.at_least.max(dated)))
        };
        observation.put(span.ducklings, at_least(&ducklings, 0), now);
        observation.put(span.certificates, at_least(&certificates, dated), now);
        let stalled = stalled(ducklings, certificates, dated, span.words);
        observation.put(span.stalled, stalled.map(FactValue::Bool), now);
    }
    let posture = posture(observations).map(|word| FactValue::Text(Untrusted::new(word)));
    observation.put("mail.posture", posture, now);
}

/// Whether ducklings came and certificates did not. A window that is not wholly known
/// answers where what is known of it suffices.
fn stalled(
    ducklings: Result<Increase, Unavailable>,
    certificates: Result<Increase, Unavailable>,
    dated: i64,
    window: &str,
) -> Result<bool, Unavailable> {
    let (ducklings, certificates) = (ducklings?, certificates?);
    let issued = certificates.at_least.max(dated);
    if certificates.at_most.is_some_and(|most| most < dated) {
        upper_bound(&certificates, dated, "certificates issued")?;
    }
    if issued > 0 {
        return Ok(false);
    }
    match (ducklings.at_least, ducklings.at_most, certificates.at_most) {
        (_, Some(0), _) => Ok(false),
        (1.., _, Some(0)) => Ok(true),
        _ => {
            let covered = ducklings.covered.min(certificates.covered) * 100.0;
            let reset = [&ducklings, &certificates].iter().any(|total| total.reset);
            let (why, more) = match reset {
                true => (
                    UnavailableReason::CounterReset,
                    ", and a total fell (counter reset)",
                ),
                false => (UnavailableReason::NotCovered, ""),
            };
            let since = ducklings.since.map_or_else(String::new, |at| {
                format!(", since {}", fact::instant(at.unix_timestamp()))
            });
            Err(Unavailable::new(
                why,
                format!(
                    "recorded history covers {covered:.0} % of the last {window}{since}{more}: not enough to see whether certificates keep pace"
                ),
            )
            .fix("Compare the two totals by hand, or let cron record: duckops triage inc-002"))
        }
    }
}

/// The sandbox by both witnesses; one alone does not settle it.
fn posture(observations: &Observations) -> Result<&'static str, Unavailable> {
    let flag = |path: &'static str| match observations.get(path) {
        FactState::Known(fact) => match fact.value {
            FactValue::Bool(flag) => Ok(flag),
            _ => Err(Unavailable::new(
                UnavailableReason::Mistyped,
                format!("{path} is neither yes nor no"),
            )),
        },
        FactState::Unavailable(unavailable) => Err(unavailable.clone()),
        FactState::NotAsked => Err(Unavailable::new(
            UnavailableReason::NotAsked,
            format!("{path} was not asked for"),
        )),
    };
    let sandbox = flag("status.ses.sandbox")?;
    let production = flag("email.production_access")?;
    Ok(match (sandbox, production) {
        (true, false) => "sandbox",
        (false, true) => "production",
        _ => "disputed",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ducklings_grew(at_least: i64, at_most: Option<i64>) -> Result<Increase, Unavailable> {
        Ok(Increase {
            at_least,
            at_most,
            covered: 0.5,
            reset: at_most.is_none(),
            since: None,
        })
    }

    #[test]
    fn a_stall_is_ducklings_without_certificates_and_both_must_be_proven() {
        let table = [
            // ducklings, certificates, dated, stalled
            ((1, Some(1)), (0, Some(0)), 0, Some(true)),
            ((1, Some(9)), (0, Some(0)), 0, Some(true)),
            ((1, Some(1)), (1, Some(1)), 0, Some(false)),
            ((0, Some(0)), (0, Some(0)), 0, Some(false)),
            ((0, Some(0)), (0, Some(7)), 0, Some(false)),
            ((0, Some(0)), (0, None), 0, Some(false)),
            ((9, Some(9)), (0, Some(3)), 1, Some(false)),
            ((9, None), (1, None), 0, Some(false)),
            // What is not known
            ((0, Some(1)), (0, Some(0)), 0, None),
            ((1, Some(1)), (0, Some(1)), 0, None),
            ((0, None), (0, Some(0)), 0, None),
            ((1, Some(1)), (0, None), 0, None),
            // What contradicts itself
            ((1, Some(1)), (0, Some(0)), 1, None),
        ];
        for (ducklings, certificates, dated, due) in table {
            let found = stalled(
                ducklings_grew(ducklings.0, ducklings.1),
                ducklings_grew(certificates.0, certificates.1),
                dated,
                "48 h",
            );
            assert_eq!(found.ok(), due, "{ducklings:?} {certificates:?} {dated}");
        }
    }

    #[test]
    fn a_total_that_is_silent_leaves_the_stall_silent() {
        let silent = || {
            Err(Unavailable::new(
                UnavailableReason::Missing,
                "no such total",
            ))
        };
        assert!(stalled(silent(), ducklings_grew(1, Some(1)), 1, "24 h").is_err());
        assert!(stalled(ducklings_grew(0, Some(0)), silent(), 0, "24 h").is_err());
    }
}
