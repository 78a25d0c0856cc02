//! What clap says of a command line that it does not understand.

use super::fail::Failure;
use super::out::{self, Out};
use crate::exit;
use crate::report::json::DocumentKind;
use crate::text::Printable;

/// Help and version are answers; everything else clap says is a usage error.
pub(super) fn from_clap(error: &clap::Error, foreseen: &Out) -> Result<u8, Failure> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    let text = error.render().to_string();
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        return Ok(foreseen.text(DocumentKind::Help, "help", &text));
    }
    let lines = out::lines(&text)
        .map(|line| line.as_str().trim_end().into())
        .filter(|line: &Printable| !line.is_empty());
    Err(Failure {
        code: exit::USAGE,
        lines: lines.collect(),
    })
}
