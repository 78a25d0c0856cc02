//! The report for a chat message: one line that sums it up, then only what is wrong, one
//! line each. Nobody is called by it, whatever a name or a log line says.

use super::model::{Report, Step, Verdict};
use super::words::{cut, name, uncalled, width};

/// No line is longer.
const LINE: usize = 160;

/// The whole report. Exactly one line when all is ok.
pub fn render(report: &Report) -> String {
    let mut lines = vec![headline(report)];
    for runbook in report.runbooks.iter().filter(|r| r.verdict != Verdict::Ok) {
        let id = name(&runbook.id);
        let bad: Vec<&Step> = runbook
            .steps
            .iter()
            .filter(|step| step.verdict() >= Verdict::Warning)
            .collect();
        if runbook.blocked_by.is_some() || bad.is_empty() {
            lines.push(format!(
                "{id} {} {}",
                runbook.verdict.short(),
                runbook.summary
            ));
            continue;
        }
        for step in bad {
            lines.push(format!(
                "{id}/{} {} {}",
                step.number,
                step.verdict().short(),
                step.summary
            ));
        }
    }
    let lines = lines.iter().map(|line| cut(&uncalled(line), LINE) + "\n");
    lines.collect()
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
