//! What clap says of a command line that it does not understand.

use super::fail::Failure;
use super::out::Out;
use crate::exit;
use crate::report::document::Document;
use crate::report::json::DocumentKind;
use crate::text::Printable;

/// Help and version are answers; everything else clap says is a usage error.
pub(super) fn from_clap(error: &clap::Error, foreseen: &Out) -> Result<u8, Failure> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    let text = error.render().to_string();
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        return Ok(foreseen.document(&Document::verbatim(DocumentKind::Help, "help", text)));
    }
    let lines = text
        .lines()
        .map(|line| Printable::from(Printable::from(line).as_str().trim_end()))
        .filter(|line: &Printable| !line.is_empty());
    Err(Failure {
        code: exit::USAGE,
        lines: lines.collect(),
    })
}
