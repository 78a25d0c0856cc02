//! The runbooks that are built in. A test holds this list to the folder.

/// Those that are about requests and bonds, and not about incidents.
pub(super) const BY_NAME: [&str; 2] = ["bond", "peck"];

/// File name and text of each.
pub(super) const RUNBOOKS: &[(&str, &str)] = &[
    (
        "runbooks/inc-001.toml",
        include_str!("../../runbooks/inc-001.toml"),
    ),
    (
        "runbooks/inc-002.toml",
        include_str!("../../runbooks/inc-002.toml"),
    ),
    (
        "runbooks/inc-003.toml",
        include_str!("../../runbooks/inc-003.toml"),
    ),
    (
        "runbooks/inc-004.toml",
        include_str!("../../runbooks/inc-004.toml"),
    ),
    (
        "runbooks/inc-005.toml",
        include_str!("../../runbooks/inc-005.toml"),
    ),
    (
        "runbooks/peck.toml",
        include_str!("../../runbooks/peck.toml"),
    ),
    (
        "runbooks/bond.toml",
        include_str!("../../runbooks/bond.toml"),
    ),
];

/// What stands before the cases of a built-in runbook; a test holds that nothing stands behind them.
pub(super) fn without_cases(text: &'static str) -> &'static str {
    text.split_once("\n[[case]]")
        .map_or(text, |(rules, _)| rules)
}

#[cfg(test)]
mod tests {
    use super::super::{load, model::Runbook};
    use std::collections::BTreeSet;

    #[test]
    fn without_its_cases_a_runbook_is_the_same() {
        for (name, text) in super::RUNBOOKS {
            let whole = load(name, text).expect("a runbook without complaints");
            let cut = load(name, super::without_cases(text)).expect("no complaint without cases");
            assert!(!whole.cases.is_empty() && cut.cases.is_empty(), "{name}");
            let whole = Runbook {
                cases: Vec::new(),
                ..whole
            };
            assert_eq!(format!("{whole:#?}"), format!("{cut:#?}"));
        }
    }

    #[test]
    fn every_file_in_the_folder_is_built_in_and_nothing_else() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks");
        let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the runbooks stand beside the manifest")
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".toml"))
            .map(|name| format!("runbooks/{name}"))
            .collect();
        let built_in: BTreeSet<String> = super::RUNBOOKS
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        assert_eq!(on_disk, built_in);
    }
}
