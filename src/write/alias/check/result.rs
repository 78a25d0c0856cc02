//! The result of a check: a verdict with its evidence, or the reason why there is none.

use super::PreflightInput;
use crate::fact::{Fact, FactValue, Probe};
use crate::observation::{self, Unavailable};
use crate::report::model::{Evidence, Finding, Proof, Verdict};
use crate::text::Untrusted;
use time::OffsetDateTime;

/// A fact that a check stands on.
pub(super) type CheckEvidence = (&'static str, FactValue);

/// The result of one check.
pub(super) struct CheckResult {
    verdict: Verdict,
    pub(super) reason: &'static str,
    pub(super) summary: String,
    pub(super) next: Option<String>,
    pub(super) command: Option<String>,
    evidence: Vec<CheckEvidence>,
}

impl CheckResult {
    fn of(
        verdict: Verdict,
        reason: &'static str,
        evidence: Vec<CheckEvidence>,
        summary: String,
    ) -> Self {
        Self {
            verdict,
            reason,
            summary,
            next: None,
            command: None,
            evidence,
        }
    }

    /// Proven by these facts.
    pub(super) fn ok(evidence: Vec<CheckEvidence>, summary: impl Into<String>) -> Self {
        Self::of(Verdict::Ok, "fine", evidence, summary.into())
    }

    pub(super) fn warning(
        reason: &'static str,
        evidence: Vec<CheckEvidence>,
        summary: impl Into<String>,
    ) -> Self {
        Self::of(Verdict::Warning, reason, evidence, summary.into())
    }

    pub(super) fn bad(
        reason: &'static str,
        evidence: Vec<CheckEvidence>,
        summary: impl Into<String>,
    ) -> Self {
        Self::of(Verdict::Critical, reason, evidence, summary.into())
    }

    /// It could not be learned, and why.
    pub(super) fn unknown(unavailable: &Unavailable) -> Self {
        let mut judged = Self::of(
            Verdict::Unknown,
            unavailable.why.code(),
            Vec::new(),
            format!("not judged: {}", unavailable.detail),
        );
        judged.next = unavailable.fix.as_ref().map(ToString::to_string);
        let of_reason = unavailable.why.command().map(str::to_owned);
        judged.command = unavailable.command.as_ref().map(ToString::to_string);
        judged.command = judged.command.or(of_reason);
        judged
    }

    /// It was asked, and the answer does not settle it.
    pub(super) fn unsettled(
        reason: &'static str,
        evidence: Vec<CheckEvidence>,
        summary: impl Into<String>,
    ) -> Self {
        Self::of(Verdict::Unknown, reason, evidence, summary.into())
    }

    /// Not needed here.
    pub(super) fn skipped(reason: &'static str, summary: impl Into<String>) -> Self {
        Self::of(Verdict::Skipped, reason, Vec::new(), summary.into())
    }

    /// What would make it ok.
    pub(super) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// The same as a command.
    pub(super) fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// As a conclusion of a report. Without a fact there is no ok.
    pub(super) fn finding(self, source: Probe, at: OffsetDateTime) -> Finding {
        if self.verdict == Verdict::Ok {
            let facts = self
                .evidence
                .into_iter()
                .map(|(path, value)| (path, "", source, Fact { value, at }));
            return Proof::of(facts).map_or(Finding::Unknown(Vec::new()), Finding::Ok);
        }
        let evidence = self.evidence.into_iter().map(|(fact, value)| Evidence {
            fact,
            value: Some(value),
            unit: "",
            source,
            at: Some(at),
        });
        let evidence = evidence.collect();
        match self.verdict {
            Verdict::Critical => Finding::Critical(evidence),
            Verdict::Warning => Finding::Warning(evidence),
            Verdict::Skipped => Finding::Skipped(evidence),
            Verdict::Ok | Verdict::Unknown => Finding::Unknown(evidence),
        }
    }
}

/// A text as a fact.
pub(super) fn text(path: &'static str, value: impl Into<String>) -> CheckEvidence {
    (path, FactValue::Text(Untrusted::new(value)))
}

/// A number as a fact.
pub(super) fn number(path: &'static str, value: i64) -> CheckEvidence {
    (path, FactValue::Int(value))
}

/// A list as a fact.
pub(super) fn list(path: &'static str, lines: &[String]) -> CheckEvidence {
    let lines = lines.iter().map(|line| Untrusted::new(line.as_str()));
    (path, FactValue::List(lines.collect()))
}

impl PreflightInput<'_> {
    /// A fact of the probes, or why it is not known.
    pub(super) fn fact(&self, path: &str) -> Result<&FactValue, Unavailable> {
        match self.observations.get(path) {
            observation::FactState::Known(fact) => Ok(&fact.value),
            observation::FactState::Unavailable(unavailable) => Err(unavailable.clone()),
            observation::FactState::NotAsked => Err(Unavailable::new(
                observation::UnavailableReason::NotAsked,
                format!("{path} not requested"),
            )),
        }
    }

    /// Whether a fact of the probes is yes.
    pub(super) fn yes(&self, path: &str) -> Result<bool, Unavailable> {
        self.fact(path).map(|value| *value == FactValue::Bool(true))
    }
}
