//! Everything known about the function: the alias and its target, versions, configuration, policy,
//! what each version did behind the alias, moves of the alias, and the one last known-good version.
//!
//! [`reader`] asks Lambda and CloudWatch; nothing here changes anything.

pub mod alias_moves;
pub mod alias_target;
pub(crate) mod answer_owner;
pub mod deploy_log_entry;
pub mod deploy_log_events;
pub mod endpoint_probe;
pub mod error_rate;
pub mod function_state;
pub mod last_known_good;
pub mod policy;
pub mod reader;
mod smoke;
pub mod version_config;
pub mod version_events;
pub(crate) mod version_list;
pub mod version_lookup;
pub mod version_metrics;
pub mod version_state;

pub use version_config::VersionConfig;
pub use version_metrics::VersionMetrics;

/// `v61` and `61` are one version.
pub fn version_number(version: &str) -> &str {
    let version = version.trim();
    version
        .strip_prefix(['v', 'V'])
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(version)
}
