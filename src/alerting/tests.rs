//! Notifications from check to check: what is new, who receives it, and that it is sent once.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.

mod outbox;

use super::*;
use crate::report::model::{self, Change, Report, Verdict};
use crate::report::sample;
use Verdict::{Critical, Ok as Fine, Unknown, Warning};
use time::{Duration, OffsetDateTime};

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_770_000_000 + second)
}

fn channel(name: &str, from: Verdict) -> AlertChannel {
    AlertChannel::new(name, from)
}

/// One runbook with this verdict.
fn report(verdict: Verdict) -> Report {
    let mut report = sample::one_bad_runbook();
    report.verdict = verdict;
    report.runbooks[0].verdict = verdict;
    report
}

/// A series of checks of one runbook, some minutes apart.
struct CheckSeries {
    state: AlertState,
    channels: Vec<AlertChannel>,
    debounce: Debounce,
    minute: i64,
}

impl CheckSeries {
    fn new(channels: &[AlertChannel]) -> Self {
        Self {
            state: AlertState::default(),
            channels: channels.to_vec(),
            debounce: Debounce::NONE,
            minute: 0,
        }
    }

    /// The next check; what was sent is gone from the outbox.
    fn check(&mut self, verdict: Verdict) -> Report {
        let mut report = report(verdict);
        self.judged(&mut report);
        report
    }

    fn judged(&mut self, report: &mut Report) {
        self.minute += 5;
        let id = format!("check-{}", self.minute);
        let check = CheckRun {
            at: at(self.minute * 60),
            id: &id,
            host: "a",
            debounce: self.debounce,
            channels: &self.channels,
            stack: "prod",
            has_state: true,
            runbook_url: None,
        };
        // Through its document, as in life.
        let state = AlertState::read(&self.state.write()).unwrap();
        self.state = advance(&state, &check, report);
    }

    /// What was written since the last call: channel, kind, verdict, incident.
    fn told(&mut self) -> Vec<(String, &'static str, String, String)> {
        let told = std::mem::take(&mut self.state.outbox);
        told.into_iter()
            .map(|m| (m.channel, m.kind.word(), m.verdict, m.incident))
            .collect()
    }
}

fn standing(report: &Report) -> &model::Standing {
    report.runbooks[0].standing.as_ref().unwrap()
}

/// A state with this many messages waiting for one channel.
fn waiting(messages: usize) -> CheckSeries {
    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    for i in 0..messages {
        series.check(if i % 2 == 0 { Critical } else { Fine });
    }
    assert_eq!(series.state.waiting(), messages);
    series
}

#[test]
fn each_change_has_its_word_and_keeps_when_it_began() {
    let mut series = CheckSeries::new(&[]);
    let table = [
        (Fine, Change::Unchanged, 5),
        (Fine, Change::Unchanged, 5),
        (Warning, Change::New, 15),
        (Warning, Change::Unchanged, 15),
        (Critical, Change::Worse, 25),
        (Unknown, Change::Better, 30),
        (Critical, Change::Worse, 35),
        (Critical, Change::Unchanged, 35),
        (Fine, Change::Resolved, 45),
        (Fine, Change::Unchanged, 45),
        (Unknown, Change::New, 55),
        (Warning, Change::Better, 60),
    ];
    for (verdict, change, since) in table {
        let report = series.check(verdict);
        let found = standing(&report);
        assert_eq!((found.change, found.since), (change, at(since * 60)));
        assert_eq!((report.verdict, found.settled), (verdict, verdict));
    }
}

#[test]
fn the_first_bad_check_reports_new() {
    let report = CheckSeries::new(&[]).check(Critical);
    assert_eq!(standing(&report).change, Change::New);
    assert_eq!(standing(&report).before, None);
}

#[test]
fn a_channel_gets_only_transitions_at_or_above_its_verdict() {
    let mut series = CheckSeries::new(&[channel("pager", Critical), channel("chat", Warning)]);
    let mut kinds = |verdict| -> Vec<(String, &'static str)> {
        series.check(verdict);
        let told = series.told();
        told.into_iter()
            .map(|(channel, kind, ..)| (channel, kind))
            .collect()
    };
    let both = |a, b| vec![("pager".to_owned(), a), ("chat".to_owned(), b)];
    let chat = |kind| vec![("chat".to_owned(), kind)];
    assert_eq!(kinds(Fine), []);
    assert_eq!(kinds(Warning), chat("trigger"));
    assert_eq!(kinds(Warning), []);
    assert_eq!(kinds(Critical), both("trigger", "update"));
    assert_eq!(kinds(Critical), []);
    assert_eq!(kinds(Warning), both("resolve", "update"));
    assert_eq!(kinds(Critical), both("trigger", "update"));
    assert_eq!(kinds(Fine), both("resolve", "resolve"));
    assert_eq!(kinds(Fine), []);
}

