//! Reads the cases of `tests/corpus`: one small file each, with the right value beside it.

use serde::de::DeserializeOwned;

/// Every case of a kind, with the name of its file. A kind without cases is a mistake.
pub(crate) fn cases<T: DeserializeOwned>(kind: &str) -> Vec<(String, T)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(kind);
    let entries = std::fs::read_dir(&folder).expect("the folder of the corpus");
    let mut cases: Vec<(String, T)> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a case");
            let case = serde_json::from_str(&text);
            let name = path.file_stem().expect("a name").to_string_lossy();
            (
                name.into_owned(),
                case.unwrap_or_else(|e| panic!("{}: {e}", path.display())),
            )
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!cases.is_empty(), "{kind}");
    cases
}
