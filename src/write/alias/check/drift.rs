//! The check whether the API runs the version that the alias points to, and who moved the alias.

use super::PreflightInput;
use super::result::{CheckResult, text};
use crate::fact::FactValue;
use crate::stack::Stack;
use crate::text::Untrusted;

pub(super) fn drift(known: &PreflightInput<'_>) -> CheckResult {
    let alias = match &known.seen.alias {
        Ok(alias) => alias,
        Err(unavailable) => return CheckResult::unknown(unavailable),
    };
    let said = match known.fact("status.lambda_version") {
        Ok(said) => said.shown().to_string(),
        Err(unavailable) => return CheckResult::unknown(&unavailable),
    };
    let told = vec![
        text("status.lambda_version", said.as_str()),
        text("alias.version", alias.version.as_str()),
    ];
    match said.trim_start_matches(['v', 'V']) == alias.version {
        true => CheckResult::ok(told, format!("API reports version {}", alias.version)),
        false => {
            let is = format!(
                "API reports {said}, alias on {}",
                Untrusted::new(alias.version.as_str()).printable(20)
            );
            let moved_before = match known.fact("alias.moved_before") {
                Ok(FactValue::Instant(at)) => Some(*at),
                _ => None,
            };
            let age = known.moved_at.or(moved_before);
            let age = age.map(|moved| known.at.unix_timestamp() - moved);
            let (next, command) = match (age, known.moved_at) {
                (Some(..SETTLED), _) => (
                    "Check again in 5 min: the alias moved only just",
                    "duckops alias show".to_owned(),
                ),
                (_, Some(_)) => (
                    "Find out what the gateway invokes: it runs another version",
                    format!("curl -s {}", known.stack.endpoint("/beak/system/status")),
                ),
                (_, None) => (WHO_MOVED, who_moved(known.stack)),
            };
            CheckResult::warning("drift", told, is)
                .next(next)
                .command(command)
        }
    }
}

/// In seconds: for so long after a move containers of the version before may still answer.
const SETTLED: i64 = 5 * 60;

/// What to do about an alias that is not on the version that is expected.
pub(in crate::write::alias) const WHO_MOVED: &str =
    "Find out who moved it, and whether it was approved";

/// The same as a command: the last moves, as CloudTrail has them.
pub(in crate::write::alias) fn who_moved(stack: &Stack) -> String {
    format!(
        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=UpdateAlias20150331 --max-results 5 --region {} --query 'Events[].[EventTime,Username,Resources[0].ResourceName]' --output text",
        stack.region.value
    )
}
