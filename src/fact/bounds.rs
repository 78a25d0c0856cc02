//! What no probe ever yields: values outside of the bounds of their fact. Only what others hand in,
//! such as a recording, can hold them.

use super::{Declared, FactType, FactValue};

/// No stack counts as many of anything.
const MOST: i64 = 1_000_000_000_000;
/// Nothing that a fact measures lasts as long, in seconds: a hundred years.
const LONGEST: i64 = 100 * 366 * 86_400;
/// The seconds since 1970 of 2015 and 2200: what is older or newer is no instant of a stack.
const INSTANTS: std::ops::Range<i64> = 1_420_070_400..7_258_118_400;
/// A rate may exceed its limit, but not as far as this.
const MOST_PERCENT: f64 = 100_000.0;

/// What may be below zero: a difference, and the quota that stands for no limit.
const SIGNED: [&str; 3] = ["certs.backlog", "email.left_24h", "email.max_24h"];

impl Declared {
    /// Whether a probe could yield this value. Counts, ages and rates are never negative.
    pub fn admits(&self, value: &FactValue) -> bool {
        match (self.ty, value) {
            (FactType::Int, FactValue::Int(n)) if SIGNED.contains(&self.path) => {
                (-MOST..=MOST).contains(n)
            }
            (FactType::Int, FactValue::Int(n)) => (0..=MOST).contains(n),
            (FactType::Duration, FactValue::Duration(n)) => (0..=LONGEST).contains(n),
            (FactType::Instant, FactValue::Instant(at)) => INSTANTS.contains(at),
            (FactType::Float, FactValue::Float(x)) => (0.0..=MOST_PERCENT).contains(x),
            (FactType::Series, FactValue::Series(points)) => is_series(points),
            (FactType::Groups, FactValue::Groups(groups)) => {
                groups.iter().all(|(_, points)| is_series(points))
            }
            (ty, value) => value.ty() == ty,
        }
    }
}

fn is_series(points: &[(i64, i64)]) -> bool {
    points
        .iter()
        .all(|(at, n)| INSTANTS.contains(at) && (0..=MOST).contains(n))
}

/// The fact that a lower bound may not exceed: what is at least `…_min` is at most `…` or `…_max`.
pub fn upper_bounds(path: &str) -> Vec<String> {
    let of_agents = ["status.agents.alive", "status.agents.dead"];
    if of_agents.contains(&path) {
        return vec!["status.agents.total_bonded".to_owned()];
    }
    let base = path.strip_suffix("_min");
    base.map_or(Vec::new(), |base| {
        vec![base.to_owned(), format!("{base}_max")]
    })
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    #[test]
    fn values_that_no_probe_yields_are_outside_of_the_bounds() {
        let admits = |path: &str, value: FactValue| {
            let declared = find(path).map(|(_, declared)| declared);
            declared.is_some_and(|declared| declared.admits(&value))
        };
        for (path, value, due) in [
            ("audit.pulse_age", FactValue::Duration(0), true),
            ("audit.pulse_age", FactValue::Duration(-1), false),
            ("audit.pulse_age", FactValue::Duration(LONGEST + 1), false),
            ("audit.entries", FactValue::Int(0), true),
            ("audit.entries", FactValue::Int(-1), false),
            ("audit.entries", FactValue::Int(i64::MAX), false),
            ("audit.entries", FactValue::Duration(1), false),
            ("audit.oldest", FactValue::Instant(0), false),
            ("audit.oldest", FactValue::Instant(1_774_149_129), true),
            ("email.used_percent", FactValue::Float(-0.1), false),
            ("email.used_percent", FactValue::Float(104.5), true),
        ] {
            assert_eq!(admits(path, value.clone()), due, "{path} {value:?}");
        }
    }

    #[test]
    fn a_lower_bound_is_bounded_by_the_fact_itself() {
        assert_eq!(
            upper_bounds("audit.pulse_age_min"),
            ["audit.pulse_age", "audit.pulse_age_max"]
        );
        assert_eq!(upper_bounds("audit.pulse_age"), [""; 0]);
    }
}
