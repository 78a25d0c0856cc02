//! The bonds and keys of the practice stack.

/// What the stack holds of one bond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeBond {
    /// `BONDED`, `DENIED`, `EXPIRED` or `UNPECKED`.
    pub state: String,
    /// The Beak Key that counts.
    pub key: String,
}

/// A key that the stack has issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// To whom.
    pub bond: String,
    /// What the request called itself; empty when it did not.
    pub request: String,
    /// The key.
    pub key: String,
}
