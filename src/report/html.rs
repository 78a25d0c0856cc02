//! The report as one page to look at: no script, nothing that is loaded from elsewhere, legible
//! on a phone, on paper, in the dark and to a screen reader. Text from outside is text in it
//! and nothing else; the page says so to the browser, too.

use super::model::{Escalation, NextAction, Report, RunbookReport, StepReport, Verdict};
use super::plot::{self, Plot};
use super::table::whom;
use super::words::{self, name, value};
use crate::fact::utc;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};

/// One line of the timeline.
#[derive(Clone, Debug)]
pub struct TimelineRow {
    /// When, as it is shown.
    pub at: String,
    /// Its source.
    pub witness: &'static str,
    /// What happened.
    pub text: String,
    /// Whether a verdict became worse here.
    pub is_bad: bool,
}

/// What the page shows beside the report.
#[derive(Clone, Debug)]
pub struct HtmlPage<'a> {
    /// The run.
    pub report: &'a Report,
    /// The trends of its facts.
    pub plots: &'a [Plot<'a>],
    /// What happened before, oldest first.
    pub events: &'a [TimelineRow],
    /// What must be said of them, in one line.
    pub told: &'a str,
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c1e21;--paper:#fff;--line:#d5d8dd;--soft:#f4f5f7;\
--ok:#1a7f37;--warning:#9a6700;--critical:#b3261e;--unknown:#6639ba;--skipped:#57606a}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--paper:#16181c;--line:#3a3d44;--soft:#212429;\
--ok:#57d07a;--warning:#e3b341;--critical:#ff8a80;--unknown:#c9a7ff;--skipped:#a0a7b0}}\
*{box-sizing:border-box}body{margin:0 auto;max-width:64rem;padding:1rem;color:var(--ink);\
background:var(--paper);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid var(--line)}\
h3{font-size:1rem;margin-bottom:.25rem}table{width:100%;border-collapse:collapse;font-size:.9rem}\
th,td{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid var(--line)}\
pre{white-space:pre-wrap;background:var(--soft);padding:.6rem;border-radius:.3rem}\
.verdict{font-weight:700;white-space:nowrap}.ok{color:var(--ok)}.warning{color:var(--warning)}\
.critical{color:var(--critical)}.unknown{color:var(--unknown)}.skipped{color:var(--skipped)}\
.facts{table-layout:fixed}.facts thead th:first-child{width:34%}.facts thead th:last-child{width:24%}\
.place{font-size:.85rem;color:var(--skipped)}details{margin:.4rem 0}summary{cursor:pointer;font-weight:600}\
.plots{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr))}\
.bad td{font-weight:700}svg{width:100%;height:auto;border:1px solid var(--line)}\
footer{margin-top:2rem;font-size:.85rem}\
@media(max-width:40rem){thead{position:absolute;left:-999rem}tr{display:block;padding:.4rem 0;\
border-bottom:1px solid var(--line)}td,tbody th{display:block;border:0;padding:.1rem 0}}\
@media print{body{max-width:none;font-size:11pt}h2{break-after:avoid}tr,svg,pre{break-inside:avoid}}";

/// The whole page.
pub fn render(page: &HtmlPage<'_>) -> String {
    let report = page.report;
    // The styles of the plots name lines by the words of verdicts, too, and only in pictures.
    let style = format!("{STYLE}\n{}", plot::STYLE);
    let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    );
    let title = title(report);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="referrer" content="no-referrer";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(style.as_str())) }
            }
            body {
                header {
                    h1 { (verdict(report.verdict)) " " (words::headline(report)) }
                    @if let Some(next) = &report.next_action { (action(do_now(report), next)) }
                    @if let Some(then) = words::then(report) { p { strong { "Then:" } } pre { (then) } }
                    @if let Some(due) = &report.escalation { (escalation(due, report)) }
                    @if let Some(obstacle) = &words::obstacle(report) { (action("Unknown", obstacle)) }
                    @if let Some(cause) = &report.root_cause {
                        @if report.runbooks.iter().all(|one| one.id != *cause) {
                            p { "Root cause: " (name(cause)) "." }
                        }
                    }
                    p.place {
                        "Stack " (report.stack.name.as_str())
                        ", account " (report.stack.account.as_str())
                        ", region " (report.stack.region.as_str())
                        ", " (report.stack.api_url.as_str())
                        ", " (utc(report.started_at)) "."
                    }
                    @for note in &report.notes { p { "Note: " (note.as_str()) } }
                }
                main {
                    @for one in &report.runbooks { (runbook(one)) (evidence(one)) }
                    (trends(page))
                    (timeline(page))
                }
                footer {
                    "Made by duckops " (env!("CARGO_PKG_VERSION")) ". Nothing in this page is loaded from elsewhere."
                }
            }
        }
    };
    page.into_string()
}

