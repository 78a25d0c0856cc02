//! By which members of its top level an answer calls itself an error, in the names of frameworks,
//! gateways and Lambda.

use serde_json::Value;

/// What a member holds, whatever reads the document.
#[derive(Clone, Copy, Debug)]
pub enum MemberValue<'a> {
    /// Null, an empty list or an empty object.
    Nothing,
    /// A truth value.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// A list or an object that is not empty.
    Something,
}

impl<'a> From<&'a Value> for MemberValue<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Bool(is) => Self::Flag(*is),
            Value::Number(number) => Self::Number(number.as_f64().unwrap_or(1.0)),
            Value::String(text) => Self::Text(text),
            Value::Array(list) if !list.is_empty() => Self::Something,
            Value::Object(members) if !members.is_empty() => Self::Something,
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Nothing,
        }
    }
}

impl MemberValue<'_> {
    /// Whether it says yes, or holds something that is not a word for nothing.
    pub fn says_something(self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Flag(is) => is,
            Self::Number(number) => number != 0.0,
            Self::Text(text) => {
                let nothing = [
                    "",
                    "false",
                    "null",
                    "none",
                    "nil",
                    "0",
                    "-",
                    "n/a",
                    "undefined",
                    "no error",
                    "no errors",
                ];
                !nothing.contains(&text.trim().to_lowercase().as_str())
            }
            Self::Something => true,
        }
    }

    /// Whether a member that says whether it went well says no: false, zero, or their words.
    pub fn is_no(self) -> bool {
        match self {
            Self::Flag(is) => !is,
            Self::Number(number) => number == 0.0,
            Self::Text(text) => {
                let no = ["false", "no", "0"];
                no.contains(&text.trim().to_lowercase().as_str())
            }
            Self::Nothing | Self::Something => false,
        }
    }

    /// The number that it is, or that its text is.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Whether it is a code of HTTP for an error, as a number or a text.
    pub fn is_error_code(self) -> bool {
        match self {
            Self::Number(code) => code >= 400.0,
            Self::Text(text) => text.parse().is_ok_and(|code: u64| code >= 400),
            _ => false,
        }
    }
}

/// A name in lower case, without what stands between its words: `has_more`, `hasMore`.
pub fn plain_name(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a member says that the answer is an error: one that holds it, one that denies success, or a
/// code of HTTP.
pub fn is_error_member(name: &str, value: MemberValue<'_>) -> bool {
    match plain_name(name).as_str() {
        "ok" | "success" | "succeeded" => value.is_no(),
        "statuscode" => value.is_error_code(),
        "error" | "errors" | "errormessage" | "errortype" | "errorcode" | "exception" | "fault"
        | "faultstring" | "faultcode" | "stacktrace" => value.says_something(),
        _ => false,
    }
}
