//! Checking `[[metric]]`: names, facts, units, and the rules that give a metric its range.

use super::checker::Checker;
use super::metric::MetricDefinition;
use super::model::Step;
use super::raw;
use crate::fact::{Declared, FactType, Probe};
use crate::report::metric::Bound;
use crate::report::model::Verdict;
use std::collections::BTreeSet;
use toml::Spanned;

/// The longest name: Nagios' graphing tools tell labels apart by 19 characters.
const LONGEST_NAME: usize = 19;

/// Checks every metric of a runbook whose steps are checked already.
pub(super) fn all(
    raw: &raw::RawRunbook,
    steps: &[Step],
    check: &mut Checker,
) -> Vec<MetricDefinition> {
    let probes: BTreeSet<Probe> = steps.iter().flat_map(Step::probes).collect();
    let mut metrics: Vec<MetricDefinition> = Vec::new();
    for raw in &raw.metric {
        let name = raw.name.get_ref();
        if metrics.iter().any(|known| known.name == *name) {
            check.at(&raw.name, format!("there is a metric `{name}` already"));
        }
        metrics.extend(metric(raw, steps, &probes, check));
    }
    metrics
}

fn metric(
    raw: &raw::RawMetric,
    steps: &[Step],
    probes: &BTreeSet<Probe>,
    check: &mut Checker,
) -> Option<MetricDefinition> {
    let name = raw.name.get_ref();
    let is_label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_label) {
        let why = format!("the metric `{name}` is not made of at most 19 of a-z, 0-9 and _");
        check.at(&raw.name, why);
    }
    if raw.help.get_ref().trim().is_empty() {
        check.at(&raw.help, "must not be empty".to_owned());
    }
    let fact = number(&raw.fact, probes, check);
    let whole = raw.percent_of.as_ref();
    let whole = whole.map(|path| number(path, probes, check));
    if let (Some(unit), Some(fact)) = (&raw.unit, fact)
        && unit.get_ref() != fact.unit
    {
        let why = format!(
            "the unit of `{}` is `{}`, not `{}`",
            fact.path,
            fact.unit,
            unit.get_ref()
        );
        check.at(unit, why);
    }
    let mut bound = |rule: &Option<Spanned<String>>, verdict| {
        let rule = rule.as_ref()?;
        let compared = match raw.percent_of {
            Some(_) => None,
            None => Some(fact?.path),
        };
        match bound_of(rule.get_ref(), verdict, compared, steps) {
            Ok(bound) => Some(bound),
            Err(why) => {
                check.at(rule, why);
                None
            }
        }
    };
    let warning = bound(&raw.warning, Verdict::Warning);
    let critical = bound(&raw.critical, Verdict::Critical);
    let fact = fact?;
    Some(MetricDefinition {
        name: name.clone(),
        line: check.line(raw.name.span().start),
        fact: fact.path,
        unit: fact.unit,
        help: raw.help.get_ref().clone(),
        total: raw.total,
        percent_of: match whole {
            Some(whole) => Some(whole?.path),
            None => None,
        },
        warning,
        critical,
        is_whole: fact.ty != FactType::Float,
    })
}

/// A declared fact that is a number and that the steps ask for.
fn number(
    path: &Spanned<String>,
    probes: &BTreeSet<Probe>,
    check: &mut Checker,
) -> Option<&'static Declared> {
    let Some((probe, fact)) = crate::fact::find(path.get_ref()) else {
        check.at(path, crate::fact::unknown_fact(path.get_ref()));
        return None;
    };
    if !matches!(
        fact.ty,
        FactType::Bool | FactType::Int | FactType::Float | FactType::Duration
    ) {
        check.at(
            path,
            format!("`{}` is a {}, not a number", fact.path, fact.ty.name()),
        );
    }
    let mut needed = crate::fact::inputs(fact.path).iter().chain([&probe]);
    if !needed.all(|probe| probes.contains(probe)) {
        let why = format!(
            "no step asks for `{}`: name it in a rule or in `show`",
            fact.path
        );
        check.at(path, why);
    }
    Some(fact)
}

