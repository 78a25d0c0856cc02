//! The trend of a fact as a file that a browser shows.

use crate::cli::fail::Failure;
use crate::engine::trend::Trend;
use crate::fact;
use crate::report::plot::{self, Plot};
use crate::state_dir::output;
use crate::text::Printable;
use std::path::Path;

pub(super) fn write(trend: &Trend, path: &Path) -> Result<(), Failure> {
    let observations = trend.observations();
    let picture = plot::svg(&Plot {
        fact: &trend.fact,
        unit: fact::find(&trend.fact).map_or("", |(_, declared)| declared.unit),
        observations: &observations,
        span: (trend.span.0.unix_timestamp(), trend.span.1.unix_timestamp()),
        bounds: trend.bounds,
    });
    output::replace(path, picture.as_bytes(), output::PRIVATE).map_err(|error| {
        let path = Printable::from(path.to_string_lossy().into_owned());
        Failure::own(format!("{path} was not written: {error}"))
    })
}
