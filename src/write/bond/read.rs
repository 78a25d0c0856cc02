//! Reading one bond: the audit feed, and where that proves nothing the lists, too.

use super::id::BondId;
use super::summary::{BondSummary, ProvenState};
use crate::cloud::Aws;
use crate::connections::Only;
use crate::fact::Probe;
use crate::probe::{self, Access, ProbeContext};
use crate::write::guarded::Operator;
use std::time::{Duration, Instant};

/// How long one reading may take, where `--deadline` is not shorter.
const READING: Duration = Duration::from_secs(10);

/// Reads one bond, again and again if need be.
#[derive(Clone, Copy)]
pub(super) struct BondReader<'a> {
    pub(super) ask: &'a ProbeContext,
    /// With what the lists are asked.
    pub(super) access: &'a Access,
    pub(super) bond: &'a BondId,
}

impl BondReader<'_> {
    /// What is known of the bond now.
    pub(super) async fn read(&self) -> BondSummary {
        let by_feed = self.read_with(Access::default()).await;
        let is_proven = !matches!(by_feed.state, ProvenState::NotKnown(_));
        if is_proven || (self.access.token.is_none() && self.access.key.is_none()) {
            return by_feed;
        }
        self.read_with(self.access.clone()).await
    }

    async fn read_with(&self, access: Access) -> BondSummary {
        let ask = self.ask;
        let now = (ask.now + ask.began.elapsed()).unix_timestamp();
        // The same question, with time of its own.
        let ask = ProbeContext {
            stack: ask.stack.clone(),
            http: ask.http.clone(),
            aws: Aws::new(&ask.stack, ask.http.clone()),
            now: ask.now,
            began: ask.began,
            deadline: Instant::now()
                + READING.min(ask.deadline.saturating_duration_since(ask.began)),
            expected_version: None,
            versions: ask.versions.clone(),
            only: Some(Only::Bond(self.bond.to_string())),
            access,
            configuration: crate::probe::SharedConfiguration::default(),
            feed: crate::probe::SharedFeed::default(),
        };
        let mut observation = probe::observe(Probe::Connections, &ask).await;
        match observation.connections.take() {
            Some(all) => BondSummary::of(&all, self.bond.as_str()),
            None => BondSummary::unknown(observation.default_detail().as_str(), now),
        }
    }

    /// Reads until the bond is as it shall be.
    ///
    /// # Errors
    /// The last reading: the time is over, or the operator wants to end.
    pub(super) async fn watch(
        &self,
        operator: &dyn Operator,
        wait: Duration,
        pause: Duration,
        is_due: impl Fn(&BondSummary) -> bool,
    ) -> Result<BondSummary, BondSummary> {
        let until = Instant::now() + wait;
        loop {
            let bond = self.read().await;
            if is_due(&bond) {
                return Ok(bond);
            }
            if operator.wants_to_end() || Instant::now() + pause > until {
                return Err(bond);
            }
            tokio::time::sleep(pause).await;
        }
    }
}
