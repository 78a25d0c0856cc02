//! Facts that are worked out of each other: where several are known, they fit together. Only what
//! others hand in, such as a recording, can hold others.

use super::FactValue;
use crate::text::Printable;

/// A group of facts, and whether values of them, in this order, fit together; none where too few are
/// known to tell.
type Relation = (
    &'static [&'static str],
    fn(&[Option<&FactValue>]) -> Option<bool>,
);

const RELATIONS: &[Relation] = &[
    (
        &[
            "email.sent_24h",
            "email.max_24h",
            "email.left_24h",
            "email.used_percent",
        ],
        |of| {
            Some(is_quota(
                number(of, 0)?,
                number(of, 1)?,
                number(of, 2),
                number(of, 3),
            ))
        },
    ),
    (
        &[
            "certs.backlog",
            "status.database.ducklings",
            "status.database.birth_certificates",
        ],
        |of| Some(number(of, 0)? == number(of, 1)? - number(of, 2)?),
    ),
    (
        &[
            "status.agents.alive",
            "status.agents.dead",
            "status.agents.total_bonded",
        ],
        |of| Some(number(of, 0)? + number(of, 1)? <= number(of, 2)?),
    ),
    (&["alias.number", "alias.version"], |of| {
        Some(text(of, 1)?.as_str().parse() == Ok(number(of, 0)?))
    }),
    (&["alias.split", "alias.version", "alias.weighted"], |of| {
        let first = format!(" % on version {}", text(of, 1)?);
        let split = text(of, 0)?;
        let is_whole = split.as_str().strip_suffix(&first) == Some("100");
        let is_alias = split.as_str().contains(&first);
        Some(is_alias && is_whole == (number(of, 2)? == 0.0))
    }),
    (&["alias.drift", "alias.expected", "alias.version"], |of| {
        let differ = text(of, 1)? != text(of, 2)?;
        Some(number(of, 0)? == f64::from(u8::from(differ)))
    }),
    (&["certs.waiting_24h", "certs.waiting_1h"], is_least_first),
    (&["certs.waiting_1h", "certs.backlog"], is_least_first),
    (
        &["growth.certificates_24h_min", "growth.certificates_48h_min"],
        is_least_first,
    ),
    (
        &["growth.ducklings_24h_min", "growth.ducklings_48h_min"],
        is_least_first,
    ),
    (
        &["audit.certs_issued_24h_min", "audit.certs_issued_48h_min"],
        is_least_first,
    ),
    (
        &["audit.signups_24h_min", "audit.signups_48h_min"],
        is_least_first,
    ),
];

/// The groups that do not fit together; `known` yields what is known of a fact.
pub fn misfits<'a>(
    known: impl Fn(&str) -> Option<&'a FactValue>,
) -> impl Iterator<Item = &'static [&'static str]> {
    RELATIONS.iter().filter_map(move |(paths, fits)| {
        let values: Vec<_> = paths.iter().map(|path| known(path)).collect();
        (fits(&values) == Some(false)).then_some(*paths)
    })
}

fn number(of: &[Option<&FactValue>], at: usize) -> Option<f64> {
    (*of.get(at)?)?.number()
}

fn text(of: &[Option<&FactValue>], at: usize) -> Option<Printable> {
    match of.get(at)? {
        Some(FactValue::Text(text)) => Some(text.printable(200)),
        _ => None,
    }
}

fn is_least_first(of: &[Option<&FactValue>]) -> Option<bool> {
    Some(number(of, 0)? <= number(of, 1)?)
}

fn is_quota(sent: f64, max: f64, left: Option<f64>, percent: Option<f64>) -> bool {
    // -1 is no limit.
    let is_left = |left: f64| (left - (max - sent).max(0.0)).abs() < 1.0;
    let is_used = |percent: f64| (percent - 100.0 * sent / max).abs() < 0.5;
    max <= 0.0 || (left.is_none_or(is_left) && percent.is_none_or(is_used))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Untrusted;

    #[test]
    fn numbers_of_a_quota_fit_together() {
        for (sent, max, left, percent, fits) in [
            (12.0, 200.0, 188.0, 6.0, true),
            (1.0, 3.0, 2.0, 100.0 / 3.0, true),
            (210.0, 200.0, 0.0, 105.0, true),
            (12.0, -1.0, 0.0, 0.0, true),
            (199.0, 200.0, 188.0, 6.0, false),
            (12.0, 200.0, 188.0, 99.0, false),
            (12.0, 20.0, 188.0, 60.0, false),
        ] {
            let found = is_quota(sent, max, Some(left), Some(percent));
            assert_eq!(found, fits, "{sent} {max} {left} {percent}");
        }
    }

    #[test]
    fn every_relation_is_told_by_values_that_break_it_and_only_by_them() {
        let int = FactValue::Int;
        let word = |word: &str| FactValue::Text(Untrusted::new(word));
        let table = [
            (
                0,
                vec![int(12), int(200), int(188)],
                vec![int(12), int(200), int(199)],
            ),
            (
                1,
                vec![int(-2), int(14), int(16)],
                vec![int(0), int(1_000_000), int(16)],
            ),
            (
                2,
                vec![int(3), int(1), int(5)],
                vec![int(3), int(3), int(5)],
            ),
            (3, vec![int(62), word("62")], vec![int(61), word("62")]),
            (
                4,
                vec![
                    word("90 % on version 62, 10 % on version 61"),
                    word("62"),
                    FactValue::Bool(true),
                ],
                vec![
                    word("90 % on version 62, 10 % on version 61"),
                    word("62"),
                    FactValue::Bool(false),
                ],
            ),
            (
                5,
                vec![FactValue::Bool(true), word("61"), word("62")],
                vec![FactValue::Bool(false), word("61"), word("62")],
            ),
        ];
        for (at, fitting, broken) in table {
            let (paths, _) = RELATIONS[at];
            for (values, due) in [(fitting, 0), (broken, 1)] {
                let known = |path: &str| {
                    let place = paths.iter().position(|known| *known == path)?;
                    values.get(place)
                };
                let found: Vec<_> = misfits(known).collect();
                assert_eq!(found.len(), due, "{paths:?} {values:?}");
                // Relations with an unknown fact are not checked.
                let known = |path: &str| known(path).filter(|_| path != paths[0]);
                assert_eq!(misfits(known).count(), 0, "{paths:?}");
            }
        }
        for (paths, _) in &RELATIONS[6..] {
            for (least, most, due) in [(1, 1, 0), (2, 1, 1)] {
                let (least, most) = (int(least), int(most));
                let known = |path: &str| match path {
                    path if path == paths[0] => Some(&least),
                    path if path == paths[1] => Some(&most),
                    _ => None,
                };
                assert_eq!(misfits(known).count(), due, "{paths:?}");
            }
        }
    }
}
