//! What a write changes in the practice stack.

use super::bond_state::Issued;

/// What a write changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The alias points elsewhere.
    Alias(super::FakeAlias),
    /// A key was issued, and the one before it is dead.
    Rotated(Issued),
    /// An agent has given a sign of life.
    Pulsed(String),
    /// A bond is over.
    Unpecked(String),
}
