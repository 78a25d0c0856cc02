//! What the room promises, as claims.

use super::*;
use crate::report::sample;

fn plain(width: usize) -> Style {
    Style {
        color: false,
        width,
    }
}

fn at_80(report: &Report) -> String {
    render(report, plain(80))
}

/// The page of each runbook of a report, as if it alone had been asked for.
fn each_alone(report: &Report) -> Vec<String> {
    let alone = |runbook: &RunbookReport| Report {
        runbooks: vec![runbook.clone()],
        ..report.clone()
    };
    report.runbooks.iter().map(|r| at_80(&alone(r))).collect()
}

/// Every command of a report: the only lines that may be wider than the terminal.
fn commands(report: &Report) -> Vec<String> {
    let steps = report.runbooks.iter().flat_map(|r| &r.steps);
    let manual = steps.clone().map(|s| s.manual.to_string());
    let next = steps.filter_map(|s| s.next_action.clone());
    let next = next
        .chain(report.next_action.clone())
        .chain(report.runbooks.iter().filter_map(|r| r.next_action.clone()));
    next.filter_map(|n| n.command)
        .map(|c| c.to_string())
        .chain(manual)
        .collect()
}

#[test]
fn the_answer_comes_first_and_its_command_stands_alone() {
    let text = at_80(&sample::critical());
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("CRITICAL  14 callback errors in 24 h"));
    assert_eq!(
        lines[1],
        "DO NOW    Escalate to T-JOSH (P1) by 03:17Z, in 5 min and record the incident"
    );
    assert_eq!(lines[2], "          with its numbers.");
    assert_eq!(lines[3], "          duckops record inc-004");
    assert_eq!(lines[4], "");
    assert!(at_80(&sample::all_ok()).starts_with("OK "));
    assert!(at_80(&sample::all_unknown()).starts_with("UNKNOWN "));
}

