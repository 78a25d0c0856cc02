//! The commands that a report suggests, completed so that they ask, and change, what this run has asked.

use super::model::{NextAction, Report};
use crate::text::{Printable, quoted};
use std::path::Path;

/// What a run was given beside the stack, for the commands that can read it: without it they may decide
/// otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GivenArguments<'a> {
    /// The version that was expected of `triage`, where its command line named one.
    pub(crate) expected: Option<&'a str>,
    /// The DEPLOY-LOG.md that was read.
    pub(crate) deploy_log: Option<&'a Path>,
}

impl GivenArguments<'_> {
    fn of(&self, command: &str) -> Vec<String> {
        let flag = |name: &str, value: &str| format!("{name} {}", quoted(value));
        let log = self.deploy_log.and_then(Path::to_str);
        let log = log.map(|path| flag("--deploy-log", path));
        let expected = self.expected.map(|version| flag("--expect", version));
        match command.split(' ').nth(1) {
            Some("triage") => expected.into_iter().chain(log).collect(),
            Some("alias") => log.into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

impl Report {
    /// Gives each suggested command the arguments that name the stack, and what else this run was given.
    pub(crate) fn keep_arguments(&mut self, given: GivenArguments<'_>) {
        let stack = self.stack.arguments.clone();
        let keep = |command: Option<&mut Printable>| {
            if let Some(command) = command {
                let given = given.of(command.as_str());
                let completed = with_arguments(command.as_str(), &given);
                *command = with_arguments(&completed, &stack).into();
            }
        };
        keep(of(&mut self.next_action));
        let obstacle = self.layout.obstacle.as_mut();
        keep(obstacle.and_then(|(_, command)| command.as_mut()));
        for runbook in &mut self.runbooks {
            keep(of(&mut runbook.next_action));
            keep(runbook.then.as_mut());
            for step in &mut runbook.steps {
                keep(of(&mut step.next_action));
                keep(step.then.as_mut());
                keep(Some(&mut step.manual));
            }
        }
    }
}

fn of(next: &mut Option<NextAction>) -> Option<&mut Printable> {
    next.as_mut().and_then(|next| next.command.as_mut())
}

/// A command of duckops with these arguments, each unless it has that flag or shows only texts; what
/// follows `#` stays behind them.
pub(crate) fn with_arguments(command: &str, arguments: &[String]) -> String {
    let is_meant = command.starts_with("duckops ") && !command.starts_with("duckops help");
    if !is_meant {
        return command.to_owned();
    }
    let (typed, comment) = match command.split_once("  # ") {
        Some((typed, comment)) => (typed, format!("  # {comment}")),
        None => (command, String::new()),
    };
    let words: Vec<&str> = typed.split([' ', '=']).collect();
    let is_missing = |argument: &&String| {
        let flag = argument.split(' ').next();
        flag.is_some_and(|flag| !words.contains(&flag))
    };
    let missing = arguments.iter().filter(is_missing);
    let missing: String = missing.map(|argument| format!(" {argument}")).collect();
    format!("{typed}{missing}{comment}")
}

/// A sentence whose last words may be a command, after a colon.
pub(crate) fn sentence_with_arguments(text: &str, arguments: &[String]) -> String {
    match text.rsplit_once(": ") {
        Some((words, command)) => format!("{words}: {}", with_arguments(command, arguments)),
        None => with_arguments(text, arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_duckops_name_the_stack_once_before_a_comment() {
        let stack = ["--stack staging", "--profile 'a b'"].map(str::to_owned);
        for (command, due) in [
            (
                "duckops alias show",
                "duckops alias show --stack staging --profile 'a b'",
            ),
            (
                "duckops alias rollback --to 61  # from revision r",
                "duckops alias rollback --to 61 --stack staging --profile 'a b'  # from revision r",
            ),
            (
                "duckops --profile=x doctor --stack staging",
                "duckops --profile=x doctor --stack staging",
            ),
            ("duckops help check", "duckops help check"),
            ("aws lambda get-alias", "aws lambda get-alias"),
        ] {
            assert_eq!(with_arguments(command, &stack), due);
            assert_eq!(with_arguments(command, &[]), command);
            let sentence = format!("Look: {command}");
            let due = [due, &format!("Look: {due}")].map(str::to_owned);
            let found = [command, &sentence].map(|text| sentence_with_arguments(text, &stack));
            assert_eq!(found, due);
        }
    }
}
