//! Valid names of a DynamoDB table.

use std::fmt;

/// A valid table name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName(String);

impl TableName {
    /// 3 to 255 of letters, digits, `_`, `.` and `-`.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let is_name = (3..=255).contains(&text.len()) && text.bytes().all(known);
        is_name.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
