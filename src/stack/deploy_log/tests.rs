//! Deploy logs as they are found, each with the version that it names or the reason why it names none.

use super::*;

/// 2026-03-22T03:12:09Z
const NOW: i64 = 1_774_149_129;
const SCOPE: DeployLogScope<'_> = DeployLogScope {
    function: "mission-control-api",
    alias: "prod",
    now: NOW,
};

fn newest(text: &str) -> Result<String, NoVersion> {
    newest_version(text, SCOPE)
}

#[test]
fn the_newest_deploy_log_entry_is_found_at_either_end() {
    let rising = "# Deploys\n2026-03-20 v59 by ops\n2026-03-22 v61 by ops\n";
    let falling = "## 2026-03-22T02:00:00Z\nversion 61, tested\n## 2026-03-20\nversion 59\n";
    let table = "| date | version |\n|---|---|\n| 2026-03-22 | v61 |\n| 2026-03-21 | v60 |\n";
    for log in [rising, falling, table] {
        assert_eq!(newest(log).as_deref(), Ok("61"), "{log}");
    }
}

#[test]
fn an_ambiguous_deploy_log_names_no_version() {
    let table = [
        ("", NoVersion::NoDate),
        ("v61 is live", NoVersion::NoDate),
        ("2026-03-22 deployed by ops", NoVersion::None),
        ("2026-03-22 from v60 to v61", NoVersion::Several),
        ("2026-03-22 v60\n2026-03-22 v61", NoVersion::Several),
        ("2026-03-22 61 tests passed", NoVersion::None),
    ];
    for (log, why) in table {
        assert_eq!(newest(log), Err(why), "{log}");
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DeployLogCase {
    /// What the case shows.
    #[serde(rename = "why")]
    _why: String,
    log: Vec<String>,
    /// The version, or `not used`, or both where either is right.
    expected: Vec<String>,
}

#[test]
fn every_log_of_the_corpus_names_its_newest_version_or_none() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/deploy-logs");
    let (mut used, mut unused, mut wrong) = (0, 0, Vec::new());
    for entry in std::fs::read_dir(folder).expect("the folder of the corpus") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a case");
        let case: DeployLogCase =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let found = newest(&case.log.join("\n"));
        let named = found.clone().unwrap_or_else(|_| "not used".to_owned());
        match found {
            Ok(_) => used += 1,
            Err(_) => unused += 1,
        }
        if !case.expected.contains(&named) {
            wrong.push(format!(
                "{}: {found:?}, not {:?}",
                path.display(),
                case.expected
            ));
        }
    }
    println!("deploy-log corpus: {used} logs used, {unused} not");
    assert!(used > 0 && unused > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
