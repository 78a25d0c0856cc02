//! Making the table of a shared history, once AWS answers for the stack's account.

use super::collect;
use super::history_open;
use super::run::Run;
use super::waiting::Waiting;
use crate::evidence::RecordedSamples;
use crate::fact::Probe;
use crate::history::{self, Initialised, TableName};
use crate::observation::FactState;
use crate::probe::ProbeContext;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::text::Printable;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long a new table may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(90);

/// Why there is no table; lines for the operator.
#[derive(Debug)]
pub enum InitError {
    /// Nothing was sent that could change anything.
    Refused(Vec<Printable>),
    /// The table may be there and is not ready.
    Unfinished(Vec<Printable>),
}

impl InitError {
    /// A refusal with its reason.
    pub fn refused(why: String) -> Self {
        Self::Refused(vec![format!("no table was made: {why}").into()])
    }

    fn and(self, line: Option<Printable>) -> Self {
        match self {
            Self::Refused(lines) => Self::Refused(lines.into_iter().chain(line).collect()),
            Self::Unfinished(lines) => Self::Unfinished(lines),
        }
    }
}

/// Makes the table, or finds it made.
///
/// # Errors
/// [`InitError`].
pub async fn init(run: Run, table: &TableName) -> Result<Document, InitError> {
    let keep = run.retention;
    let asking = Arc::new(run.into_probe_context());
    prove(&asking).await?;
    let access = history_open::access(&asking.stack, &asking.aws, keep).await;
    let access = access
        .map_err(|error| InitError::refused(error.to_string()).and(Some(error.remedy().into())))?;
    let (region, account) = (&asking.stack.region.value, &asking.stack.account.value);
    let place = format!("table {table} in {account} {region}");
    let done = history::initialise(table, access, PATIENCE).await;
    done.map(|done| document(&place, done)).map_err(|error| {
        let lines = [
            format!("the table is not ready for history: {error}"),
            format!("{}; doing it again goes on from there", error.remedy()),
        ];
        InitError::Unfinished(lines.map(Printable::from).into())
    })
}

/// That AWS answers for the stack's account.
async fn prove(asking: &Arc<ProbeContext>) -> Result<(), InitError> {
    let probes = BTreeSet::from([Probe::Identity]);
    let none = async { Ok(RecordedSamples::default()) };
    let told =
        collect::ask_probes(Arc::clone(asking), &probes, none, None, &Waiting::default()).await;
    let account = &asking.stack.account.value;
    match told.observations.get("aws.account") {
        FactState::Known(found) if found.value.shown().as_str() == account.as_str() => Ok(()),
        FactState::Known(found) => Err(InitError::refused(format!(
            "AWS account {}, the stack is in {account}",
            found.value.shown()
        ))),
        FactState::Unavailable(unavailable) => {
            Err(InitError::refused(unavailable.detail.to_string()).and(unavailable.fix.clone()))
        }
        FactState::NotAsked => Err(InitError::refused("the account was not checked".to_owned())),
    }
}

fn document(place: &str, done: Initialised) -> Document {
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
    Document::ok(DocumentKind::HistoryInit, summary, text, extra)
}
