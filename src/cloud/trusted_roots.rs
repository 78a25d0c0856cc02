//! Trusted roots that the environment names: `AWS_CA_BUNDLE`, which the AWS tools read, beside the
//! machine's own, and `SSL_CERT_FILE` in place of them.

use crate::state_dir::input::{self, Links};
use reqwest::Certificate;
use std::path::Path;

/// Roots to trust beside the machine's own, or why a file of them cannot be used.
#[derive(Clone, Debug, Default)]
pub struct TrustedRoots {
    pub(super) extra: Vec<Certificate>,
    /// Which file cannot be used, and why.
    pub(super) problem: Option<String>,
}

/// A bundle of roots is no larger than this, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

impl TrustedRoots {
    /// Reads what the environment names. A file that cannot be used is told when a secure connection is
    /// needed: plain ones need none.
    pub fn read(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let named = |name: &str| env(name).filter(|path| !path.is_empty());
        let mut roots = Self::default();
        if let Some(path) = named("SSL_CERT_FILE")
            && let Err(why) = certificates(&path)
        {
            roots.problem = Some(format!("SSL_CERT_FILE {path}: {why}"));
        }
        if let Some(path) = named("AWS_CA_BUNDLE") {
            match certificates(&path) {
                Ok(extra) => roots.extra = extra,
                Err(why) => roots.problem = Some(format!("AWS_CA_BUNDLE {path}: {why}")),
            }
        }
        roots
    }
}

fn certificates(path: &str) -> Result<Vec<Certificate>, String> {
    let text = input::read_file(Path::new(path), Links::Follow, LARGEST);
    let text = text.map_err(|error| error.to_string())?;
    match Certificate::from_pem_bundle(&text) {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err("it holds no certificate".to_owned()),
    }
}
