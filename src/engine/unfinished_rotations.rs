//! Rotations of keys that were begun on this machine and are not settled.

use crate::report::model::NextAction;
use crate::stack::Settings;
use crate::text::Printable;
use crate::write::bond::open_intents;

/// A note for each rotation that was begun on this machine and is not settled, and what to do about
/// the first.
pub(super) fn read(settings: &Settings) -> (Vec<Printable>, Option<NextAction>) {
    let Some(state_dir) = &settings.state_dir else {
        return (Vec::new(), None);
    };
    let open = match open_intents(&state_dir.value) {
        Ok(open) => open,
        Err(error) => {
            let note = format!("unfinished rotations cannot be read: {error}");
            return (vec![note.into()], None);
        }
    };
    let recover = |bond: &str| format!("duckops bond rotate {bond} --recover");
    let notes = open.iter().map(|open| match &open.intent {
        Some(intent) => {
            let (bond, at) = (&intent.bond, &intent.at);
            let recover = recover(bond);
            format!("unfinished bond rotate of {bond}, begun {at}: {recover}")
        }
        None => format!("the intent {} of a rotation cannot be read", open.id),
    });
    let first = open.iter().find_map(|open| open.intent.as_ref());
    let action = first.map(|intent| NextAction {
        text: format!(
            "Recover the rotation of {}: its new key may be lost",
            intent.bond
        )
        .into(),
        command: Some(recover(&intent.bond).into()),
    });
    (notes.map(Printable::from).collect(), action)
}
