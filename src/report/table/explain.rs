//! What `--explain` adds under a step: the values it stands on, the requests they came from, and
//! the command that asks the same question without duckops.

use crate::fact::FactValue;
use crate::report::model::StepReport;
use crate::report::words;
use std::collections::BTreeSet;

/// How many entries of a list are shown; `--output json` has all of them.
const ENTRIES: usize = 5;
/// How many characters of an entry of a list are shown.
const ENTRY: usize = 1000;

/// The lines under a step, each a label and a text. A failure that is already in `seen` is not
/// repeated whole.
pub(super) fn lines(step: &StepReport, seen: &mut BTreeSet<String>) -> Vec<String> {
    let mut lines = Vec::new();
    if !step.reason_code.is_empty() {
        lines.push(format!("why       {}", step.reason_code));
    }
    let reply = step.unavailable.iter().filter_map(|why| why.reply.as_ref());
    lines.extend(
        reply
            .filter(|reply| !seen.iter().any(|seen| seen.ends_with(reply.as_str())))
            .map(|reply| format!("reply     \"{reply}\"")),
    );
    for evidence in step.finding.evidence() {
        match &evidence.value {
            Some(FactValue::List(entries)) if !entries.is_empty() => {
                lines.push(format!(
                    "evidence  {}: {}",
                    evidence.fact,
                    words::count(entries.len(), "entry", "entries")
                ));
                let shown = entries.iter().take(ENTRIES);
                lines.extend(shown.map(|entry| format!("          - {}", entry.printable(ENTRY))));
            }
            _ => lines.push(format!(
                "evidence  {} = {} ({})",
                evidence.fact,
                words::value(evidence),
                evidence.source
            )),
        }
    }
    let mut asked = step.asked.iter().peekable();
    while let Some((probe, request)) = asked.next() {
        // A request that was tried again is one line.
        let (mut tries, mut took) = (1, request.took);
        while let Some((_, again)) = asked.next_if(|(_, next)| next.question == request.question) {
            (tries, took) = (tries + 1, took + again.took);
        }
        let tries = match tries {
            1 => String::new(),
            tries => format!(", {tries} tries"),
        };
        let failure = request.failure.as_ref();
        let failure = failure.map_or(String::new(), |why| {
            let is_new = seen.insert(why.to_string());
            let (short, rest) = why.as_str().split_once(": ").unwrap_or((why.as_str(), ""));
            match is_new || rest.is_empty() {
                true => format!(", failed: {why}"),
                false => format!(", failed: {short} (as above)"),
            }
        });
        lines.push(format!(
            "source    {probe}, {}{tries} in {}{failure}",
            request.question,
            words::seconds(took)
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
