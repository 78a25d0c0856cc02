//! What the table of a report shows beside its steps.

use crate::text::Printable;

/// What the table of a report shows beside its steps, or in their place.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The finding of the first line, where it is not that of the runbook.
    pub headline: Option<Printable>,
    /// Why several steps are not judged, where the first line says something worse, and the command
    /// that mends it.
    pub obstacle: Option<(Printable, Option<Printable>)>,
    /// Lines between the answer and the steps, as they stand.
    pub body: Vec<Printable>,
    /// Which steps have a row.
    pub rows: StepRows,
    /// Labelled lines below the steps.
    pub details: Vec<(&'static str, Printable)>,
}

/// Which steps have a row in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum StepRows {
    /// All of them.
    #[default]
    All,
    /// All but the skipped ones.
    Judged,
    /// Those that are neither ok nor skipped and that the first line does not state.
    Further,
}
