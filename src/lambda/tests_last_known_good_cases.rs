//! Forty histories of versions, each with the version to go back to, or none.

/// A version: number, invocations, errors, code, state; `gone` for one that was deleted.
pub(super) type VersionRow = (i64, i64, i64, &'static str, &'static str);

pub(super) struct LastGoodCase {
    pub(super) name: &'static str,
    /// Newest first; the first is the one that serves.
    pub(super) rows: &'static [VersionRow],
    pub(super) rolled_back: &'static [i64],
    pub(super) good: Option<i64>,
}

pub(super) const A: &str = "Active";

pub(super) const CASES: &[LastGoodCase] = &[
    LastGoodCase {
        name: "the one before served well",
        rows: &[
            (42, 900, 300, "c42", A),
            (41, 900, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(41),
    },
    LastGoodCase {
        name: "a bad one in between",
        rows: &[
            (42, 900, 300, "c42", A),
            (41, 900, 200, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
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
    LastGoodCase {
        name: "every other one is bad",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 200, "c41", A),
            (40, 900, 100, "c40", A),
        ],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "there is no other",
        rows: &[(1, 9, 9, "c1", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "the other never served",
        rows: &[(42, 9, 9, "c42", A), (41, 0, 0, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "a clean newer one that never served",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 0, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "a newer one than the one that serves never served",
        rows: &[
            (43, 0, 0, "c43", A),
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", A),
        ],
        rolled_back: &[],
        good: Some(41),
    },
    LastGoodCase {
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
    LastGoodCase {
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
    LastGoodCase {
        name: "the one before was deleted",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "gone"),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "all others were deleted",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "gone"),
            (40, 900, 0, "c40", "gone"),
        ],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "the same code under another number",
        rows: &[
            (42, 9, 9, "same", A),
            (41, 900, 0, "same", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "all others run the same code",
        rows: &[
            (42, 9, 9, "same", A),
            (41, 900, 0, "same", A),
            (40, 900, 0, "same", A),
        ],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "the one before is inactive",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "Inactive"),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "the only other is inactive",
        rows: &[(42, 9, 9, "c42", A), (41, 900, 0, "c41", "Inactive")],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "the one before is pending",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "Pending"),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "the one before failed to build",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", "Failed"),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "its state is not told",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", ""),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "too few invocations, then enough",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 12, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "too few invocations everywhere",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 12, 0, "c41", A),
            (40, 40, 0, "c40", A),
        ],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "one invocation short",
        rows: &[(42, 9, 9, "c42", A), (41, 72, 0, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "just enough",
        rows: &[(42, 9, 9, "c42", A), (41, 73, 0, "c41", A)],
        rolled_back: &[],
        good: Some(41),
    },
    LastGoodCase {
        name: "one error in a hundred is too little evidence",
        rows: &[(42, 9, 9, "c42", A), (41, 100, 1, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "one error in a hundred and twenty is enough",
        rows: &[(42, 9, 9, "c42", A), (41, 120, 1, "c41", A)],
        rolled_back: &[],
        good: Some(41),
    },
    LastGoodCase {
        name: "a rate of four percent, often enough",
        rows: &[(42, 9, 9, "c42", A), (41, 10_000, 400, "c41", A)],
        rolled_back: &[],
        good: Some(41),
    },
    LastGoodCase {
        name: "a rate of four percent, not often enough",
        rows: &[(42, 9, 9, "c42", A), (41, 500, 20, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "a rate of five percent",
        rows: &[(42, 9, 9, "c42", A), (41, 100_000, 5_000, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "a rate of six percent, then a clean one",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 10_000, 600, "c41", A),
            (40, 80, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
        name: "it was rolled back before",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[41],
        good: Some(40),
    },
    LastGoodCase {
        name: "all were rolled back before",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[40, 41],
        good: None,
    },
    LastGoodCase {
        name: "the one that serves was rolled back before",
        rows: &[(42, 9, 9, "c42", A), (41, 900, 0, "c41", A)],
        rolled_back: &[42],
        good: Some(41),
    },
    LastGoodCase {
        name: "a newer one was rolled back, and an older one serves",
        rows: &[
            (42, 900, 300, "c42", A),
            (41, 900, 300, "c41", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[42],
        good: Some(40),
    },
    LastGoodCase {
        name: "more errors than invocations",
        rows: &[(42, 9, 9, "c42", A), (41, 90, 900, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "only errors",
        rows: &[(42, 9, 9, "c42", A), (41, 900, 900, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "the one that serves has no record",
        rows: &[(42, 0, 0, "c42", A), (41, 900, 0, "c41", A)],
        rolled_back: &[],
        good: Some(41),
    },
    LastGoodCase {
        name: "the one that serves tells no code",
        rows: &[(42, 9, 9, "", A), (41, 900, 0, "c41", A)],
        rolled_back: &[],
        good: None,
    },
    LastGoodCase {
        name: "the other tells no code",
        rows: &[
            (42, 9, 9, "c42", A),
            (41, 900, 0, "", A),
            (40, 900, 0, "c40", A),
        ],
        rolled_back: &[],
        good: Some(40),
    },
    LastGoodCase {
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
    LastGoodCase {
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
