//! The report in which every text is hostile.

use super::{asked, known, peck, run};
use crate::fact::{FactValue, Probe};
use crate::report::model::*;
use crate::text::{Printable, Untrusted};

/// What an attacker writes into a name, a log line or a detail.
pub(in crate::report) fn evil() -> String {
    let mut text = String::from("| x\u{1b}[2J\u{1b}]8;;http://e.example\u{7}\r\nOK all good\n");
    text.extend((0..0x20u8).map(char::from));
    text.extend((0x7f..=0x9fu32).filter_map(char::from_u32));
    text.push_str("\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}a\u{301}\u{2028}\u{2029}");
    text.push_str(
        "\n# h\n- l\n1. n\n```\n</td><img src=x onerror=alert(1)> [a](javascript:b) ![i](c) \
         | t | @everyone <!channel> <@U1> 'q' \"d\" \\ `k` *b* _u_ ~s~ $m$ a=b;c \
         https://evil.example www.evil.example duckops_build_info{a=\"b\"} 1 &lt;",
    );
    text
}

/// Every text of the report is hostile.
pub(in crate::report) fn hostile() -> Report {
    let evil_text = evil();
    let e = || Printable::from(evil_text.as_str());
    let bad_action = || NextAction {
        text: e(),
        command: Some(e()),
    };
    let call = || Escalation {
        to: e(),
        priority: e(),
        due: None,
        reason: e(),
        paged: None,
    };
    let verdicts: [fn(Vec<Evidence>) -> Finding; 4] = [
        Finding::Critical,
        Finding::Unknown,
        Finding::Warning,
        Finding::Skipped,
    ];
    let steps = verdicts.iter().enumerate().map(|(n, finding)| StepReport {
        number: n + 1,
        id: e(),
        title: e(),
        finding: finding(vec![
            known(
                "executions.name",
                FactValue::Text(Untrusted::new(evil_text.clone())),
                "",
            ),
            known(
                "executions.newest",
                FactValue::List(vec![Untrusted::new(evil_text.clone()); 4]),
                "",
            ),
        ]),
        reason_code: e(),
        summary: Printable::from(format!("{n} {evil_text}")),
        also: vec![e()],
        headline: Some(e()),
        then: Some(e()),
        next_action: Some(bad_action()),
        escalation: Some(call()),
        warming_up: None,
        unavailable: None,
        asked: vec![asked(Probe::Audit, &evil_text, Some(&evil_text))],
        manual: e(),
    });
    Report {
        stack: StackIdentity {
            name: e(),
            api_url: e(),
            region: e(),
            account: e(),
            arguments: Vec::new(),
        },
        root_cause: Some(e()),
        summary: e(),
        next_action: Some(bad_action()),
        escalation: Some(call()),
        notes: vec![e()],
        channels: vec![],
        ..run(
            vec![RunbookReport {
                id: e(),
                title: e(),
                severity: e(),
                limits: vec![(e(), FactValue::Int(10))],
                summary: Printable::from(format!("r {evil_text}")),
                blocked_by: None,
                next_action: Some(bad_action()),
                escalation: Some(call()),
                ..peck(steps.collect())
            }],
            "",
        )
    }
}
