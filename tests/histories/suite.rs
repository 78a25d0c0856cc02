//! What every store promises.

use super::{ALIVE, File, Place, TOTAL, Table, at, prod, since, snapshot};
use duckops::history::{CheckState, Exchanged, StackKey, Window, increase};
use ulid::Ulid;

macro_rules! of_every_store {
    ($($claim:ident)*) => {
        mod a_file {
            $(#[test] fn $claim() { super::$claim(&super::File::new()); })*
        }
        mod a_table {
            $(#[test] fn $claim() { super::$claim(&super::Table::new()); })*
        }
    };
}

of_every_store! {
    what_was_recorded_comes_back_with_its_baseline
    what_was_never_recorded_is_nothing
    the_newest_values_are_found_by_the_beginning_of_a_name
    one_stack_never_sees_another
    the_same_snapshot_twice_is_recorded_once
    many_at_once_lose_nothing_and_record_nothing_twice
    what_had_to_wait_takes_its_place_by_time_and_is_never_the_newest
    when_a_fact_was_above_zero_is_known_however_long_ago
    only_who_read_the_present_revision_may_write_the_next
    who_is_told_done_finds_ledger_and_snapshot
    of_many_that_count_at_once_every_step_counts_once
}

fn what_was_recorded_comes_back_with_its_baseline(place: &dyn Place) {
    let mut history = place.open();
    assert!(since(&*history, 0).is_empty());
    for (number, second, total) in [(1, 0, 5), (2, 10, 6), (3, 20, 9), (4, 30, 9)] {
        history
            .record(&snapshot(number, second, total))
            .expect("recorded");
    }
    for history in [history, place.open()] {
        assert_eq!(since(&*history, 20), [(10, 6), (20, 9), (30, 9)]);
        assert_eq!(since(&*history, 19), [(10, 6), (20, 9), (30, 9)]);
        assert_eq!(since(&*history, 21), [(20, 9), (30, 9)]);
        assert_eq!(since(&*history, -1).len(), 4);
        assert_eq!(since(&*history, 999), [(30, 9)]);

        let alive = |from, to| {
            let last = history.last_positive(&prod(), ALIVE, at(from), at(to));
            last.expect("an answer")
        };
        assert_eq!(alive(0, 30), Some(at(30)));
        assert_eq!(alive(0, 29), Some(at(20)));
        assert_eq!(alive(1, 19), None);
        assert_eq!(alive(31, 60), None);
        assert_eq!(history.facts(&prod()).expect("facts"), [TOTAL, ALIVE]);

        let mut all = history.summaries(&prod(), at(0)).expect("an answer");
        assert_eq!(all.len(), 4);
        let latest = all.pop().expect("one");
        assert_eq!((latest.id, latest.at), (Ulid::from(4), at(30)));
        assert_eq!(latest.runbooks, snapshot(4, 30, 9).runbooks);
        let said = (latest.verdict.as_str(), latest.duckops_version.as_str());
        assert_eq!(said, ("warning", "0.1.0"));
    }
}

fn what_was_never_recorded_is_nothing(place: &dyn Place) {
    let mut history = place.open();
    assert_eq!(history.summaries(&prod(), at(0)), Ok(Vec::new()));
    assert_eq!(history.facts(&prod()), Ok(Vec::new()));
    assert_eq!(history.ledger(&prod()), Ok(CheckState::default()));
    assert_eq!(
        history.last_positive(&prod(), ALIVE, at(0), at(9)),
        Ok(None)
    );
    history.record(&snapshot(1, 0, 0)).expect("recorded");
    assert_eq!(
        history.samples(&prod(), "no.such.fact", at(0)),
        Ok(Vec::new())
    );
    assert_eq!(
        history.last_positive(&prod(), ALIVE, at(0), at(9)),
        Ok(None)
    );
    // A fact that an older duckops did not know yet has no sample from then.
    let mut newer = snapshot(2, 10, 7);
    newer.numbers = vec![("a.new.fact".to_owned(), 7)];
    history.record(&newer).expect("recorded");
    let new = history
        .samples(&prod(), "a.new.fact", at(5))
        .expect("samples");
    assert_eq!(new.len(), 1);
    assert_eq!(since(&*history, 5), [(0, 0)]);
}

fn the_newest_values_are_found_by_the_beginning_of_a_name(place: &dyn Place) {
    let mut history = place.open();
    assert_eq!(history.newest(&prod(), "of.", at(0)), Ok(Vec::new()));
    let numbers: [(i64, &[(&str, i64)]); 4] = [
        (0, &[("of.old", 1), ("of.b", 2)]),
        (10, &[("of.a", 3), ("of.b", 0), ("off", 4), ("of", 5)]),
        (20, &[("of.\u{10fffd}", 6), ("of.", 7), ("OF.c", 8)]),
        (30, &[("x", 9)]),
    ];
    for (second, numbers) in numbers {
        let mut snapshot = snapshot(second as u128, second, 0);
        let named = numbers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value));
        snapshot.numbers = named.collect();
        history.record(&snapshot).expect("recorded");
    }
    let due = [("", 7), ("a", 3), ("b", 0), ("\u{10fffd}", 6)];
    let due: Vec<_> = due.map(|(name, value)| (name.to_owned(), value)).into();
    for history in [history, place.open()] {
        assert_eq!(history.newest(&prod(), "of.", at(10)), Ok(due.clone()));
        let since = |from| {
            history
                .newest(&prod(), "of.", at(from))
                .expect("values")
                .len()
        };
        assert_eq!((since(0), since(11), since(21)), (5, 2, 0));
    }
}

