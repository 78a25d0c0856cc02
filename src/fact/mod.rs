//! Facts: the typed, named values that probes yield and rules compare.
//!
//! Each fact is declared once, by the probe that yields it, with its type, its unit and a one-line
//! description. Rules, cases, messages and evidence refer to it by its path.

mod bounds;
mod declared;
mod relations;

pub use bounds::upper_bounds;
pub use declared::{TOTALS, all, declared, find, inputs, label, unknown_fact};
pub use relations::misfits;

use crate::text::{Printable, Untrusted};
use std::fmt;
use time::OffsetDateTime;

named_enum! {
    /// One way of asking the outside world.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Probe, name {
        Status "status" "`GET /beak/system/status`.";
        Audit "audit" "`POST /beak/audit`.";
        Executions "executions" "Step Functions executions of the approval workflow.";
        Email "email" "The SES account: quota and enforcement.";
        Metrics "metrics" "CloudWatch metrics of SES.";
        Logs "logs" "The log of the Lambda function.";
        Alias "alias" "Where the function's alias points, and which versions there are.";
        Lambda "lambda" "CloudWatch metrics of the function.";
        Identity "identity" "Which AWS account answers.";
        Connections "connections" "The requests and the bonds: the audit feed and the lists.";
        History "history" "What earlier runs recorded, joined with what this run was told.";
    }
}

impl Probe {
    /// Whether its answer comes from AWS and so counts only in the right account and region.
    pub fn is_aws(self) -> bool {
        matches!(
            self,
            Probe::Executions
                | Probe::Email
                | Probe::Metrics
                | Probe::Logs
                | Probe::Alias
                | Probe::Lambda
                | Probe::Identity
        )
    }
}

named_enum! {
    /// The type of a fact. Rules compare only like with like.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum FactType, name {
        Bool "bool" "Yes or no.";
        Int "int" "A whole number.";
        Float "float" "A number with a fraction, such as a percentage.";
        Text "text" "A word.";
        List "list" "A few lines, newest first; evidence only, no rule compares it.";
        Duration "duration" "Whole seconds.";
        Instant "instant" "Whole seconds since 1970, UTC; evidence only.";
        Series "series" "Numbers at points in time, oldest first; evidence only.";
        Groups "groups" "Several series, each with its name; evidence only.";
    }
}

/// A series with its name.
pub type Group = (Untrusted, Vec<(i64, i64)>);

/// The value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue {
    /// See [`FactType::Bool`].
    Bool(bool),
    /// See [`FactType::Int`].
    Int(i64),
    /// See [`FactType::Float`]; always finite.
    Float(f64),
    /// See [`FactType::Text`].
    Text(Untrusted),
    /// See [`FactType::List`].
    List(Vec<Untrusted>),
    /// See [`FactType::Duration`].
    Duration(i64),
    /// See [`FactType::Instant`].
    Instant(i64),
    /// See [`FactType::Series`]; each with its second since 1970.
    Series(Vec<(i64, i64)>),
    /// See [`FactType::Groups`]; each series with its name.
    Groups(Vec<Group>),
}

impl FactValue {
    /// It as a number, where it is one: yes is 1, durations and instants are seconds.
    pub fn number(&self) -> Option<f64> {
        match self {
            FactValue::Bool(yes) => Some(f64::from(u8::from(*yes))),
            FactValue::Int(n) | FactValue::Duration(n) | FactValue::Instant(n) => Some(*n as f64),
            FactValue::Float(x) => x.is_finite().then_some(*x),
            FactValue::Text(_)
            | FactValue::List(_)
            | FactValue::Series(_)
            | FactValue::Groups(_) => None,
        }
    }

    /// Its type.
    pub fn ty(&self) -> FactType {
        match self {
            FactValue::Bool(_) => FactType::Bool,
            FactValue::Int(_) => FactType::Int,
            FactValue::Float(_) => FactType::Float,
            FactValue::Text(_) => FactType::Text,
            FactValue::List(_) => FactType::List,
            FactValue::Duration(_) => FactType::Duration,
            FactValue::Instant(_) => FactType::Instant,
            FactValue::Series(_) => FactType::Series,
            FactValue::Groups(_) => FactType::Groups,
        }
    }

    /// Calls `each` with every text in it, the lines of a list together: they may be one text in
    /// pieces.
    pub fn each_text(&mut self, each: &mut impl FnMut(&mut [&mut String])) {
        match self {
            FactValue::Text(text) => each(&mut [text.exposed()]),
            FactValue::List(lines) => {
                let mut lines: Vec<_> = lines.iter_mut().map(Untrusted::exposed).collect();
                each(&mut lines);
            }
            FactValue::Groups(groups) => {
                groups
                    .iter_mut()
                    .for_each(|(name, _)| each(&mut [name.exposed()]));
            }
            FactValue::Bool(_)
            | FactValue::Int(_)
            | FactValue::Float(_)
            | FactValue::Duration(_)
            | FactValue::Instant(_)
            | FactValue::Series(_) => {}
        }
    }

