//! What a run comes to: its verdict, its first line and the one thing to do.

use super::explain;
use crate::observation::{Blocker, UnavailableReason};
use crate::report::model::{self, Layout, NextAction, RunbookReport, StepReport, Verdict};
use crate::report::{clock, count};
use crate::text::Printable;
use std::collections::BTreeMap;

/// What a run concludes: the report without its times and its stack.
pub struct Conclusion {
    /// The verdict of the run.
    pub verdict: Verdict,
    /// The incident to solve first.
    pub root_cause: Option<Printable>,
    /// The conclusion in one sentence.
    pub summary: Printable,
    /// The one thing to do now.
    pub next_action: Option<NextAction>,
    /// Whom to call.
    pub escalation: Option<model::Escalation>,
    /// Those asked for, worst first.
    pub runbooks: Vec<RunbookReport>,
    /// What the table shows beside the steps.
    pub layout: Layout,
}

/// The conclusion of these runbooks, of which `cause` is the root cause.
pub(super) fn of(cause: Option<RunbookReport>, runbooks: Vec<RunbookReport>) -> Conclusion {
    let verdict = match cause {
        Some(_) => Verdict::Critical,
        None => Verdict::worst(runbooks.iter().map(|runbook| runbook.verdict)),
    };
    let Some(leading) = cause.as_ref().or(runbooks.first()) else {
        return Conclusion {
            verdict,
            root_cause: None,
            summary: "Nothing was judged.".into(),
            next_action: None,
            escalation: None,
            runbooks,
            layout: Layout::default(),
        };
    };
    let mut layout = Layout::default();
    let detail = || common_detail(&runbooks).filter(|_| verdict == Verdict::Unknown);
    let obstacle = common_obstacle(&runbooks).or_else(|| denials(&runbooks));
    if let Some(obstacle) = obstacle.or_else(detail) {
        if verdict == Verdict::Unknown {
            layout.headline = Some(obstacle.summary.clone());
            layout
                .details
                .extend(obstacle.reply.map(|reply| ("reason", reply)));
            return Conclusion {
                verdict,
                root_cause: None,
                summary: obstacle.summary,
                next_action: obstacle.next_action,
                escalation: None,
                runbooks,
                layout,
            };
        }
        let command = obstacle.next_action.and_then(|next| next.command);
        layout.obstacle = Some((obstacle.summary, command));
    }
    let summary = match (verdict, runbooks.as_slice()) {
        (Verdict::Ok, [_, _, ..]) => {
            let warming =
                warming_up(&runbooks).map_or(String::new(), |warming| format!("; {warming}"));
            let is_ok = |runbook: &&RunbookReport| runbook.verdict == Verdict::Ok;
            let ok = runbooks.iter().filter(is_ok).count();
            let all = runbooks.len();
            let skipped = match all - ok {
                0 => String::new(),
                skipped => format!(", {skipped} skipped"),
            };
            format!("{ok} of {all} runbooks ok{skipped}{warming}")
        }
        (_, [only]) if only.id == leading.id => leading.summary.to_string(),
        _ => format!("{} {}", leading.id.as_str().to_uppercase(), leading.summary),
    };
    // Of a cause that was not asked for and took the evidence away only what its children read is
    // judged: what to do about it, such as a rollback, its own triage finds.
    let is_asked = runbooks.iter().any(|runbook| runbook.id == leading.id);
    let is_silenced = |runbook: &RunbookReport| {
        runbook.verdict == Verdict::Unknown && runbook.blocked_by.as_ref() == Some(&leading.id)
    };
    let next_action = match !is_asked && runbooks.iter().any(is_silenced) {
        true => Some(explain::solve(leading.id.as_str())),
        false => leading.next_action.clone(),
    };
    Conclusion {
        verdict,
        root_cause: cause.as_ref().map(|cause| cause.id.clone()),
        summary: summary.into(),
        next_action,
        escalation: leading.escalation.clone(),
        runbooks,
        layout,
    }
}

/// `1 check warming up until 18:50Z`; `None` where every step is judged.
fn warming_up(runbooks: &[RunbookReport]) -> Option<String> {
    let steps = runbooks.iter().flat_map(|runbook| &runbook.steps);
    let waiting: Vec<_> = steps.filter_map(|step| step.warming_up.as_ref()).collect();
    let last = waiting.iter().max_by_key(|wait| wait.ready)?;
    let checks = count(waiting.len(), "check", "checks");
    Some(format!(
        "{checks} warming up until {}",
        clock(last.ready, last.at)
    ))
}

/// The one reason for which several steps are not judged: said once, not once a step.
struct Obstacle {
    summary: Printable,
    /// What to do about it.
    next_action: Option<NextAction>,
    /// The words of the other side.
    reply: Option<Printable>,
}

