//! Do certificates keep pace with ducklings, and where does the mail go out from.

#[cfg(test)]
mod tests;

use super::cert_age::fewest_waiting;
use super::{CERTIFICATES, DAY, DUCKLINGS, HOUR, RecordedSamples, increase_of, upper_bound};
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
    issued: &'static str,
    signups: &'static str,
    stalled: &'static str,
    /// Certificates lag behind from this growth of the backlog on.
    lag: i64,
}

const SPANS: [Span; 2] = [
    Span {
        length: DAY,
        words: "24 h",
        ducklings: "growth.ducklings_24h_min",
        certificates: "growth.certificates_24h_min",
        issued: "audit.certs_issued_24h_min",
        signups: "audit.signups_24h_min",
        stalled: "certs.stalled_24h",
        lag: 3,
    },
    Span {
        length: Duration::days(2),
        words: "48 h",
        ducklings: "growth.ducklings_48h_min",
        certificates: "growth.certificates_48h_min",
        issued: "audit.certs_issued_48h_min",
        signups: "audit.signups_48h_min",
        stalled: "certs.stalled_48h",
        lag: 6,
    },
];

/// What recorded totals and the dated feed show of one window.
struct Shown {
    words: &'static str,
    lag: i64,
    ducklings: Result<Increase, Unavailable>,
    certificates: Result<Increase, Unavailable>,
    /// Dated entries in the window.
    signups: i64,
    issued: i64,
    /// Whether the feed was read to its end and reaches back over the window.
    is_covered_by_feed: bool,
    /// Ducklings without a certificate, by the counters.
    backlog: Option<i64>,
    /// Those of them that came within the last hour: a certificate takes some minutes.
    young: i64,
}

/// Puts the facts of certificates and of the mail's posture; yields the sign-ups of the last
/// 24 h that are known.
pub(super) fn join(
    observation: &mut Observation,
    observations: &Observations,
    past: &Result<RecordedSamples, Unavailable>,
    now: OffsetDateTime,
) -> Option<i64> {
    let reach = observations.seconds("audit.reach").unwrap_or(0);
    let backlog = observations.int("certs.backlog");
    let waiting = fewest_waiting(observations, past.as_ref().ok(), (now, HOUR));
    let young = backlog
        .zip(waiting)
        .map_or(0, |(all, waiting)| (all - waiting).max(0));
    let windows = SPANS.each_ref().map(|span| {
        let ducklings = increase_of(observations, past, DUCKLINGS, now, span.length);
        // The counters decide how much there was of anything.
        let most = ducklings.as_ref().ok().and_then(|total| total.at_most);
        let signups = observations.int(span.signups).unwrap_or(0);
        Shown {
            words: span.words,
            lag: span.lag,
            signups: most.map_or(signups, |most| signups.min(most)),
            ducklings,
            certificates: increase_of(observations, past, CERTIFICATES, now, span.length),
            issued: observations.int(span.issued).unwrap_or(0),
            is_covered_by_feed: reach >= span.length.whole_seconds(),
            backlog,
            young,
        }
    });
    for (span, shown) in SPANS.iter().zip(&windows) {
        let ducklings = shown.at_least(&shown.ducklings, shown.signups);
        observation.put(span.ducklings, ducklings.map(FactValue::Int), now);
        let certificates = shown.at_least(&shown.certificates, shown.issued);
        observation.put(span.certificates, certificates.map(FactValue::Int), now);
        observation.put(span.stalled, shown.stalled().map(FactValue::Bool), now);
    }
    let [day, two_days] = &windows;
    let word = |word: &'static str| FactValue::Text(Untrusted::new(word));
    observation.put("certs.pace", pace(day, two_days).map(word), now);
    observation.put("mail.posture", posture(observations).map(word), now);
    day.at_least(&day.ducklings, day.signups).ok()
}

/// The worst that is proven, in a word. A stall of a day is one whether or not the day before is
/// known; that nothing is wrong takes both windows.
fn pace(day: &Shown, two_days: &Shown) -> Result<&'static str, Unavailable> {
    let stalled = [two_days.stalled(), day.stalled()];
    match stalled {
        [Ok(true), _] => return Ok("stalled-48h"),
        [_, Ok(true)] => return Ok("stalled-24h"),
        _ if day.is_lagging() => return Ok("lagging-24h"),
        _ if two_days.is_lagging() => return Ok("lagging-48h"),
        _ => {}
    }
    for stalled in stalled {
        stalled?;
    }
    let is_complete = two_days.backlog.is_some_and(|backlog| backlog <= 0);
    Ok(match two_days.is_recorded() || !is_complete {
        true => "keeping",
        false => "complete",
    })
}

