//! The commands that a report suggests, completed so that they ask, and change, what this run has asked.

use super::model::{NextAction, Report};
use crate::stack::DEFAULT_STACK;
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

/// A command as a message to people elsewhere names it: without what is of this machine alone, and with
/// the stack, unless that is the one that is meant without.
pub(crate) fn for_others(command: &str, stack: &str) -> String {
    if !command.starts_with("duckops ") {
        return command.to_owned();
    }
    let mut kept: Vec<String> = Vec::new();
    let mut words = command_words(command).into_iter();
    while let Some(word) = words.next() {
        let is_own =
            ["--profile", "--runbooks", "--state-dir", "--history"].contains(&word.as_str());
        let value = if is_own { words.next() } else { None };
        match value {
            Some(shared) if shared.starts_with("dynamodb:") => kept.extend([word, shared]),
            Some(_) => {}
            None => kept.push(quoted(&word)),
        }
    }
    let named = match stack {
        DEFAULT_STACK => Vec::new(),
        name => vec![format!("--stack {}", quoted(name))],
    };
    with_arguments(&kept.join(" "), &named)
}

/// The words of a command line as the product prints it: a text in single quotes is one word.
pub(crate) fn command_words(command: &str) -> Vec<String> {
    let (mut words, mut open) = (vec![String::new()], false);
    for c in command.chars() {
        match c {
            '\'' => open = !open,
            ' ' if !open => words.push(String::new()),
            c => {
                if let Some(last) = words.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
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

    #[test]
    fn a_text_in_quotes_is_one_word_of_a_command() {
        assert_eq!(
            command_words("duckops alias rollback  --confirm 'prod@62->61 x'"),
            ["duckops", "alias", "rollback", "--confirm", "prod@62->61 x"]
        );
        assert_eq!(command_words(""), [""; 0]);
    }

    #[test]
    fn what_others_paste_names_the_stack_and_nothing_of_this_machine() {
        for (command, stack, due) in [
            ("duckops alias show", "prod", "duckops alias show"),
            (
                "duckops alias show",
                "staging",
                "duckops alias show --stack staging",
            ),
            (
                "duckops bond show A1 --stack staging --profile 'o n' --state-dir /var/x --region eu-west-1",
                "staging",
                "duckops bond show A1 --stack staging --region eu-west-1",
            ),
            (
                "duckops triage --history dynamodb:t --runbooks r",
                "prod",
                "duckops triage --history dynamodb:t",
            ),
            (
                "duckops triage --history sqlite:/x",
                "prod",
                "duckops triage",
            ),
            (
                "duckops alias rollback --confirm 'prod@62->61'",
                "prod",
                "duckops alias rollback --confirm 'prod@62->61'",
            ),
            (
                "aws lambda get-alias --profile x",
                "staging",
                "aws lambda get-alias --profile x",
            ),
        ] {
            assert_eq!(for_others(command, stack), due);
        }
    }
}
