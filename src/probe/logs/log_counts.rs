//! The result of a log search: counts by kind, the newest lines, and whether the end was reached.

use crate::fact::{self, FactValue};
use crate::observation::{Unavailable, UnavailableReason};
use crate::redact;
use crate::text::{Untrusted, counted};
use std::collections::{BTreeMap, BTreeSet};

/// Lines kept as evidence.
const NEWEST: usize = 20;
/// Bytes shown of each but the newest.
const LONGEST: usize = 500;
/// Bytes shown of the newest, which is what is read first.
const WHOLE: usize = 4_096;

/// Lines that matched, as far as they were read.
pub(super) struct LogCounts<K, S> {
    /// Milliseconds since 1970; the end is not part of it.
    window: std::ops::Range<i64>,
    counts: BTreeMap<K, i64>,
    sources: BTreeMap<S, i64>,
    /// By the version that logged them, empty where it is not known, and by the second.
    versions: BTreeMap<String, BTreeMap<i64, i64>>,
    /// Lines that matched and are dated outside the window.
    outside: i64,
    /// As they came, by time; the number keeps lines of one moment in the order they came in. Of
    /// a long log only few are shown, so secrets are taken out of those alone, see [`shown`].
    newest: BTreeSet<(i64, i64, String)>,
    cut: Option<Unavailable>,
}

impl<K: Copy + Ord, S: Ord> LogCounts<K, S> {
    pub(super) fn new(from: i64, to: i64) -> Self {
        Self {
            window: from..to,
            counts: BTreeMap::new(),
            sources: BTreeMap::new(),
            versions: BTreeMap::new(),
            outside: 0,
            newest: BTreeSet::new(),
            cut: None,
        }
    }

    /// Counts a line, unless it lies outside the window: not every server looks at that.
    pub(super) fn keep(&mut self, at: i64, stream: &str, message: &str, kind: K, source: S) {
        if !self.window.contains(&at) {
            self.outside += 1;
            return;
        }
        *self.counts.entry(kind).or_default() += 1;
        *self.sources.entry(source).or_default() += 1;
        let version = version_of(stream);
        let seconds = match self.versions.get_mut(version) {
            Some(seconds) => seconds,
            None => self.versions.entry(version.to_owned()).or_default(),
        };
        *seconds.entry(at.div_euclid(1_000)).or_default() += 1;
        let oldest = self.newest.first().filter(|_| self.newest.len() == NEWEST);
        if oldest.is_some_and(|(oldest, ..)| at < *oldest) {
            return;
        }
        let line = message.trim_end().to_owned();
        self.newest.insert((at, self.all(), line));
        if self.newest.len() > NEWEST {
            self.newest.pop_first();
        }
    }

    /// Whether all was read.
    pub(super) fn is_whole(&self) -> bool {
        self.cut.is_none()
    }

    /// Whether nothing was found, and all was read.
    pub(super) fn is_empty(&self) -> bool {
        self.all() == 0 && self.cut.is_none()
    }

    /// How many lines each source gave.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&S, i64)> {
        self.sources.iter().map(|(source, count)| (source, *count))
    }

    /// How many lines each version logged in which second; the name is empty where the stream does
    /// not tell the version.
    pub(super) fn versions(&self) -> FactValue {
        let groups = self.versions.iter().map(|(version, seconds)| {
            let points = seconds.iter().map(|(at, count)| (*at, *count));
            (Untrusted::new(version.as_str()), points.collect())
        });
        FactValue::Groups(groups.collect())
    }

    /// Says that not everything was seen; the first reason stays.
    pub(super) fn cut(&mut self, why: Unavailable) {
        self.cut.get_or_insert(why);
    }

    fn all(&self) -> i64 {
        self.counts.values().sum()
    }

    pub(super) fn count(&self, kind: Option<K>) -> i64 {
        match kind {
            None => self.all(),
            Some(kind) => self.counts.get(&kind).copied().unwrap_or(0),
        }
    }

    /// The count of a kind, or of all. When the search was cut short and found none, it is
    /// silent: "at least none" would only look like knowledge.
    pub(super) fn at_least(&self, kind: Option<K>) -> Result<FactValue, Unavailable> {
        match (self.count(kind), &self.cut) {
            (0, Some(_)) => self.exactly(kind),
            (0, None) if self.all() == 0 => self.exactly(kind),
            (count, _) => Ok(FactValue::Int(count)),
        }
    }

    /// The count, if everything was seen.
    pub(super) fn exactly(&self, kind: Option<K>) -> Result<FactValue, Unavailable> {
        let count = self.count(kind);
        match &self.cut {
            // Lines that the server should not have sent: what it leaves out proves nothing.
            None if self.all() == 0 && self.outside > 0 => Err(Unavailable::new(
                UnavailableReason::Contradictory,
                format!(
                    "the answer holds {} dated outside the window that was asked for",
                    counted(self.outside, "line")
                ),
            )),
            None => Ok(FactValue::Int(count)),
            Some(unavailable) if self.all() == 0 => Err(unavailable.clone()),
            Some(unavailable) => Err(Unavailable {
                detail: format!("at least {count}, not all read: {}", unavailable.detail).into(),
                why: match unavailable.why {
                    UnavailableReason::TimedOut => UnavailableReason::Incomplete,
                    why => why,
                },
                command: None,
                ..unavailable.clone()
            }),
        }
    }

    /// The newest line, and when it was logged, in seconds.
    pub(super) fn newest(&self) -> Option<(i64, String)> {
        let (at, _, line) = self.newest.last()?;
        Some((at.div_euclid(1_000), shown(line, WHOLE)))
    }

    /// The newest lines, newest first.
    pub(super) fn lines(&self) -> Vec<Untrusted> {
        let lines = self.newest.iter().rev().enumerate();
        lines
            .map(|(index, (at, _, line))| {
                let most = if index == 0 { WHOLE } else { LONGEST };
                let line = shown(line, most);
                Untrusted::new(format!("{} {line}", fact::instant(at.div_euclid(1_000))))
            })
            .collect()
    }
}

