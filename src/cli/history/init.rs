//! `duckops history init`: makes the table of a shared history, or finds it made.

use super::super::Context;
use super::super::fail::Failure;
use crate::engine::collect;
use crate::engine::history_open;
use crate::evidence::RecordedSamples;
use crate::exit;
use crate::fact::Probe;
use crate::history::{self, HistoryError, Initialised, Location};
use crate::observation::FactState;
use crate::report::json::DocumentKind;
use crate::report::model::Verdict;
use crate::stack::env_overrides;
use crate::text::Printable;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long a new table may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(90);
/// What would send this elsewhere.
const CONCERNED: [&str; 3] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_STS",
];

pub(super) async fn main(context: &Context, endpoint_override: bool) -> Result<u8, Failure> {
    let run = context.run()?;
    let Location::DynamoDb(table) = run.history.clone() else {
        return Err(Failure::usage(
            "history init makes a shared table: name it with --history dynamodb:TABLE",
        ));
    };
    let elsewhere =
        env_overrides::endpoints(&context.env).find(|(name, _)| CONCERNED.contains(name));
    if let Some((name, _)) = elsewhere.filter(|_| !endpoint_override) {
        return Err(refused(format!(
            "the endpoint is overridden by {name}; --endpoint-override makes the table there"
        )));
    }
    let keep = run.retention;
    let asking = Arc::new(run.into_probe_context());
    prove(&asking).await?;
    let access = history_open::access(&asking.stack, &asking.aws, keep)
        .await
        .map_err(|error| {
            let mut failure = refused(error.to_string());
            failure.lines.push(error.remedy().into());
            failure
        })?;
    let (region, account) = (&asking.stack.region.value, &asking.stack.account.value);
    let place = format!("table {table} in {account} {region}");
    let done = history::initialise(&table, access, PATIENCE).await;
    match done {
        Ok(done) => Ok(print(context, &place, done)),
        Err(error) => Err(unfinished(&error)),
    }
}

/// That AWS answers for the stack's account.
async fn prove(asking: &Arc<crate::probe::ProbeContext>) -> Result<(), Failure> {
    let probes = BTreeSet::from([Probe::Identity]);
    let none = async { Ok(RecordedSamples::default()) };
    let told = collect::ask_probes(Arc::clone(asking), &probes, none).await;
    let account = &asking.stack.account.value;
    match told.observations.get("aws.account") {
        FactState::Known(found) if found.value.shown().as_str() == account.as_str() => Ok(()),
        FactState::Known(found) => Err(refused(format!(
            "AWS answers from account {}, the stack is in {account}",
            found.value.shown()
        ))),
        FactState::Unavailable(unavailable) => {
            let mut failure = refused(unavailable.detail.to_string());
            failure.lines.extend(unavailable.fix.clone());
            Err(failure)
        }
        FactState::NotAsked => Err(refused("nobody was asked whose account this is".to_owned())),
    }
}

/// Nothing was sent that could change anything.
fn refused(why: String) -> Failure {
    Failure {
        code: exit::WARNING,
        lines: vec![format!("no table was made: {why}").into()],
    }
}

fn unfinished(error: &HistoryError) -> Failure {
    let lines = [
        format!("the table is not ready for history: {error}"),
        format!("{}; doing it again goes on from there", error.remedy()),
    ];
    Failure {
        code: exit::UNKNOWN,
        lines: lines.map(Printable::from).into(),
    }
}

fn print(context: &Context, place: &str, done: Initialised) -> u8 {
    let made = match done.created {
        true => "was made",
        false => "was there already",
    };
    let expiry = match done.expiry_turned_on {
        true => "was turned on",
        false => "was on already",
    };
    let summary = format!("{place} {made}; expiry by the attribute `expires` {expiry}.");
    let text = format!("{summary}\nNext: duckops doctor\n");
    let extra = json!({"created": done.created, "expiry_turned_on": done.expiry_turned_on});
    context.out.document(
        DocumentKind::HistoryInit,
        Verdict::Ok,
        exit::OK,
        &summary,
        &text,
        &extra,
    )
}
