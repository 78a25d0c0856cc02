//! The credentials of the API: whether the files that the environment names can be used. They
//! are read and sent to nobody.

use crate::report::checklist::ChecklistItem;
use crate::report::model::Verdict;
use crate::stack::{Environment, SecretSource};
use crate::text::Printable;

/// What each is for.
const FILES: [(&str, &str, &str); 2] = [
    (
        "beak key",
        "DUCKOPS_BEAK_KEY_FILE",
        "lists of requests and agents, and writes to its bond",
    ),
    (
        "token",
        "DUCKOPS_TOKEN_FILE",
        "lists of agents, and writes to bonds",
    ),
];

pub(super) fn checks(env: &Environment) -> impl Iterator<Item = ChecklistItem> {
    FILES.into_iter().map(|(name, variable, purpose)| {
        let named = env.get(variable).filter(|path| !path.is_empty());
        let Some(path) = named else {
            let none = format!("none ({variable} is not set); the audit feed is read without");
            return ChecklistItem::ok(name, none);
        };
        let shown = Printable::from(path.as_str());
        match SecretSource::File(path.into()).read_credential(None, &|_| None) {
            Ok(_) => ChecklistItem::ok(name, format!("{shown} ({variable}), for {purpose}")),
            Err(error) => ChecklistItem::bad(
                name,
                Verdict::Warning,
                error.to_string(),
                format!("Unset {variable}, or {}", error.fix()),
            ),
        }
    })
}