/// What is shown of a line: without secrets, which are taken out of the whole of it, at most so
/// many bytes.
fn shown(line: &str, most: usize) -> String {
    let line = redact::known::hide(line);
    let end = line.floor_char_boundary(most);
    line.get(..end).unwrap_or_default().to_owned()
}

/// The version that a stream belongs to, such as 61 of `2026/03/22/[61]0f1e2d3c`; empty where it
/// does not tell.
fn version_of(stream: &str) -> &str {
    let inside = stream
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    let version = inside.map_or("", |(version, _)| version);
    let is_number = !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
    if is_number || version == "$LATEST" {
        version
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_stream_names_its_version() {
        for (stream, version) in [
            ("2026/03/22/[61]0f1e2d3c", "61"),
            ("2026/03/22/mission-control-api[62]0f1e", "62"),
            ("2026/03/22/[$LATEST]0f1e", "$LATEST"),
            ("2026/03/22/0f1e", ""),
            ("a[]b", ""),
            ("a[x; y]b", ""),
            ("", ""),
        ] {
            assert_eq!(version_of(stream), version, "{stream}");
        }
    }

    #[test]
    fn an_incomplete_search_yields_lower_bounds_and_never_zero() {
        let mut counts = LogCounts::new(0, 10_000);
        counts.keep(1_000, "", "a", 'a', ());
        assert_eq!(counts.exactly(None), Ok(FactValue::Int(1)));
        counts.cut(Unavailable::new(
            UnavailableReason::TimedOut,
            "the deadline came",
        ));
        assert_eq!(counts.at_least(None), Ok(FactValue::Int(1)));
        assert_eq!(counts.at_least(Some('a')), Ok(FactValue::Int(1)));
        assert!(counts.at_least(Some('b')).is_err());
        let unavailable = counts.exactly(None).expect_err("not all was read");
        assert_eq!(unavailable.why, UnavailableReason::Incomplete);
        assert!(
            unavailable.detail.as_str().contains("at least 1"),
            "{unavailable:?}"
        );
    }

    #[test]
    fn the_newest_lines_are_kept_in_any_order_of_pages() {
        let mut counts = LogCounts::new(0, 100_000);
        for second in (0..30).chain(30..60).rev() {
            counts.keep(second * 1_000, "", &format!("line {second}\n"), (), ());
        }
        let lines = counts.lines();
        assert_eq!(lines.len(), NEWEST);
        assert!(
            lines[0].is("1970-01-01T00:00:59Z line 59"),
            "{:?}",
            lines[0]
        );
        assert!(lines[19].is("1970-01-01T00:00:40Z line 40"));
        assert_eq!(counts.exactly(None), Ok(FactValue::Int(60)));
    }

    #[test]
    fn lines_outside_the_window_do_not_count() {
        let mut counts = LogCounts::new(1_000, 2_000);
        for at in [999, 1_000, 1_999, 2_000] {
            counts.keep(at, "", "x", (), ());
        }
        assert_eq!(counts.exactly(None), Ok(FactValue::Int(2)));
    }

    #[test]
    fn only_lines_outside_the_window_prove_no_absence() {
        let mut counts = LogCounts::new(1_000, 2_000);
        counts.keep(2_000, "", "x", (), ());
        let unavailable = counts.exactly(None).expect_err("no proof");
        assert_eq!(unavailable.why, UnavailableReason::Contradictory);
        assert!(counts.at_least(None).is_err());
    }
}
