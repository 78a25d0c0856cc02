//! The output formats, by their names.

use super::fail::Failure;
use crate::stack::Setting;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Table,
    Short,
    Json,
    Nagios,
    Prometheus,
    Markdown,
    Junit,
}

impl Format {
    pub(super) const ALL: [(&'static str, Format); 7] = [
        ("table", Format::Table),
        ("short", Format::Short),
        ("json", Format::Json),
        ("nagios", Format::Nagios),
        ("prometheus", Format::Prometheus),
        ("markdown", Format::Markdown),
        ("junit", Format::Junit),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, format)| format)
    }

    pub(super) fn of(setting: &Setting<String>) -> Result<Self, Failure> {
        Self::named(&setting.value).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|(name, _)| *name).collect();
            Failure::not_one_of(&setting.origin, &setting.value, &known)
        })
    }
}
