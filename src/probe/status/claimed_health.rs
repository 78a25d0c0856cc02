//! What words of the API about itself mean: well, impaired or down.

use crate::text::Untrusted;

/// Words in the `status` field that make what stands beside them an impairment, such as `partial
/// outage`.
const MILD: [&str; 7] = [
    "elevated",
    "partial",
    "partially",
    "minor",
    "degraded",
    "limited",
    "maintenance",
];
/// Words before another one that say that there is none of it, or none any more.
const NONE: [&str; 12] = [
    "no", "0", "zero", "without", "from", "not", "never", "last", "previous", "past", "was", "were",
];
/// Words behind one that say that it is over.
const OVER: [&str; 11] = [
    "free",
    "ended",
    "closed",
    "finished",
    "resolved",
    "over",
    "cleared",
    "mitigated",
    "fixed",
    "0",
    "none",
];
/// Words by which the API calls itself impaired.
const DEGRADED: [&str; 31] = [
    "alarm",
    "impacted",
    "alert",
    "brownout",
    "overloaded",
    "throttled",
    "delayed",
    "stale",
    "intermittent",
    "backlogged",
    "warning",
    "warn",
    "impaired",
    "yellow",
    "amber",
    "orange",
    "readonly",
    "read",
    "slow",
    "unstable",
    "incident",
    "incidents",
    "draining",
    "recovering",
    "investigating",
    "risk",
    "slowdown",
    "starting",
    "restarting",
    "booting",
    "initializing",
];
/// Words by which it calls itself down.
const OUTAGE: [&str; 42] = [
    "crit",
    "emerg",
    "notready",
    "malfunction",
    "malfunctioning",
    "faulty",
    "terminated",
    "blackout",
    "ko",
    "nok",
    "panic",
    "shutdown",
    "disabled",
    "suspended",
    "inoperative",
    "outage",
    "down",
    "error",
    "errors",
    "critical",
    "major",
    "unavailable",
    "unhealthy",
    "fail",
    "failed",
    "failing",
    "failure",
    "offline",
    "red",
    "broken",
    "disrupted",
    "disruption",
    "stopped",
    "halted",
    "unreachable",
    "unresponsive",
    "crashed",
    "crashloopbackoff",
    "paused",
    "dead",
    "emergency",
    "response",
];
/// Words by which it calls itself well.
const GOOD: [&str; 12] = [
    "ok",
    "operational",
    "healthy",
    "up",
    "pass",
    "passing",
    "running",
    "green",
    "available",
    "online",
    "normal",
    "success",
];

/// What else it is not, where it is down.
const ABLE: [&str; 9] = [
    "ready",
    "responding",
    "responsive",
    "reachable",
    "working",
    "serving",
    "accepting",
    "functional",
    "functioning",
];

/// What the API says of itself in its `status` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ClaimedHealth {
    /// A word that is in no list.
    Other,
    /// It is well, or says nothing.
    Good,
    /// It is impaired.
    Degraded,
    /// It is down.
    Outage,
}

impl ClaimedHealth {
    /// The word of the fact `api.claims`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            ClaimedHealth::Good => "good",
            ClaimedHealth::Degraded => "degraded",
            ClaimedHealth::Outage => "outage",
            ClaimedHealth::Other => "other",
        }
    }

    /// What a mark alone means.
    fn of_mark(word: &Untrusted) -> Self {
        let mark = word.printable(40).to_string();
        match () {
            () if mark.contains(['\u{1f534}', '\u{274c}', '\u{26d4}', '\u{1f6d1}']) => Self::Outage,
            () if mark.contains(['\u{1f7e1}', '\u{1f7e0}', '\u{26a0}']) => Self::Degraded,
            () if mark.contains(['\u{1f7e2}', '\u{2705}', '\u{2714}']) => Self::Good,
            () => Self::Other,
        }
    }

    /// What words of the API about itself mean.
    pub(super) fn of_words(word: &Untrusted) -> Self {
        let said = word.printable(200).to_string().to_lowercase();
        let said: Vec<&str> = said
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let mark = Self::of_mark(word);
        if said.is_empty() || mark == Self::Outage {
            return mark;
        }
        let before = |at: usize, back: usize| at.checked_sub(back).and_then(|at| said.get(at));
        let is_none = |at: usize| {
            let is_over = said.get(at + 1).is_some_and(|word| OVER.contains(word));
            let mut words = (1..=3).filter_map(|back| before(at, back));
            is_over || words.any(|word| NONE.contains(word))
        };
        let is_in = |words: &[&str]| {
            // A missing answer is no missing trouble.
            let holds = |(at, word): (usize, &&str)| {
                words.contains(word) && is_none(at) == (*word == "response")
            };
            said.iter().enumerate().any(holds)
        };
        // `not available`, `no longer ok`; of `not affected` nothing is known.
        let is_well = |word: &&str| GOOD.contains(word) || ABLE.contains(word);
        let is_denied = |(at, word): (usize, &&str)| {
            let denies = ["not", "never", "longer"].contains(word);
            denies && said.iter().skip(at + 1).any(is_well)
        };
        let is_denied = said.iter().enumerate().any(is_denied);
        // A code of HTTP.
        let fails = |word: &&str| word.len() == 3 && word.starts_with('5');
        let is_gone = said
            .windows(2)
            .any(|pair| pair == ["out", "of"] || pair == ["timed", "out"]);
        let is_slowed = said
            .windows(2)
            .any(|pair| pair == ["failed", "over"] || pair == ["high", "latency"]);
        if is_in(&MILD) || is_slowed {
            ClaimedHealth::Degraded
        } else if is_in(&OUTAGE)
            || is_denied
            || is_gone
            || (said.len() == 1 && said.iter().any(fails))
        {
            ClaimedHealth::Outage
        } else if is_in(&DEGRADED) {
            ClaimedHealth::Degraded
        } else if is_in(&GOOD) {
            ClaimedHealth::Good
        } else {
            ClaimedHealth::Other
        }
    }
}
