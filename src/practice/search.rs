//! The one form of metric search that the practice stack plays: a namespace, the names of
//! all dimensions, and terms that must be equal. Everything else that CloudWatch's search
//! language can say is refused, so that no question is answered that was not understood.

use super::{FakeMetric, FakeStack};

/// A search that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Search {
    namespace: String,
    dimensions: Vec<String>,
    metric: String,
    terms: Vec<(String, String)>,
    pub(super) statistic: String,
    pub(super) period: i64,
}

impl Search {
    /// Reads `SEARCH('{Namespace,Dimension,…} MetricName="…" Dimension="…"', 'Sum', 60)`.
    pub(super) fn read(expression: &str) -> Option<Self> {
        let rest = expression.strip_prefix("SEARCH('{")?.strip_suffix(')')?;
        let (schema, rest) = rest.split_once('}')?;
        let (terms, rest) = rest.split_once("', '")?;
        let (statistic, period) = rest.split_once("', ")?;
        let mut schema = schema.split(',').map(str::to_owned);
        let namespace = schema.next()?;
        let dimensions: Vec<_> = schema.collect();
        let terms = terms.trim().split(' ').map(|term| {
            let (name, value) = term.split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            (!value.contains('"')).then(|| (name.to_owned(), value.to_owned()))
        });
        let mut terms = terms.collect::<Option<Vec<_>>>()?;
        let named = terms.iter().position(|(name, _)| name == "MetricName")?;
        let (_, metric) = terms.remove(named);
        let known = terms.iter().all(|(name, _)| dimensions.contains(name));
        known.then_some(Self {
            namespace,
            dimensions,
            metric,
            terms,
            statistic: statistic.to_owned(),
            period: period.parse().ok()?,
        })
    }

    /// The name of the metric that is searched for.
    pub(super) fn metric(&self) -> &str {
        &self.metric
    }

    /// The series that have these dimensions, no more and no fewer, and these values.
    pub(super) fn find<'w>(&self, world: &'w FakeStack) -> impl Iterator<Item = &'w FakeMetric> {
        world.metrics.iter().filter(|series| {
            let has = |name: &String| series.dimensions.iter().any(|(n, _)| n == name);
            series.namespace == self.namespace
                && series.name == self.metric
                && series.dimensions.len() == self.dimensions.len()
                && self.dimensions.iter().all(has)
                && self
                    .terms
                    .iter()
                    .all(|term| series.dimensions.contains(term))
        })
    }
}

/// A label for one series: plain words, or the value of a dimension and nothing else.
pub(super) fn label(wanted: &str, series: &FakeMetric) -> Option<String> {
    if !wanted.contains("${") {
        return Some(wanted.to_owned());
    }
    let name = wanted.strip_prefix("${PROP('Dim.")?.strip_suffix("')}")?;
    let mut values = series.dimensions.iter().filter(|(n, _)| n == name);
    values.next().map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "SEARCH('{AWS/Lambda,ExecutedVersion,FunctionName} \
                         MetricName=\"Errors\" FunctionName=\"f\"', 'Sum', 60)";

    fn series(name: &str, dimensions: &[(&str, &str)]) -> FakeMetric {
        FakeMetric {
            namespace: "AWS/Lambda".to_owned(),
            name: name.to_owned(),
            dimensions: dimensions
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            points: Vec::new(),
        }
    }

    #[test]
    fn a_metric_search_matches_dimensions_and_values() {
        let search = Search::read(ASKED).expect("understood");
        assert_eq!((search.statistic.as_str(), search.period), ("Sum", 60));
        let mut world = FakeStack::empty(time::OffsetDateTime::UNIX_EPOCH);
        world.metrics = vec![
            series("Errors", &[("FunctionName", "f")]),
            series("Errors", &[("FunctionName", "f"), ("ExecutedVersion", "9")]),
            series("Errors", &[("FunctionName", "g"), ("ExecutedVersion", "8")]),
            series(
                "Throttles",
                &[("FunctionName", "f"), ("ExecutedVersion", "7")],
            ),
            series("Errors", &[("FunctionName", "f"), ("Resource", "6")]),
        ];
        let found: Vec<_> = search
            .find(&world)
            .map(|series| label("${PROP('Dim.ExecutedVersion')}", series))
            .collect();
        assert_eq!(found, [Some("9".to_owned())]);
    }

    #[test]
    fn an_unsupported_search_is_refused() {
        for odd in [
            "",
            "SUM(METRICS())",
            "SEARCH('{AWS/Lambda} Errors', 'Sum', 60)",
            &ASKED.replace("\"f\"", "f"),
            &ASKED.replace(" FunctionName=", " OR FunctionName="),
            &ASKED.replace(" FunctionName=", " Resource="),
            &ASKED.replace("MetricName", "Metric"),
            &ASKED.replace(", 60", ""),
            &format!("SUM({ASKED})"),
        ] {
            assert_eq!(Search::read(odd), None, "{odd}");
        }
        let one = series("Errors", &[("FunctionName", "f")]);
        assert_eq!(label("${LABEL}", &one), None);
        assert_eq!(label("${PROP('Dim.Resource')}", &one), None);
        assert_eq!(label("plain", &one), Some("plain".to_owned()));
    }
}