/// What `STEP/REASON` with this verdict leaves in order of a fact; of a percentage when
/// `compared` is none.
fn bound_of(
    named: &str,
    verdict: Verdict,
    compared: Option<&str>,
    steps: &[Step],
) -> Result<Bound, String> {
    let (step, reason) = named
        .split_once('/')
        .ok_or_else(|| format!("`{named}` is not STEP/REASON"))?;
    let rules = steps
        .iter()
        .filter(|known| known.id == step)
        .flat_map(|step| &step.rules)
        .filter(|rule| rule.verdict == verdict && rule.reason == reason);
    let is_compared = |path: &str| match compared {
        Some(fact) => fact == path,
        None => crate::fact::find(path).is_some_and(|(_, fact)| fact.unit == "percent"),
    };
    let mut bounds = rules
        .flat_map(|rule| rule.when.bounds())
        .filter(|(path, _)| is_compared(path))
        .map(|(_, bound)| bound);
    match (bounds.next(), bounds.next()) {
        (Some(bound), None) => Ok(bound),
        (None, _) => Err(format!(
            "no rule `{named}` with verdict {} compares {} with a limit",
            verdict.word(),
            compared.map_or("a percentage".to_owned(), |fact| format!("`{fact}`"))
        )),
        (Some(_), Some(_)) => Err(format!(
            "`{named}` compares it more than once: its range is not clear"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::FactValue;
    use crate::report::nagios::performance;
    use crate::runbook::{Library, load};

    const MAIL: &str = include_str!("../../runbooks/inc-005.toml");

    /// The performance data of the mail quota, by its runbook with other limits.
    fn quota(limits: [&str; 2], sent: FactValue, max: FactValue) -> [String; 2] {
        let [warning, critical] = limits;
        let text = MAIL
            .replace(
                "used_critical      = 95",
                &format!("used_critical = {critical}"),
            )
            .replace(
                "used_warning       = 80",
                &format!("used_warning = {warning}"),
            );
        let runbook = load("inc-005.toml", &text).expect("the runbook with other limits");
        let fact = |path: &str| match path {
            "email.sent_24h" => Some(&sent),
            "email.max_24h" => Some(&max),
            _ => None,
        };
        ["ses_used", "ses_max"].map(|name| {
            let mut metrics = runbook.metrics.iter();
            let metric = metrics
                .find(|metric| metric.name == name)
                .expect("a metric");
            performance(&metric.value(fact))
        })
    }

    #[test]
    fn the_mail_quota_has_its_ranges() {
        use FactValue::{Float, Int};
        let own = ["80", "95"];
        let due = ["ses_used=198;159;190;0;200", "ses_max=200"];
        assert_eq!(quota(own, Int(198), Int(200)), due);
        assert_eq!(quota(own, Float(198.0), Float(200.0)), due);
        let unlimited = ["ses_used=5;;;0", "ses_max=-1"];
        assert_eq!(quota(own, Int(5), Int(-1)), unlimited);
    }

    #[test]
    fn the_ranges_follow_the_limits_of_the_runbook() {
        let quota = |limits| quota(limits, FactValue::Int(5), FactValue::Int(200));
        assert_eq!(quota(["10.2", "50.5"])[0], "ses_used=5;20;101;0;200");
        assert_eq!(quota(["0", "95"])[0], "ses_used=5;~:-1;190;0;200");
    }

    /// A runbook with one metric that is written like this.
    fn complaints(metric: &str) -> Vec<String> {
        let text = include_str!("template.toml");
        let (start, end) = (text.find("[[metric]]"), text.find("[[case]]"));
        let (start, end) = (start.expect("a metric"), end.expect("a case"));
        let text = format!("{}[[metric]]\n{metric}\n{}", &text[..start], &text[end..]);
        match load("inc-000.toml", &text) {
            Ok(_) => Vec::new(),
            Err(wrong) => wrong.0.into_iter().map(|one| one.text).collect(),
        }
    }

    #[test]
    fn an_invalid_metric_is_refused_with_the_reason() {
        let fine = "name = \"alive\"\nfact = \"status.agents.alive\"\nhelp = \"Agents alive\"\n";
        assert_eq!(complaints(fine), [""; 0]);
        for (wrong, due) in [
            (fine.replace("\"alive\"", "\"Alive!\""), "is not made of"),
            (
                fine.replace("\"alive\"", "\"a_label_of_20_letters\""),
                "is not made of",
            ),
            (fine.replace("Agents alive", " "), "must not be empty"),
            (fine.replace("agents.alive", "agents.alife"), "agents.alife"),
            (
                fine.replace("status.agents.alive", "email.sent_24h"),
                "no step asks for",
            ),
            (
                fine.replace("status.agents.alive", "lambda.version"),
                "lambda.version",
            ),
            (format!("{fine}unit = \"seconds\""), "the unit of"),
            (format!("{fine}warning = \"alive\""), "is not STEP/REASON"),
            (
                format!("{fine}warning = \"alive/other\""),
                "no rule `alive/other`",
            ),
            (
                format!("{fine}critical = \"alive/alive\""),
                "with verdict critical",
            ),
            (format!("{fine}[[metric]]\n{fine}"), "there is a metric"),
        ] {
            let found = complaints(&wrong);
            assert!(
                found.iter().any(|text| text.contains(due)),
                "{due}: {found:?}"
            );
        }
    }

    #[test]
    fn a_rule_that_warns_below_a_limit_gives_a_range_from_it() {
        let runbook = load("inc-000.toml", include_str!("template.toml")).expect("the template");
        let two = FactValue::Int(2);
        let value = runbook.metrics[0].value(|_| Some(&two));
        assert_eq!(value.bounds.warning, Some(Bound::AtLeast(2.0)));
        assert_eq!(value.bounds.critical, None);
    }

    #[test]
    fn built_in_metric_names_are_unique() {
        let library = Library::open(None).expect("the built-in runbooks");
        let all = library.all().expect("the built-in runbooks");
        let names: Vec<_> = all
            .iter()
            .flat_map(|r| &r.metrics)
            .map(|m| &m.name)
            .collect();
        let unique: BTreeSet<_> = names.iter().collect();
        assert_eq!((names.len(), unique.len()), (27, 27));
        assert!(all.iter().all(|runbook| !runbook.metrics.is_empty()));
    }
}
