//! Links in a table (OSC 8), for a terminal that has them: the operator's pages, the log group, the
//! executions, the account page of SES. They take no columns and change no word.

use super::model::Report;
use crate::fact::FactValue;
use crate::stack::API_URL;
use regex::{Captures, Regex};
use std::collections::BTreeSet;

/// Where the operator's pages are, of the stack that this is the API of. Another stack has pages of
/// its own, and where they are is not known.
const PAGES: &str = "https://spaceduck.bot/";

/// The pages that runbooks name.
const PAGE: &str = r"(?-u)\b(?:connection-card|connection|fleet-dashboard|peck-request|request-history|spaceduck-bot-home|webhook-events)\.html";

/// A row of a step whose evidence a console shows.
const STEP: &str = r"(?m-u)^(  [!-~\x1b]*(?:CRIT|WARN|UNKN|ok|skip)[!-~\x1b]* +\d+ )(logs|executions|stale|quota|capacity|production-access|bounces)( )";

/// The lists of executions, whose lines hold the name of one.
const EXECUTIONS: &str = "executions.";

/// The text with links in it.
pub fn linked(text: &str, report: &Report) -> String {
    let mut text = text.to_owned();
    let is_ours = report.stack.api_url.as_str().trim_end_matches('/') == API_URL;
    if let Some(page) = Regex::new(PAGE).ok().filter(|_| is_ours) {
        let link = |found: &Captures<'_>| osc8(&format!("{PAGES}{}", &found[0]), &found[0]);
        text = page.replace_all(&text, link).into_owned();
    }
    let console = Console::of(report);
    if let Ok(step) = Regex::new(STEP) {
        let link = |found: &Captures<'_>| match console.of_step(&found[2]) {
            Some(url) => format!("{}{}{}", &found[1], osc8(&url, &found[2]), &found[3]),
            None => found[0].to_owned(),
        };
        text = step.replace_all(&text, link).into_owned();
    }
    for name in executions(report) {
        let Some(url) = console.execution(&name) else {
            continue;
        };
        let whole = format!(r"(?-u)\b{}\b", regex::escape(&name));
        if let Ok(whole) = Regex::new(&whole) {
            let link = osc8(&url, &name);
            text = whole
                .replace_all(&text, regex::NoExpand(&link))
                .into_owned();
        }
    }
    text
}

/// A text that opens an address.
fn osc8(url: &str, text: &str) -> String {
    format!("\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\")
}

/// The names of the executions that a report lists, where they are plain.
fn executions(report: &Report) -> BTreeSet<String> {
    let steps = report.runbooks.iter().flat_map(|runbook| &runbook.steps);
    let evidence = steps.flat_map(|step| step.finding.evidence());
    let mut names = BTreeSet::new();
    for evidence in evidence.filter(|evidence| evidence.fact.starts_with(EXECUTIONS)) {
        let Some(FactValue::List(lines)) = &evidence.value else {
            continue;
        };
        for line in lines {
            let line = line.printable(200);
            let is_state = |word: &&str| word.bytes().all(|c| c.is_ascii_uppercase() || c == b'_');
            let mut words = line.as_str().split(' ').skip_while(is_state);
            let is_plain = |name: &&str| {
                name.len() > 3
                    && name
                        .bytes()
                        .all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c))
            };
            names.extend(words.next().filter(is_plain).map(str::to_owned));
        }
    }
    names
}

/// The pages of the AWS console, for the region and the resources that the steps name.
struct Console {
    region: String,
    log_group: Option<String>,
    state_machine: Option<String>,
}

impl Console {
    fn of(report: &Report) -> Self {
        let steps = || report.runbooks.iter().flat_map(|runbook| &runbook.steps);
        // What the command of a step names is what it was asked of.
        let named = |option: &str| {
            let mut commands = steps().map(|step| step.manual.as_str());
            commands.find_map(|command| {
                let (_, rest) = command.split_once(option)?;
                rest.split_whitespace().next().map(str::to_owned)
            })
        };
        Self {
            region: report.stack.region.to_string(),
            log_group: named("--log-group-name "),
            state_machine: named("--state-machine-arn "),
        }
    }

    fn page(&self, service: &str, rest: &str) -> String {
        let region = &self.region;
        format!("https://{region}.console.aws.amazon.com/{service}/home?region={region}#{rest}")
    }

    fn of_step(&self, id: &str) -> Option<String> {
        Some(match id {
            "logs" => {
                // The console wants its own escape of a percent sign.
                let group = self.log_group.as_ref()?.replace('/', "$252F");
                self.page(
                    "cloudwatch",
                    &format!("logsV2:log-groups/log-group/{group}"),
                )
            }
            "executions" | "stale" => {
                let arn = self.state_machine.as_ref()?;
                self.page("states", &format!("/statemachines/view/{arn}"))
            }
            _ => self.page("ses", "/account"),
        })
    }

    fn execution(&self, name: &str) -> Option<String> {
        let arn = self.state_machine.as_ref()?;
        let arn = arn.replacen(":stateMachine:", ":execution:", 1);
        Some(self.page("states", &format!("/v2/executions/details/{arn}:{name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn pages_steps_and_executions_become_links_and_no_word_changes() {
        let mut report = sample::critical();
        report.stack.api_url = API_URL.into();
        let text = "  WARN 3 executions       peck-5f2aa failed\n  \
                    CRIT 3 production-access  none (webhook-events.html)\n          \
                    duckops escalate inc-004\n";
        let linked = linked(text, &report);
        for url in [
            "https://spaceduck.bot/webhook-events.html",
            "states/home?region=us-east-1#/statemachines/view/arn:aws:states:",
            ":execution:peck-approval-workflow:peck-5f2aa",
            "ses/home?region=us-east-1#/account",
        ] {
            assert!(linked.contains(url), "{url}: {linked:?}");
        }
        let osc = Regex::new("(?-u)\x1b\\]8;;[ -~]*\x1b\\\\").expect("a pattern");
        assert_eq!(osc.replace_all(&linked, ""), text);
        assert!(linked.ends_with("          duckops escalate inc-004\n"));
        // The pages of another stack are elsewhere; the AWS console is the same.
        report.stack.api_url = "https://api.example.com/prod".into();
        let linked = super::linked(text, &report);
        assert!(!linked.contains("spaceduck.bot"), "{linked:?}");
        assert!(linked.contains("ses/home?region="), "{linked:?}");
    }
}
