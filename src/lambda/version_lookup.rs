//! The questions about single versions that the last known-good version depends on: metrics of the
//! newest versions and the configuration of candidates.
//!
//! They are not needed while the API answers as expected, so they are asked only when something is
//! wrong, and concurrently as far as possible, to keep a triage during an outage short.

use super::alias_moves::WholeMove;
use super::deploy_log_events::deploy_log_events;
use super::last_known_good::{
    AnsweredRun, Assessment, Witnesses, assess, candidates_to_inspect, rolled_back_versions,
};
use super::policy::GatewayAccess;
use super::reader::FunctionReader;
use super::version_config::VersionConfig;
use super::version_events::{EventStanding, VersionEvents};
use super::version_metrics::VersionMetrics;
use crate::observation::{RequestLog, Unavailable};
use crate::stack::{DeployLogScope, NoVersion, newest_change};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How many of the newest versions have their configuration fetched beside the metrics, before it is
/// known which are candidates.
const EARLY_CONFIG_LOOKUPS: usize = 3;
/// How many candidates have their configuration fetched at once.
const MAX_CONFIG_LOOKUPS: usize = 5;

/// What a run needs to know about versions beside its questions; none of it comes from the network.
#[derive(Clone, Debug)]
pub struct VersionContext {
    /// Rollbacks and promotions, by the journal and the deploy log; an error where the journal cannot
    /// be read, since a version that may have been rolled back must not be offered.
    pub events: Result<VersionEvents, Unavailable>,
    /// The moves of the alias that the journal of this machine records, oldest first.
    pub moves: Vec<WholeMove>,
    /// What the newest entry of a DEPLOY-LOG.md says, where one was given and understood.
    pub logged: Option<LoggedVersion>,
    /// The DEPLOY-LOG.md that was given, which the commands of a report must read too.
    pub deploy_log: Option<PathBuf>,
    /// Whether versions are looked up even if nothing seems to be wrong.
    pub is_lookup_forced: bool,
}

impl VersionContext {
    /// Adds the rollbacks and deployments that a DEPLOY-LOG.md records, and the version that its
    /// newest entry names.
    ///
    /// # Errors
    /// Why the log names no version; its rollbacks count all the same.
    pub fn add_deploy_log(
        &mut self,
        log: &str,
        scope: DeployLogScope<'_>,
    ) -> Result<(), NoVersion> {
        if let Ok(events) = &mut self.events {
            events.extend(&deploy_log_events(log, scope));
        }
        self.logged = None;
        self.logged = Some(LoggedVersion::newest(log, scope)?);
        Ok(())
    }
}

/// The version that the newest entry of a DEPLOY-LOG.md names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedVersion {
    /// Its number, as it stands there.
    pub version: String,
    /// It was deployed no earlier than this, in seconds since 1970.
    pub from: i64,
    /// And no later than this: the end of the day where the entry has a date alone.
    pub until: i64,
}

impl LoggedVersion {
    fn newest(log: &str, scope: DeployLogScope<'_>) -> Result<Self, NoVersion> {
        const DAY: i64 = 86_400;
        let (version, change) = newest_change(log, scope)?;
        let from = change.at;
        Ok(Self {
            version,
            from,
            until: if change.is_date_alone {
                from + DAY - 1
            } else {
                from
            },
        })
    }
}

impl Default for VersionContext {
    fn default() -> Self {
        Self {
            events: Ok(VersionEvents::default()),
            moves: Vec::new(),
            logged: None,
            deploy_log: None,
            is_lookup_forced: false,
        }
    }
}

/// What was learned about single versions.
#[derive(Clone, Debug)]
pub struct VersionLookup {
    /// The version that serves.
    pub serving: Result<VersionConfig, Unavailable>,
    /// What the newest versions did behind the alias.
    pub metrics: Result<Vec<VersionMetrics>, Unavailable>,
    /// Whether the policy of the alias lets API Gateway in; `None` where nothing asks for it.
    pub gateway: Option<Result<GatewayAccess, Unavailable>>,
    /// The configuration of the versions that were inspected.
    pub configs: BTreeMap<i64, Result<VersionConfig, Unavailable>>,
    /// The numbers of all published versions.
    pub published: Vec<i64>,
    /// Rollbacks and promotions.
    pub events: VersionEvents,
    /// Recorded runs that saw the API answer.
    pub answered: Vec<AnsweredRun>,
    /// The requests that were sent.
    pub asked: Vec<RequestLog>,
}

/// Asks for what [`VersionLookup::assess`] needs. `serving` is where the alias points; the policy of
/// the alias matters only while the API fails.
pub async fn look_up_versions(
    reader: &FunctionReader<'_>,
    serving: &str,
    published: Vec<i64>,
    events: VersionEvents,
    answered: Vec<AnsweredRun>,
    asks_policy: bool,
) -> VersionLookup {
    let early: Vec<i64> = published
        .iter()
        .copied()
        .filter(|number| number.to_string() != serving)
        .filter(|number| events.standing(*number) != EventStanding::RolledBack)
        .take(EARLY_CONFIG_LOOKUPS)
        .collect();
    let gateway = async {
        match asks_policy {
            true => Some(reader.gateway_access().await),
            false => None,
        }
    };
    let (serving, metrics, configs, gateway) = tokio::join!(
        reader.version_config(serving),
        reader.version_metrics(&published),
        fetch_configs(reader, &early),
        gateway,
    );
    let mut lookup = VersionLookup {
        serving,
        metrics,
        gateway,
        configs,
        published,
        events,
        answered,
        asked: Vec::new(),
    };
    // Each round fetches at least one more, so this ends.
    while let Ok(witnesses) = lookup.witnesses() {
        let wanted = candidates_to_inspect(&witnesses, MAX_CONFIG_LOOKUPS);
        if wanted.is_empty() {
            break;
        }
        let fetched = fetch_configs(reader, &wanted).await;
        lookup.configs.extend(fetched);
    }
    lookup.asked = reader.asked();
    lookup
}

async fn fetch_configs(
    reader: &FunctionReader<'_>,
    numbers: &[i64],
) -> BTreeMap<i64, Result<VersionConfig, Unavailable>> {
    let all = numbers.iter().map(async |number| {
        let config = reader.version_config(&number.to_string()).await;
        (*number, config)
    });
    join_all(all).await.into_iter().collect()
}

impl VersionLookup {
    fn witnesses(&self) -> Result<Witnesses<'_>, Unavailable> {
        Ok(Witnesses {
            serving: self.serving.as_ref().map_err(Clone::clone)?,
            published: &self.published,
            metrics: self.metrics.as_ref().map_err(Clone::clone)?,
            configs: &self.configs,
            events: &self.events,
            answered: &self.answered,
        })
    }

    /// The last known-good version by all witnesses.
    ///
    /// # Errors
    /// That a witness which must be heard is missing: the serving version or the metrics.
    pub fn assess(&self) -> Result<Assessment, Unavailable> {
        Ok(assess(&self.witnesses()?))
    }

    /// The versions that must not be offered since they were rolled back.
    pub fn rolled_back(&self) -> BTreeSet<i64> {
        let metrics = self.metrics.as_deref().unwrap_or_default();
        rolled_back_versions(&self.events, metrics, &self.answered)
    }
}
