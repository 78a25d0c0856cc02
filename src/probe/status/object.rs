//! What an answer must have to be a status: declared once, for the probe and for every look at
//! the API after a write.

use crate::cloud::MemberValue;
use crate::observation::{Unavailable, UnavailableReason};
use crate::probe::document::JsonObject;
use crate::text::Untrusted;

/// The documented objects of a status. One of these, or a version, makes an answer a status: an
/// error of a layer in between has none of them.
const SECTIONS: [&str; 5] = ["database", "agents", "peck_protocol", "auth", "ses"];

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
/// Fields by which it says in a word what it is.
const CLAIMS: [&str; 6] = [
    "health",
    "status",
    "state",
    "overall",
    "overallstatus",
    "systemstatus",
];
/// Fields that say it in one bit: their names, which bit is bad, and what it then means.
const FLAGS: [(&[&str], bool, ClaimedHealth); 3] = [
    (
        &["degraded", "maintenance", "maintenancemode", "readonly"],
        true,
        ClaimedHealth::Degraded,
    ),
    (&["outage", "down", "offline"], true, ClaimedHealth::Outage),
    (
        &["up", "available", "operational", "online"],
        false,
        ClaimedHealth::Outage,
    ),
];

/// A yes or no; a number counts something.
fn flag(held: MemberValue<'_>) -> Option<bool> {
    match held {
        MemberValue::Flag(is) => Some(is),
        MemberValue::Text(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

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
    fn of_words(word: &Untrusted) -> Self {
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

/// A status object.
#[derive(Debug)]
pub(crate) struct StatusObject {
    document: JsonObject,
}

impl StatusObject {
    /// Reads a body.
    ///
    /// # Errors
    /// That it is not JSON, not an object, or has no documented section of the right type.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unavailable> {
        let document = JsonObject::parse("status", body)?;
        document.single("status")?;
        let section = SECTIONS.iter().any(|name| document.is_object(name))
            || document.is_object("lambda")
            || document.text("lambda_version").is_ok();
        match section {
            true => Ok(Self { document }),
            false => Err(Unavailable::new(
                UnavailableReason::NotJson,
                format!(
                    "200 but no status object: none of its documented sections, only {}",
                    document.names()
                ),
            )),
        }
    }

    /// Why it speaks of the past by its own words, if it does at `now`, in seconds since 1970.
    pub(crate) fn own_age(&self, now: i64) -> Option<String> {
        self.document.own_age(now)
    }

    /// Its fields.
    pub(in crate::probe) fn document(&self) -> &JsonObject {
        &self.document
    }

    /// What its `status` field says, or its `health` where that is worse or alone: a word, or an object that
    /// holds some.
    pub(crate) fn status(&self) -> Option<Untrusted> {
        self.claimed()?.1
    }

    /// What that means.
    pub(crate) fn claim(&self) -> ClaimedHealth {
        self.claimed()
            .map_or(ClaimedHealth::Good, |(health, _)| health)
    }

    fn claimed(&self) -> Option<(ClaimedHealth, Option<Untrusted>)> {
        let names = self.document.named(&CLAIMS).into_iter();
        let claims = names.map(|name| {
            let word = self.document.words(name);
            let health = match self.document.flag(name) {
                Ok(false) => ClaimedHealth::Outage,
                _ => word
                    .as_ref()
                    .map_or(ClaimedHealth::Other, ClaimedHealth::of_words),
            };
            (health, word)
        });
        let flags = FLAGS.into_iter().flat_map(|(names, bad, health)| {
            let held = self.document.held(names).into_iter();
            let bad = held.filter(move |(_, held)| flag(*held) == Some(bad));
            bad.map(move |(name, _)| (health, Some(Untrusted::new(name))))
        });
        claims.chain(flags).max_by_key(|(health, _)| *health)
    }

    /// Every version that it names, without a leading `v`.
    pub(crate) fn versions(&self) -> Vec<String> {
        ["lambda_version", "lambda_alias_version", "lambda.version"]
            .into_iter()
            .filter_map(|path| self.document.text(path).ok())
            .map(|version| {
                let version = version.printable(21).to_string();
                version.trim_start_matches(['v', 'V']).to_owned()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_a_documented_section_of_the_right_type() {
        for good in [
            r#"{"database":{"ducklings":1}}"#,
            r#"{"agents":{}}"#,
            r#"{"peck_protocol":{"running":0},"message":"hello"}"#,
            r#"{"lambda":{"version":"61"}}"#,
            r#"{"lambda_version":"v61"}"#,
            r#"{"auth":{"signup":true}}"#,
            r#"{"ses":{"sandbox":true},"error":null}"#,
        ] {
            assert!(StatusObject::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            r#"{"message":"Internal server error"}"#,
            r#"{"message":null}"#,
            r#"{"Message":"User is not authorized"}"#,
            r#"{"errorMessage":"boom","errorType":"KeyError"}"#,
            r#"{"statusCode":500,"headers":{},"body":"{}"}"#,
            r#"{"statusCode":200,"body":"{\"database\":{}}"}"#,
            r#"{"status":"ok"}"#,
            r#"{"status":"operational","version":"Galaxy 1.1 Beta"}"#,
            r#"{"x":1}"#,
            r#"{"database":[]}"#,
            r#"{"database":"ok","agents":3}"#,
            r#"{"lambda_version":null}"#,
            r#"{"data":{"database":{"ducklings":1}}}"#,
            r#"{"error":"no","database":{}}"#,
            "",
            "[]",
            "{}",
            "null",
            "<html>",
            r#"{"database":{}"#,
        ] {
            assert!(StatusObject::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_status_word_is_understood_or_shown_as_unknown() {
        let claim = |status: &str| {
            let body = format!(r#"{{"database":{{}},"status":{status}}}"#);
            StatusObject::parse(body.as_bytes())
                .expect("a status")
                .claim()
        };
        for (words, due) in [
            (
                &["\"ok\"", "\"OK\"", "\"operational\"", "\"healthy\""][..],
                ClaimedHealth::Good,
            ),
            (
                &["\"degraded\"", "\"Maintenance\"", "\"partial outage\""],
                ClaimedHealth::Degraded,
            ),
            (
                &["\"outage\"", "\"DOWN\"", "\"error\"", "\"critical\""],
                ClaimedHealth::Outage,
            ),
            (
                &["\"quacking\"", "3", "null", "true", "[]"],
                ClaimedHealth::Other,
            ),
        ] {
            for word in words {
                assert_eq!(claim(word), due, "{word}");
            }
        }
        let silent = StatusObject::parse(br#"{"database":{}}"#).expect("a status");
        assert_eq!(
            (silent.claim(), silent.status()),
            (ClaimedHealth::Good, None)
        );
    }

    #[test]
    fn versions_are_read_without_their_letter() {
        let all = r#"{"lambda_version":"v41","lambda_alias_version":"41","lambda":{"version":41}}"#;
        let status = StatusObject::parse(all.as_bytes()).expect("a status");
        assert_eq!(status.versions(), ["41", "41", "41"]);
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct StatusCase {
        body: String,
        outcome: String,
    }

    #[test]
    fn every_body_of_the_corpus_has_its_outcome() {
        let cases = crate::cloud::corpus_tests::cases::<StatusCase>("status");
        println!("status corpus: {} bodies", cases.len());
        let mut wrong = Vec::new();
        for (name, case) in cases {
            let found = match StatusObject::parse(case.body.as_bytes()).map(|s| s.claim()) {
                Err(_) => "unclear",
                Ok(ClaimedHealth::Good | ClaimedHealth::Other) => "up",
                Ok(ClaimedHealth::Degraded) => "degraded",
                Ok(ClaimedHealth::Outage) => "outage",
            };
            if found != case.outcome {
                wrong.push(format!("{name}: {found}, not {}", case.outcome));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
