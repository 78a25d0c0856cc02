//! `GET /beak/system/status`: whether the API is up, and its counters.
//!
//! Every field may be missing; a field of the wrong type makes its facts unavailable. Failure
//! classes of the request are kept apart, because only some of them concern the Lambda.

mod answerer;
mod claimed_health;
mod gateway_body;
mod object;
mod outcome;
mod request;

pub(crate) use claimed_health::ClaimedHealth;
pub(crate) use object::StatusObject;
pub(crate) use request::server_time;
pub(super) use request::skew;

use super::ProbeContext;
use super::document::JsonObject;
use crate::fact::{FactValue, Probe};
use crate::lambda::version_number;
use crate::observation::{Observation, Unavailable, UnavailableReason};
use crate::text::Untrusted;
use time::OffsetDateTime;

pub(super) async fn observe(context: &ProbeContext) -> Observation {
    let mut observation = Observation::new(Probe::Status);
    let answer = request::with_tries(context, &mut observation).await;
    let at = context.now;
    observation.set(
        "api.tries",
        FactValue::Int(observation.asked.len() as i64),
        at,
    );
    observation.set(
        "api.answer",
        FactValue::Text(Untrusted::new(answer.words.to_string())),
        at,
    );
    observation.set(
        "api.seconds",
        FactValue::Float(answer.took.as_secs_f64()),
        at,
    );
    let mut refusal = "none";
    match answer.outcome {
        outcome::StatusOutcome::Up(status) => {
            // An API that calls itself impaired has not recovered.
            let good = i64::from(status.claim() != ClaimedHealth::Degraded);
            observation.set("api.up", FactValue::Bool(true), at);
            observation.set("api.good_answers", FactValue::Int(good), at);
            observation.set("api.cause", FactValue::Text(Untrusted::new("none")), at);
            claims(&mut observation, &status, at);
            fields(&mut observation, status.document(), at);
        }
        outcome::StatusOutcome::ClaimsOutage(status) => {
            let cause = FactValue::Text(Untrusted::new(outcome::Cause::Lambda.word()));
            observation.set("api.up", FactValue::Bool(false), at);
            observation.set("api.good_answers", FactValue::Int(0), at);
            observation.set("api.cause", cause, at);
            claims(&mut observation, &status, at);
            fields(&mut observation, status.document(), at);
        }
        outcome::StatusOutcome::Down { cause, unavailable } => {
            observation.set("api.up", FactValue::Bool(false), at);
            observation.set("api.good_answers", FactValue::Int(0), at);
            observation.set(
                "api.cause",
                FactValue::Text(Untrusted::new(cause.word())),
                at,
            );
            let is_unmarked = cause == outcome::Cause::UnmarkedRefusal;
            observation.set("api.unmarked", FactValue::Bool(is_unmarked), at);
            refusal = match unavailable.why {
                UnavailableReason::Throttled => "throttled",
                UnavailableReason::Redirected => "redirected",
                _ => "other",
            };
            observation.default_unavailable(unavailable);
        }
        outcome::StatusOutcome::Unclear(unavailable) => {
            observation.default_unavailable(unavailable);
            return observation;
        }
    }
    let refusal = FactValue::Text(Untrusted::new(refusal));
    observation.set("api.refusal", refusal, at);
    observation
}

/// What the API says of itself.
fn claims(observation: &mut Observation, status: &StatusObject, at: OffsetDateTime) {
    let claim = Untrusted::new(status.claim().word());
    observation.set("api.claims", FactValue::Text(claim), at);
    let word = status.status().ok_or_else(|| {
        let detail = "the status has no `status` field that is a word";
        Unavailable::new(UnavailableReason::Missing, detail)
    });
    observation.put("api.status", word.map(FactValue::Text), at);
}

