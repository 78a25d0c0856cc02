//! The commands that a report suggests, completed so that they reach the stack that was asked.

use crate::judge::Conclusion;
use crate::report::model::NextAction;
use crate::text::Printable;

/// Gives each suggested command the argument that names the stack.
pub(super) fn keep_stack(conclusion: &mut Conclusion, argument: &str) {
    let keep = |command: Option<&mut Printable>| {
        let command = command.filter(|command| {
            let text = command.as_str();
            text.starts_with("duckops ") && !text.starts_with("duckops help ")
        });
        if let Some(command) = command {
            *command = format!("{command}{argument}").into();
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
