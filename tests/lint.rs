//! Claim: a runbook file with a mistake is refused with its place before anyone is asked,
//! and one without is triaged with no Rust written for it.

use crate::support::{Ran, Stage, step, world};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A runbook of our own, without a mistake.
const GOOD: &str = r#"id       = "inc-006"
title    = "Too few ducklings"
severity = "P1"

[limits]
few = 20

[[step]]
id     = "ducklings"
title  = "There are enough ducklings"
manual = "curl -s {stack.api_url}/beak/system/status"
show   = ["status.agents.alive"]

  [[step.rule]]
  when    = "status.database.ducklings < limits.few"
  verdict = "warning"
  say     = "Only {status.database.ducklings} ducklings, fewer than {limits.few}."
  next    = "Hatch some"

  [[step.rule]]
  when    = "status.database.ducklings >= limits.few"
  verdict = "ok"
  say     = "{status.database.ducklings} ducklings."

[[step]]
id     = "follow-up"
title  = "Nothing is left to do"
manual = "true"

  [[step.rule]]
  when    = 'verdict.ducklings != "critical"'
  verdict = "skipped"
  say     = "Not needed."

[[case]]
name   = "one too few"
facts  = { "status.database.ducklings" = 19 }
expect = { ducklings = "warning" }

[[case]]
name   = "just enough"
facts  = { "status.database.ducklings" = 20 }
expect = { ducklings = "ok", follow-up = "skipped" }
"#;

const NAME: &str = "inc-006.toml";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

/// Lints a folder while a whole stack is there to be asked, and shows that it is not.
fn lint(folder: &Path) -> Ran {
    let stage = Stage::of(world("healthy"));
    let runbooks = folder.to_str().expect("a plain path");
    let ran = stage
        .duckops(&["runbook", "lint", "--runbooks", runbooks])
        .run();
    assert!(stage.practice.requests().is_empty(), "lint asks nobody");
    // A case that is wrong must not keep a runbook from being used at night.
    let only_cases = ran.stdout.lines().all(|line| line.contains("case"));
    if ran.code != 0 && !only_cases {
        let triaged = stage
            .duckops(&["triage", "inc-006", "--runbooks", runbooks])
            .run();
        assert_eq!(triaged.code, 64, "{triaged:?}");
        assert!(stage.practice.requests().is_empty(), "{triaged:?}");
    }
    ran
}

/// The line on which a text stands first.
fn line_of(text: &str, part: &str) -> usize {
    let before = text.split(part).next().expect("a beginning");
    assert!(text.contains(part), "{part} is not in the text");
    before.matches('\n').count() + 1
}

#[test]
fn a_runbook_without_a_mistake_passes() {
    let folder = folder(&[(NAME, GOOD)]);
    let ran = lint(folder.path());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.stdout, "8 runbooks, no complaints\n");
}