/// The reason that most of the unknown steps share, where it is one that has a name.
fn common_obstacle(runbooks: &[RunbookReport]) -> Option<Obstacle> {
    let steps = || runbooks.iter().flat_map(|runbook| &runbook.steps);
    // What another incident explains has its reason in that one.
    let judged = || runbooks.iter().filter(|one| one.blocked_by.is_none());
    let unknown = || {
        let steps = judged().flat_map(|runbook| &runbook.steps);
        steps.filter(|step| step.verdict() == Verdict::Unknown)
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for step in unknown() {
        *counts.entry(step.reason_code.as_str()).or_default() += 1;
    }
    // Without credentials AWS was not asked, so nothing says that it is out of reach.
    let is_asked = !counts.contains_key(UnavailableReason::NoCredentials.code());
    let named =
        |code: &str| UnavailableReason::of_code(code).filter(|why| why.headline().is_some());
    let is_named = |(code, _): &(&str, usize)| named(code).is_some();
    let worst = counts.into_iter().filter(is_named);
    let (code, silenced) = worst.max_by_key(|(_, count)| *count)?;
    let why = named(code)?;
    let headline = match (why, is_asked) {
        (UnavailableReason::Offline, false) => {
            "No connection from this machine: API unreachable, no AWS credentials"
        }
        _ => why.headline()?,
    };
    let first = unknown().find(|step| step.reason_code.as_str() == code)?;
    // A token of the API that is missing or refused has the same reason code as a login to AWS.
    let is_of_aws = matches!(code, "no-credentials" | "credentials-expired");
    if silenced < 2 || is_of_aws && !first.summary.as_str().contains("AWS") {
        return None;
    }
    let (all, silenced) = (steps().count(), unknown().count());
    let summary = match silenced == all && why == UnavailableReason::Offline {
        true => headline.to_owned(),
        false => format!("{headline}: {silenced} of {all} steps not judged"),
    };
    let is_told = why == UnavailableReason::NoCredentials;
    Some(Obstacle {
        summary: summary.into(),
        next_action: first.next_action.clone(),
        reply: first
            .unavailable
            .as_ref()
            .and_then(|why| why.reply.clone())
            .filter(|_| is_told),
    })
}

/// All that AWS denied, where that is more than one action: one policy allows them.
fn denials(runbooks: &[RunbookReport]) -> Option<Obstacle> {
    let steps = || runbooks.iter().flat_map(|runbook| &runbook.steps);
    let fixes: BTreeMap<&str, String> = steps().filter_map(denied).collect();
    let mut forms = fixes.values();
    let form = forms.next()?;
    if fixes.len() < 2 {
        return None;
    }
    let all = fixes.keys().copied().collect::<Vec<_>>().join(", ");
    let silenced = steps()
        .filter(|step| step.verdict() == Verdict::Unknown)
        .count();
    let (fix, command) = match forms.all(|other| other == form) {
        true if form == "Allow ACTION for this identity" => (
            "Allow them for this identity; this prints the policy".to_owned(),
            "duckops doctor --policy",
        ),
        true => (form.replace("ACTION", "each of them"), "duckops doctor"),
        false => ("Fix each; the causes differ".to_owned(), "duckops doctor"),
    };
    Some(Obstacle {
        summary: format!(
            "AWS denied {all}: {silenced} of {} steps not judged",
            steps().count()
        )
        .into(),
        next_action: Some(NextAction {
            text: fix.into(),
            command: Some(command.into()),
        }),
        reply: None,
    })
}

/// The action that AWS denied this step, and what helps with `ACTION` in its place.
fn denied(step: &StepReport) -> Option<(&str, String)> {
    let unavailable = step.unavailable.as_ref()?;
    let Some(Blocker::DeniedAction(action)) = unavailable.blocker.as_deref() else {
        return None;
    };
    let fix = unavailable.fix.as_ref()?.as_str();
    Some((action.as_str(), fix.replace(action.as_str(), "ACTION")))
}

/// Steps that are silenced by one failure before it is said once.
const SILENCED: usize = 3;

/// The one failure, such as a feed that timed out, for which steps of several runbooks are not
/// judged.
fn common_detail(runbooks: &[RunbookReport]) -> Option<Obstacle> {
    let mut silenced: BTreeMap<&str, Vec<(&RunbookReport, &StepReport)>> = BTreeMap::new();
    for runbook in runbooks {
        for step in runbook
            .steps
            .iter()
            .filter(|step| step.verdict() == Verdict::Unknown)
        {
            if let Some(why) = &step.unavailable
                && step.waits_for().is_none()
            {
                silenced
                    .entry(why.detail.as_str())
                    .or_default()
                    .push((runbook, step));
            }
        }
    }
    let (why, steps) = silenced
        .into_iter()
        .filter(|(_, steps)| {
            let is_of_several = steps.iter().any(|(runbook, _)| runbook.id != steps[0].0.id);
            steps.len() >= SILENCED && is_of_several
        })
        .max_by_key(|(_, steps)| steps.len())?;
    let all: usize = runbooks.iter().map(|runbook| runbook.steps.len()).sum();
    let (first, rest) = why.split_at(why.chars().next().map_or(0, char::len_utf8));
    let first = first.to_ascii_uppercase();
    let summary = format!("{first}{rest}: {} of {all} steps not judged", steps.len());
    Some(Obstacle {
        summary: summary.into(),
        next_action: steps.first().and_then(|(_, step)| step.next_action.clone()),
        reply: None,
    })
}
