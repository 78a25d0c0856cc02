//! Messages that wait: claims, leases, pauses between tries, dead channels.

use super::*;
use crate::fact::{FactValue, Probe};
use crate::text::Untrusted;

fn ids(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| message.id.clone()).collect()
}

#[test]
fn a_claim_keeps_others_away_until_its_lease_ends() {
    let CheckSeries {
        mut state,
        channels,
        ..
    } = waiting(2);
    let now = at(3_600);
    let mine = state.claim(now, "one", &channels);
    assert_eq!(mine.len(), 2);
    let almost = now + LEASE - Duration::milliseconds(1);
    assert_eq!(state.claim(almost, "two", &channels), []);
    let theirs = state.claim(now + LEASE, "two", &channels);
    assert_eq!(ids(&theirs), ids(&mine), "with the same keys");
    // Who comes back from the dead does not spoil what the other does.
    let id = &mine[0].id;
    state.record_outcome(
        now + LEASE,
        "one",
        "a",
        id,
        &DeliveryOutcome::Failed { pause: None },
    );
    assert_eq!(state.claim(now + LEASE, "three", &channels), []);
    state.record_outcome(now + LEASE, "two", "b", id, &DeliveryOutcome::Delivered);
    assert_eq!(state.waiting(), 1);
}

#[test]
fn a_mute_keeps_back_what_was_queued_before_it_and_no_escalation() {
    let CheckSeries {
        mut state,
        channels,
        ..
    } = waiting(1);
    let (now, end) = (at(3_600), at(7_200));
    let call = Message {
        id: "call".to_owned(),
        kind: MessageKind::Escalate,
        ..state.outbox[0].clone()
    };
    state.outbox.push(call);
    state.mute(now, "inc-004", end, "Ada");
    assert_eq!(ids(&state.claim(now, "one", &channels)), ["call"]);
    state.record_outcome(now, "one", "a", "call", &DeliveryOutcome::Delivered);
    let almost = end - Duration::milliseconds(1);
    assert_eq!(state.claim(almost, "two", &channels), []);
    assert_eq!(state.claim(end, "three", &channels).len(), 1);
}

#[test]
fn a_mute_of_all_that_an_incident_is_about_keeps_back_what_was_queued_before_it() {
    let about = |names: &[&str]| {
        let mut report = report(Critical);
        let lines = names.iter().map(|name| Untrusted::new(*name));
        let evidence = model::Evidence {
            fact: "bonds.worst",
            value: Some(FactValue::List(lines.collect())),
            unit: "",
            source: Probe::Connections,
            at: None,
        };
        let steps = &mut report.runbooks[0].steps;
        steps.truncate(1);
        steps[0].finding = model::Finding::Critical(vec![evidence]);
        report
    };
    let mut series = CheckSeries::new(&[channel("chat", Warning)]);
    series.judged(&mut about(&["AAAA01 OFFLINE"]));
    let now = at(series.minute * 60);
    let channels = series.channels.clone();
    let claimed = |series: &CheckSeries| series.state.clone().claim(now, "run", &channels).len();
    assert_eq!(claimed(&series), 1);
    series.state.mute(now, "bond:AAAA01", at(86_400), "Ada");
    series.judged(&mut about(&["AAAA01 OFFLINE"]));
    assert_eq!(claimed(&series), 0);
    let mut unmuted = CheckSeries {
        state: series.state.clone(),
        channels: channels.clone(),
        ..series
    };
    assert!(unmuted.state.unmute("bond:AAAA01"));
    assert_eq!(claimed(&unmuted), 1, "without another check of it");
    series.judged(&mut about(&["AAAA01 OFFLINE", "AAAA02 OFFLINE"]));
    assert_eq!(claimed(&series), 1, "another one joined it");
}

#[test]
fn a_message_that_is_dropped_for_want_of_room_is_named() {
    let CheckSeries {
        mut state,
        channels,
        ..
    } = waiting(1);
    let first = state.outbox[0].clone();
    let more = (0..200).map(|nth| Message {
        id: format!("later-{nth}"),
        runbook: format!("inc-{nth}"),
        incident: format!("later-{nth}"),
        ..first.clone()
    });
    state.outbox.extend(more);
    let now = at(3_600);
    let claimed = state.claim(now, "run", &channels);
    assert!(claimed.iter().all(|message| message.id != first.id));
    let said = state.note_closed(now, &channels, &[]);
    let of_it = format!(
        "the message about {} was dropped",
        first.runbook.to_uppercase()
    );
    let lines: Vec<_> = said
        .iter()
        .filter(|line| line.as_str().contains(&of_it))
        .collect();
    assert_eq!(lines.len(), 1, "{said:?}");
    assert_eq!(
        state.note_closed(now, &channels, &[]).len(),
        0,
        "once a day"
    );
}