fn fields(observation: &mut Observation, document: &JsonObject, at: OffsetDateTime) {
    let count = |path: &str| document.count(path).map(FactValue::Int);
    for (fact, path) in [
        ("status.database.ducklings", "database.ducklings"),
        (
            "status.database.birth_certificates",
            "database.birth_certificates",
        ),
    ] {
        observation.put(fact, count(path), at);
    }
    let callback_errors = callback_errors(document).map(FactValue::Int);
    observation.put("peck.callback_errors", callback_errors, at);
    observation.put("peck.declined", declined(document).map(FactValue::Int), at);
    let ducklings = document.count("database.ducklings");
    let certificates = document.count("database.birth_certificates");
    let backlog = ducklings.and_then(|ducklings| Ok(ducklings - certificates?));
    observation.put("certs.backlog", backlog.map(FactValue::Int), at);
    observation.put(
        "status.ses.sandbox",
        document.flag("ses.sandbox").map(FactValue::Bool),
        at,
    );
    for (fact, spellings) in [
        (
            "status.lambda_version",
            ["lambda_version", "lambda.version"],
        ),
        (
            "status.alias_version",
            ["lambda_alias_version", "lambda.alias_version"],
        ),
    ] {
        let version = version(document, spellings);
        observation.put(fact, version.map(FactValue::Text), at);
    }
    agents(observation, document, at);
}

/// The counter of callback errors. A breakdown without it is one of no failure where none is counted.
fn callback_errors(document: &JsonObject) -> Result<i64, Unavailable> {
    let counted = document.count("peck_protocol.failure_breakdown.callback_error");
    counted.or_else(|unavailable| {
        let is_missing = unavailable.why == UnavailableReason::Missing;
        let is_none = || {
            document.holds_object("peck_protocol.failure_breakdown")
                && document.count("peck_protocol.failed") == Ok(0)
        };
        (is_missing && is_none()).then_some(0).ok_or(unavailable)
    })
}

/// The counters of requests that came to nothing by intent; each may be missing.
const DECLINED: [&str; 3] = [
    "peck_protocol.failure_breakdown.denied",
    "peck_protocol.failure_breakdown.expired",
    "peck_protocol.failure_breakdown.rejected",
];

/// Their sum. Where none of them is there, nothing was counted.
fn declined(document: &JsonObject) -> Result<i64, Unavailable> {
    let counts = DECLINED.map(|path| document.count(path));
    let is_missing = |count: &Result<i64, Unavailable>| matches!(count, Err(unavailable) if unavailable.why == UnavailableReason::Missing);
    if let Some(missing) = counts.iter().find(|_| counts.iter().all(is_missing)) {
        return missing.clone();
    }
    let counted = counts.into_iter().filter(|count| !is_missing(count));
    counted.sum()
}

/// A version that has two places in the document: either suffices, but two that differ
/// leave neither credible.
fn version(document: &JsonObject, spellings: [&str; 2]) -> Result<Untrusted, Unavailable> {
    let [first, second] = spellings.map(|path| document.text(path));
    match (first, second) {
        (Ok(one), Ok(other)) => {
            let (a, b) = (one.printable(40), other.printable(40));
            if version_number(a.as_str()) == version_number(b.as_str()) {
                return Ok(one);
            }
            let [first, second] = spellings;
            let detail =
                format!("the status API names two versions: {first} is {a}, {second} is {b}");
            Err(Unavailable::new(UnavailableReason::Contradictory, detail))
        }
        (Ok(version), Err(_)) | (Err(_), Ok(version)) => Ok(version),
        (Err(unavailable), Err(_)) => Err(unavailable),
    }
}

