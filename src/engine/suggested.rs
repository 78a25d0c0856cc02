//! The commands that a report suggests, completed so that they ask what this run has asked.

use crate::judge::Conclusion;
use crate::report::model::NextAction;
use crate::text::Printable;
use crate::write::report::quoted;
use std::path::Path;

/// Gives each suggested command the argument that names the stack, and those that can read it the
/// deploy log that this run has read: without it they may decide otherwise.
pub(super) fn keep_arguments(conclusion: &mut Conclusion, stack: &str, deploy_log: Option<&Path>) {
    let log = deploy_log.and_then(Path::to_str);
    let log = log.map(|path| format!(" --deploy-log {}", quoted(path)));
    let keep = |command: Option<&mut Printable>| {
        let command = command.filter(|command| {
            let text = command.as_str();
            text.starts_with("duckops ") && !text.starts_with("duckops help ")
        });
        if let Some(command) = command {
            let log = log.as_deref();
            let log = log.filter(|_| reads_log(command.as_str()));
            *command = format!("{command}{}{stack}", log.unwrap_or_default()).into();
        }
    };
    keep(of(&mut conclusion.next_action));
    let obstacle = conclusion.layout.obstacle.as_mut();
    keep(obstacle.and_then(|(_, command)| command.as_mut()));
    for runbook in &mut conclusion.runbooks {
        keep(of(&mut runbook.next_action));
        keep(runbook.then.as_mut());
        for step in &mut runbook.steps {
            keep(of(&mut step.next_action));
            keep(step.then.as_mut());
        }
    }
}

fn of(next: &mut Option<NextAction>) -> Option<&mut Printable> {
    next.as_mut().and_then(|next| next.command.as_mut())
}

fn reads_log(command: &str) -> bool {
    let mut readers = ["duckops alias ", "duckops triage "].into_iter();
    readers.any(|reader| command.starts_with(reader))
}
