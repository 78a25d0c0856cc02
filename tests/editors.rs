//! Claim: the schema that editors read fits every runbook and configuration that duckops itself
//! takes, and complains where duckops does about keys, types and words.

use crate::support::{Duckops, validator};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn schema(flag: &str) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    let ran = Duckops::new(home.path(), &["schema", flag]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).expect("a JSON document")
}

/// A TOML file as the JSON that an editor's schema sees.
fn json_of(text: &str) -> Value {
    let value: toml::Value = toml::from_str(text).expect("TOML");
    serde_json::to_value(value).expect("JSON")
}

fn built_in() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
    let files = std::fs::read_dir(folder).expect("the runbooks").flatten();
    let files = files.map(|file| file.path());
    let mut all: Vec<_> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("read");
            (path, text)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn every_built_in_runbook_fits_the_schema_and_a_changed_one_does_not() {
    let all = built_in();
    assert!(all.len() >= 7, "{}", all.len());
    let schema = schema("--runbook");
    let documents: Vec<_> = all.iter().map(|(_, text)| json_of(text)).collect();
    let found = validator::complaints(&schema, &documents);
    for ((path, _), complaints) in all.iter().zip(found) {
        assert!(complaints.is_empty(), "{}: {complaints:#?}", path.display());
    }

    // What duckops refuses by reading alone, an editor underlines.
    let (_, text) = all
        .iter()
        .find(|(path, _)| path.ends_with("inc-004.toml"))
        .expect("inc-004");
    let home = tempfile::tempdir().expect("a folder");
    let (mut refused, mut changed) = (Vec::new(), Vec::new());
    for (what, with) in [
        ("\"P1\"", "\"P7\""),
        ("severity ", "severty "),
        ("title  ", "title = 7 # "),
        ("  when ", "  whem "),
        ("= \"critical\"", "= \"very critical\""),
        ("[[step]]\n", "[[step]]\nsteps = 1\n"),
        ("[limits]\n", "[limits]\nnew = true\n"),
        ("[[case]]\n", "[[case]]\nexpected = 1\n"),
    ] {
        let wrong = text.replacen(what, with, 1);
        assert_ne!(wrong, *text, "{what}");
        std::fs::write(home.path().join("inc-004.toml"), &wrong).expect("written");
        let lint = ["runbook", "lint", "inc-004", "--runbooks", "."];
        let ran = Duckops::new(home.path(), &lint).run();
        assert_eq!(ran.code, 64, "{with}: {ran:?}");
        refused.push(with);
        changed.push(json_of(&wrong));
    }
    let found = validator::complaints(&schema, &changed);
    for (with, complaints) in refused.iter().zip(found) {
        assert!(!complaints.is_empty(), "{with} fits");
    }
}

/// Whatever a key of the schema is, the reader takes it; whatever it takes, the schema has.
#[test]
fn every_key_of_a_runbook_has_a_description() {
    fn described(at: &str, schema: &Value, found: &mut usize) {
        for (key, value) in schema["properties"].as_object().into_iter().flatten() {
            let text = value["description"].as_str().unwrap_or_default();
            assert!(text.ends_with('.'), "{at}/{key} is not described: {value}");
            *found += 1;
        }
        for (name, value) in schema["$defs"].as_object().into_iter().flatten() {
            described(name, value, found);
        }
    }
    let mut found = 0;
    described("", &schema("--runbook"), &mut found);
    assert!(found > 40, "{found}");
}

#[test]
fn a_new_runbook_names_the_schema_that_lies_beside_it() {
    let home = tempfile::tempdir().expect("a folder");
    let new = ["runbook", "new", "inc-006", "--runbooks", "own"];
    assert_eq!(Duckops::new(home.path(), &new).run().code, 0);
    let own = home.path().join("own");
    let text = std::fs::read_to_string(own.join("inc-006.toml")).expect("the new one");
    let named = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("#:schema "));
    let beside = std::fs::read_to_string(own.join(named.expect("a schema"))).expect("the schema");
    let beside: Value = serde_json::from_str(&beside).expect("a JSON document");
    assert_eq!(beside, schema("--runbook"));
    assert_eq!(validator::complaints(&beside, &[json_of(&text)]), [[""; 0]]);
    // It is no runbook.
    let lint = Duckops::new(home.path(), &["runbook", "lint", "--runbooks", "own"]).run();
    assert_eq!(lint.code, 0, "{lint:?}");
}

#[test]
fn the_example_configuration_fits_its_schema_and_a_wrong_one_does_not() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/config.toml");
    let example = json_of(&std::fs::read_to_string(example).expect("the example"));
    let wrong = json!({"outptu": "json"});
    let found = validator::complaints(&schema("--config"), &[example, wrong]);
    assert!(found[0].is_empty(), "{:#?}", found[0]);
    assert!(!found[1].is_empty());
}
