//! `duckops triage`: every incident, one, or one step of one.

use super::Context;
use super::args;
use super::fail::Failure;
use super::recording::{self, Kept, Saving};
use super::run::{CollectedRun, EvaluatedRun, Run};
use crate::engine::collect;
use crate::fact::{Probe, duration, parse_duration};
use crate::judge::Selection;
use crate::probe;
use crate::report::model::{Report, Verdict};
use crate::runbook::model::Runbook;
use crate::runbook::{Library, Missing};
use crate::stack;
use crate::text::Printable;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What was asked for, and what may explain it.
pub(super) struct RequestedRunbooks {
    asked: Vec<Runbook>,
    step: Option<usize>,
    parents: Vec<Runbook>,
}

impl RequestedRunbooks {
    /// One runbook or all of them, or one step of one. Loads and checks them before anyone
    /// is asked anything.
    pub(super) fn load(
        library: &Library,
        runbook: Option<&str>,
        step: Option<&str>,
    ) -> Result<Self, Missing> {
        let selection = match runbook {
            None => Self::bare(library.incidents()?, None),
            Some(id) => Self::bare(vec![library.get(id)?], step),
        };
        selection?.explained(library)
    }

    /// Several runbooks, each once; without any, all.
    pub(super) fn several(library: &Library, ids: &[String]) -> Result<Self, Missing> {
        let mut asked: Vec<Runbook> = Vec::new();
        for id in ids {
            let runbook = library.get(id)?;
            if !asked.iter().any(|known| known.id == runbook.id) {
                asked.push(runbook);
            }
        }
        match asked.is_empty() {
            true => Self::load(library, None, None),
            false => Self::bare(asked, None)?.explained(library),
        }
    }

    /// The ids of those asked for.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.asked.iter().map(|runbook| runbook.id.as_str())
    }

    /// These, or one step of the first, without what may explain them.
    fn bare(asked: Vec<Runbook>, step: Option<&str>) -> Result<Self, Missing> {
        let step = match (step, asked.first()) {
            (Some(step), Some(runbook)) => Some(find_step(runbook, step)?),
            _ => None,
        };
        Ok(Self {
            asked,
            step,
            parents: Vec::new(),
        })
    }

    /// With what may explain them.
    fn explained(mut self, library: &Library) -> Result<Self, Missing> {
        for id in self.asked.iter().flat_map(Runbook::explanations) {
            let mut known = self.asked.iter().chain(&self.parents);
            if !known.any(|known| known.id == *id) {
                self.parents.push(library.get(id)?);
            }
        }
        Ok(self)
    }

    /// Asks what they need, judges them and records the run.
    pub(super) async fn judge(&self, run: Run) -> Report {
        self.judged(run).await.recorded().await
    }

    /// The same for the built-in runbooks, which are known to be right, so that nothing is asked
    /// for the sake of one that is wrong: what only the judge needs is read while everybody is
    /// asked. The first question does not wait for what is to be made of its answer.
    async fn at_once(
        library: Library,
        asked: &args::Triage,
        run: Run,
    ) -> Result<EvaluatedRun, Failure> {
        let (bare, probes) = match &asked.runbook {
            None => (None, probe::of_incidents().collect()),
            Some(id) => {
                let bare = Self::bare(vec![library.get(id)?], asked.step.as_deref())?;
                let probes = bare.needed();
                (Some(bare), probes)
            }
        };
        let observation = tokio::task::spawn_blocking(move || match bare {
            None => Self::load(&library, None, None),
            Some(bare) => bare.explained(&library),
        });
        let (answered, read) = run.ask_beside(&probes, async |_| observation.await).await;
        let selection = match read {
            Ok(selection) => selection?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        Ok(selection.made_of(answered))
    }

    /// Asks what they need and judges them.
    pub(super) async fn judged(&self, run: Run) -> EvaluatedRun {
        let answered = run.ask(&self.needed()).await;
        self.made_of(answered)
    }

    /// The probes that must be asked.
    pub(super) fn needed(&self) -> BTreeSet<Probe> {
        let steps = self.asked.iter().flat_map(|runbook| {
            let wanted = |index: &usize| self.step.is_none_or(|only| only == *index);
            runbook
                .steps
                .iter()
                .enumerate()
                .filter(move |(index, _)| wanted(index))
                .map(move |(_, step)| (runbook, step))
        });
        collect::probes_for_steps(steps)
    }

    /// What these answers mean.
    pub(super) fn made_of(&self, answered: CollectedRun) -> EvaluatedRun {
        answered.judge(&self.asked(), &self.parents())
    }

    /// What is to be judged.
    pub(super) fn asked(&self) -> Vec<Selection<'_>> {
        let asked = self.asked.iter().map(|runbook| Selection {
            runbook,
            step: self.step,
        });
        asked.collect()
    }

    /// What may explain it.
    pub(super) fn parents(&self) -> Vec<&Runbook> {
        self.parents.iter().collect()
    }
}