#[test]
fn each_incident_has_a_key_of_its_own() {
    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    let mut keys = Vec::new();
    for verdict in [Warning, Critical, Warning, Fine, Critical, Fine] {
        series.check(verdict);
        keys.extend(series.told().into_iter().map(|told| told.3));
    }
    let first = "duckops:prod:inc-004:check-5";
    let second = "duckops:prod:inc-004:check-25";
    assert_eq!(keys, [first, first, first, first, second, second]);
}

#[test]
fn an_incident_that_began_without_a_channel_is_sent_once_there_is_one() {
    let mut series = CheckSeries::new(&[]);
    series.check(Critical);
    series.check(Critical);
    assert_eq!(series.told(), []);
    series.channels = vec![channel("chat", Warning)];
    series.check(Critical);
    let told = series.told();
    assert_eq!((told.len(), told[0].1), (1, "trigger"));
    assert_eq!(
        told[0].3, "duckops:prod:inc-004:check-5",
        "the old incident"
    );
}

#[test]
fn an_explained_incident_changes_no_state_and_sends_nothing() {
    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    let explained = |series: &mut CheckSeries| {
        let mut report = report(Unknown);
        report.runbooks[0].blocked_by = Some("inc-001".into());
        series.judged(&mut report);
        assert_eq!(report.runbooks[0].standing, None);
    };
    series.check(Fine);
    explained(&mut series);
    assert_eq!(series.told(), []);
    series.check(Critical);
    assert_eq!(series.told().len(), 1);
    explained(&mut series);
    assert_eq!(series.told(), []);
    let report = series.check(Critical);
    assert_eq!(series.told(), []);
    assert_eq!(standing(&report).change, Change::Unchanged);
    assert_eq!(standing(&report).since, at(15 * 60));
}

#[test]
fn a_mute_suppresses_messages_to_its_last_millisecond_and_then_ends() {
    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    series.check(Fine);
    // The next checks come at minutes 10, 15 and 20.
    let until = at(15 * 60) + Duration::milliseconds(1);
    series.state.mute(at(0), "inc-004", until, "Ada");
    let report = series.check(Critical);
    let muted = standing(&report).muted.as_ref().unwrap();
    assert_eq!(muted.by.as_str(), "Ada");
    assert_eq!(
        (report.verdict, report.exit_code()),
        (Critical, 2),
        "it is not hidden"
    );
    assert!(report.is_silent());
    series.check(Critical);
    assert_eq!(series.told(), []);
    let report = series.check(Critical);
    assert_eq!(standing(&report).muted, None);
    assert!(!report.is_silent());
    let told = series.told();
    assert_eq!((told.len(), told[0].1), (1, "trigger"));
    assert_eq!(told[0].3, "duckops:prod:inc-004:check-10");

    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    series.state.mute(at(0), "inc-004", at(5 * 60), "Ada");
    series.check(Critical);
    assert_eq!(series.told().len(), 1, "over at that very moment");
}

#[test]
fn an_incident_that_ends_while_muted_is_resolved_after_the_mute() {
    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    series.check(Critical);
    assert_eq!(series.told().len(), 1);
    series.state.mute(at(0), "inc-004", at(16 * 60), "Ada");
    series.check(Fine);
    series.check(Fine);
    assert_eq!(series.told(), []);
    series.check(Fine);
    let told = series.told();
    assert_eq!((told.len(), told[0].1), (1, "resolve"));
}

#[test]
fn three_of_five_bad_runs_are_needed_and_earlier_ones_are_shown_as_held() {
    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    series.debounce = Debounce::parse("3/5").unwrap();
    let mut codes = Vec::new();
    for verdict in [Critical, Fine, Critical, Fine, Critical, Fine, Fine, Fine] {
        let report = series.check(verdict);
        assert_eq!(report.runbooks[0].verdict, verdict, "its own");
        if report.verdict != verdict {
            assert!(standing(&report).held);
            let said = format!("{} {:?}", report.summary, report.notes);
            assert!(said.contains("of 5") || said.contains("last 5"), "{said}");
            let is_held_back = report.summary.as_str().starts_with("Held back (");
            assert_eq!(is_held_back, report.verdict < verdict, "{said}");
        }
        codes.push(report.exit_code());
    }
    assert_eq!(codes, [0, 0, 0, 0, 2, 0, 0, 0]);
    let kinds: Vec<_> = series.told().into_iter().map(|told| told.1).collect();
    assert_eq!(kinds, ["trigger", "resolve"]);
}