/// What is written instead of what, the part that stands on the complaint's line, and
/// what the complaint says.
type Mistake = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const MISTAKES: &[Mistake] = &[
    (
        "ducklings < limits.few",
        "duckling < limits.few",
        "duckling < ",
        &[
            "no probe yields `status.database.duckling`",
            "did you mean `status.database.ducklings`",
        ],
    ),
    (
        "ducklings < limits.few",
        "ducklings < 'many'",
        "< 'many'",
        &["int is compared with text"],
    ),
    (
        "status.database.ducklings < limits.few",
        "api.up < limits.few",
        "api.up <",
        &["bool"],
    ),
    (
        "ducklings < limits.few",
        "ducklings < 1.5",
        "< 1.5",
        &["float"],
    ),
    (
        "few = 20",
        "few = \"20m\"",
        "ducklings < limits.few",
        &["duration"],
    ),
    (
        "few = 20",
        "few = \"many\"",
        "few = \"many\"",
        &["neither a number nor a duration"],
    ),
    (
        "< limits.few",
        "< limits.fewer",
        "< limits.fewer",
        &["`limits.fewer` is not in [limits]"],
    ),
    (
        "few = 20",
        "few = 20\nmost = 90",
        "most = 90",
        &["limits.most is used nowhere"],
    ),
    (
        "status.database.ducklings < limits.few",
        "size(audit.newest_pecks) < limits.few",
        "size(",
        &["a fact, a limit or a literal"],
    ),
    (
        "status.database.ducklings < limits.few",
        "has(status.database.ducklings)",
        "has(",
        &[],
    ),
    (
        "ducklings < limits.few",
        "ducklings < limits.few || api.up",
        "|| api.up",
        &["not permitted here"],
    ),
    (
        "ducklings < limits.few",
        "ducklings < limits.few && api.up && api.up",
        "&& api.up &&",
        &[],
    ),
    (
        "ducklings < limits.few",
        "ducklings + 1 < limits.few",
        "+ 1 <",
        &["a fact, a limit or a literal"],
    ),
    (
        "ducklings < limits.few",
        "ducklings < limits.few && status.agents.alive < limits.few && api.seconds < 1.0",
        "api.seconds < 1.0",
        &["longer than 80 characters"],
    ),
    (
        "status.database.ducklings < limits.few",
        "status.database.ducklings",
        "when    = \"status.database.ducklings\"",
        &["true or false, this is int"],
    ),
    (
        "status.database.ducklings < limits.few",
        "1 < 2",
        "1 < 2",
        &["a whole number is compared with a whole number"],
    ),
    (
        "status.database.ducklings < limits.few",
        "audit.newest_pecks == limits.few",
        "audit.newest_pecks ==",
        &["evidence only"],
    ),
    (
        "ducklings < limits.few",
        "ducklings <",
        "ducklings <\"",
        &["is not an expression"],
    ),
    (
        "  next    = \"Hatch some\"\n",
        "",
        "ducklings < limits.few",
        &["needs a `next`"],
    ),
    (
        "status.database.ducklings >= limits.few",
        "1 == 1",
        "1 == 1",
        &["a whole number is compared with a whole number"],
    ),
    (
        "verdict = \"skipped\"",
        "verdict = \"ok\"",
        "verdict.ducklings !=",
        &["an ok must compare a fact"],
    ),
    (
        "verdict = \"skipped\"",
        "verdict = \"unknown\"",
        "verdict = \"unknown\"",
        &["unknown is never a rule"],
    ),
    (
        "verdict = \"skipped\"",
        "verdict = \"fine\"",
        "verdict = \"fine\"",
        &["`fine` is not ok, warning, critical or skipped"],
    ),
    (
        "verdict.ducklings !=",
        "verdict.gosling !=",
        "verdict.gosling !=",
        &["not an earlier step"],
    ),
    (
        "verdict.ducklings !=",
        "verdict.follow-up !=",
        "verdict.follow-up !=",
        &[],
    ),
    (
        "id     = \"follow-up\"",
        "id     = \"ducklings\"",
        "id     = \"ducklings\"\ntitle  = \"Nothing",
        &["there is a step `ducklings` already"],
    ),
    (
        "id     = \"follow-up\"",
        "id     = \"Follow Up\"",
        "id     = \"Follow Up\"",
        &["not made of a-z, 0-9 and -"],
    ),
    (
        "id       = \"inc-006\"",
        "id       = \"inc-007\"",
        "id       = \"inc-007\"",
        &["must be the name of the file"],
    ),
    (
        "severity = \"P1\"",
        "severity = \"high\"",
        "severity = \"high\"",
        &["`high` is not P0, P1 or P2"],
    ),
    (
        "severity = \"P1\"",
        "severity = \"P1\"\nowner = \"me\"",
        "owner = \"me\"",
        &["unknown field `owner`"],
    ),
    (
        "  next    = ",
        "  after   = ",
        "  after   = ",
        &["unknown field `after`"],
    ),
    ("title    = \"Too few ducklings\"", "", "", &["title"]),
    (
        "title    = \"Too few ducklings\"",
        "title    = \" \"",
        "title    = \" \"",
        &["must not be empty"],
    ),
    (
        "say     = \"Not needed.\"",
        "say     = \"\"",
        "say     = \"\"",
        &["must not be empty"],
    ),
    (
        "{status.database.ducklings} ducklings.",
        "{status.database.duckling} ducklings.",
        "{status.database.duckling} ",
        &["did you mean `status.database.ducklings`"],
    ),
    (
        "than {limits.few}",
        "than {limits.fewer}",
        "than {limits.fewer}",
        &["is not in [limits]"],
    ),
    (
        "{stack.api_url}",
        "{stack.url}",
        "{stack.url}",
        &["is not one of stack."],
    ),
    (
        "\"Hatch some\"",
        "\"Hatch {some\"",
        "\"Hatch {some\"",
        &["without its `}`"],
    ),
    (
        "\"Hatch some\"",
        "\"Hatch some}\"",
        "\"Hatch some}\"",
        &["without its `{`"],
    ),
    (
        "show   = [\"status.agents.alive\"]",
        "show   = [\"status.agents.live\"]",
        "status.agents.live",
        &["did you mean `status.agents.alive`"],
    ),
    (
        "\"status.database.ducklings\" = 19",
        "\"status.database.ducklings\" = \"19\"",
        "= \"19\"",
        &["is a int, not a string"],
    ),
    (
        "\"status.database.ducklings\" = 19",
        "\"status.database.duckling\" = 19",
        "= 19",
        &["did you mean"],
    ),
    (
        "expect = { ducklings = \"warning\" }",
        "expect = { ducklings = \"ok\" }",
        "name   = \"one too few\"",
        &["step ducklings is warning, expected ok"],
    ),
    (
        "expect = { ducklings = \"warning\" }",
        "expect = { gosling = \"warning\" }",
        "gosling",
        &["there is no step `gosling`"],
    ),
    (
        "expect = { ducklings = \"warning\" }",
        "expect = { ducklings = \"bad\" }",
        "= \"bad\"",
        &["`bad` is not a verdict"],
    ),
    (
        "expect = { ducklings = \"warning\" }",
        "expect = { }",
        "name   = \"one too few\"",
        &["expects nothing"],
    ),
    (
        "\"status.database.ducklings\" = 19",
        "\"status.database.ducklings\" = 21",
        "ducklings < limits.few",
        &["no [[case]] reaches this rule of step ducklings"],
    ),
    (
        "\n[limits]",
        "explained_by = [\"inc-999\"]\n[limits]",
        "",
        &["`inc-999`, which is no runbook"],
    ),
    (
        "\n[limits]",
        "asks = \"Look at {status.database.ducklings}\"\n[limits]",
        "asks",
        &["`asks` names the fact status.database.ducklings"],
    ),
    (
        "next    = \"Hatch some\"",
        "next    = \"Hatch some\"\n  within  = \"5m\"",
        "within",
        &["goes with `escalate`"],
    ),
    (
        "next    = \"Hatch some\"",
        "next    = \"Hatch some\"\n  escalate = \"P7\"",
        "escalate = \"P7\"",
        &["is not P0, P1 or P2"],
    ),
    (
        "next    = \"Hatch some\"",
        "next    = \"Hatch some\"\n  escalate = \"P0\"\n  escalate_from = \"recovery.since\"",
        "escalate_from",
        &["goes with `within`"],
    ),
    (
        "next    = \"Hatch some\"",
        "next    = \"Hatch some\"\n  escalate = \"P0\"\n  within = \"5m\"",
        "within",
        &["needs `escalate_from`"],
    ),
    (
        "next    = \"Hatch some\"",
        "next    = \"Hatch some\"\n  escalate = \"P0\"\n  within = \"5m\"\n  escalate_from = \"recovery.waited\"",
        "escalate_from",
        &["`recovery.waited` is a duration, not an instant"],
    ),
    (
        "next    = \"Hatch some\"",
        "next    = \"Hatch some\"\n  escalate = \"P0\"\n  within = \"5m\"\n  escalate_from = \"recovery.sinse\"",
        "escalate_from",
        &["did you mean `recovery.since`?"],
    ),
    (
        "[[step]]\nid     = \"follow-up\"",
        "[[stepp]]\nid     = \"follow-up\"",
        "[[stepp]]",
        &["unknown field `stepp`"],
    ),
    (
        "few = 20",
        "few = 20\nfew = 21",
        "few = 21",
        &["duplicate key"],
    ),
    ("few = 20", "few 20", "few 20", &[]),
];

