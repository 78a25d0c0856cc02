//! Waits for another process that holds the database: short delays of uneven length, then the
//! whole attempt again, until the time budget is used up.
//!
//! SQLite's own busy handler is off. It does not apply where it is needed most: two processes that
//! switch a new file to WAL at once, or a read that would become a write, are refused at once.

use super::HistoryError;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const LONGEST_NAP_US: u64 = 25_000;

/// Retries until the answer is anything but [`HistoryError::Busy`], sleeping at most `budget` in
/// all; the error says how long it waited.
pub(super) fn patiently<T>(
    budget: Duration,
    mut attempt: impl FnMut() -> Result<T, HistoryError>,
) -> Result<T, HistoryError> {
    let mut waited = Duration::ZERO;
    let mut step = 500;
    loop {
        match attempt() {
            Err(HistoryError::Busy { path, .. }) => {
                if waited >= budget {
                    return Err(HistoryError::Busy { path, waited });
                }
                let nap = Duration::from_micros(uneven(step)).min(budget - waited);
                std::thread::sleep(nap);
                waited += nap;
                step = (step * 2).min(LONGEST_NAP_US);
            }
            answer => return answer,
        }
    }
}

/// A jittered delay of half of `step` to all of it, so that two processes do not collide again.
fn uneven(step: u64) -> u64 {
    step / 2 + RandomState::new().hash_one(step) % (step / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn busy() -> HistoryError {
        HistoryError::Busy {
            path: PathBuf::from("x"),
            waited: Duration::ZERO,
        }
    }

    #[test]
    fn waiting_ends_with_the_budget_and_reports_it() {
        let budget = Duration::from_millis(30);
        let answer = patiently(budget, || Err::<(), _>(busy()));
        assert!(
            matches!(answer, Err(HistoryError::Busy { waited, .. }) if waited == budget),
            "{answer:?}"
        );
    }

    #[test]
    fn waiting_retries_until_the_first_success() {
        let mut left = 3;
        let answer = patiently(Duration::from_secs(5), || {
            left -= 1;
            if left == 0 { Ok(left) } else { Err(busy()) }
        });
        assert_eq!(answer, Ok(0));
    }
}
