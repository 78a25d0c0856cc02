//! Sample reports for the tests of every renderer, made by hand.

mod hostile;
mod look;
mod parts;

pub(super) use self::hostile::{evil, hostile};
pub(super) use self::parts::*;

use super::model::*;
use crate::fact::{FactValue, Probe};

use crate::text::Untrusted;
use std::time::Duration;

/// INC-004 is critical, with one step of each verdict; INC-003 has a warning.
pub(super) fn critical() -> Report {
    let escalation = Escalation {
        to: p("T-JOSH"),
        priority: p("P1"),
        due: Some(NOW + Duration::from_secs(300)),
        reason: p("More than 10 callback errors in 24 h."),
        paged: None,
    };
    let next = action(
        "Escalate to T-JOSH and record the incident with its numbers.",
        Some("duckops record inc-004"),
    );
    let spike = "14 callback errors in 24 h, over the limit of 10.";
    let mut errors = step(
        1,
        "callback-errors",
        "Callback errors stay within the daily limit",
        Finding::Critical(vec![
            known("peck.callback_errors", FactValue::Int(31), "count"),
            known("peck.callback_errors_24h_min", FactValue::Int(14), "count"),
            known("peck.callback_errors_24h_max", FactValue::Int(14), "count"),
            known("peck.callback_errors_rising", FactValue::Bool(true), ""),
        ]),
        spike,
    );
    errors.reason_code = p("over-limit");
    errors.next_action = Some(next.clone());
    errors.escalation = Some(escalation.clone());
    let mut executions = step(
        3,
        "executions",
        "No approval workflow failed in the last 24 h",
        Finding::Warning(vec![
            known("executions.failed_24h", FactValue::Int(3), "count"),
            known(
                "executions.newest",
                FactValue::List(
                    ["a", "b", "c", "d", "e"]
                        .map(|n| {
                            Untrusted::new(format!(
                                "peck-5f2a{n} FAILED 2026-03-22T02:58:11Z to 2026-03-22T02:59:40Z"
                            ))
                        })
                        .into(),
                ),
                "",
            ),
        ]),
        "3 approval workflows failed in 24 h, the newest 13 minutes ago.",
    );
    executions.next_action = Some(action(
        "Read the cause of the newest failure.",
        Some(
            "aws stepfunctions describe-execution --execution-arn arn:aws:states:us-east-1:111122223333:execution:peck-approval-workflow:peck-5f2aa",
        ),
    ));
    executions.manual = p(LIST);
    let mut stale = step(
        5,
        "stale",
        "No approval hangs beyond its window",
        Finding::Unknown(vec![silent("executions.stale", "count", Probe::Executions)]),
        "Not known: this identity may not list executions.",
    );
    stale.reason_code = p("denied");
    stale.next_action = Some(action(
        "Ask for states:ListExecutions on the state machine.",
        None,
    ));
    stale.asked = vec![asked(
        Probe::Executions,
        "states:ListExecutions RUNNING",
        Some("AccessDeniedException after 1 of 2 pages"),
    )];
    stale.manual = p(LIST);
    let steps = vec![
        errors,
        step(
            2,
            "events",
            "The newest peck events are clean",
            proof("events.peck_errors", 0),
            "None of the 5 newest peck events is a callback error.",
        ),
        executions,
        step(
            4,
            "agents",
            "Agents are there to answer",
            Finding::Skipped(vec![]),
            "Not needed: INC-003 was asked for as well.",
        ),
        stale,
    ];
    let mut pulses = step(
        1,
        "pulses",
        "The newest pulse is under 10 minutes old",
        Finding::Warning(vec![known(
            "audit.pulse_age",
            FactValue::Duration(1260),
            "seconds",
        )]),
        "The newest pulse is 21 minutes old.",
    );
    pulses.next_action = Some(action(
        "Look at the fleet again in ten minutes.",
        Some("duckops triage inc-003 --wait 10m"),
    ));
    let agents = RunbookReport {
        verdict: Verdict::Warning,
        summary: p("The newest pulse is 21 minutes old."),
        ..fleet(vec![
            pulses,
            step(
                2,
                "agents",
                "At least one agent is alive",
                proof("status.agents.alive", 7),
                "7 agents alive, 2 dead, 9 bonded.",
            ),
        ])
    };
    let mut peck = peck(steps);
    peck.next_action = Some(next.clone());
    peck.escalation = Some(escalation.clone());
    Report {
        root_cause: Some(p("inc-004")),
        next_action: Some(next),
        escalation: Some(escalation),
        notes: vec![p(
            "the history reaches back 26h; older runs were made by another host.",
        )],
        channels: vec![],
        ..run(vec![peck, agents], spike)
    }
}

