//! The report for a chat message or a mail of cron: the finding, the command with whom to call by
//! when, then one line for each step that is not ok. Of a check that was compared with the ones
//! before, what is unchanged is one line a runbook. Mentions are broken up, whatever a name or a
//! log line holds.

use super::model::{
    Change, Escalation, NextAction, Report, RunbookReport, Standing, StepReport, Verdict,
};
use super::words::{clock, count, cut, name, unmentioned};
use crate::fact::duration;
use time::OffsetDateTime;

/// No line is longer.
const LINE: usize = 160;

/// The whole report. Exactly one line when all is ok and nothing changed.
pub fn render(report: &Report) -> String {
    let mut lines = vec![headline(report)];
    let leading = report.runbooks.first().map(|runbook| &runbook.id);
    let cause = report.root_cause.as_ref().or(leading);
    lines.extend(action(
        report.next_action.as_ref(),
        report.escalation.as_ref(),
        report.started_at,
    ));
    for runbook in report.further() {
        let (id, summary) = (name(&runbook.id), &runbook.summary);
        lines.push(format!("CRITICAL {} {id} {summary}", report.stack.name));
        let (next, escalation) = (runbook.next_action.as_ref(), runbook.escalation.as_ref());
        lines.extend(action(next, escalation, report.started_at));
    }
    if let Some(obstacle) = super::words::obstacle(report) {
        lines.push(format!("UNKNOWN {} {}", report.stack.name, obstacle.text));
        lines.extend(obstacle.command.map(|command| format!("do: {command}")));
    }
    // What the first line is about comes first.
    let (first, others): (Vec<&RunbookReport>, Vec<&RunbookReport>) = report
        .runbooks
        .iter()
        .partition(|runbook| Some(&runbook.id) == cause);
    for runbook in first.into_iter().chain(others) {
        lines.extend(rows(runbook, report.started_at));
    }
    let lines = lines
        .iter()
        .map(|line| cut(&unmentioned(line), LINE) + "\n");
    lines.collect()
}

/// The verdict, the stack and the finding, on one line without its newline.
pub fn headline(report: &Report) -> String {
    let word = report.verdict.word().to_ascii_uppercase();
    let finding = super::words::headline(report);
    let line = format!("{word} {} {finding}", report.stack.name);
    cut(&unmentioned(&line), LINE)
}

/// `do: duckops escalate inc-004 (T-JOSH P1 by 17:53Z)`
fn action(
    next: Option<&NextAction>,
    escalation: Option<&Escalation>,
    now: OffsetDateTime,
) -> Option<String> {
    let whom = escalation.map(|escalation| {
        let by = match (&escalation.paged, escalation.due) {
            (Some(_), _) => "paged".to_owned(),
            (None, Some(due)) if due > now => format!("by {}", clock(due, now)),
            (None, _) => "now".to_owned(),
        };
        format!(" ({} {} {by})", escalation.to, escalation.priority)
    });
    let whom = whom.unwrap_or_default();
    let next = next?;
    match &next.command {
        Some(command) => Some(format!("do: {command}{whom}")),
        None if !next.text.is_empty() => Some(format!("do: {}{whom}", next.text)),
        None => None,
    }
}

/// What is wrong with a runbook, one line each; one line where the reader knows it already.
fn rows(runbook: &RunbookReport, now: OffsetDateTime) -> Vec<String> {
    let id = name(&runbook.id);
    let label = runbook.standing.as_ref().map(change_label);
    if let Some(standing) = &runbook.standing {
        let compared = compared(runbook, standing, now);
        let is_known = standing.change == Change::Unchanged || runbook.verdict <= Verdict::Ok;
        match (is_known, compared) {
            (true, None) => return Vec::new(),
            (true, Some(compared)) => {
                let word = runbook.verdict.short();
                let label = label.unwrap_or_default();
                return vec![format!("{label}{word} {id} {compared}")];
            }
            _ => {}
        }
    } else if runbook.verdict <= Verdict::Ok {
        return Vec::new();
    }
    let label = label.unwrap_or_default();
    let word = runbook.verdict.short();
    if let Some(parent) = &runbook.blocked_by {
        let parent = name(parent);
        return vec![match runbook.verdict {
            Verdict::Unknown => format!("{label}{word} {id} not judged: {parent} is critical"),
            _ => format!("{label}{word} {id} {}", runbook.summary),
        }];
    }
    let bad: Vec<&StepReport> = runbook
        .steps
        .iter()
        .filter(|step| step.verdict() >= Verdict::Warning)
        .collect();
    if bad.is_empty() {
        return vec![format!("{label}{word} {id} {}", runbook.summary)];
    }
    let standing = runbook.standing.as_ref();
    let held = standing.filter(|standing| standing.held);
    let held = held.map_or("", |_| " (held back)");
    let muted = standing.and_then(|standing| standing.muted.as_ref());
    let muted = muted.map(|muted| {
        let until = clock(muted.until, now);
        format!("{label}{word} {id} muted until {until} by {}", muted.by)
    });
    let line = |steps: &Vec<&StepReport>| {
        let (first, word) = (steps[0], steps[0].verdict().short());
        let numbers: Vec<_> = steps.iter().map(|step| step.number.to_string()).collect();
        let numbers = numbers.join(",");
        match steps.len() {
            1 => format!(
                "{label}{word} {id}/{numbers} {}: {}{held}",
                first.id, first.summary
            ),
            _ => format!("{label}{word} {id}/{numbers} {}{held}", first.summary),
        }
    };
    muted
        .into_iter()
        .chain(together(&bad).iter().map(line))
        .collect()
}

