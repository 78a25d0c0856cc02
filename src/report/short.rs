//! The report for a chat message: one line that sums it up, then only what is wrong, one
//! line each; of a check that was compared with the ones before, only what is new, and one
//! line for what is not. Nobody is called by it, whatever a name or a log line says.

use super::model::{Change, Report, Runbook, Step, Verdict};
use super::words::{cut, name, standing, uncalled, width};

/// No line is longer.
const LINE: usize = 160;

/// The whole report. Exactly one line when all is ok.
pub fn render(report: &Report) -> String {
    let mut lines = vec![headline(report)];
    for runbook in &report.runbooks {
        let compared = standing(runbook, report.started_at);
        match (&compared, runbook.verdict) {
            (None, Verdict::Ok) => {}
            (Some(compared), _) if is_told_in_a_line(runbook) => {
                let (id, word) = (name(&runbook.id), runbook.verdict.short());
                lines.push(format!("{id} {word} {compared}"));
            }
            _ => lines.extend(steps(runbook, compared.as_deref())),
        }
    }
    let lines = lines.iter().map(|line| cut(&uncalled(line), LINE) + "\n");
    lines.collect()
}

/// Whether the reader knows the rest already, or nothing of it is wrong.
fn is_told_in_a_line(runbook: &Runbook) -> bool {
    let change = runbook.standing.as_ref().map(|standing| standing.change);
    change == Some(Change::Unchanged) || runbook.verdict <= Verdict::Ok
}

/// What is wrong with a runbook, one line each.
fn steps(runbook: &Runbook, compared: Option<&str>) -> Vec<String> {
    let id = name(&runbook.id);
    let compared = compared.map_or(String::new(), |compared| format!(" ({compared})"));
    let bad: Vec<&Step> = runbook
        .steps
        .iter()
        .filter(|step| step.verdict() >= Verdict::Warning)
        .collect();
    if runbook.blocked_by.is_some() || bad.is_empty() {
        let word = runbook.verdict.short();
        return vec![format!("{id} {word} {}{compared}", runbook.summary)];
    }
    let line = |(at, step): (usize, &&Step)| {
        let (number, word) = (step.number, step.verdict().short());
        let compared = if at == 0 { compared.as_str() } else { "" };
        format!("{id}/{number} {word}{compared} {}", step.summary)
    };
    bad.iter().enumerate().map(line).collect()
}

/// The verdict, the stack and what to do, on one line without its newline. The sentence
/// gives way to the command, which is whole or not there.
pub fn headline(report: &Report) -> String {
    let head = format!(
        "{} {} {} {}: ",
        report.verdict.word().to_ascii_uppercase(),
        report.stack.name,
        report.stack.account,
        report.stack.region
    );
    let next = report
        .next_action
        .as_ref()
        .and_then(|next| next.command.as_ref())
        .map(|command| format!(" -> {command}"))
        .filter(|next| width(next) + width(&head) + 40 <= LINE)
        .unwrap_or_default();
    let room = LINE.saturating_sub(width(&head) + width(&next));
    let sentence = cut(&uncalled(report.summary.as_str()), room);
    format!("{head}{sentence}{next}")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn when_all_is_ok_it_is_exactly_one_line() {
        let text = render(&sample::all_ok());
        assert_eq!(
            text,
            "OK prod 111122223333 us-east-1: Nothing is wrong: 4 steps of 2 runbooks are ok.\n"
        );
    }

    #[test]
    fn only_what_is_wrong_is_told_one_line_each() {
        let text = render(&sample::critical());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "CRITICAL prod 111122223333 us-east-1: 14 callback errors in 24 h, over the limit of 10. -> duckops record inc-004",
                "INC-004/1 CRIT 14 callback errors in 24 h, over the limit of 10.",
                "INC-004/3 WARN 3 approval workflows failed in 24 h, the newest 13 minutes ago.",
                "INC-004/5 UNKN Not known: this identity may not list executions.",
                "INC-003/1 WARN The newest pulse is 21 minutes old.",
            ]
        );
    }

    #[test]
    fn what_another_incident_explains_is_one_line() {
        let text = render(&sample::blocked());
        assert!(
            text.ends_with("INC-004 UNKN Not judged: INC-001.\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn no_line_is_too_long_for_a_chat_and_none_is_forged() {
        for (sample_name, report) in sample::all() {
            let text = render(&report);
            for line in text.lines() {
                assert!(width(line) <= LINE, "{sample_name}: {line}");
            }
        }
        let text = render(&sample::hostile());
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn a_name_calls_nobody() {
        let report = Report {
            summary: "@everyone <!channel> look".into(),
            ..sample::critical()
        };
        let text = render(&report);
        assert!(text.contains("@ everyone < !channel> look"), "{text}");
    }
}