#[test]
fn every_runbook_mistake_is_reported_with_file_and_line_before_any_request() {
    println!("lint: {} mistakes", MISTAKES.len());
    let mut wrong = Vec::new();
    for (good, bad, part, words) in MISTAKES {
        assert!(GOOD.contains(good), "{good} is not in the good runbook");
        let text = GOOD.replacen(good, bad, 1);
        let folder = folder(&[(NAME, &text)]);
        let ran = lint(folder.path());
        let line = if part.is_empty() {
            1
        } else {
            line_of(&text, part)
        };
        let place = format!("{}:{line}: ", folder.path().join(NAME).display());
        let told = ran
            .stdout
            .lines()
            .any(|told| told.starts_with(&place) && words.iter().all(|word| told.contains(word)));
        if ran.code != 64 || !told {
            wrong.push(format!(
                "{good:?} -> {bad:?}: due at line {line}: {words:?}; {} {}",
                ran.code, ran.stdout
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn all_mistakes_of_all_runbooks_are_reported_at_once() {
    let text = GOOD
        .replacen("ducklings < limits.few", "duckling < limits.fewer", 1)
        .replacen("{stack.api_url}", "{stack.url}", 1)
        .replacen(
            "\"status.database.ducklings\" = 20",
            "\"status.database.ducklings\" = true",
            1,
        );
    let other =
        GOOD.replacen("inc-006", "inc-007", 1)
            .replacen("  next    = \"Hatch some\"\n", "", 1);
    let folder = folder(&[(NAME, &text), ("inc-007.toml", &other)]);
    let ran = lint(folder.path());
    assert_eq!(ran.code, 64);
    let places: Vec<_> = ran
        .stdout
        .lines()
        .map(|line| {
            let place = line.rsplit_once(".toml:").expect("a place").1;
            let file = if line.contains("inc-007") { 7 } else { 6 };
            (
                file,
                place
                    .split(':')
                    .next()
                    .and_then(|n| n.parse::<usize>().ok())
                    .expect("a line"),
            )
        })
        .collect();
    let due = [
        (6, "{stack.url}"),
        (6, "duckling <"),
        (6, "duckling <"),
        (6, "= true"),
    ];
    let mut due: Vec<_> = due
        .into_iter()
        .map(|(file, part)| (file, line_of(&text, part)))
        .collect();
    due.push((7, line_of(&other, "ducklings <")));
    assert_eq!(places, due, "{}", ran.stdout);
    // Beside the standing note that lint is no usage error of the command line.
    let json = Stage::of(world("healthy"))
        .duckops(&[
            "runbook",
            "lint",
            "--runbooks",
            folder.path().to_str().expect("a path"),
        ])
        .json();
    assert_eq!(
        (json.0, json.1["complaints"].as_array().map(Vec::len)),
        (64, Some(5))
    );
}

#[test]
fn a_missing_runbook_folder_is_a_usage_error() {
    let ran = lint(Path::new("/no/such/folder"));
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(
        ran.stderr.contains("/no/such/folder cannot be read"),
        "{ran:?}"
    );
}

fn built_in(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("runbooks")
        .join(name);
    std::fs::read_to_string(path).expect("a runbook")
}

fn triaged(folder: &Path, runbook: &str, scene: &str) -> (i32, Value) {
    let stage = Stage::of(world(scene));
    let runbooks = folder.to_str().expect("a plain path");
    stage
        .duckops(&["triage", runbook, "--runbooks", runbooks])
        .json()
}

#[test]
fn a_new_incident_is_one_file() {
    let folder = folder(&[(NAME, GOOD)]);
    // A good day has sixteen ducklings.
    let (code, document) = triaged(folder.path(), "inc-006", "healthy");
    assert_eq!(code, 1, "{document:#}");
    let found = step(&document, "inc-006", "ducklings");
    assert_eq!(found["verdict"], "warning");
    assert_eq!(found["summary"], "Only 16 ducklings, fewer than 20.");
    assert_eq!(found["next_action"]["text"], "Hatch some");

    let enough = GOOD
        .replace("few = 20", "few = 16")
        .replace("= 19 }", "= 15 }")
        .replace("= 20 }", "= 16 }");
    std::fs::write(folder.path().join(NAME), enough).expect("a file");
    let (_, document) = triaged(folder.path(), "inc-006", "healthy");
    assert_eq!(
        step(&document, "inc-006", "ducklings")["verdict"],
        "ok",
        "{document:#}"
    );
    assert_eq!(
        step(&document, "inc-006", "follow-up")["verdict"],
        "skipped"
    );
    let all = Stage::of(world("healthy"))
        .duckops(&[
            "triage",
            "--runbooks",
            folder.path().to_str().expect("a path"),
        ])
        .json()
        .1;
    assert_eq!(
        all["runbooks"].as_array().map(Vec::len),
        Some(8),
        "beside the built-in ones"
    );
}

#[test]
fn a_limit_edited_in_a_copy_changes_the_verdict() {
    let text = built_in("inc-004.toml");
    let cells = [
        (
            "per_day     = 10",
            "per_day     = 9",
            "callback-10",
            "callback-errors",
            "ok",
            "critical",
        ),
        (
            "per_day     = 10",
            "per_day     = 11",
            "callback-11",
            "callback-errors",
            "critical",
            "ok",
        ),
        (
            "pulse_old   = \"30m\"",
            "pulse_old   = \"29m\"",
            "pulse-29",
            "agents",
            "ok",
            "warning",
        ),
        (
            "stale_after = \"15m\"",
            "stale_after = \"16m\"",
            "stale-16",
            "stale",
            "warning",
            "ok",
        ),
    ];
    for (limit, edited, scene, id, before, after) in cells {
        assert!(text.contains(limit), "{limit}");
        let built_in = folder(&[]);
        let (_, document) = triaged(built_in.path(), "inc-004", scene);
        assert_eq!(step(&document, "inc-004", id)["verdict"], before, "{limit}");
        let copy = folder(&[("inc-004.toml", &text.replace(limit, edited))]);
        let (_, document) = triaged(copy.path(), "inc-004", scene);
        assert_eq!(step(&document, "inc-004", id)["verdict"], after, "{edited}");
    }
}

#[test]
fn a_limit_that_breaks_a_case_fails_lint_and_test() {
    let text = built_in("inc-004.toml").replace("per_day     = 10", "per_day     = 9");
    let folder = folder(&[("inc-004.toml", &text)]);
    let ran = lint(folder.path());
    assert_eq!(ran.code, 64, "{ran:?}");
    let line = line_of(&text, "name   = \"ten in a day are within the limit\"");
    assert!(
        ran.stdout
            .contains(&format!("inc-004.toml:{line}: case `ten in a day")),
        "{}",
        ran.stdout
    );
    let stage = Stage::of(world("healthy"));
    let ran = stage
        .duckops(&[
            "runbook",
            "test",
            "--runbooks",
            folder.path().to_str().expect("a path"),
        ])
        .run();
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(ran.stdout.contains("ten in a day"), "{ran:?}");
    assert!(stage.practice.requests().is_empty(), "testing asks nobody");
}
