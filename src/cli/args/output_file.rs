//! The name of a file that is written.

use clap::builder::{PathBufValueParser, TypedValueParser};
use std::path::PathBuf;

/// Takes any name but `-`: a reader of files takes that for standard input, so that the command
/// which is suggested for what was written could never find it.
pub(in crate::cli) fn output_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path.as_os_str() == "-" {
        true => Err("standard output has no name; use the name of a file"),
        false => Ok(path),
    })
}
