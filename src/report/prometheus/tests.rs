//! What the room promises, as claims.

use super::super::sample;
use super::*;

fn samples(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).collect()
}

#[test]
fn every_state_of_a_verdict_is_there_and_one_is_in_force() {
    let text = render(&sample::critical());
    for (id, verdict) in [("inc-004", "critical"), ("inc-003", "warning")] {
        let start = format!(
            "duckops_runbook_verdict{{stack=\"prod\",run=\"inc-003+inc-004\",runbook=\"{id}\","
        );
        let states: Vec<_> = text.lines().filter(|l| l.starts_with(&start)).collect();
        assert_eq!(states.len(), 5, "{text}");
        let on: Vec<_> = states.iter().filter(|l| l.ends_with(" 1")).collect();
        assert_eq!(on.len(), 1);
        assert!(on[0].contains(&format!("verdict=\"{verdict}\"")), "{on:?}");
    }
    assert!(
        text.contains("step=\"stale\",verdict=\"unknown\"} 1\n"),
        "{text}"
    );
}

#[test]
fn facts_are_numbers_and_the_unknown_goes_on_as_nan() {
    let text = render(&sample::critical());
    for end in [
        "fact=\"peck.callback_errors_24h_min\",unit=\"count\"} 14",
        "fact=\"peck.callback_errors_rising\",unit=\"\"} 1",
        "fact=\"audit.pulse_age\",unit=\"seconds\"} 1260",
        "fact=\"executions.stale\",unit=\"count\"} NaN",
    ] {
        assert!(text.contains(&format!("{end}\n")), "{end}\n{text}");
    }
    assert!(!text.contains("executions.newest"), "a list is no number");
}

#[test]
fn the_limits_of_the_runbook_are_there_and_so_is_each_fact_of_the_table() {
    let mut report = sample::one_bad_runbook();
    report.runbooks[0]
        .limits
        .push(("stale_after".into(), crate::fact::FactValue::Duration(900)));
    let text = render(&report);
    for end in [
        "runbook=\"inc-004\",limit=\"per_day\"} 10",
        "runbook=\"inc-004\",limit=\"stale_after\"} 900",
    ] {
        assert!(text.contains(&format!("{end}\n")), "{end}\n{text}");
    }
    report.runbooks[0].steps.clear();
    report.runbooks[0].metrics[2].value = None;
    let text = render(&report);
    let end = "fact=\"peck.callback_errors\",unit=\"count\"} NaN\n";
    assert!(text.contains(end), "{text}");
    assert!(!text.contains("email.sent_24h"), "{text}");
    assert!(
        !text.contains("counter"),
        "nothing is known to count: {text}"
    );
}

#[test]
fn a_running_total_is_a_counter_and_no_other_fact_is() {
    let text = render(&sample::one_bad_runbook());
    let counters = text.lines().filter(|line| line.ends_with(" counter"));
    let counters: Vec<_> = counters.collect();
    assert_eq!(counters, ["# TYPE duckops_fact_total counter"], "{text}");
    let (_, counted) = text.split_once(counters[0]).expect("a counter");
    let (counted, _) = counted.split_once("\n# ").expect("a family after it");
    let labels = "stack=\"prod\",run=\"inc-004\",fact=\"peck.callback_errors\",unit=\"count\"";
    assert_eq!(counted.trim(), format!("duckops_fact_total{{{labels}}} 31"));
    assert!(
        text.contains(&format!("duckops_fact{{{labels}}} 31\n")),
        "{text}"
    );
}

#[test]
fn the_four_metrics_of_every_run_are_there() {
    let text = render(&sample::all_ok());
    for line in [
        "duckops_last_run_timestamp_seconds{stack=\"prod\",run=\"inc-003+inc-004\"} 1774149129",
        "duckops_last_complete_run_timestamp_seconds{stack=\"prod\",run=\"inc-003+inc-004\"} 1774149129",
        "duckops_run_duration_seconds{stack=\"prod\",run=\"inc-003+inc-004\"} 0.184",
        "duckops_build_info{stack=\"prod\",run=\"inc-003+inc-004\",version=",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn each_family_is_announced_once_and_no_series_comes_twice() {
    for (name, report) in sample::all() {
        let text = render(&report);
        assert!(text.ends_with('\n') && !text.contains("\n\n"), "{name}");
        let mut families: Vec<_> = text.lines().filter(|l| l.starts_with("# TYPE")).collect();
        let announced = families.len();
        families.sort_unstable();
        families.dedup();
        assert_eq!(families.len(), announced, "{name}");
        let mut series: Vec<_> = samples(&text).iter().map(|(s, _)| *s).collect();
        let told = series.len();
        series.sort_unstable();
        series.dedup();
        assert_eq!(series.len(), told, "{name}\n{text}");
    }
}

#[test]
fn a_sample_is_a_series_and_one_number_without_a_time_stamp() {
    for (name, report) in sample::all() {
        let text = render(&report);
        for (series, value) in samples(&text) {
            assert!(series.ends_with('}'), "{name}: {series}");
            assert!(value.parse::<f64>().is_ok(), "{name}: {value}");
        }
    }
}

#[test]
fn a_label_value_is_escaped() {
    assert_eq!(escaped(r#"a"b\"#), r#"a\"b\\"#);
    for line in render(&sample::hostile()).lines() {
        assert!(
            line.starts_with("duckops_") || line.starts_with("# "),
            "{line}"
        );
    }
}

#[test]
fn a_failed_run_is_unknown_and_keeps_the_last_complete_one() {
    let before = last_complete(&render(&sample::all_ok()));
    assert_eq!(before.map(utc).as_deref(), Some("2026-03-22T03:12:09Z"));
    let later = sample::NOW + std::time::Duration::from_secs(600);
    let text = failure(&"prod".into(), &["inc-004".into()], later, before);
    assert!(
        text.contains("runbook=\"inc-004\",verdict=\"unknown\"} 1\n"),
        "{text}"
    );
    assert!(text.contains(
        "duckops_last_run_timestamp_seconds{stack=\"prod\",run=\"inc-004\"} 1774149729\n"
    ));
    assert_eq!(last_complete(&text), before);
    assert_eq!(
        last_complete(&failure(&"prod".into(), &[], later, None)),
        None
    );
}