fn one_stack_never_sees_another(place: &dyn Place) {
    let mut history = place.open();
    let mut staging = snapshot(1, 0, 501);
    staging.stack = StackKey("staging".to_owned());
    history.record(&staging).expect("recorded");
    assert!(since(&*history, 0).is_empty());
    assert_eq!(history.summaries(&prod(), at(0)), Ok(Vec::new()));
    assert_eq!(history.facts(&prod()), Ok(Vec::new()));
    assert_eq!(
        history.last_positive(&prod(), TOTAL, at(0), at(9)),
        Ok(None)
    );
}

fn the_same_snapshot_twice_is_recorded_once(place: &dyn Place) {
    place.open().record(&snapshot(7, 0, 5)).expect("recorded");
    let mut again = place.open();
    again.record(&snapshot(7, 0, 6)).expect("recorded");
    again.record_late(&snapshot(7, 0, 6)).expect("recorded");
    assert_eq!(since(&*again, 0), [(0, 5)]);
    assert_eq!(since(&*place.open(), 0), [(0, 5)]);
}

fn many_at_once_lose_nothing_and_record_nothing_twice(place: &dyn Place) {
    const EACH: i64 = 30;
    std::thread::scope(|threads| {
        for thread in 0..3_i64 {
            threads.spawn(move || {
                let mut history = place.open();
                for i in 0..EACH {
                    let number = (thread * EACH + i + 1) as u128;
                    history
                        .record(&snapshot(number, i, thread))
                        .expect("recorded");
                }
            });
        }
    });
    let all = since(&*place.open(), 0);
    assert_eq!(all.len() as i64, 3 * EACH);
    for thread in 0..3 {
        let own = all.iter().filter(|(_, of)| *of == thread).map(|(s, _)| *s);
        assert_eq!(own.collect::<Vec<_>>(), (0..EACH).collect::<Vec<_>>());
    }
}

fn what_had_to_wait_takes_its_place_by_time_and_is_never_the_newest(place: &dyn Place) {
    let mut history = place.open();
    history.record(&snapshot(1, 0, 5)).expect("recorded");
    history.record(&snapshot(4, 3_000, 9)).expect("recorded");
    for (number, second, total) in [(3, 2_000, 7), (2, 1_000, 6), (5, 9_000, 11)] {
        let late = snapshot(number, second, total);
        history.record_late(&late).expect("recorded");
        history.record_late(&late).expect("recorded");
    }
    let seen: Vec<_> = since(&*history, 0).iter().map(|(_, n)| *n).collect();
    assert_eq!(seen, [5, 6, 7, 9, 11]);
    let all = history.summaries(&prod(), at(0)).expect("an answer");
    let ids: Vec<_> = all.iter().map(|summary| summary.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5].map(Ulid::from));
    history.record(&snapshot(6, 9_500, 12)).expect("recorded");
    let samples = history.samples(&prod(), TOTAL, at(0)).expect("samples");
    let window = Window {
        start: at(0),
        end: at(9_500),
    };
    let grown = increase(&samples, window).expect("steady");
    assert_eq!((grown.at_least, grown.reset), (7, false));
}

