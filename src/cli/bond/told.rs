//! What a write to a bond has to say at its end: for people as text, for programs as one
//! document. Every key is always there; what is absent is null.

use crate::cli::Context;
use crate::cli::out::Format;
use crate::engine::run::stack_heading;
use crate::exit;
use crate::report::json::DocumentKind;
use crate::report::json::{self, Heading};
use crate::report::model::{NextAction, Verdict};
use crate::text::Printable;
use crate::write::bond::Plan;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Instant;
use time::OffsetDateTime;

/// Everything there is to say.
#[derive(Default)]
pub(super) struct Told {
    pub(super) code: u8,
    /// A stable word: `done`, `dry-run`, `refused`, `no-consent`, `not-sent`, `conflict`,
    /// `not-verified`, `not-recorded`, `unrecognised`, `unclear`, `recovered`, `nothing-open`.
    pub(super) outcome: &'static str,
    pub(super) summary: String,
    pub(super) plan: Option<Plan>,
    /// What stands in the way.
    pub(super) refusals: Vec<String>,
    /// What to know before consenting.
    pub(super) cautions: Vec<String>,
    /// What was learned, each with its label.
    pub(super) learned: Vec<(&'static str, String)>,
    /// What it came to, for programs.
    pub(super) result: Value,
    /// Whether the journal has it; none when nothing was sent.
    pub(super) recorded: Option<bool>,
    pub(super) next: Option<(String, Option<String>)>,
    pub(super) notes: Vec<Printable>,
    pub(super) began: Option<(OffsetDateTime, Instant)>,
}

impl Told {
    /// An end before anything was sent.
    pub(super) fn nothing_sent(code: u8, outcome: &'static str, summary: impl AsRef<str>) -> Self {
        let summary = summary.as_ref().trim_end_matches('.');
        Self {
            code,
            outcome,
            summary: format!("{summary}; nothing was sent"),
            ..Self::default()
        }
    }

    /// A refusal, with what to do instead.
    pub(super) fn refused(
        summary: impl AsRef<str>,
        next: impl Into<String>,
        command: Option<String>,
    ) -> Self {
        Self {
            next: Some((next.into(), command)),
            ..Self::nothing_sent(exit::WARNING, "refused", summary)
        }
    }

    fn verdict(&self) -> Verdict {
        match self.code {
            exit::OK => Verdict::Ok,
            exit::CRITICAL => Verdict::Critical,
            exit::UNKNOWN => Verdict::Unknown,
            _ => Verdict::Warning,
        }
    }

    /// Prints it; yields the exit code. A report of success that nobody could read is not
    /// delivered, and says so.
    pub(super) fn print(&self, context: &Context) -> u8 {
        let text = match context.out.format {
            Format::Json => self.document(context),
            Format::Short => format!("{}\n", self.headline()),
            _ => self.text(),
        };
        match context.out.print(&text, self.code) {
            exit::UNKNOWN if self.code == exit::OK => exit::CRITICAL,
            code => code,
        }
    }

    fn headline(&self) -> String {
        Printable::from(format!("{}: {}", self.outcome.to_uppercase(), self.summary)).to_string()
    }

    fn document(&self, context: &Context) -> String {
        let stack = stack_heading(&context.settings.stack);
        let summary = Printable::from(self.summary.as_str());
        let next = self.next.as_ref().map(|(text, command)| NextAction {
            text: text.as_str().into(),
            command: command.as_deref().map(Into::into),
        });
        let heading = Heading {
            stack: Some(&stack),
            started_at: self.began.map(|(now, _)| now),
            took: self.began.map(|(_, began)| began.elapsed()),
            verdict: self.verdict(),
            exit_code: self.code,
            summary: &summary,
            next_action: next.as_ref(),
        };
        let learned = self.learned.iter();
        let learned: Vec<_> = learned
            .map(|(label, text)| json!({"label": label, "text": text}))
            .collect();
        let notes: Vec<_> = self.notes.iter().map(Printable::as_str).collect();
        let extra = json!({
            "outcome": self.outcome,
            "dry_run": self.outcome == "dry-run",
            "plan": self.plan.as_ref().map(Plan::json),
            "refusals": self.refusals,
            "cautions": self.cautions,
            "confirm": self.plan.as_ref().map(|plan| plan.bond.as_str()),
            "result": self.result,
            "learned": learned,
            "journal": self.recorded.map(|recorded| json!({
                "id": self.plan.as_ref().map(|plan| &plan.id), "recorded": recorded,
            })),
            "notes": notes,
        });
        json::document(DocumentKind::BondWrite, &heading, &extra, true)
    }

    /// For people; in a dry run every line says so.
    fn text(&self) -> String {
        let mut lines = vec![self.headline(), String::new()];
        lines.extend(self.plan.iter().flat_map(plan_lines));
        let groups = [("refused:", &self.refusals), ("caution:", &self.cautions)];
        for (label, texts) in groups {
            lines.extend(texts.iter().map(|text| labelled(label, text)));
        }
        if let (Some(plan), None) = (&self.plan, self.recorded) {
            lines.push(labelled("consent:", &format!("--confirm {}", plan.bond)));
        }
        let learned = self.learned.iter();
        lines.extend(learned.map(|(label, text)| labelled(label, text)));
        if let (Some(plan), Some(recorded)) = (&self.plan, self.recorded) {
            let kept = match recorded {
                true => format!("{} (duckops journal)", plan.id),
                false => format!("{} could NOT be completed", plan.id),
            };
            lines.push(labelled("journal:", &kept));
        }
        if let Some((text, command)) = &self.next {
            lines.push(labelled("NEXT", text));
            lines.extend(command.iter().map(|command| format!("  {command}")));
        }
        let notes = self.notes.iter();
        lines.extend(notes.map(|note| labelled("note:", note.as_str())));
        lines.push(format!("exit {}", self.code));
        let dry = match self.outcome {
            "dry-run" => "DRY RUN  ",
            _ => "",
        };
        lines.into_iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{dry}{}", Printable::from(line));
            text
        })
    }
}

/// What would be done, or was to.
pub(super) fn plan_lines(plan: &Plan) -> Vec<String> {
    let what = format!("{} of {}", plan.action.command(), plan.bond);
    let mut lines = vec![labelled("plan:", &what)];
    let about = plan.about.iter();
    lines.extend(about.map(|(label, text)| labelled(&format!("{label}:"), text)));
    let place = match &plan.proxy {
        Some(proxy) => format!("{} via proxy {proxy}", plan.host),
        None => plan.host.clone(),
    };
    lines.push(labelled("where:", &place));
    lines.push(labelled("with:", &plan.credentials));
    let reason = plan.reason.iter();
    lines.extend(reason.map(|reason| labelled("because:", reason)));
    let superseded = plan.supersedes.iter();
    lines.extend(superseded.map(|id| labelled("gives up:", &format!("the rotation {id}"))));
    lines
}

pub(super) fn labelled(label: &str, text: &str) -> String {
    let gap = if label.len() >= 12 { " " } else { "" };
    format!("{label:<12}{gap}{text}")
}
