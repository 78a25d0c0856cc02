//! Doing the same for many things at the same time: most of what the claims spend is time
//! in which the binary waits for an answer that fails, comes late or never comes.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` for every item, `workers` at a time, and returns the results in the order of
/// the items. A panic ends it with the message of the first item that failed.
pub(crate) fn at_once<T: Sync, R: Send>(
    workers: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let in_turn = || {
            let mut own = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else {
                    return own;
                };
                own.push((index, work(item)));
            }
        };
        let threads = workers.clamp(1, items.len().max(1));
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(in_turn)).collect();
        let mut done = Vec::new();
        for thread in threads {
            match thread.join() {
                Ok(own) => done.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[test]
fn every_item_is_worked_on_once_and_results_keep_their_order() {
    let items: Vec<usize> = (0..100).collect();
    let doubled = at_once(7, &items, |item| item * 2);
    assert!(doubled.iter().copied().eq((0..100).map(|item| item * 2)));
    assert!(at_once(3, &[] as &[usize], |item| *item).is_empty());
    let panicked = std::panic::catch_unwind(|| at_once(2, &items, |item| assert_ne!(*item, 50)));
    assert!(
        panicked.is_err(),
        "a failure of one item must be one of all"
    );
}