#[test]
fn an_escalation_beside_another_action_has_its_own_command() {
    let mut report = sample::critical();
    report.next_action = Some(NextAction {
        text: "Roll back prod from 62 to 61".into(),
        command: Some("duckops alias rollback --to 61".into()),
    });
    let text = at_80(&report);
    let expected =
        "ESCALATE  T-JOSH (P1) by 03:17Z, in 5 min\n          duckops escalate inc-004\n";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn the_last_line_names_stack_requests_time_and_exit_code() {
    let text = at_80(&sample::critical());
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(
        last,
        "prod 111122223333 us-east-1 \u{b7} 2 requests, 0.18 s \u{b7} exit 2 \u{b7} more: --explain"
    );
}

#[test]
fn a_critical_that_the_root_cause_does_not_explain_has_its_own_block() {
    let mut report = sample::critical();
    let mut other = report.runbooks[0].clone();
    other.id = "inc-005".into();
    other.summary = "Mail quota: 200 of 200 sent".into();
    report.runbooks.push(other);
    let text = at_80(&report);
    assert!(
        text.contains("\nCRITICAL  INC-005 Mail quota: 200 of 200 sent\nDO NOW    "),
        "{text}"
    );
    report.runbooks[2].blocked_by = Some("inc-004".into());
    assert!(!at_80(&report).contains("\nCRITICAL  INC-005"));
}

#[test]
fn no_line_is_wider_than_the_terminal_but_commands() {
    for (name, report) in sample::all() {
        let commands = commands(&report);
        for width in [20, 40, 60, 80, 120, 200] {
            for line in render(&report, plain(width)).lines() {
                let command = commands.iter().any(|c| line.ends_with(c.as_str()));
                assert!(
                    words::width(line) <= width || command,
                    "{name} at {width}: {line}"
                );
            }
        }
    }
}

#[test]
fn a_command_stands_whole_on_its_own_line_at_every_width() {
    for (name, report) in sample::all() {
        for width in [20, 60, 200] {
            let text = render(&report, plain(width));
            if let Some(command) = report.next_action.as_ref().and_then(|n| n.command.as_ref()) {
                assert!(
                    text.lines().any(|l| l.trim_start() == command.as_str()),
                    "{name} at {width}"
                );
            }
        }
    }
}

#[test]
fn every_page_fits_one_screen() {
    for (name, report) in sample::all() {
        if name == "hostile" {
            continue;
        }
        let text = at_80(&report);
        assert!(text.lines().count() <= SCREEN, "{name}\n{text}");
        for alone in each_alone(&report) {
            assert!(alone.lines().count() <= SCREEN, "{name}\n{alone}");
        }
    }
    // Notes that would push the answer off the screen are counted.
    let mut report = sample::one_bad_runbook();
    report.notes = vec!["something about this run".into(); 30];
    let text = at_80(&report);
    assert!(text.lines().count() <= SCREEN, "{text}");
    assert!(
        text.contains("notes     30 notes about this run: --explain"),
        "{text}"
    );
}

#[test]
fn several_runbooks_are_one_row_each() {
    let text = at_80(&sample::critical());
    assert!(
        text.contains(
            "\n  CRIT INC-004 callbacks  1 of 5 steps critical, 1 warning, 1 not judged\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("\n  WARN INC-003 callbacks  The newest pulse is 21 minutes old."),
        "{text}"
    );
    let fine = at_80(&sample::all_ok());
    assert!(
        fine.contains("\n  ok   INC-004 callbacks  2 of 2 steps ok\n"),
        "{fine}"
    );
}

#[test]
fn every_step_has_its_verdict_number_and_id() {
    for (sample_name, report) in sample::all() {
        if sample_name == "hostile" {
            continue;
        }
        for (runbook, text) in report.runbooks.iter().zip(each_alone(&report)) {
            for step in &runbook.steps {
                let word = match step.verdict() {
                    Verdict::Ok => "ok  ",
                    Verdict::Skipped => "skip",
                    other => other.short(),
                };
                let start = format!("  {word} {} {}", step.number, step.id);
                assert!(
                    text.lines().any(|l| l.starts_with(&start)),
                    "{sample_name}: {start}\n{text}"
                );
            }
        }
    }
}

#[test]
fn explain_shows_evidence_requests_and_the_manual_command() {
    let mut report = sample::critical();
    report.runbooks.truncate(1);
    let text = explain(&report, plain(80));
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "peck.callback_errors_24h_min = 14",
        "peck.callback_errors_rising = yes",
        "executions.newest: 5 entries",
        "why denied",
        "executions.stale = not known",
        "source status, GET /beak/system/status in 0.04 s",
        "failed: AccessDeniedException after 1 of 2 pages",
        "check it yourself:",
        sample::LIST,
        sample::CURL,
    ] {
        assert!(flat.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!at_80(&report).contains(sample::CURL));
}

#[test]
fn a_long_list_of_checks_shows_failing_ones_and_counts_the_others() {
    let mut report = sample::critical();
    report.runbooks.truncate(1);
    let ok = report.runbooks[0].steps[1].clone();
    for number in 6..26 {
        let mut step = ok.clone();
        step.number = number;
        step.id = format!("check-{number}").into();
        report.runbooks[0].steps.push(step);
    }
    let text = at_80(&report);
    assert!(text.lines().count() <= SCREEN, "{text}");
    assert!(text.contains("  ok   21 checks"), "{text}");
    assert!(text.contains("check-25"), "{text}");
}

#[test]
fn a_blocked_runbook_names_what_to_solve_first() {
    let text = at_80(&sample::blocked());
    assert!(text.contains("not judged: INC-001 is critical"), "{text}");
}

#[test]
fn a_due_time_has_its_date_unless_it_is_today() {
    let mut report = sample::critical();
    if let Some(escalation) = &mut report.escalation {
        escalation.due = Some(sample::NOW - std::time::Duration::from_secs(4 * 3600));
    }
    let text = at_80(&report);
    assert!(
        text.contains("Escalate to T-JOSH (P1) now: 4 h overdue"),
        "{text}"
    );
    if let Some(escalation) = &mut report.escalation {
        escalation.due = Some(sample::NOW + std::time::Duration::from_secs(24 * 3600));
    }
    let text = at_80(&report);
    assert!(text.contains("by 2026-03-23 03:12Z, in 24 h"), "{text}");
}

#[test]
fn without_colour_there_is_no_control_character_but_the_newline() {
    for (name, report) in sample::all() {
        let text = at_80(&report);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}");
    }
}

#[test]
fn text_from_outside_never_begins_a_line() {
    let ours = [
        "CRITICAL", "DO NOW", "NEXT", "ESCALATE", "then", "note", "check it",
    ];
    let text = at_80(&sample::hostile());
    for line in text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with(' '))
    {
        // The line of context begins with the name of the stack, which a person configured.
        let stack = &sample::hostile().stack.name;
        let is_last = line.starts_with(&stack.as_str()[..10]);
        assert!(
            is_last || ours.iter().any(|o| line.starts_with(o)),
            "{line}"
        );
    }
}

#[test]
fn colour_changes_no_word_of_the_table() {
    for (name, report) in sample::all() {
        let colour = render(
            &report,
            Style {
                color: true,
                width: 80,
            },
        );
        assert!(colour.contains("\x1b["), "{name}");
        let mut bare = String::new();
        let mut rest = colour.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            bare.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        bare.push_str(rest);
        let trimmed = |text: &str| {
            let lines: Vec<_> = text.lines().map(|l| l.trim_end().to_owned()).collect();
            lines.join("\n")
        };
        assert_eq!(trimmed(&bare), trimmed(&at_80(&report)), "{name}");
    }
}
