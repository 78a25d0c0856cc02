//! `duckops history init`: makes the table of a shared history, or finds it made.

use crate::cli::Context;
use crate::cli::fail::Failure;
use crate::engine::history_init::{InitError, init};
use crate::exit;
use crate::history::Location;
use crate::stack::env_overrides;

/// The variables that would make the table elsewhere.
const ENDPOINTS: [&str; 3] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_STS",
];

pub(super) async fn main(context: &Context, endpoint_override: bool) -> Result<u8, Failure> {
    let run = context.run()?;
    let Location::DynamoDb(table) = run.history.clone() else {
        return Err(Failure::usage(
            "history init makes a shared table, and none is named\nuse --history dynamodb:NAME",
        ));
    };
    let overridden = env_overrides::endpoints(&context.env, &context.settings.stack);
    let mut overridden = overridden.into_iter();
    let overridden = overridden.find(|one| ENDPOINTS.contains(&one.variable.as_str()));
    if let Some(one) = overridden.filter(|_| !endpoint_override) {
        return Err(InitError::refused(format!(
            "the endpoint is overridden by {}; --endpoint-override makes the table there",
            one.name
        ))
        .into());
    }
    Ok(context.out.document(&init(run, &table).await?))
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        let (code, lines) = match error {
            InitError::Refused(lines) => (exit::WARNING, lines),
            InitError::Unfinished(lines) => (exit::UNKNOWN, lines),
        };
        Failure { code, lines }
    }
}
