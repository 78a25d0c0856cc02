//! What `--explain` adds under a step: the values it stands on, the requests they came from, and
//! the command that asks the same question without duckops.

use crate::fact::FactValue;
use crate::report::model::StepReport;
use crate::report::words;

/// How many entries of a list are shown; `--output json` has all of them.
const ENTRIES: usize = 5;
/// How many characters of an entry of a list are shown.
const ENTRY: usize = 1000;

/// The lines under a step.
pub(super) fn lines(step: &StepReport) -> Vec<String> {
    let mut lines = Vec::new();
    if !step.reason_code.is_empty() {
        lines.push(format!("why: {}", step.reason_code));
    }
    for evidence in step.finding.evidence() {
        match &evidence.value {
            Some(FactValue::List(entries)) if !entries.is_empty() => {
                lines.push(format!(
                    "{}: {}",
                    evidence.fact,
                    words::count(entries.len(), "entry", "entries")
                ));
                let shown = entries.iter().take(ENTRIES);
                lines.extend(shown.map(|entry| format!("- {}", entry.printable(ENTRY))));
            }
            _ => lines.push(format!(
                "{} = {} ({})",
                evidence.fact,
                words::value(evidence),
                evidence.source
            )),
        }
    }
    for (probe, request) in &step.asked {
        let took = words::seconds(request.took);
        let failure = request.failure.as_ref();
        let failure = failure.map_or(String::new(), |why| format!(", failed: {why}"));
        lines.push(format!(
            "source: {probe}, {} in {took}{failure}",
            request.question
        ));
    }
    if !step.manual.is_empty() {
        lines.push("check it yourself:".to_owned());
    }
    lines
}

/// The commands under a step, which are not broken.
pub(super) fn commands(step: &StepReport) -> Vec<String> {
    match step.manual.is_empty() {
        true => Vec::new(),
        false => vec![step.manual.to_string()],
    }
}
