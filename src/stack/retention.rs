//! For how long history keeps what it recorded.

use super::config::ConfigFile;
use super::{Origin, SettingError};
use crate::fact::parse_duration;

/// Seven days in full because verdicts look back that far, ninety by the hour.
pub(super) fn read(file: &ConfigFile) -> Result<(i64, i64), SettingError> {
    const DAY: i64 = 86_400;
    let read = |value: &Option<toml::Spanned<String>>, built_in: i64, least: i64, wanted| {
        let Some(value) = value else {
            return Ok(built_in.max(least));
        };
        parse_duration(value.get_ref())
            .filter(|seconds| (least..=36_500 * DAY).contains(seconds))
            .ok_or_else(|| SettingError::Value {
                origin: Origin::File(file.place(value)),
                value: value.get_ref().as_str().into(),
                wanted,
            })
    };
    let wanted = "a duration of at least 7d, which verdicts look back";
    let detail = read(&file.config.retention.detail, 7 * DAY, 7 * DAY, wanted)?;
    let wanted = "a duration that is no shorter than that of full detail";
    let hourly = read(&file.config.retention.hourly, 90 * DAY, detail, wanted)?;
    Ok((detail, hourly))
}
