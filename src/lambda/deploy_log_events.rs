//! Rollbacks and deployments of versions that DEPLOY-LOG.md records.

use super::version_events::{VersionEvent, VersionEventKind, VersionEvents};
use crate::stack::{DeployLogScope, changes};

/// The events that a deploy log records.
pub fn deploy_log_events(log: &str, scope: DeployLogScope<'_>) -> VersionEvents {
    let events = changes(log, scope).into_iter().flat_map(|change| {
        let at = change.at;
        let event = move |version: &String, kind| {
            let version = version.parse().ok()?;
            Some(VersionEvent { at, version, kind })
        };
        let left = change.left.iter();
        let mut events: Vec<_> = left
            .filter_map(|version| event(version, VersionEventKind::RolledBack))
            .collect();
        let deployed = change.version.iter().filter(|_| !change.is_rollback);
        events.extend(deployed.filter_map(|version| event(version, VersionEventKind::Promoted)));
        events
    });
    events.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::version_events::EventStanding;

    const SCOPE: DeployLogScope<'_> = DeployLogScope {
        function: "mission-control-api",
        alias: "prod",
        now: 1_774_149_129,
    };

    #[test]
    fn a_rollback_entry_rejects_only_the_version_it_left() {
        let rows = [
            "2026-03-22T03:11:00Z | prod | version 61 | alias rollback, was 62 | by arn:me | 200",
            "2026-03-22 rolled back v62 to v61",
            "2026-03-22 rollback from 62 to 61 by ops",
            "## 2026-03-22\nRollback of version 62\nnow version 61",
            "| 2026-03-22 | rolled back from v62 -> v61 |",
            "2026-03-22 v62 deployed, rolled back at noon to v61",
        ];
        for row in rows {
            let events = deploy_log_events(row, SCOPE);
            assert_eq!(events.standing(62), EventStanding::RolledBack, "{row}");
            assert_eq!(events.standing(61), EventStanding::NeverRolledBack, "{row}");
        }
    }

    #[test]
    fn only_a_later_deployment_promotes_a_version_again() {
        let back = "2026-03-20 rolled back v62 to v61\n";
        let again = format!("{back}2026-03-22 deployed version 62\n");
        let events = deploy_log_events(&again, SCOPE);
        assert!(matches!(
            events.standing(62),
            EventStanding::PromotedAgain(_)
        ));
        for line in [
            "2026-03-22 version 62 to staging",
            "2026-03-22 version 62 failed",
            "2026-03-22 planned: v62",
            "2026-03-22 v62 or v63",
            "2026-03-20 deployed v62",
        ] {
            let events = deploy_log_events(&format!("{back}{line}\n"), SCOPE);
            assert_eq!(events.standing(62), EventStanding::RolledBack, "{line}");
        }
    }
}