/// Only INC-004 of [`critical`], as a person at the keyboard asks for it.
pub(crate) fn one_bad_runbook() -> Report {
    let mut report = critical();
    report.runbooks.truncate(1);
    report.notes.clear();
    report
}

/// Two runbooks in which all is well.
pub(super) fn all_ok() -> Report {
    let errors = step(
        1,
        "callback-errors",
        "Callback errors stay within the daily limit",
        proof("peck.callback_errors", 2),
        "2 callback errors in all, so no more than 2 in 24 h.",
    );
    let events = step(
        2,
        "events",
        "The newest peck events are clean",
        proof("events.peck_errors", 0),
        "None of the 5 newest peck events is a callback error.",
    );
    let agents = step(
        1,
        "agents",
        "At least one agent is alive",
        proof("status.agents.alive", 7),
        "7 agents alive, 2 dead, 9 bonded.",
    );
    let pulses = step(
        2,
        "pulses",
        "The newest pulse is under 10 minutes old",
        proof("audit.pulse_age", 94),
        "The newest pulse is 1m 34s old.",
    );
    let fine = |runbook: RunbookReport| RunbookReport {
        summary: p("All 2 steps are ok."),
        ..runbook
    };
    run(
        vec![
            fine(peck(vec![errors, events])),
            fine(fleet(vec![agents, pulses])),
        ],
        "Nothing is wrong: 4 steps of 2 runbooks are ok.",
    )
}

/// Nothing could be asked: no credentials, no history.
pub(super) fn all_unknown() -> Report {
    let steps = (1..=5)
        .map(|n| {
            let mut s = step(
                n,
                &format!("step-{n}"),
                &format!("Claim number {n} holds"),
                Finding::Unknown(vec![
                    silent("email.sent_24h", "count", Probe::Email),
                    silent("peck.callback_errors_24h_min", "count", Probe::History),
                ]),
                "Not known: no AWS credentials were found.",
            );
            s.reason_code = p("no-credentials");
            s.next_action = Some(action(
                "Log in and ask again.",
                Some("aws sso login --profile space-duck"),
            ));
            s
        })
        .collect();
    let mut peck = peck(steps);
    peck.summary = p("Nothing could be told: no AWS credentials were found.");
    run(
        vec![peck],
        "Nothing could be told: no AWS credentials were found.",
    )
}

/// INC-001 explains INC-004.
pub(super) fn blocked() -> Report {
    let next = action(
        "Look at the errors of the function, then at the alias.",
        Some("duckops alias show"),
    );
    let mut probe = step(
        1,
        "probe",
        "The status API answers",
        Finding::Critical(vec![known(
            "status.http",
            FactValue::Text(Untrusted::new("502 three times of three")),
            "",
        )]),
        "The status API answers 502, three times of three.",
    );
    probe.next_action = Some(next.clone());
    probe.asked = vec![asked(
        Probe::Status,
        "GET /beak/system/status",
        Some("HTTP 502 after 0.3 s"),
    )];
    let lambda = RunbookReport {
        id: p("inc-001"),
        title: p("Dead Lambda"),
        severity: p("P0"),
        summary: p("The status API answers 502, three times of three."),
        next_action: Some(next.clone()),
        ..peck(vec![probe])
    };
    let steps = (1..=3)
        .map(|n| {
            let mut s = step(
                n,
                &format!("step-{n}"),
                &format!("Claim number {n} holds"),
                Finding::Unknown(vec![]),
                "Not judged: INC-001.",
            );
            s.reason_code = p("blocked");
            s
        })
        .collect();
    let mut peck = peck(steps);
    peck.summary = p("Not judged: INC-001.");
    peck.blocked_by = Some(p("inc-001"));
    Report {
        root_cause: Some(p("inc-001")),
        next_action: Some(next),
        ..run(
            vec![lambda, peck],
            "The status API answers 502; INC-004 cannot be judged until it is back.",
        )
    }
}

/// Every sample, by name.
pub(super) fn all() -> [(&'static str, Report); 6] {
    [
        ("critical", critical()),
        ("one bad runbook", one_bad_runbook()),
        ("all ok", all_ok()),
        ("all unknown", all_unknown()),
        ("blocked", blocked()),
        ("hostile", hostile()),
    ]
}