#[test]
fn unreadable_state_is_an_error_and_never_a_first_check() {
    assert_eq!(AlertState::read("").unwrap(), AlertState::default());
    let newer = AlertState::read(r#"{"format":2,"whatever":[]}"#);
    assert_eq!(newer, Err(AlertStateError::Newer(2)));
    for text in [
        " ",
        "{}",
        "[]",
        "null",
        r#"{"format":"1"}"#,
        r#"{"format":1,"runbooks":3}"#,
    ] {
        let read = AlertState::read(text);
        assert!(
            matches!(read, Err(AlertStateError::Unreadable(_))),
            "{text}: {read:?}"
        );
    }
    let whole = {
        let mut series = CheckSeries::new(&[channel("chat", Warning)]);
        series.check(Critical);
        series.state.write()
    };
    for end in 1..whole.len() {
        assert!(AlertState::read(&whole[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn the_first_delivery_is_remembered_until_the_incident_ends() {
    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    series.check(Critical);
    let now = at(301);
    let claimed = series.state.claim(now, "run", &series.channels);
    series.state.record_outcome(
        now,
        "run",
        "host-a",
        &claimed[0].id,
        &DeliveryOutcome::Delivered,
    );
    let report = series.check(Critical);
    let told = standing(&report).told.clone().unwrap();
    assert_eq!((told.by.as_str(), told.at), ("host-a", now));
    series.check(Fine);
    let report = series.check(Critical);
    assert_eq!(standing(&report).told, None, "another incident");
}

#[test]
fn messages_of_a_dead_channel_are_bounded() {
    let mut series = waiting(230);
    let newest = series.state.outbox.last().unwrap().id.clone();
    let claimed = series.state.claim(at(999_999), "run", &series.channels);
    assert_eq!(claimed.len(), 200);
    assert_eq!(claimed.last().unwrap().id, newest);
    assert!(
        series.state.write().len() < 300_000,
        "what a shared table takes"
    );
}

#[test]
fn unknown_keys_of_another_version_are_kept() {
    let state = AlertState::read(r#"{"format":1,"later":{"a":[1,2]}}"#).unwrap();
    let written: serde_json::Value = serde_json::from_str(&state.write()).unwrap();
    assert_eq!(written["later"]["a"], serde_json::json!([1, 2]));
    assert_eq!(written["escalations"], serde_json::json!({}));
}

#[test]
fn an_escalation_counts_for_its_incident_and_does_not_wait_in_the_queue() {
    let channels = [channel("a", Critical)];
    let check = |id, second| CheckRun {
        at: at(second),
        id,
        host: "h",
        debounce: Debounce::NONE,
        channels: &channels,
        stack: "prod",
        has_state: true,
        runbook_url: None,
    };
    // A message that the channel did not take, and that is not due yet, is no reason to wait.
    let mut state = advance(
        &AlertState::default(),
        &check("one", 0),
        &mut report(Critical),
    );
    let first = state.claim(at(0), "one", &channels);
    assert_eq!(first.len(), 1);
    state.record_outcome(
        at(1),
        "one",
        "h",
        &first[0].id,
        &DeliveryOutcome::Failed { pause: None },
    );
    let runbook = report(Critical).runbooks[0].clone();
    let id = runbook.id.to_string();
    assert_eq!(state.escalated(&id, at(0)), None);
    let context = EscalationContext::default();
    let calls = state.escalate(&check("two", 10), &runbook, &context, None);
    assert_eq!(calls.len(), 1);
    assert_eq!(
        (calls[0].kind, &calls[0].incident),
        (MessageKind::Escalate, &first[0].incident)
    );
    // No other run takes it meanwhile.
    let others = state.claim(at(65), "three", &channels);
    let others: Vec<_> = others.iter().map(|message| &message.id).collect();
    assert_eq!(others, [&first[0].id]);
    let call = state.escalated(&id, at(10)).unwrap();
    assert_eq!(
        (call.at(), call.delivered(), call.is_of("two")),
        (at(10), None, true)
    );
    // What is bad since later was not called about.
    assert_eq!(state.escalated(&id, at(11)), None);
    state.record_outcome(
        at(12),
        "two",
        "h",
        &calls[0].id,
        &DeliveryOutcome::Delivered,
    );
    let call = state.escalated(&id, at(10)).unwrap();
    assert_eq!(call.delivered(), Some(at(12)));
    // After a month the state is removed.
    state.remove_expired(at(31 * 86_400));
    assert_eq!(state.escalated(&id, at(0)), None);
}
