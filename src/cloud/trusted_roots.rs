//! Trusted roots that the environment names: `AWS_CA_BUNDLE`, which the AWS tools read, beside the
//! machine's own, and `SSL_CERT_FILE` in place of them.

use crate::state_dir::input::{self, Links};
use reqwest::Certificate;
use std::path::Path;

/// Which files hold the roots to trust. Nothing is read before a secure connection is needed: that
/// takes milliseconds, and plain ones need no roots.
#[derive(Clone, Debug, Default)]
pub struct TrustedRoots {
    /// In place of the machine's own.
    instead: Option<String>,
    /// Beside them.
    beside: Option<String>,
}

/// A bundle of roots is no larger than this, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

impl TrustedRoots {
    /// Those that the environment names.
    pub fn named(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let named = |name: &str| env(name).filter(|path| !path.is_empty());
        Self {
            instead: named("SSL_CERT_FILE"),
            beside: named("AWS_CA_BUNDLE"),
        }
    }

    /// The roots to trust in addition to those of the machine, which the connector reads itself.
    ///
    /// # Errors
    /// Which file cannot be used, and why.
    pub(super) fn read(&self) -> Result<Vec<Certificate>, String> {
        if let Some(path) = &self.instead {
            // The connector skips invalid entries without an error, so they are reported here.
            bundle(path).map_err(|why| format!("SSL_CERT_FILE {path}: {why}"))?;
        }
        match &self.beside {
            Some(path) if self.beside != self.instead => bundle(path)
                .and_then(|text| Certificate::from_pem_bundle(&text).map_err(|_| NONE.to_owned()))
                .map_err(|why| format!("AWS_CA_BUNDLE {path}: {why}")),
            _ => Ok(Vec::new()),
        }
    }
}

const NONE: &str = "it holds no certificate";

/// A file that holds at least one certificate.
fn bundle(path: &str) -> Result<Vec<u8>, String> {
    let text = input::read_file(Path::new(path), Links::Follow, LARGEST);
    let text = text.map_err(|error| error.to_string())?;
    let begin = b"-----BEGIN CERTIFICATE-----";
    match text.windows(begin.len()).any(|part| part == begin) {
        true => Ok(text),
        false => Err(NONE.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_variable() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(at("empty.pem"), "no roots here\n").expect("written");
        let root = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(at("one.pem"), root).expect("written");
        let read = |pairs: &[(&str, &str)]| {
            let named = |name: &str| Some(pairs.iter().find(|(n, _)| *n == name)?.1.to_owned());
            TrustedRoots::named(&named).read().map(|roots| roots.len())
        };
        for variable in ["SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
            for (file, why) in [("gone.pem", "no such file"), ("empty.pem", NONE)] {
                let said = read(&[(variable, &at(file))]).expect_err("no roots");
                let said = said.to_lowercase();
                let starts = format!("{variable} {}", at(file)).to_lowercase();
                assert!(said.starts_with(&starts) && said.contains(why), "{said}");
            }
            assert_eq!(read(&[(variable, "")]), Ok(0));
        }
        assert_eq!(read(&[("AWS_CA_BUNDLE", &at("one.pem"))]), Ok(1));
        // The same file is not trusted twice.
        let both = ["SSL_CERT_FILE", "AWS_CA_BUNDLE"].map(|name| (name, at("one.pem")));
        let both: Vec<_> = both.iter().map(|(n, path)| (*n, path.as_str())).collect();
        assert_eq!(read(&both), Ok(0));
    }
}
