//! What every JSON document holds: its version, its stack, its next action, and safe text.

use crate::report::model;
use crate::text::Printable;
use serde::Serialize;

/// The version of the format. A new minor version only adds.
pub const FORMAT_VERSION: &str = "1.0";
/// The text of a document, with a newline at its end and nothing in it that a terminal
/// would act upon or hide.
pub(super) fn text(document: &impl Serialize, pretty: bool) -> String {
    let json = if pretty {
        serde_json::to_string_pretty(document)
    } else {
        serde_json::to_string(document)
    };
    // Only a map whose keys are no text could fail, and there is none.
    let json = json.unwrap_or_else(|_| "null".to_owned());
    let mut out = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        // Beyond ASCII a character can only stand inside a string.
        let mut buffer = [0; 4];
        let bare: &str = c.encode_utf8(&mut buffer);
        if c < '\x7f' || Printable::from(bare).as_str() == bare {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out.push('\n');
    out
}

#[derive(Serialize)]
pub(super) struct JsonStack<'a> {
    name: Option<&'a str>,
    api_url: Option<&'a str>,
    region: Option<&'a str>,
    account: Option<&'a str>,
}

impl<'a> JsonStack<'a> {
    pub(super) fn of(stack: Option<&'a model::StackIdentity>) -> Self {
        Self {
            name: stack.map(|s| s.name.as_str()),
            api_url: stack.map(|s| s.api_url.as_str()),
            region: stack.map(|s| s.region.as_str()),
            account: stack.map(|s| s.account.as_str()),
        }
    }
}

#[derive(Serialize)]
pub(super) struct JsonAction<'a> {
    text: &'a str,
    command: Option<&'a str>,
}

impl<'a> JsonAction<'a> {
    pub(super) fn of(action: &'a model::NextAction) -> Self {
        Self {
            text: action.text.as_str(),
            command: action.command.as_ref().map(Printable::as_str),
        }
    }
}
