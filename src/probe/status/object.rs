//! What an answer must have to be a status: declared once, for the probe and for every look at
//! the API after a write.

use super::claimed_health::ClaimedHealth;
use crate::cloud::MemberValue;
use crate::observation::{Unavailable, UnavailableReason};
use crate::probe::document::JsonObject;
use crate::text::Untrusted;

/// The documented objects of a status. One of these, or a version, makes an answer a status: an
/// error of a layer in between has none of them.
const SECTIONS: [&str; 5] = ["database", "agents", "peck_protocol", "auth", "ses"];

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

/// Sections that no other runbook asks for their health.
const INNER: [&str; 3] = ["database", "auth", "peck_protocol"];

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
        claims
            .chain(flags)
            .chain(
                INNER
                    .into_iter()
                    .filter_map(|section| self.impaired(section)),
            )
            .max_by_key(|(health, _)| *health)
    }

    /// What a section says of itself that does not work, `"database": {"status": "DOWN"}`, while the API answers.
    fn impaired(&self, section: &str) -> Option<(ClaimedHealth, Option<Untrusted>)> {
        let path = |name: &str| format!("{section}.{name}");
        let word = |name| {
            let word = self.document.text(&path(name)).ok()?;
            let said = word.printable(200).to_string();
            // A table may have this name, and a number of rows.
            let is_number = said.parse::<f64>().is_ok();
            let is_bad = ClaimedHealth::of_words(&word) >= ClaimedHealth::Degraded;
            (is_bad && !is_number).then(|| format!("{section} {said}"))
        };
        let denied = |name| {
            let is_denied = self.document.flag(&path(name)) == Ok(false);
            is_denied.then(|| format!("{section}.{name} false"))
        };
        let words = ["status", "state", "health"].into_iter();
        let flags = ["connected", "up", "healthy", "ok", "available"].into_iter();
        let mut said = words.filter_map(word).chain(flags.filter_map(denied));
        let said = Untrusted::new(said.next()?);
        Some((ClaimedHealth::Degraded, Some(said)))
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
