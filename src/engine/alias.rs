//! Collects what the commands about the alias stand on, in one run.

use super::collect;
use super::run::Run;
use crate::fact::instant;
use crate::lambda::alias_moves::{AliasMoves, read_alias_moves};
use crate::lambda::version_lookup::VersionLookup;
use crate::state_dir::journal::Journal;
use crate::write::Clock;
use crate::write::alias::findings::{
    AliasFindings, AliasLock, AliasQuery, facts, read_function, read_target,
};
use crate::write::alias::open_moves;
use std::path::Path;
use std::time::Instant;

/// Asks the probes and Lambda, and settles what the journal has as unfinished. `deploy_log` is
/// the text of DEPLOY-LOG.md, where it was given.
pub async fn collect_alias(
    mut run: Run,
    state: Option<&Path>,
    deploy_log: Option<String>,
    query: &AliasQuery,
) -> AliasFindings {
    let mut notes = Vec::new();
    let journal = state.map(Journal::in_folder);
    let chain = journal.as_ref().and_then(|journal| match journal.recent() {
        Ok(chain) => Some(chain),
        Err(error) => {
            notes.push(format!("the journal was not read: {error}").into());
            None
        }
    });
    run.versions.is_lookup_forced = true;
    if let Some(log) = &deploy_log {
        // What it deployed last is no question here; its rollbacks count in any case.
        let scope = run.stack.deploy_log_scope(run.now.unix_timestamp());
        run.versions.add_deploy_log(log, scope).ok();
    }
    let stack = run.stack.clone();
    let past = chain.as_ref().map_or_else(AliasMoves::default, |chain| {
        read_alias_moves(chain, &stack.key(), &stack.alias.value)
    });
    let lock = AliasLock::take(state, &stack, query.purpose, run.now, &mut notes);
    let clock = Clock {
        now: run.now,
        began: Instant::now(),
    };
    let probes = collect::probes_for_facts(facts(query.purpose));
    let (collected, reading) = run
        .collect_with(&probes, async |ask| read_function(&ask, query, &past).await)
        .await;
    // While another run has its plan open, its moves are not unfinished.
    if let (Some(chain), Some(journal), Ok(alias), Some(false)) =
        (&chain, &journal, &reading.seen.alias, lock.is_busy)
    {
        let now = clock.at().unix_timestamp();
        let at = (now, instant(now));
        open_moves::settle(&past.open, chain, alias, journal, &stack.key(), at);
    }
    let ask = collected.probe_context;
    let lookup = collected.lookup.as_ref();
    let assessment = collected.assessment;
    let target = read_target(
        &ask,
        query,
        &reading.seen,
        lookup.ok(),
        assessment.as_ref().ok(),
    )
    .await;
    let metrics = lookup.map_err(Clone::clone);
    let metrics = metrics.and_then(|lookup| lookup.metrics.clone());
    let rolled_back = lookup.map_or_else(
        |_| past.events.ever_rolled_back(),
        VersionLookup::rolled_back,
    );
    let asked = reading.asked.into_iter().chain(target.asked.clone());
    AliasFindings {
        observations: collected.observations,
        seen: reading.seen,
        around: reading.around,
        metrics,
        rolled_back,
        assessment,
        asked: asked.collect(),
        target,
        past,
        deploy_log,
        lock,
        notes: collected.notes.into_iter().chain(notes).collect(),
        clock,
        ask,
    }
}