impl Shown {
    /// The larger of what totals and feed prove; the feed alone where history cannot be read.
    fn at_least(
        &self,
        total: &Result<Increase, Unavailable>,
        dated: i64,
    ) -> Result<i64, Unavailable> {
        match total {
            Ok(total) => Ok(total.at_least.max(dated)),
            Err(unavailable) if dated > 0 && self.is_only_history_missing(unavailable) => Ok(dated),
            Err(unavailable) => Err(unavailable.clone()),
        }
    }

    /// The counters are there and earlier ones cannot be read; a clock that is off is another
    /// matter, since it makes the dates of the feed doubtful, too.
    fn is_only_history_missing(&self, unavailable: &Unavailable) -> bool {
        self.backlog.is_some() && unavailable.why == UnavailableReason::HistoryUnreadable
    }

    /// Whether recorded totals reach back over the window.
    fn is_recorded(&self) -> bool {
        let covers = |total: &Result<Increase, Unavailable>| {
            total.as_ref().is_ok_and(|total| total.covered > 0.999)
        };
        covers(&self.ducklings) && covers(&self.certificates)
    }

    /// Whether ducklings came more than an hour ago and certificates did not. A window that is not
    /// wholly known answers where what is known of it suffices.
    fn stalled(&self) -> Result<bool, Unavailable> {
        let (ducklings, certificates) = match (&self.ducklings, &self.certificates) {
            (Ok(ducklings), Ok(certificates)) => (ducklings, certificates),
            (Err(unavailable), _) | (_, Err(unavailable)) => {
                let alone = self.is_only_history_missing(unavailable);
                let stalled = self.stalled_without_history(0).filter(|_| alone);
                return stalled.ok_or_else(|| unavailable.clone());
            }
        };
        if certificates.at_most.is_some_and(|most| most < self.issued) {
            upper_bound(certificates, self.issued, "certificates issued")?;
        }
        let came = ducklings.at_least.max(self.signups);
        if certificates.at_least.max(self.issued) > 0 {
            return Ok(false);
        }
        match (came, ducklings.at_most, certificates.at_most) {
            (_, Some(0), _) => return Ok(false),
            (1.., _, Some(0)) => return Ok(came > self.young),
            _ => {}
        }
        self.stalled_without_history(came)
            .ok_or_else(|| self.not_covered(ducklings, certificates))
    }

    /// What feed and counters show by themselves. The silence of a feed counts where the counters
    /// agree with it; `came` is what history shows of ducklings.
    fn stalled_without_history(&self, came: i64) -> Option<bool> {
        let backlog = self.backlog?;
        let uncertified = self.issued == 0;
        if self.is_covered_by_feed && self.signups > 0 && uncertified && backlog >= self.signups {
            return Some(self.signups > self.young);
        }
        let none_shown = came.max(self.signups) == 0 || !uncertified;
        (backlog <= 0 && none_shown).then_some(false)
    }

    /// Whether the backlog is proven to have grown by so much, with fewer than half of the new
    /// ducklings certified.
    fn is_lagging(&self) -> bool {
        let came = self.at_least(&self.ducklings, self.signups).unwrap_or(0);
        let counted = self.certificates.as_ref().ok();
        let counted = counted.and_then(|total| total.at_most);
        // The feed shows certificates, so it would show more of them.
        let agrees = self.backlog.is_some_and(|all| all >= came - self.issued);
        let dated = (self.is_covered_by_feed && self.issued > 0 && agrees).then_some(self.issued);
        let issued = [counted, dated].into_iter().flatten().min();
        issued.is_some_and(|issued| came - issued >= self.lag && 2 * issued < came)
    }

    fn not_covered(&self, ducklings: &Increase, certificates: &Increase) -> Unavailable {
        let window = self.words;
        let covered = ducklings.covered.min(certificates.covered) * 100.0;
        let reset = [ducklings, certificates].iter().any(|total| total.reset);
        let (why, more) = match reset {
            true => (
                UnavailableReason::CounterReset,
                ", and a total fell (counter reset)",
            ),
            false => (UnavailableReason::NotCovered, ""),
        };
        let since = ducklings
            .since
            .map_or_else(String::new, |at| format!(", since {}", fact::utc(at)));
        Unavailable::new(
            why,
            format!(
                "recorded history covers {covered:.0} % of the last {window}{since}{more}: not enough to see whether certificates keep pace"
            ),
        )
        .fix("Let cron record, or compare the recorded totals")
        .command("duckops history status.database.birth_certificates")
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
            format!("{path} not requested"),
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