fn title(report: &Report) -> String {
    format!(
        "{} {}",
        report.verdict.word().to_uppercase(),
        heading(report)
    )
}

fn heading(report: &Report) -> String {
    match report.runbooks.as_slice() {
        [only] => format!("{}: {}", name(&only.id), only.title),
        several => format!("{} runbooks", several.len()),
    }
}

/// The word itself; its colour only repeats it.
fn verdict(verdict: Verdict) -> Markup {
    html! {
        span class={ "verdict " (verdict.word()) } { (verdict.word().to_uppercase()) }
    }
}

fn action(what: &str, next: &NextAction) -> Markup {
    html! {
        p { strong { (what) ": " } (next.text.as_str()) }
        @if let Some(command) = &next.command { pre { (command.as_str()) } }
    }
}

/// The label of the next action, as on a terminal.
fn do_now(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Critical | Verdict::Unknown => "Do now",
        _ => "Next",
    }
}

fn escalation(due: &Escalation, report: &Report) -> Markup {
    html! {
        p {
            strong { "Escalate: " }
            (whom(due, report.started_at))
            @if let Some(by) = due.due { " (" (utc(by)) ")" }
            ": " (due.reason.as_str())
        }
    }
}

fn runbook(runbook: &RunbookReport) -> Markup {
    html! {
        section {
            h2 { (name(&runbook.id)) ": " (verdict(runbook.verdict)) }
            p { (runbook.summary.as_str()) }
            table {
                thead { tr {
                    th scope="col" { "Step" } th scope="col" { "Verdict" }
                    th scope="col" { "Conclusion" }
                } }
                tbody {
                    @for step in &runbook.steps {
                        tr {
                            th scope="row" { (step.number) " " (step.id.as_str()) }
                            td { (verdict(step.verdict())) }
                            td {
                                (step.summary.as_str())
                                @for line in &step.also { br; (line.as_str()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn trends(page: &HtmlPage<'_>) -> Markup {
    html! {
        section {
            h2 { "Trends" }
            @if page.plots.is_empty() { p { "Nothing was recorded before this run." } }
            div.plots {
                @for (number, plot) in page.plots.iter().enumerate() {
                    // Drawn by ourselves, and its texts are escaped there.
                    (PreEscaped(plot::inline(plot, number)))
                }
            }
        }
    }
}

/// Events that are shown at once; the others are folded.
const SHOWN_EVENTS: usize = 8;

fn timeline(page: &HtmlPage<'_>) -> Markup {
    let count = page.events.len();
    let newest = count.saturating_sub(SHOWN_EVENTS);
    let is_shown = |(at, event): &(usize, &TimelineRow)| event.is_bad || *at >= newest;
    let events = || page.events.iter().enumerate();
    let short: Vec<_> = events().filter(is_shown).map(|(_, event)| event).collect();
    // Of many that are bad the newest count, too.
    let short = &short[short.len().saturating_sub(2 * SHOWN_EVENTS)..];
    html! {
        section {
            h2 { "Timeline" }
            p { (page.told) }
            (event_table(short))
            @if short.len() < count {
                details {
                    summary { "All " (count) " events" }
                    (event_table(&page.events.iter().collect::<Vec<_>>()))
                }
            }
        }
    }
}

fn event_table(events: &[&TimelineRow]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "When" } th scope="col" { "Source" } th scope="col" { "What" }
            } }
            tbody {
                @for event in events {
                    tr class=[event.is_bad.then_some("bad")] {
                        th scope="row" { (event.at) }
                        td { (event.witness) }
                        td { @if event.is_bad { "worse: " } (event.text) }
                    }
                }
            }
        }
    }
}

fn evidence(runbook: &RunbookReport) -> Markup {
    html! {
        section {
            h2 { "Evidence of " (name(&runbook.id)) }
            // What is critical is what the reader opens the page for.
            @for step in &runbook.steps {
                details open[step.verdict() == Verdict::Critical] { (stands_on(step)) }
            }
        }
    }
}

/// What one step stands on: its facts, the questions, and how to ask by hand.
fn stands_on(step: &StepReport) -> Markup {
    let facts = step.finding.evidence();
    html! {
        summary { (step.number) ". " (step.title) ": " (verdict(step.verdict())) }
        @if step.verdict() > Verdict::Ok {
            @if let Some(next) = &step.next_action { (action("Next", next)) }
        }
        @if !facts.is_empty() {
            table.facts {
                thead { tr {
                    th scope="col" { "Fact" } th scope="col" { "Value" } th scope="col" { "Source" }
                } }
                tbody {
                    @for fact in facts {
                        tr {
                            th scope="row" { (fact.fact) }
                            td { (value(fact)) }
                            td {
                                (fact.source.name())
                                @if let Some(at) = fact.at { ", " (utc(at)) }
                            }
                        }
                    }
                }
            }
        }
        @for (probe, asked) in &step.asked {
            p {
                "Source: " (probe.name()) ", " (asked.question.as_str())
                @if let Some(failure) = &asked.failure { " failed: " (failure.as_str()) }
            }
        }
        @if !step.manual.is_empty() { pre { (step.manual.as_str()) } }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn page(report: &Report, text: &str) -> String {
        let events = [TimelineRow {
            at: "2026-03-22T03:12:09Z".into(),
            witness: "audit",
            text: text.into(),
            is_bad: true,
        }];
        let plots = [Plot {
            fact: text,
            unit: text,
            observations: &[(0, 1), (60, 2)],
            span: (0, 3_600),
            bounds: Default::default(),
        }];
        render(&HtmlPage {
            report,
            plots: &plots,
            events: &events,
            told: text,
        })
    }

    #[test]
    fn outside_text_is_escaped_in_the_html_page() {
        let evil = "</style></td><script>alert(1)</script><img src=x onerror=y> \" '";
        let text = page(&sample::hostile(), evil);
        for tag in ["<script", "<img", "</style></td>"] {
            assert!(!text.contains(tag), "{tag}");
        }
        assert_eq!(text.matches("<style>").count(), 1);
    }

    #[test]
    fn a_page_has_the_second_command_and_every_line_of_a_step() {
        let mut report = sample::critical();
        for runbook in &mut report.runbooks {
            runbook.then = Some("duckops alias show".into());
            runbook.steps[0].also = vec!["clean-up only with approval".into()];
        }
        let text = page(&report, "plain");
        assert!(text.contains("<pre>duckops alias show</pre>"), "{text}");
        let also = text.matches("<br>clean-up only with approval</td>").count();
        assert_eq!(also, report.runbooks.len(), "{text}");
    }

    #[test]
    fn the_content_security_policy_allows_only_the_inline_style() {
        let text = page(&sample::critical(), "plain");
        let (_, style) = text.split_once("<style>").expect("a style");
        let (style, _) = style.split_once("</style>").expect("its end");
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        assert!(
            text.contains(&format!("style-src &#39;sha256-{hash}&#39;"))
                || text.contains(&format!("style-src 'sha256-{hash}'")),
            "{text}"
        );
        assert!(
            !text.contains(" style="),
            "an inline style would not be applied"
        );
    }
}
