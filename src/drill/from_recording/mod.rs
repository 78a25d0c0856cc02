//! A practice world out of a recording: what the stack would have to answer, and what earlier
//! runs would have to have recorded, for the facts to be what they were.
//!
//! Facts are less than answers, so this is one of many worlds that fit; where none of those that
//! are made here fits, whoever plays it sees a step that ends otherwise, and is told so. Nothing
//! is taken over but what was recorded: what was silent is left out, or fails as it did.

mod answers;
mod function;
mod past;
mod people;

use crate::fact::{Fact, FactValue, Group};
use crate::observation::{FactState, Observations, Unavailable, UnavailableReason};
use crate::practice::{FakeStack, Fault};
use crate::recording::Recording;
use crate::text::Untrusted;
use std::time::Duration;
use time::OffsetDateTime;

/// The longest that an answer is held back, where it was slow.
const SLOWEST: Duration = Duration::from_secs(8);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A world that begins at `now` as the recorded one stood when it was recorded.
///
/// Which entry of the feed was about whom is not recorded. So the feed is made up either for what
/// was counted of it, or, where it `rebuilds_people`, for the requests and bonds alone.
pub(super) fn world(
    recording: &Recording,
    now: OffsetDateTime,
    rebuilds_people: bool,
) -> FakeStack {
    let facts = RecordedFacts {
        observations: &recording.observations,
        began: recording.started_at.unix_timestamp(),
        rebuilds_people,
    };
    let mut world = FakeStack::empty(now);
    let account = facts.text("aws.account");
    if account.is_some_and(|account| account != recording.stack.account.as_str()) {
        // Another one than the stack's, whichever.
        world.account = "000000000000".to_owned();
    }
    answers::all(&mut world, &facts);
    world.recorded = past::recorded(&facts);
    world
}

/// What was recorded, by type.
struct RecordedFacts<'a> {
    observations: &'a Observations,
    /// When it was, in seconds since 1970.
    began: i64,
    /// Whether the feed is that of the requests and bonds.
    rebuilds_people: bool,
}

impl<'a> RecordedFacts<'a> {
    fn known(&self, path: &str) -> Option<&'a FactValue> {
        match self.observations.get(path) {
            FactState::Known(Fact { value, .. }) => Some(value),
            FactState::Unavailable(_) | FactState::NotAsked => None,
        }
    }

    fn unavailable(&self, path: &str) -> Option<&'a Unavailable> {
        match self.observations.get(path) {
            FactState::Unavailable(unavailable) => Some(unavailable),
            FactState::Known(_) | FactState::NotAsked => None,
        }
    }

    fn int(&self, path: &str) -> Option<i64> {
        self.observations.int(path)
    }

    fn bool(&self, path: &str) -> Option<bool> {
        match self.known(path)? {
            FactValue::Bool(value) => Some(*value),
            _ => None,
        }
    }

    fn float(&self, path: &str) -> Option<f64> {
        match self.known(path)? {
            FactValue::Float(value) => Some(*value),
            _ => None,
        }
    }

    fn text(&self, path: &str) -> Option<String> {
        match self.known(path)? {
            FactValue::Text(text) => Some(plain(text)),
            _ => None,
        }
    }

    fn list(&self, path: &str) -> Vec<String> {
        match self.known(path) {
            Some(FactValue::List(lines)) => lines.iter().map(plain).collect(),
            _ => Vec::new(),
        }
    }

    /// A duration, in seconds.
    fn span(&self, path: &str) -> Option<u64> {
        match self.known(path)? {
            FactValue::Duration(seconds) => u64::try_from(*seconds).ok(),
            _ => None,
        }
    }

    /// How long before the recording an instant was, in seconds.
    fn ago_of(&self, path: &str) -> Option<u64> {
        match self.known(path)? {
            FactValue::Instant(at) => Some(self.ago(*at)),
            _ => None,
        }
    }

    fn ago(&self, at: i64) -> u64 {
        u64::try_from(self.began.saturating_sub(at)).unwrap_or(0)
    }

    fn series(&self, path: &str) -> Option<&'a [(i64, i64)]> {
        match self.known(path)? {
            FactValue::Series(points) => Some(points),
            _ => None,
        }
    }

    fn groups(&self, path: &str) -> &'a [Group] {
        match self.known(path) {
            Some(FactValue::Groups(groups)) => groups,
            _ => &[],
        }
    }
}

/// So long ago.
fn before(world: &FakeStack, ago: u64) -> OffsetDateTime {
    world.now - Duration::from_secs(ago)
}

/// A text as it was recorded, as far as it can be printed.
fn plain(text: &Untrusted) -> String {
    text.printable(1_000).to_string()
}

/// A failure that leads to such a silence.
fn fault(unavailable: &Unavailable) -> Fault {
    match unavailable.why {
        UnavailableReason::Denied => Fault::Deny,
        UnavailableReason::Throttled => Fault::Throttle,
        UnavailableReason::Expired | UnavailableReason::NoCredentials => Fault::ExpiredToken,
        UnavailableReason::TimedOut | UnavailableReason::Incomplete => Fault::Hang,
        UnavailableReason::Broken
        | UnavailableReason::Unreachable
        | UnavailableReason::Tls
        | UnavailableReason::Offline => Fault::Reset,
        UnavailableReason::NotFound => Fault::Refuse(404, "ResourceNotFoundException"),
        UnavailableReason::NotJson
        | UnavailableReason::Redirected
        | UnavailableReason::TooLarge => Fault::Html,
        UnavailableReason::HttpStatus => {
            Fault::Status(status(unavailable.detail.as_str()).unwrap_or(500))
        }
        _ => Fault::Empty,
    }
}

/// The status that a text names, such as `HTTP 502`.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("HTTP ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))
}
