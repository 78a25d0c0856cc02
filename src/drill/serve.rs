//! A practice stack that runs until it is interrupted, for practice in a shell.

use super::temp_history::{ServeFolder, TempHistory};
use super::{Drill, DrillError, at, start};
use crate::practice::{FakeStack, Practice};
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::stack::Origin;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// A practice stack that runs, and what it keeps.
pub struct ServedStack {
    /// The environment of a shell that practises on it.
    pub document: Document,
    practice: Practice,
    /// Removed with the stack.
    _folder: TempHistory,
}

/// Starts a stack on a port of 127.0.0.1; 0 takes a free one.
///
/// # Errors
/// [`DrillError`].
pub async fn serve(
    drill: Drill<'_>,
    title: &str,
    world: FakeStack,
    port: u16,
) -> Result<ServedStack, DrillError> {
    let now = world.now;
    let recorded = TempHistory::keep(&world, drill.temp_dir)?;
    let (region, token) = (world.region.clone(), world.token.clone());
    let practice = start(world, port).await?;
    let stack = at(&drill.settings.stack, &practice)?;
    recorded.write(&stack, now)?;
    let (api_url, aws_url) = (practice.api_url(), practice.aws_url());
    let folder = ServeFolder::make(&recorded.path, &stack, &token)?;
    let environment = [
        ("DUCKOPS_STACK", stack.name.value.as_str()),
        ("DUCKOPS_API_URL", &api_url),
        ("DUCKOPS_ACCOUNT", &stack.account.value),
        ("DUCKOPS_HISTORY", &folder.history),
        ("DUCKOPS_STATE_DIR", &folder.state),
        ("DUCKOPS_TOKEN_FILE", &folder.token),
        ("DUCKOPS_GOVERNANCE_LOG", &folder.log),
        ("XDG_CONFIG_HOME", &folder.config),
        ("AWS_ENDPOINT_URL", &aws_url),
        ("AWS_REGION", &region),
        ("AWS_DEFAULT_REGION", &region),
        ("AWS_ACCESS_KEY_ID", "practice"),
        ("AWS_SECRET_ACCESS_KEY", "practice"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let mut text = format!("# practice stack, {title}\n");
    // A state folder that the user named is theirs to practise with: it keeps each stack apart.
    let state = drill.settings.state_dir.as_ref();
    let is_chosen =
        state.is_some_and(|state| state.origin == Origin::Environment("DUCKOPS_STATE_DIR"));
    let is_own = |name: &str| !(is_chosen && name == "DUCKOPS_STATE_DIR");
    let environment = environment.into_iter().filter(|(name, _)| is_own(name));
    let environment: Vec<_> = environment.collect();
    for (name, value) in &environment {
        let _ = match *name {
            // If it is set already, keep it: the user chose a configuration to practise with.
            "XDG_CONFIG_HOME" => writeln!(text, "export {name}=${{{name}:-{value}}}"),
            _ => writeln!(text, "export {name}={value}"),
        };
    }
    text.push_str(
        "# In a shell with these variables duckops reads and changes this practice stack alone;\n\
         # what it keeps is in a folder of this stack's own.\n\
         # Try: duckops triage; curl $DUCKOPS_API_URL/beak/system/status; aws sesv2 get-account\n\
         # ends with Ctrl-C\n",
    );
    let environment: BTreeMap<_, _> = environment.into_iter().collect();
    let extra = json!({ "environment": environment });
    Ok(ServedStack {
        document: Document::ok(DocumentKind::DrillServe, title, text, extra),
        practice,
        _folder: recorded,
    })
}

impl ServedStack {
    /// Warns of each request that is out of place. Never ends by itself.
    pub async fn watch(&self, warn: impl Fn(&str)) -> std::convert::Infallible {
        let mut reported = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let refused = self
                .practice
                .requests()
                .into_iter()
                .filter(|seen| seen.unexpected);
            for seen in refused.skip(reported) {
                reported += 1;
                let (method, path, question) = (seen.method, seen.path, seen.question);
                warn(&format!(
                    "refused, not part of the practice stack: {method} {path} {question}"
                ));
            }
        }
    }
}
