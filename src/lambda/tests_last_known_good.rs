//! Forty histories of versions, each with the one right choice, or none.

use super::*;

/// A version: number, invocations, errors, code, state; `gone` for one that was deleted.
type Row = (i64, i64, i64, &'static str, &'static str);

struct Case {
    name: &'static str,
    /// Newest first; the first is the one that serves.
    rows: &'static [Row],
    rolled_back: &'static [i64],
    good: Option<i64>,
}

const A: &str = "Active";

const CASES: &[Case] = &[
    Case {
        name: "the one before served well",
        rows: &[
            (42, 900, 300, "c42", A),
            (41, 900, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(41),
    },
    Case {
        name: "a bad one in between",
        rows: &[
            (42, 900, 300, "c42", A),
            (41, 900, 200, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "two bad ones in between",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 200, "c41", A),
            (40, 900, 100, "c40", A),
            (39, 900, 1, "c39", A),
        ],
        rolled_back: &[],
        good: Some(39),
    },
    Case {
        name: "every other one is bad",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 200, "c41", A),
            (40, 900, 100, "c40", A),
        ],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "there is no other",
        rows: &[(1, 9, 9, "c1", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "the other never served",
        rows: &[(42, 9, 9, "c42", A), (41, 0, 0, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "a clean newer one that never served",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 0, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "a newer one than the one that serves never served",
        rows: &[
            (43, 0, 0, "c43", A),
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", A),
        ],
        rolled_back: &[],
        good: Some(41),
    },
    Case {
        name: "interleaved: only every second version is this alias's",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 0, 0, "c41", A),
            (40, 900, 0, "c40", A),
            (39, 0, 0, "c39", A),
            (38, 900, 0, "c38", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "interleaved, and this alias's last one was bad",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 0, 0, "c41", A),
            (40, 900, 90, "c40", A),
            (39, 0, 0, "c39", A),
            (38, 900, 0, "c38", A),
        ],
        rolled_back: &[],
        good: Some(38),
    },
    Case {
        name: "the one before was deleted",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "gone"),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "all others were deleted",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "gone"),
            (40, 900, 0, "c40", "gone"),
        ],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "the same code under another number",
        rows: &[
            (42, 9, 9, "same", A),
            (41, 900, 0, "same", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "all others run the same code",
        rows: &[
            (42, 9, 9, "same", A),
            (41, 900, 0, "same", A),
            (40, 900, 0, "same", A),
        ],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "the one before is inactive",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "Inactive"),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "the only other is inactive",
        rows: &[(42, 9, 9, "c42", A), (41, 900, 0, "c41", "Inactive")],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "the one before is pending",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "Pending"),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "the one before failed to build",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "Failed"),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "its state is not told",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", ""),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "too few invocations, then enough",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 12, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "too few invocations everywhere",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 12, 0, "c41", A),
            (40, 40, 0, "c40", A),
        ],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "one invocation short",
        rows: &[(42, 9, 9, "c42", A), (41, 72, 0, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "just enough",
        rows: &[(42, 9, 9, "c42", A), (41, 73, 0, "c41", A)],
        rolled_back: &[],
        good: Some(41),
    },
    Case {
        name: "one error in a hundred is too little evidence",
        rows: &[(42, 9, 9, "c42", A), (41, 100, 1, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "one error in a hundred and twenty is enough",
        rows: &[(42, 9, 9, "c42", A), (41, 120, 1, "c41", A)],
        rolled_back: &[],
        good: Some(41),
    },
    Case {
        name: "a rate of four percent, often enough",
        rows: &[(42, 9, 9, "c42", A), (41, 10_000, 400, "c41", A)],
        rolled_back: &[],
        good: Some(41),
    },
    Case {
        name: "a rate of four percent, not often enough",
        rows: &[(42, 9, 9, "c42", A), (41, 500, 20, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "a rate of five percent",
        rows: &[(42, 9, 9, "c42", A), (41, 100_000, 5_000, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "a rate of six percent, then a clean one",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 10_000, 600, "c41", A),
            (40, 80, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "it was rolled back before",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[41],
        good: Some(40),
    },
    Case {
        name: "all were rolled back before",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[40, 41],
        good: None,
    },
    Case {
        name: "the one that serves was rolled back before",
        rows: &[(42, 9, 9, "c42", A), (41, 900, 0, "c41", A)],
        rolled_back: &[42],
        good: Some(41),
    },
    Case {
        name: "a newer one was rolled back, and an older one serves",
        rows: &[
            (42, 900, 300, "c42", A),
            (41, 900, 300, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[42],
        good: Some(40),
    },
    Case {
        name: "more errors than invocations",
        rows: &[(42, 9, 9, "c42", A), (41, 90, 900, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "only errors",
        rows: &[(42, 9, 9, "c42", A), (41, 900, 900, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "the one that serves has no record",
        rows: &[(42, 0, 0, "c42", A), (41, 900, 0, "c41", A)],
        rolled_back: &[],
        good: Some(41),
    },
    Case {
        name: "the one that serves tells no code",
        rows: &[(42, 9, 9, "", A), (41, 900, 0, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    Case {
        name: "the other tells no code",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    Case {
        name: "bad, deleted, same code, inactive, rolled back, unused, and one at last",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 300, "c41", A),
            (40, 900, 0, "c40", "gone"),
            (39, 900, 0, "c42", A),
            (38, 900, 0, "c38", "Inactive"),
            (37, 900, 0, "c37", A),
            (36, 0, 0, "c36", A),
            (35, 900, 0, "c35", A),
        ],
        rolled_back: &[37],
        good: Some(35),
    },
    Case {
        name: "numbers with gaps",
        rows: &[
            (90, 9, 9, "c90", A),
            (31, 900, 0, "c31", A),
            (7, 900, 0, "c7", A),
        ],
        rolled_back: &[],
        good: Some(31),
    },
];

fn configured(row: &Row) -> Result<VersionConfig, Unavailable> {
    let (number, _, _, code, state) = *row;
    if state == "gone" {
        return Err(Unavailable::new(
            UnavailableReason::NotFound,
            "no such version",
        ));
    }
    let mut sample = VersionConfig::sample(&number.to_string(), code, state);
    sample.code = sample.code.filter(|code| !code.is_empty());
    sample.state = sample.state.filter(|state| !state.is_empty());
    Ok(sample)
}

fn searched(case: &Case) -> Search {
    let serving = case
        .rows
        .iter()
        .find(|row| row.0 == serving(case))
        .expect("the one that serves");
    let current = configured(serving).expect("it exists");
    let served: Vec<_> = case
        .rows
        .iter()
        .map(|(number, invoked, failed, ..)| VersionMetrics {
            number: *number,
            invocations: vec![(0, *invoked)],
            errors: vec![(0, *failed)],
        })
        .collect();
    let rolled_back = case.rolled_back.iter().copied().collect();
    let closer = worth_asking(&current.number, &served, &rolled_back);
    let asked = case.rows.iter().filter(|row| closer.contains(&row.0));
    let configured = asked.map(|row| (row.0, configured(row))).collect();
    search(&History {
        current: &current,
        served: &served,
        configured: &configured,
        rolled_back: &rolled_back,
    })
}

/// Which of them serves: the newest, but where the name says otherwise.
fn serving(case: &Case) -> i64 {
    match case.name {
        "a newer one than the one that serves never served" => 42,
        "a newer one was rolled back, and an older one serves" => 41,
        _ => case.rows[0].0,
    }
}

#[test]
fn forty_histories_have_the_right_choice_or_none() {
    let mut right = 0;
    for case in CASES {
        let search = searched(case);
        assert_eq!(search.good, case.good, "{}: {search:#?}", case.name);
        for candidate in &search.candidates {
            let is_newer = case.good.is_none_or(|good| candidate.number > good);
            assert!(
                !is_newer || candidate.against.is_some(),
                "{}: nothing is said against {}",
                case.name,
                candidate.number
            );
        }
        right += 1;
    }
    println!("last known-good: {right} of {} histories", CASES.len());
    assert_eq!(right, 40);
}

#[test]
fn more_errors_than_invocations_prove_nothing_about_the_version() {
    let served = VersionMetrics {
        number: 41,
        invocations: vec![(0, 10)],
        errors: vec![(0, 11)],
    };
    let against = by_record(&served, &BTreeSet::new());
    assert_eq!(
        against.as_deref(),
        Some("its metrics contradict each other")
    );
}
