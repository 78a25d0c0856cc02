//! Why a fact or a step is not known, in words, and what would help.

use super::UnavailableReason;
use crate::text::Printable;

/// The reason a fact is not known, in words, with what would help where that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Unavailable {
    /// The kind of reason.
    pub why: UnavailableReason,
    /// What happened, as the end of "not judged: …".
    pub detail: Printable,
    /// The words of the other side, which stand with the request and in no summary.
    pub reply: Option<Printable>,
    /// What the operator can do about it.
    pub fix: Option<Printable>,
    /// The same as a command, where it is not the one of the reason.
    pub command: Option<Printable>,
    /// What has to be settled first, where several facts may wait for the same thing.
    pub blocker: Option<Box<Blocker>>,
}

/// What keeps facts or steps unavailable, for reports that say it once for all of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Blocker {
    /// AWS denied this action, such as `ses:GetAccount`.
    DeniedAction(Printable),
    /// The step of this id is not judged.
    Step(Printable),
}

impl Blocker {
    fn text(&mut self) -> &mut Printable {
        match self {
            Self::DeniedAction(text) | Self::Step(text) => text,
        }
    }
}

impl Unavailable {
    /// A reason without a remedy.
    pub fn new(why: UnavailableReason, detail: impl Into<Printable>) -> Self {
        Self {
            why,
            detail: detail.into(),
            reply: None,
            fix: None,
            command: None,
            blocker: None,
        }
    }

    pub(super) fn texts(&mut self) -> impl Iterator<Item = &mut Printable> {
        let optional = [
            self.reply.as_mut(),
            self.fix.as_mut(),
            self.command.as_mut(),
            self.blocker.as_deref_mut().map(Blocker::text),
        ];
        std::iter::once(&mut self.detail).chain(optional.into_iter().flatten())
    }

    /// Adds the words of the other side.
    pub fn reply(mut self, reply: impl Into<Printable>) -> Self {
        self.reply = Some(reply.into()).filter(|reply: &Printable| !reply.is_empty());
        self
    }

    /// What happened with the words of the other side, for the record of a request.
    pub fn in_full(&self) -> Printable {
        match &self.reply {
            None => self.detail.clone(),
            Some(reply) => format!("{}: {reply}", self.detail).into(),
        }
    }

    /// Adds what the operator can do.
    pub fn fix(mut self, fix: impl Into<Printable>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// What the operator can do, followed by its command.
    pub fn remedy(&self) -> Option<String> {
        let of_reason = self.why.command().map(Printable::from);
        let fix = self.fix.as_ref()?;
        Some(match self.command.clone().or(of_reason) {
            Some(command) => format!("{fix}: {command}"),
            None => fix.to_string(),
        })
    }

    /// The id of the step that has to be judged first.
    pub fn waits_for(&self) -> Option<&Printable> {
        match self.blocker.as_deref()? {
            Blocker::Step(id) => Some(id),
            Blocker::DeniedAction(_) => None,
        }
    }

    /// Adds what has to be settled first.
    pub fn blocker(mut self, blocker: Blocker) -> Self {
        self.blocker = Some(Box::new(blocker));
        self
    }

    /// Adds the command that does it, as it can be pasted.
    pub fn command(mut self, command: impl Into<Printable>) -> Self {
        self.command = Some(command.into());
        self
    }
}
