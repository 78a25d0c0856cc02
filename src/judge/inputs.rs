//! What a judgement draws on.

use crate::fact::FactValue;
use crate::observation::{FactState, Observations};
use crate::text::StackNames;

/// Everything a judgement draws on; nothing else reaches it.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The observations of the run.
    pub observations: &'a Observations,
    /// What the names of the stack stand for.
    pub naming: &'a StackNames,
}

impl<'a> Inputs<'a> {
    pub(super) fn value(self, path: &str) -> Option<&'a FactValue> {
        match self.observations.get(path) {
            FactState::Known(fact) => Some(&fact.value),
            _ => None,
        }
    }
}