fn when_a_fact_was_above_zero_is_known_however_long_ago(place: &dyn Place) {
    const HOUR: i64 = 3_600;
    let mut history = place.open();
    // Above zero three times in one hour and once in the next, then no more.
    for (number, second) in [(1, 0), (2, 60), (3, 120), (4, HOUR)] {
        history
            .record(&snapshot(number, second, 1))
            .expect("recorded");
    }
    for i in 0..10 {
        history
            .record(&snapshot(10 + i as u128, (2 + i) * HOUR, 0))
            .expect("recorded");
    }
    for history in [history, place.open()] {
        let last = |from, to| history.last_positive(&prod(), ALIVE, at(from), at(to));
        assert_eq!(last(0, 20 * HOUR), Ok(Some(at(HOUR))));
        assert_eq!(last(0, HOUR - 1), Ok(Some(at(120))));
        assert_eq!(last(HOUR + 1, 20 * HOUR), Ok(None));
        assert_eq!(last(60, 100), Ok(Some(at(60))));
        assert_eq!(last(61, 100), Ok(None));
    }
}

fn only_who_read_the_present_revision_may_write_the_next(place: &dyn Place) {
    let (mut one, mut other) = (place.open(), place.open());
    assert_eq!(one.ledger(&prod()), Ok(CheckState::default()));
    assert_eq!(one.exchange(&prod(), 0, "a", None), Ok(Exchanged::Done));
    assert_eq!(other.exchange(&prod(), 0, "b", None), Ok(Exchanged::Lost));
    let read = place.open().ledger(&prod()).expect("a ledger");
    assert_eq!((read.revision, read.document.as_str()), (1, "a"));
    assert_eq!(other.exchange(&prod(), 1, "b", None), Ok(Exchanged::Done));
    assert_eq!(one.exchange(&prod(), 1, "c", None), Ok(Exchanged::Lost));
    // Also with the same words: who lost must not believe that it won.
    assert_eq!(one.exchange(&prod(), 1, "b", None), Ok(Exchanged::Lost));
    assert_eq!(one.exchange(&prod(), 7, "d", None), Ok(Exchanged::Lost));
    let staging = StackKey("staging".to_owned());
    assert_eq!(one.ledger(&staging), Ok(CheckState::default()));
}

fn who_is_told_done_finds_ledger_and_snapshot(place: &dyn Place) {
    let (mut one, mut other) = (place.open(), place.open());
    let first = one.exchange(&prod(), 0, "a", Some(&snapshot(1, 0, 5)));
    assert_eq!(first, Ok(Exchanged::Done));
    let second = snapshot(2, 10, 6);
    let lost = other.exchange(&prod(), 0, "b", Some(&second));
    assert_eq!(lost, Ok(Exchanged::Lost));
    let again = other.exchange(&prod(), 1, "b", Some(&second));
    assert_eq!(again, Ok(Exchanged::Done));
    let fresh = place.open();
    assert_eq!(since(&*fresh, 0), [(0, 5), (10, 6)]);
    assert_eq!(fresh.ledger(&prod()).expect("a ledger").document, "b");
    assert_eq!(
        since(&*other, 0),
        [(0, 5), (10, 6)],
        "who wrote sees it too"
    );
}

fn of_many_that_count_at_once_every_step_counts_once(place: &dyn Place) {
    const EACH: usize = 15;
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let mut history = place.open();
                for _ in 0..EACH {
                    loop {
                        let CheckState { revision, document } =
                            history.ledger(&prod()).expect("read");
                        let count: usize = document.parse().unwrap_or(0);
                        let next = (count + 1).to_string();
                        let done = history.exchange(&prod(), revision, &next, None);
                        if done.expect("an answer") == Exchanged::Done {
                            break;
                        }
                    }
                }
            });
        }
    });
    let read = place.open().ledger(&prod()).expect("a ledger");
    assert_eq!(read.document, (4 * EACH).to_string());
    assert_eq!(read.revision, 4 * EACH as u64);
}
