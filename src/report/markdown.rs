//! The report for a ticket or the governance log, in Markdown.
//!
//! Text from outside is inert: it opens no table cell, no list, no link, no tag and no code, and
//! mentions no one. Commands stand in indented blocks, which nothing on their line can end.

use super::model::{Escalation, NextAction, Report, RunbookReport, StepReport, Verdict};
use super::words::{name, obstacle, standing, then, took, unmentioned, value};
use crate::fact::utc;

/// The whole report.
pub fn render(report: &Report) -> String {
    let stack = &report.stack;
    // Those of this verdict; all where none needs attention.
    let is_calm = report.verdict <= Verdict::Ok;
    let shown = report.runbooks.iter();
    let shown = shown.filter(|runbook| is_calm || runbook.verdict == report.verdict);
    let runbooks: Vec<_> = shown.map(|runbook| name(&runbook.id)).collect();
    let mut out = format!(
        "# {}: {}\n\n{}\n\nStack {}, account {}, region {}, {}, {}.\n",
        report.verdict.word().to_ascii_uppercase(),
        inert(&runbooks.join(" ")),
        inert(report.summary.as_str()),
        inert(stack.name.as_str()),
        inert(stack.account.as_str()),
        inert(stack.region.as_str()),
        utc(report.started_at),
        took(report.took)
    );
    if let Some(cause) = &report.root_cause {
        out.push_str(&format!("\n**Root cause:** {}\n", inert(&name(cause))));
    }
    next(&mut out, "Next", report.next_action.as_ref());
    if let Some(then) = then(report) {
        out.push_str(&format!("\n**Then:**\n\n    {then}\n"));
    }
    escalate(&mut out, report.escalation.as_ref());
    next(&mut out, "Unknown", obstacle(report).as_ref());
    for one in &report.runbooks {
        runbook(&mut out, one, report);
    }
    for note in &report.notes {
        out.push_str(&format!("\n**Note:** {}\n", inert(note.as_str())));
    }
    out
}

fn runbook(out: &mut String, runbook: &RunbookReport, report: &Report) {
    out.push_str(&format!(
        "\n## {} {} {}: {}\n\n{}\n",
        runbook.verdict.word().to_ascii_uppercase(),
        inert(&name(&runbook.id)),
        inert(runbook.severity.as_str()),
        inert(runbook.title.as_str()),
        inert(runbook.summary.as_str())
    ));
    if let Some(compared) = standing(runbook, report.started_at) {
        out.push_str(&format!(
            "\nCompared with the check before: {}.\n",
            inert(&compared)
        ));
    }
    if let Some(by) = &runbook.blocked_by {
        let by = inert(&name(by));
        out.push_str(&format!("\nNot judged until {by} is solved.\n"));
    }
    out.push_str("\n| step | verdict | conclusion | evidence |\n| ---: | --- | --- | --- |\n");
    for step in &runbook.steps {
        out.push_str(&row(step));
    }
    for step in &runbook.steps {
        if step.verdict() < Verdict::Warning {
            continue;
        }
        let title = format!("Step {}", step.number);
        if step.next_action != report.next_action {
            next(out, &format!("{title}, next"), step.next_action.as_ref());
        }
        if step.escalation != report.escalation {
            escalate(out, step.escalation.as_ref());
        }
        if !step.manual.is_empty() && runbook.blocked_by.is_none() {
            out.push_str(&format!(
                "\n**{title}, check it yourself:**\n\n    {}\n",
                step.manual
            ));
        }
    }
}

fn row(step: &StepReport) -> String {
    let evidence = step.finding.evidence().iter();
    let evidence: Vec<_> = evidence
        .map(|e| format!("{} {}", inert(e.fact), inert(&value(e))))
        .collect();
    let conclusion = [&step.summary].into_iter().chain(&step.also);
    let conclusion: Vec<_> = conclusion.map(|line| inert(line.as_str())).collect();
    format!(
        "| {} | {} | {} | {} |\n",
        step.number,
        step.verdict().word(),
        conclusion.join("; "),
        evidence.join("; ")
    )
}

fn next(out: &mut String, title: &str, next: Option<&NextAction>) {
    let Some(next) = next else { return };
    out.push_str(&format!("\n**{title}:** {}\n", inert(next.text.as_str())));
    if let Some(command) = &next.command {
        out.push_str(&format!("\n    {command}\n"));
    }
}

fn escalate(out: &mut String, escalation: Option<&Escalation>) {
    let Some(escalation) = escalation else { return };
    let due = escalation
        .due
        .map_or("now".to_owned(), |due| format!("by {}", utc(due)));
    out.push_str(&format!(
        "\n**Escalate:** {} {} {due}: {}\n",
        inert(escalation.to.as_str()),
        inert(escalation.priority.as_str()),
        inert(escalation.reason.as_str())
    ));
}