/// The agent counts stand or fall together: what contradicts itself proves nothing.
fn agents(observation: &mut Observation, document: &JsonObject, at: OffsetDateTime) {
    const COUNTS: [(&str, &str); 3] = [
        ("status.agents.alive", "agents.alive"),
        ("status.agents.dead", "agents.dead"),
        ("status.agents.total_bonded", "agents.total_bonded"),
    ];
    let counts = COUNTS.map(|(_, path)| document.count(path));
    if let [Ok(alive), Ok(dead), Ok(total)] = &counts
        && alive.saturating_add(*dead) > *total
    {
        let unavailable = Unavailable::new(
            UnavailableReason::Contradictory,
            format!("the status API counts {alive} alive and {dead} dead of {total} bonded agents"),
        );
        COUNTS
            .iter()
            .for_each(|(fact, _)| observation.set_unavailable(fact, unavailable.clone()));
        return observation.set_unavailable("status.agents.all_dead", unavailable);
    }
    let all_dead = match &counts {
        [Ok(alive), Ok(dead), Ok(_)] => Ok(FactValue::Bool(*alive == 0 && *dead > 0)),
        [first, second, third] => {
            let failed = [first, second, third]
                .into_iter()
                .find_map(|count| count.as_ref().err());
            Err(failed
                .cloned()
                .unwrap_or_else(|| Unavailable::new(UnavailableReason::Missing, "agents")))
        }
    };
    for ((fact, _), count) in COUNTS.iter().zip(counts) {
        observation.put(fact, count.map(FactValue::Int), at);
    }
    observation.put("status.agents.all_dead", all_dead, at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_a_version_must_agree() {
        let table = [
            (
                r#"{"lambda_version":"v61","lambda":{"version":"61"}}"#,
                Ok("v61"),
            ),
            (
                r#"{"lambda_version":61,"lambda":{"version":"61"}}"#,
                Ok("61"),
            ),
            (r#"{"lambda_version":"v61"}"#, Ok("v61")),
            (r#"{"lambda":{"version":"61"}}"#, Ok("61")),
            (
                r#"{"lambda_version":null,"lambda":{"version":"61"}}"#,
                Ok("61"),
            ),
            (
                r#"{"lambda_version":"v61","lambda":{"version":"62"}}"#,
                Err(UnavailableReason::Contradictory),
            ),
            (
                r#"{"lambda_version":"62","lambda":{"version":"$LATEST"}}"#,
                Err(UnavailableReason::Contradictory),
            ),
            (
                r#"{"lambda_version":true}"#,
                Err(UnavailableReason::Mistyped),
            ),
            (r#"{"version":"61"}"#, Err(UnavailableReason::Missing)),
        ];
        for (text, due) in table {
            let document = JsonObject::parse("status", text.as_bytes()).expect("a status object");
            let found = version(&document, ["lambda_version", "lambda.version"]);
            let found = found.map(|version| version.printable(20).to_string());
            let due = due.map(str::to_owned);
            assert_eq!(found.map_err(|unavailable| unavailable.why), due, "{text}");
        }
    }

    #[test]
    fn each_version_is_read_from_its_own_two_places() {
        let at = OffsetDateTime::UNIX_EPOCH;
        let text = r#"{"lambda_version":"61","lambda_alias_version":"61","lambda":{"alias_version":"62"}}"#;
        let document = JsonObject::parse("status", text.as_bytes()).expect("a status object");
        let mut observation = Observation::new(Probe::Status);
        fields(&mut observation, &document, at);
        assert!(observation.outcome("status.lambda_version").is_ok());
        let unavailable = observation
            .outcome("status.alias_version")
            .expect_err("silent");
        assert_eq!(unavailable.why, UnavailableReason::Contradictory);
    }

    #[test]
    fn a_breakdown_without_callback_errors_is_a_known_zero_only_where_nothing_failed() {
        use UnavailableReason::{Missing, Mistyped};
        for (pecks, due) in [
            (r#"{"failed":0,"failure_breakdown":{}}"#, Ok(0)),
            (r#"{"failed":"0","failure_breakdown":{"denied":0}}"#, Ok(0)),
            (
                r#"{"failed":3,"failure_breakdown":{"callback_error":2}}"#,
                Ok(2),
            ),
            (r#"{"failed":9,"failure_breakdown":{}}"#, Err(Missing)),
            (r#"{"failed":0}"#, Err(Missing)),
            (r#"{"failure_breakdown":{}}"#, Err(Missing)),
            (r#"{"failed":null,"failure_breakdown":{}}"#, Err(Missing)),
            (r#"{"failed":0,"failure_breakdown":[]}"#, Err(Mistyped)),
            (
                r#"{"failed":0,"failure_breakdown":{"callback_error":null}}"#,
                Err(Mistyped),
            ),
        ] {
            let text = format!(r#"{{"peck_protocol":{pecks}}}"#);
            let document = JsonObject::parse("status", text.as_bytes()).expect("a status object");
            let found = callback_errors(&document).map_err(|unavailable| unavailable.why);
            assert_eq!(found, due, "{pecks}");
        }
    }
}