    /// As a person reads it: `95.5`, `12m 30s`, `2026-03-22T03:12:09Z`.
    pub fn shown(&self) -> Printable {
        match self {
            FactValue::Bool(true) => "yes".into(),
            FactValue::Bool(false) => "no".into(),
            FactValue::Int(n) => n.to_string().into(),
            FactValue::Float(x) => float(*x).into(),
            FactValue::Text(text) => text.printable(200),
            FactValue::List(lines) if lines.is_empty() => "none".into(),
            FactValue::List(lines) => {
                let shown: Vec<_> = lines.iter().map(|l| l.printable(160).to_string()).collect();
                shown.join("; ").into()
            }
            FactValue::Duration(seconds) => duration(*seconds).into(),
            FactValue::Instant(seconds) => instant(*seconds).into(),
            FactValue::Series(points) => values(points).into(),
            FactValue::Groups(groups) => {
                let shown = groups
                    .iter()
                    .map(|(name, points)| format!("{}: {}", name.printable(40), values(points)));
                shown.collect::<Vec<_>>().join("; ").into()
            }
        }
    }
}

fn values(points: &[(i64, i64)]) -> String {
    let values: Vec<_> = points.iter().map(|(_, value)| value.to_string()).collect();
    values.join(" ")
}

/// At most two decimals, and none that say nothing; a small share is never rounded to zero.
fn float(x: f64) -> String {
    let digits = if x != 0.0 && x.abs() < 0.005 { 4 } else { 2 };
    let text = format!("{x:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The two largest units of a number of seconds: `47 s`, `9 min 30 s`, `12 min`, `2 d 4 h`. From
/// ten minutes on there are no seconds.
pub fn duration(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    if seconds < 0 {
        return format!("-{}", duration(seconds.saturating_neg()));
    }
    // The windows that people speak of in hours.
    if seconds == 86_400 || seconds == 172_800 {
        return format!("{} h", seconds / 3_600);
    }
    let mut rest = match seconds {
        600.. => seconds - seconds % 60,
        _ => seconds,
    };
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if rest >= size && parts.len() < 2 {
            parts.push(format!("{} {unit}", rest / size));
            rest %= size;
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() {
        "0 s".to_owned()
    } else {
        parts.join(" ")
    }
}

/// RFC 3339 in UTC with whole seconds.
pub fn instant(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|t| {
            t.format(&time::format_description::well_known::Rfc3339)
                .ok()
        })
        .unwrap_or_else(|| format!("@{seconds}"))
}

/// A time in the form of [`instant`].
pub fn utc(at: OffsetDateTime) -> String {
    instant(at.unix_timestamp())
}

/// Seconds of a duration as people write it: `90s`, `15m`, `24h`, `2d`.
pub fn parse_duration(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let size = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<i64>().ok()?.checked_mul(size)
}

/// Seconds since 1970 of a time in RFC 3339.
pub fn parse_instant(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .ok()
        .map(OffsetDateTime::unix_timestamp)
}

/// What a probe promises to say: one line of the dictionary of facts.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// The path that rules use, such as `status.agents.alive`.
    pub path: &'static str,
    /// Its type.
    pub ty: FactType,
    /// Its unit, such as `count` or `percent`.
    pub unit: &'static str,
    /// Whether it depends on the clock and is worthless when the clock is wrong.
    pub clocked: bool,
    /// What it means, in one line.
    pub about: &'static str,
}

/// Declares a fact that holds whatever the clock says.
pub const fn steady(
    path: &'static str,
    ty: FactType,
    unit: &'static str,
    about: &'static str,
) -> Declared {
    Declared {
        path,
        ty,
        unit,
        clocked: false,
        about,
    }
}

/// Declares a fact that depends on the clock.
pub const fn clocked(
    path: &'static str,
    ty: FactType,
    unit: &'static str,
    about: &'static str,
) -> Declared {
    Declared {
        clocked: true,
        ..steady(path, ty, unit, about)
    }
}

/// A value that was learned, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The value.
    pub value: FactValue,
    /// When the outside world said so.
    pub at: OffsetDateTime,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_common_units() {
        let table = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (570, "9 min 30 s"),
            (600, "10 min"),
            (750, "12 min"),
            (3_600, "1 h"),
            (3_601, "1 h"),
            (18_480, "5 h 8 min"),
            (187_201, "2 d 4 h"),
            (-90, "-1 min 30 s"),
            (i64::MIN, "-106751991167300 d 15 h"),
        ];
        for (seconds, words) in table {
            assert_eq!(duration(seconds), words);
        }
    }

    #[test]
    fn a_small_weight_is_not_rounded_to_zero() {
        assert_eq!(float(0.05), "0.05");
        assert_eq!(float(0.0004), "0.0004");
        assert_eq!(float(0.0287), "0.03");
        assert_eq!(float(95.0), "95");
        assert_eq!(float(95.049), "95.05");
    }
}
