//! The least AWS policy that lets duckops do its work.

use crate::engine::history_open;
use crate::fact;
use crate::history::{self, Location};
use crate::probe;
use crate::stack::{Settings, Stack};
use crate::write::alias;
use serde_json::json;

/// The policy document: what reading needs, and with `writes` also what moving the alias does.
pub fn policy(settings: &Settings, writes: bool) -> String {
    let stack = &settings.stack;
    let mut actions: Vec<_> = fact::Probe::ALL
        .into_iter()
        .filter(|probe| probe.is_aws())
        .flat_map(probe::permissions)
        .chain(alias::READS)
        .chain(if writes { alias::WRITES } else { &[] })
        .map(|action| (*action, resource(action, stack)))
        .chain(shared(settings))
        .collect();
    actions.sort();
    actions.dedup();
    let statements: Vec<_> = actions
        .iter()
        .map(
            |(action, resource)| json!({"Effect": "Allow", "Action": action, "Resource": resource}),
        )
        .collect();
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    format!("{policy:#}\n")
}

/// What a shared history needs, where one is configured.
fn shared(settings: &Settings) -> Vec<(&'static str, String)> {
    let Ok((Location::DynamoDb(table), _)) = history_open::location(settings) else {
        return Vec::new();
    };
    let stack = &settings.stack;
    let (region, account) = (&stack.region.value, &stack.account.value);
    let resource = format!("arn:aws:dynamodb:{region}:{account}:table/{table}");
    history::ACTIONS
        .iter()
        .map(|action| (*action, resource.clone()))
        .collect()
}

/// The narrowest resource of an action; some actions know none.
fn resource(action: &str, stack: &Stack) -> String {
    let (region, account) = (&stack.region.value, &stack.account.value);
    match action.split(':').next() {
        Some("states") => stack.state_machine_arn(),
        Some("lambda") => format!(
            "arn:aws:lambda:{region}:{account}:function:{}*",
            stack.function.value
        ),
        Some("logs") => format!(
            "arn:aws:logs:{region}:{account}:log-group:{}:*",
            stack.log_group.value
        ),
        _ => "*".to_owned(),
    }
}