#[test]
fn a_failing_channel_backs_off_longer_each_time_and_keeps_message_order() {
    let CheckSeries {
        mut state,
        channels,
        ..
    } = waiting(2);
    let mut now = at(3_600);
    for minutes in [1, 2, 4, 8, 16, 30, 30] {
        let claimed = state.claim(now, "run", &channels);
        assert_eq!(claimed.len(), 2, "{minutes}");
        state.record_outcome(
            now,
            "run",
            "a",
            &claimed[0].id,
            &DeliveryOutcome::Failed { pause: None },
        );
        state.record_outcome(now, "run", "a", &claimed[1].id, &DeliveryOutcome::Untried);
        let due = now + Duration::minutes(minutes);
        let early = due - Duration::milliseconds(1);
        assert_eq!(state.claim(early, "run", &channels), [], "{minutes}");
        now = due;
    }
    assert_eq!(state.waiting(), 2, "nothing is lost");
}

#[test]
fn a_new_incident_does_not_wait_for_the_long_pause_of_an_earlier_one() {
    for asked in [None, Some(Duration::seconds(1_200))] {
        let mut series = waiting(2);
        let channels = series.channels.clone();
        let mut now = at(3_600);
        let pauses = [None, None, None, asked];
        for pause in pauses {
            let claimed = series.state.claim(now, "run", &channels);
            let failed = DeliveryOutcome::Failed { pause };
            let ids = ids(&claimed);
            series
                .state
                .record_outcome(now, "run", "a", &ids[0], &failed);
            let untried = &DeliveryOutcome::Untried;
            series
                .state
                .record_outcome(now, "run", "a", &ids[1], untried);
            now += Duration::minutes(4);
        }
        let tried = now - Duration::minutes(4);
        let after = |seconds: i64| tried + Duration::seconds(seconds);
        assert_eq!(series.state.claim(after(61), "run", &channels), []);
        series.check(Critical);
        assert_eq!(series.state.claim(after(59), "run", &channels), []);
        let due = if asked.is_some() { 1_200 } else { 60 };
        assert_eq!(series.state.claim(after(due - 1), "run", &channels), []);
        let claimed = series.state.claim(after(due), "run", &channels);
        let kinds: Vec<_> = claimed.iter().map(|message| message.kind.word()).collect();
        assert_eq!(kinds, ["trigger", "resolve", "trigger"], "in their order");
    }
}

#[test]
fn a_requested_retry_delay_is_honoured_up_to_a_limit() {
    for (wanted, kept) in [(5, 60), (600, 600), (999_999, 1_800)] {
        let CheckSeries {
            mut state,
            channels,
            ..
        } = waiting(1);
        let now = at(3_600);
        let claimed = state.claim(now, "run", &channels);
        let pause = Some(Duration::seconds(wanted));
        state.record_outcome(
            now,
            "run",
            "a",
            &claimed[0].id,
            &DeliveryOutcome::Failed { pause },
        );
        let due = now + Duration::seconds(kept);
        let early = due - Duration::milliseconds(1);
        assert_eq!(state.claim(early, "run", &channels), [], "{wanted}");
        assert_eq!(state.claim(due, "run", &channels).len(), 1, "{wanted}");
    }
}

#[test]
fn a_failing_channel_does_not_delay_the_others() {
    let mut series = CheckSeries::new(&[channel("dead", Warning), channel("chat", Warning)]);
    series.check(Critical);
    let now = at(3_600);
    let claimed = series.state.claim(now, "run", &series.channels);
    series.state.record_outcome(
        now,
        "run",
        "a",
        &claimed[0].id,
        &DeliveryOutcome::Failed { pause: None },
    );
    series
        .state
        .record_outcome(now, "run", "a", &claimed[1].id, &DeliveryOutcome::Delivered);
    series.check(Fine);
    let claimed = series.state.claim(now, "run", &series.channels);
    let channels: Vec<_> = claimed.iter().map(|m| m.channel.as_str()).collect();
    assert_eq!(channels, ["chat"]);
    // A host that does not know a channel leaves its messages to those who do.
    let other = [channel("elsewhere", Warning)];
    assert_eq!(series.state.claim(now + LEASE, "other", &other), []);
}

/// What waits: a message that was never tried, one that was claimed for its first try, and one that
/// was tried.
fn waiting_at_stages() -> AlertState {
    let mut state = waiting(3).state;
    let claimed = state.claim(at(3_600), "one", &[channel("chat", Warning)]);
    assert_eq!(claimed.len(), 3);
    state.outbox[0].claim = None;
    state.outbox[2].attempts = 1;
    state
}

#[test]
fn only_what_was_never_tried_counts_as_unheard_when_a_channel_closes() {
    let mut state = waiting_at_stages();
    let other = Message {
        channel: "mail".to_owned(),
        ..state.outbox[0].clone()
    };
    state.outbox.push(other);
    let channels = [channel("chat", Warning), channel("mail", Warning)];
    let closed = [("chat".to_owned(), "its secret is missing".to_owned())];
    state.note_closed(at(3_601), &channels, &closed);
    let unheard: Vec<bool> = state.outbox.iter().map(|m| m.is_unheard).collect();
    assert_eq!(unheard, [true, false, false, false]);
}

#[test]
fn a_message_on_its_first_way_does_not_wait() {
    let state = waiting_at_stages();
    let reports = state.channel_reports(at(3_601), &[channel("chat", Warning)]);
    let kinds: Vec<_> = reports[0].waiting.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["trigger", "trigger"], "the first and the last");
}
