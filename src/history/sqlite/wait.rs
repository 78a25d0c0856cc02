//! Waiting for another process that holds the database: short naps of uneven length,
//! then the whole attempt again, until a budget of napping is used up.
//!
//! SQLite's own waiting is off. It does not apply where we need it most: two processes
//! that switch a new file to WAL at once, or a read that would become a write, are
//! turned away at once. Starting over is right in every case, and one budget bounds all.

use super::HistoryError;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const LONGEST_NAP_US: u64 = 25_000;

/// Tries until the answer is anything but [`HistoryError::Busy`]. Naps for no longer
/// than `budget` in all, and reports for how long.
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

/// Half of `step` to all of it, so that two who collided do not collide again.
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
    fn it_waits_as_long_as_it_may_and_says_for_how_long() {
        let budget = Duration::from_millis(30);
        let answer = patiently(budget, || Err::<(), _>(busy()));
        assert!(
            matches!(answer, Err(HistoryError::Busy { waited, .. }) if waited == budget),
            "{answer:?}"
        );
    }

    #[test]
    fn it_tries_again_and_takes_the_first_answer() {
        let mut left = 3;
        let answer = patiently(Duration::from_secs(5), || {
            left -= 1;
            if left == 0 { Ok(left) } else { Err(busy()) }
        });
        assert_eq!(answer, Ok(0));
    }
}