/// A text without any effect, wherever on a line it stands. A mark that has a meaning in
/// Markdown gets a backslash, one that has a meaning in HTML becomes its entity.
pub fn inert(text: &str) -> String {
    let text = unmentioned(text);
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut only_digits = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let begins = out.trim().is_empty();
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' | '!' | '#' => {
                out.push('\\');
                out.push(c);
            }
            // Inside a word it means nothing, and the paths of facts are full of it.
            '_' if before.is_alphanumeric() && next.is_alphanumeric() => out.push(c),
            '_' => out.push_str("\\_"),
            // What a bare address is recognised by.
            ':' if next == '/' => out.push_str("\\:"),
            '.' if out.to_ascii_lowercase().ends_with("www") => out.push_str("\\."),
            // What a list, a rule or a heading begins with.
            '-' | '+' | '=' if begins => {
                out.push('\\');
                out.push(c);
            }
            '.' | ')' if only_digits && !begins => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        only_digits &= c.is_ascii_digit() || (begins && c == ' ');
        before = c;
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn markdown_and_html_markup_is_escaped() {
        let table = [
            ("a | b", "a \\| b"),
            ("```", "\\`\\`\\`"),
            ("[a](javascript:b)", "\\[a\\](javascript:b)"),
            ("![i](c)", "\\!\\[i\\](c)"),
            ("<img src=x>", "&lt; img src=x&gt;"),
            ("&lt;", "&amp;lt;"),
            ("@everyone", "@ everyone"),
            ("# heading", "\\# heading"),
            ("- item", "\\- item"),
            ("+ item", "\\+ item"),
            ("12. item", "12\\. item"),
            ("  3) item", "3\\) item"),
            ("===", "\\==="),
            ("*b* _u_ ~~s~~", "\\*b\\* \\_u\\_ \\~\\~s\\~\\~"),
            ("peck.callback_errors", "peck.callback_errors"),
            ("https://e.example", "https\\://e.example"),
            ("WWW.e.example", "WWW\\.e.example"),
            ("14 in 24 h, over 10.", "14 in 24 h, over 10."),
            ("\\x1b", "\\\\x1b"),
        ];
        for (text, shown) in table {
            assert_eq!(inert(text), shown, "{text}");
        }
    }

    #[test]
    fn hostile_text_opens_no_markdown_cell_list_or_heading() {
        let text = render(&sample::hostile());
        let report = sample::hostile();
        for line in text.lines() {
            if line.starts_with('|') {
                let bars = line.replace("\\\\", "").replace("\\|", "");
                assert_eq!(bars.matches('|').count(), 5, "{line}");
            } else if !line.is_empty() && !line.starts_with("    ") {
                let ours = ["# ", "## ", "**", "Stack "];
                let summary = [&report.summary, &report.runbooks[0].summary];
                assert!(
                    ours.iter().any(|o| line.starts_with(o))
                        || summary.iter().any(|s| line == inert(s.as_str())),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn a_markdown_command_is_a_code_block_unchanged() {
        let text = render(&sample::critical());
        assert!(
            text.contains("\n\n    duckops record inc-004\n\n"),
            "{text}"
        );
        assert!(
            text.contains(&format!("\n\n    {}\n\n", sample::CURL)),
            "{text}"
        );
    }

    #[test]
    fn a_ticket_names_stack_finding_and_next_action() {
        let text = render(&sample::critical());
        for part in [
            "# CRITICAL: INC-004\n",
            "Stack prod, account 111122223333, region us-east-1, 2026-03-22T03:12:09Z, 184ms.\n",
            "**Next:** Escalate to T-JOSH",
            "**Escalate:** T-JOSH P1 by 2026-03-22T03:17:09Z: More than 10",
            "## CRITICAL INC-004 P1: Peck callback_error spike\n",
            "| 3 | warning | 3 approval workflows failed",
            "peck.callback_errors_24h_min 14; ",
            "executions.stale not known",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert_eq!(text.matches("duckops record inc-004").count(), 1);
    }

    #[test]
    fn a_ticket_has_the_second_command_and_every_line_of_a_step() {
        let mut report = sample::critical();
        for runbook in &mut report.runbooks {
            runbook.then = Some("duckops alias show".into());
            runbook.steps[0].also = vec!["clean-up only with approval".into()];
        }
        let text = render(&report);
        assert!(
            text.contains("**Then:**\n\n    duckops alias show\n"),
            "{text}"
        );
        let also = text.matches("; clean-up only with approval |").count();
        assert_eq!(also, report.runbooks.len(), "{text}");
    }

    #[test]
    fn an_ok_ticket_has_no_next_action() {
        let text = render(&sample::all_ok());
        assert!(
            !text.contains("check it yourself") && !text.contains("**Next"),
            "{text}"
        );
    }
}