/// The steps of a runbook, each by itself but for those that one cause keeps unknown, with the steps
/// that depend on them.
fn together<'a>(steps: &[&'a StepReport]) -> Vec<Vec<&'a StepReport>> {
    let mut groups: Vec<Vec<&StepReport>> = Vec::new();
    for step in steps {
        let is_unknown = |step: &StepReport| step.verdict() == Verdict::Unknown;
        let waits_for = step.waits_for();
        let same = groups.iter_mut().find(|group| {
            let on = |step: &&StepReport| waits_for == Some(&step.id);
            group[0].summary == step.summary || group.iter().any(on)
        });
        match same.filter(|group| is_unknown(step) && is_unknown(group[0])) {
            Some(group) => group.push(step),
            None => groups.push(vec![step]),
        }
    }
    groups
}

/// The first word of a row: how it compares with the check before.
fn change_label(standing: &Standing) -> &'static str {
    match standing.change {
        Change::New => "NEW  ",
        Change::Worse => "WORSE ",
        Change::Better => "BETTER ",
        Change::Resolved => "OVER ",
        Change::Unchanged => "SAME ",
    }
}

/// `for 4 min, since 17:48Z (1 critical, 3 warnings)`; nothing where it was ok and is ok.
fn compared(runbook: &RunbookReport, standing: &Standing, now: OffsetDateTime) -> Option<String> {
    let mut parts = Vec::new();
    match standing.change {
        Change::Unchanged if standing.settled >= Verdict::Warning => {
            let age = (now - standing.since).whole_seconds().max(0);
            // What the check before saw in this very second has no age yet.
            let age = match age {
                0 => String::new(),
                age => format!("for {}, ", duration(age)),
            };
            let since = clock(standing.since, now);
            parts.push(format!("{age}since {since}{}", tally(runbook)));
        }
        Change::Unchanged if standing.held => {}
        Change::Unchanged => return None,
        change => {
            let was = standing.before.map_or("ok", Verdict::word);
            parts.push(format!("{}, was {was}", change.word()));
        }
    }
    if standing.held && standing.settled < runbook.verdict {
        parts.push(format!("{} held back", runbook.verdict.word()));
    } else if standing.held {
        parts.push(format!("{} still counts", standing.settled.word()));
    }
    if let Some(muted) = &standing.muted {
        let until = clock(muted.until, now);
        parts.push(format!("muted until {until} by {}", muted.by));
    }
    Some(parts.join(", "))
}

/// ` (1 critical, 3 warnings)`
fn tally(runbook: &RunbookReport) -> String {
    let of = |verdict: Verdict| {
        let steps = runbook.steps.iter();
        steps.filter(|step| step.verdict() == verdict).count()
    };
    let parts: Vec<_> = [
        (of(Verdict::Critical), "critical", "critical"),
        (of(Verdict::Warning), "warning", "warnings"),
        (of(Verdict::Unknown), "not judged", "not judged"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, many)| count(number, one, many))
    .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(" ({})", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::words::width;
    use super::*;

    #[test]
    fn when_all_is_ok_it_is_exactly_one_line() {
        let text = render(&sample::all_ok());
        assert_eq!(
            text,
            "OK prod Nothing is wrong: 4 steps of 2 runbooks are ok.\n"
        );
    }

    #[test]
    fn the_finding_and_its_command_come_before_a_line_for_each_bad_step() {
        let text = render(&sample::critical());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "CRITICAL prod 14 callback errors in 24 h, over the limit of 10.",
                "do: duckops record inc-004 (T-JOSH P1 by 03:17Z)",
                "CRIT INC-004/1 callback-errors: 14 callback errors in 24 h, over the limit of 10.",
                "WARN INC-004/3 executions: 3 approval workflows failed in 24 h, the newest 13 minutes ago.",
                "UNKN INC-004/5 stale: Not known: this identity may not list executions.",
                "WARN INC-003/1 pulses: The newest pulse is 21 minutes old.",
            ]
        );
    }

    #[test]
    fn a_critical_of_its_own_has_its_own_command() {
        let mut report = sample::critical();
        let mut other = report.runbooks[0].clone();
        other.id = "inc-005".into();
        other.steps.truncate(1);
        report.runbooks.push(other);
        let text = render(&report);
        assert_eq!(
            text.lines().nth(2).map(|line| &line[..21]),
            Some("CRITICAL prod INC-005")
        );
        assert_eq!(text.matches("\ndo: ").count(), 2, "{text}");
    }

    #[test]
    fn what_another_incident_explains_is_one_line() {
        let text = render(&sample::blocked());
        assert!(
            text.ends_with("UNKN INC-004 not judged: INC-001 is critical\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn chat_lines_are_bounded_and_never_forged() {
        for (sample_name, report) in sample::all() {
            let text = render(&report);
            for line in text.lines() {
                assert!(width(line) <= LINE, "{sample_name}: {line}");
            }
        }
        let text = render(&sample::hostile());
        assert_eq!(text.lines().count(), 5, "{text}");
    }

    #[test]
    fn a_name_mentions_nobody_in_a_chat() {
        let report = Report {
            summary: "@everyone <!channel> look".into(),
            ..sample::critical()
        };
        let text = render(&report);
        assert!(text.contains("@ everyone < !channel> look"), "{text}");
    }
}
