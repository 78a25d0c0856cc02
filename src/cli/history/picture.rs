//! The trend of a fact as a file that a browser shows.

use super::Trend;
use crate::cli::Context;
use crate::cli::fail::Failure;
use crate::fact::{self, FactValue};
use crate::report::data::{self, Bounds};
use crate::report::plot::{self, Plot};
use crate::text::Printable;
use std::path::Path;

pub(super) fn write(context: &Context, trend: &Trend, path: &Path) -> Result<(), Failure> {
    let observations = trend.observations();
    let picture = plot::svg(&Plot {
        fact: &trend.fact,
        unit: fact::find(&trend.fact).map_or("", |(_, declared)| declared.unit),
        observations: &observations,
        span: (trend.span.0.unix_timestamp(), trend.span.1.unix_timestamp()),
        bounds: bounds(context, trend)?,
    });
    std::fs::write(path, picture).map_err(|error| {
        let path = Printable::from(path.to_string_lossy().into_owned());
        Failure::own(format!("{path} was not written: {error}"))
    })
}

/// The limits of the runbook that holds the fact against some; what is a percentage of
/// another fact follows the last reading of that.
pub(in crate::cli) fn bounds(context: &Context, trend: &Trend) -> Result<Bounds, Failure> {
    let Some((id, range)) = data::range(&trend.fact) else {
        return Ok(Bounds::default());
    };
    let runbook = context.library.get(id)?;
    let limit = |name: &str| match runbook.limits.get(name)? {
        FactValue::Int(n) | FactValue::Duration(n) => Some(*n as f64),
        FactValue::Float(x) => Some(*x),
        _ => None,
    };
    let whole = trend.whole.map(|value| value as f64);
    Ok(range.by(limit, |_| whole))
}