fn find_step(runbook: &Runbook, asked: &str) -> Result<usize, Missing> {
    let by_number = asked
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1));
    by_number
        .filter(|index| *index < runbook.steps.len())
        .or_else(|| {
            runbook
                .steps
                .iter()
                .position(|step| step.id == asked.to_lowercase())
        })
        .ok_or_else(|| {
            Missing::name(
                "step",
                asked,
                runbook.steps.iter().map(|step| step.id.as_str()),
            )
        })
}

pub(super) async fn main(context: &Context, args: &args::Triage) -> Result<u8, Failure> {
    if let Some(path) = &args.from {
        return recording::replay(context, args, path);
    }
    let saving = Saving::wanted(args)?;
    let is_once = args.watch.is_none() && args.wait.is_none();
    if is_once && context.settings.runbooks.is_none() {
        let library = context.library.clone();
        let judged = RequestedRunbooks::at_once(library, args, run(context, args)?).await?;
        return Ok(context.out.report(&finished(judged, saving).await));
    }
    let selection = RequestedRunbooks::load(
        &context.library,
        args.runbook.as_deref(),
        args.step.as_deref(),
    )?;
    let limit = |flag, text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| pause(flag, text)).transpose()
    };
    match (limit("--watch", &args.watch)?, limit("--wait", &args.wait)?) {
        (Some(every), _) => watching(context, args, &selection, every).await,
        (None, Some(limit)) => waiting(context, args, &selection, limit, saving).await,
        (None, None) => {
            let judged = selection.judged(run(context, args)?).await;
            Ok(context.out.report(&finished(judged, saving).await))
        }
    }
}

/// Records a run, in history and where that is wanted as a file.
async fn finished(mut judged: EvaluatedRun, saving: Option<Saving>) -> Report {
    let kept = saving.map(|saving| (saving, Kept::of(&mut judged)));
    let report = judged.recorded().await;
    if let Some((saving, kept)) = kept {
        saving.save(kept, &report).await;
    }
    report
}

/// The run that the settings ask for, with the version that the alias should have: by flag,
/// by configuration, by the newest entry of the deploy log, in this order.
fn run(context: &Context, args: &args::Triage) -> Result<Run, Failure> {
    let mut run = Run::of(context)?;
    if let Some(version) = &args.expect {
        run.expected_version = Some(version.clone());
    }
    if let (None, Some(path)) = (&run.expected_version, &args.deploy_log) {
        let shown = Printable::from(path.to_string_lossy().into_owned());
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("--deploy-log: {shown}: {error}")))?;
        match stack::newest_version(&text) {
            Ok(version) => run.expected_version = Some(version),
            Err(why) => run
                .notes
                .push(format!("{shown} was not used: {why}").into()),
        }
    }
    Ok(run)
}

/// Not more often than the API's rate limit bears: 60 a minute, tries included.
const SHORTEST: Duration = Duration::from_secs(2);
/// So many answers in a row make a recovery.
const STEADY: usize = 5;

pub(super) fn pause(flag: &str, text: &str) -> Result<Duration, Failure> {
    parse_duration(text)
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Duration::from_secs)
        .filter(|duration| *duration >= SHORTEST)
        .ok_or_else(|| {
            let text = Printable::from(text);
            Failure::usage(format!(
                "{flag}: `{text}` is not a duration of at least 2s, such as 30s"
            ))
        })
}

/// Asks again and again; ends only by a signal or when nobody reads any more.
async fn watching(
    context: &Context,
    args: &args::Triage,
    selection: &RequestedRunbooks,
    every: Duration,
) -> Result<u8, Failure> {
    loop {
        let began = Instant::now();
        let report = selection.judge(run(context, args)?).await;
        if !context.out.again(&report) {
            return Ok(report.exit_code());
        }
        tokio::time::sleep(every.saturating_sub(began.elapsed())).await;
    }
}

/// Asks until it was ok five times in a row, or the time is over; one report at the end.
async fn waiting(
    context: &Context,
    args: &args::Triage,
    selection: &RequestedRunbooks,
    limit: Duration,
    saving: Option<Saving>,
) -> Result<u8, Failure> {
    let began = Instant::now();
    let mut steady = 0;
    loop {
        let asked = Instant::now();
        let mut judged = selection.judged(run(context, args)?).await;
        let kept = Kept::of(&mut judged);
        let report = judged.recorded().await;
        steady = if report.verdict == Verdict::Ok {
            steady + 1
        } else {
            0
        };
        let left = limit.saturating_sub(began.elapsed());
        if steady == STEADY || left < SHORTEST {
            if let Some(saving) = saving {
                saving.save(kept, &report).await;
            }
            return Ok(context.out.report(&report));
        }
        context.out.progress(&format!(
            "{} {steady} of {STEADY} in a row, {} left: {}",
            report.verdict.word(),
            duration(i64::try_from(left.as_secs()).unwrap_or(i64::MAX)),
            report.summary
        ));
        tokio::time::sleep(SHORTEST.saturating_sub(asked.elapsed())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`RequestedRunbooks::at_once`] takes for granted.
    #[test]
    fn the_built_in_incidents_together_need_every_probe_of_theirs() {
        let library = Library::open(None).expect("the built-in ones");
        let selection = RequestedRunbooks::load(&library, None, None).expect("they are right");
        assert_eq!(selection.needed(), probe::of_incidents().collect());
    }
}
