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
    let alone = |runbook: &Runbook| Report {
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
fn the_first_line_names_stack_account_region_and_verdict() {
    let text = at_80(&sample::critical());
    let first = text.lines().next().unwrap_or_default();
    for word in [
        "CRITICAL",
        "prod",
        "111122223333",
        "us-east-1",
        "INC-004",
        "INC-003",
    ] {
        assert!(first.contains(word), "{word} is missing in {first:?}");
    }
    assert!(at_80(&sample::all_ok()).starts_with("OK "));
    assert!(at_80(&sample::all_unknown()).starts_with("UNKNOWN "));
}

#[test]
fn summary_next_and_escalation_follow_at_once() {
    let text = at_80(&sample::critical());
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[1].ends_with("14 callback errors in 24 h, over the limit of 10."));
    assert!(lines[2].starts_with("NEXT "));
    assert_eq!(lines[3].trim(), "duckops record inc-004");
    assert!(lines[4].starts_with("ESCALATE  T-JOSH P1 by 03:17:09Z (in 5m)"));
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
fn one_bad_runbook_fits_one_screen() {
    // Three of its five steps are bad, and one of them lists executions.
    let text = at_80(&sample::one_bad_runbook());
    assert!(text.lines().count() <= 25, "{text}");
}

#[test]
fn several_runbooks_are_an_overview_that_says_where_to_read_on() {
    let text = at_80(&sample::critical());
    assert!(text.lines().count() <= 25, "{text}");
    assert!(
        !text.contains("ask by hand") && !text.contains("peck.callback_errors="),
        "{text}"
    );
    for line in [
        "  1 CRIT",
        "  3 WARN",
        "  5 UNKN",
        "2 OK, 4 SKIP; more: duckops triage inc-004",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    let fine = at_80(&sample::all_ok());
    assert!(
        fine.contains("\nINC-004   OK: ") && !fine.contains("  1 OK"),
        "{fine}"
    );
}

#[test]
fn every_step_has_its_number_and_its_verdict_in_words() {
    for (sample_name, report) in sample::all() {
        for (runbook, text) in report.runbooks.iter().zip(each_alone(&report)) {
            for step in &runbook.steps {
                let start = format!("{:>3} {}", step.number, step.verdict().short());
                assert!(
                    text.lines().any(|l| l.starts_with(&start)),
                    "{sample_name}: {start}"
                );
            }
        }
    }
}

#[test]
fn what_is_not_ok_says_why_what_next_and_how_to_ask_by_hand() {
    let text = &each_alone(&sample::critical())[0];
    for part in [
        "1 CRIT not so: Callback errors stay within the daily limit",
        "peck.callback_errors_24h_min=14",
        "peck.callback_errors_rising=yes",
        "next: Read the cause of the newest failure.",
        "aws stepfunctions describe-execution",
        "executions.newest, 2 of 5:",
        "Not known: this identity may not list executions. [denied]",
        "not known: executions.stale",
        sample::LIST,
        sample::CURL,
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn nothing_is_said_twice() {
    for (name, report) in sample::all() {
        if name == "hostile" {
            continue;
        }
        let text = at_80(&report);
        let mut lines: Vec<_> = text
            .lines()
            .map(str::trim)
            .filter(|l| l.len() > 12)
            .collect();
        lines.sort_unstable();
        for pair in lines.windows(2) {
            assert_ne!(pair[0], pair[1], "{name}\n{text}");
        }
    }
    let text = at_80(&sample::critical());
    assert_eq!(text.matches("Escalate to T-JOSH and record").count(), 1);
    assert_eq!(text.matches("over the limit of 10.").count(), 1);
    assert_eq!(text.matches("T-JOSH P1").count(), 1);
}

#[test]
fn a_runbook_that_is_ok_is_one_line_a_step_without_next_or_by_hand() {
    let text = each_alone(&sample::all_ok()).join("\n");
    for word in ["NEXT", "ESCALATE", "by hand", "next:"] {
        assert!(!text.contains(word), "{word}\n{text}");
    }
    assert_eq!(text.matches("\n  1 OK").count(), 2, "{text}");
}

#[test]
fn a_blocked_runbook_names_what_to_solve_first_and_asks_for_nothing() {
    let text = at_80(&sample::blocked());
    assert!(text.contains("Not judged: INC-001."), "{text}");
    // Two children of one parent: the second must say it as the first does.
    let mut both = sample::blocked();
    let child = both.runbooks[1].clone();
    both.runbooks.push(child);
    assert_eq!(at_80(&both).matches("UNKNOWN P1: Not judged").count(), 2);
    let alone = &each_alone(&sample::blocked())[1];
    assert!(!alone.contains("ask by hand"), "{alone}");
}

#[test]
fn a_root_cause_that_was_not_asked_for_is_named() {
    let report = Report {
        root_cause: Some("inc-001".into()),
        ..sample::critical()
    };
    assert!(at_80(&report).contains("\nCAUSE     INC-001\n"));
}

#[test]
fn a_due_time_has_its_date_unless_it_is_today() {
    let mut report = sample::critical();
    if let Some(escalation) = &mut report.escalation {
        escalation.due = Some(sample::NOW - std::time::Duration::from_secs(4 * 3600));
    }
    let text = at_80(&report);
    assert!(
        text.contains("by 2026-03-21T23:12:09Z (overdue by 4h)"),
        "{text}"
    );
}

#[test]
fn without_colour_every_byte_of_ours_is_ascii_and_no_control_but_the_newline() {
    for (name, report) in sample::all() {
        let text = at_80(&report);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        assert!(name == "hostile" || text.is_ascii(), "{name}\n{text}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}");
    }
}

#[test]
fn text_from_outside_never_begins_a_line() {
    let ours = [
        "CRITICAL",
        "NEXT",
        "ESCALATE",
        "note:",
        "complete:",
        "escalate",
    ];
    let text = at_80(&sample::hostile());
    for line in text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with(' '))
    {
        let id = words::name(&sample::hostile().runbooks[0].id);
        let heading = cut(&id, 80) == line;
        assert!(
            heading || ours.iter().any(|o| line.starts_with(o)),
            "{line}"
        );
    }
}

#[test]
fn colour_changes_the_looks_and_not_one_word() {
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
