//! `alias rollback` and `alias promote` as guarded writes: what refuses them, their plan, and
//! what is verified and reported afterwards.

use super::check::PreflightCheck;
use super::findings::{AliasFindings, AliasQuery};
use super::outcome::MoveOutcome;
use super::plan::{AliasPlan, Purpose};
use super::request::MoveRequest;
use super::update::AliasUpdate;
use super::{canary, conclude};
use crate::exit;
use crate::report::model::Verdict;
use crate::text::Printable;
use crate::write::consent::Reply;
use crate::write::guarded::{Applied, GuardedWrite, WriteContext};
use crate::write::report::WriteReport;
use std::collections::BTreeMap;
use ulid::Ulid;

/// A move of the alias, with everything that was found before it.
#[derive(Debug)]
pub struct MoveAlias<'a> {
    /// What is asked for.
    pub request: &'a MoveRequest,
    /// The query that the findings answer.
    pub query: &'a AliasQuery,
    /// What was found.
    pub findings: &'a AliasFindings,
}

impl GuardedWrite for MoveAlias<'_> {
    type Request = AliasUpdate;

    fn request(&self) -> &AliasUpdate {
        &AliasUpdate
    }

    fn preflight(
        &self,
        context: &WriteContext<'_>,
    ) -> Result<(AliasPlan, WriteReport), Box<WriteReport>> {
        let Some(target) = &self.findings.target.version else {
            return Err(Box::new(self.no_target(context)));
        };
        let report = self
            .findings
            .checked(self.query, target, |_, checks| self.checked(&checks));
        if let Some(first) = report.refusals.first() {
            let more = match report.refusals.len() {
                1 => String::new(),
                many => format!(" (and {} more)", many - 1),
            };
            let why = format!("{first}{more}");
            let end = WriteReport::nothing_sent(exit::WARNING, "refused", why);
            return Err(Box::new(report.ended_as(end)));
        }
        let plan = self.plan(target).map_err(|why| {
            let end = WriteReport::nothing_sent(exit::WARNING, "refused", why);
            Box::new(end)
        })?;
        let plan = match &self.request.canary {
            Some(canary) => canary::first_move(plan, canary),
            None => plan,
        };
        let (from, to) = (plan.from.split(), plan.wanted());
        let mut report = report;
        report.summary = format!("would go from {from} to {to}");
        if let Some(canary) = &self.request.canary {
            report.cautions.extend(canary::caution(context, canary));
        }
        Ok((plan, report))
    }

    async fn conclude(
        &self,
        context: &WriteContext<'_>,
        plan: &AliasPlan,
        applied: Applied<MoveOutcome>,
        reply: &Reply,
        report: WriteReport,
    ) -> WriteReport {
        let wait = self.request.wait;
        match &self.request.canary {
            Some(canary) => {
                let bake = canary.bake;
                canary::go_on(context, plan, applied, reply, (bake, wait), report).await
            }
            None => conclude::conclude(context, plan, applied, wait, report).await,
        }
    }
}

impl MoveAlias<'_> {
    /// No version is proven to be good, so there is nothing to roll back to.
    fn no_target(&self, context: &WriteContext<'_>) -> WriteReport {
        let assessment = self.findings.assessment.as_ref();
        let why = match assessment.map(|assessment| &assessment.last_known_good) {
            Ok(Ok(_)) => "no version is proven to be good".to_owned(),
            Ok(Err(unavailable)) | Err(unavailable) => format!(
                "the last known-good version is not known: {}",
                unavailable.detail
            ),
        };
        let searched = assessment.and_then(|assessment| assessment.last_known_good.as_ref());
        let remedy = searched
            .err()
            .and_then(|unavailable| unavailable.fix.as_ref());
        // A version by name would be refused too while it is not known where the alias points.
        let (next, command) = match (&self.findings.seen.alias, remedy) {
            (Err(unread), _) => (
                unread.fix.as_ref().map_or_else(
                    || "Find out why the alias cannot be read".to_owned(),
                    ToString::to_string,
                ),
                unread
                    .command
                    .as_ref()
                    .map(Printable::as_str)
                    .or_else(|| unread.why.command())
                    .unwrap_or("duckops doctor"),
            ),
            (Ok(_), Some(remedy)) => (remedy.to_string(), "duckops doctor"),
            (Ok(_), None) => (
                format!(
                    "Name one that you know to be good, from DEPLOY-LOG.md, or call {}",
                    context.stack.escalation.value
                ),
                "duckops alias rollback --to VERSION",
            ),
        };
        WriteReport {
            candidates: self.candidates(),
            ..WriteReport::refused(why, next, Some(command.to_owned()))
        }
    }

    /// Sorts the checks that are not ok by what they do to the write.
    fn checked(&self, checks: &[PreflightCheck]) -> WriteReport {
        let purpose = self.request.purpose;
        let mut report = WriteReport::default();
        if self.query.to.is_none() {
            report.candidates = self.candidates();
        }
        for check in checks {
            if check.step.verdict() < Verdict::Warning {
                continue;
            }
            let advises_against = purpose == Purpose::Rollback && check.advises_against();
            let group = if check.blocks(purpose) {
                &mut report.refusals
            } else if advises_against {
                &mut report.advice
            } else {
                &mut report.cautions
            };
            group.push(describe(check));
        }
        report
    }

    fn candidates(&self) -> Vec<String> {
        let assessment = self.findings.assessment.as_ref().ok();
        let all = assessment.into_iter().flat_map(|all| &all.candidates);
        all.map(|candidate| match &candidate.rejected_because {
            None => format!("version {}: good, {}", candidate.number, candidate.record),
            Some(against) => format!("version {}: {against}", candidate.number),
        })
        .collect()
    }

    /// The plan to move the whole alias to `target`. What the checks require is there; what
    /// is missing all the same is the error.
    fn plan(&self, target: &str) -> Result<AliasPlan, String> {
        let seen = &self.findings.seen;
        let alias = seen.alias.as_ref().map_err(|why| why.detail.to_string())?;
        let caller = seen.caller.as_ref().map_err(|why| why.detail.to_string())?;
        let configured = self.findings.target.configured.as_ref();
        let configured = configured.map_err(|why| why.detail.to_string())?;
        let differences = match &seen.current {
            Ok(current) => current.differences(configured),
            Err(unavailable) => vec![format!("not known: {}", unavailable.detail)],
        };
        let stack = self.findings.stack();
        Ok(AliasPlan {
            id: Ulid::generate().to_string(),
            purpose: self.request.purpose,
            function: stack.function.value.clone(),
            alias: stack.alias.value.clone(),
            region: stack.region.value.clone(),
            caller: caller.clone(),
            host: seen.host.clone().unwrap_or_default(),
            from: alias.clone(),
            version: target.to_owned(),
            weights: BTreeMap::new(),
            to: target.to_owned(),
            differences,
            then: None,
            approval: self.request.approval.clone(),
        })
    }
}

/// A check that is not ok, and what would make it so.
fn describe(check: &PreflightCheck) -> String {
    let (id, summary) = (&check.step.id, &check.step.summary);
    match &check.step.next_action {
        Some(next) => format!("{id}: {summary}; {}", next.text),
        None => format!("{id}: {summary}"),
    }
}
