//! The credentials of the API: a token and a Beak Key, each from a file of the caller's.

use crate::probe::Access;
use crate::stack::{Environment, Secret, SecretError, SecretSource};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files that the command line names; the environment stands in for those that it does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct CredentialPaths<'a> {
    /// The file of the operator's token.
    pub token: Option<&'a Path>,
    /// The file of the agent's Beak Key.
    pub beak_key: Option<&'a Path>,
    /// How long a descriptor may take to reach its end, where that is known.
    pub wait: Option<Duration>,
}

/// Reads the token and the Beak Key, where they are named.
///
/// # Errors
/// A named file cannot be used.
pub fn read(
    env: &Environment,
    paths: &CredentialPaths<'_>,
) -> Result<(Option<Secret>, Option<Secret>), SecretError> {
    let read = |path: Option<&Path>, variable: &str| {
        let named = env.get(variable).filter(|path| !path.is_empty());
        let path = path.map(Path::to_owned);
        path.or_else(|| named.map(PathBuf::from))
            .map(SecretSource::File)
            .map(|source| source.read_credential(paths.wait, &|_| None))
            .transpose()
    };
    Ok((
        read(paths.token, "DUCKOPS_TOKEN_FILE")?,
        read(paths.beak_key, "DUCKOPS_BEAK_KEY_FILE")?,
    ))
}

/// The access that the environment gives. A file that cannot be used makes the facts of the
/// lists unknown and stops nothing else.
pub fn access_from_environment(env: &Environment) -> Access {
    access(env, &CredentialPaths::default()).unwrap_or_else(|error| Access {
        unusable: Some(error.to_string().into()),
        ..Access::default()
    })
}

/// The access that these files and the environment give.
///
/// # Errors
/// A named file cannot be used.
pub fn access(env: &Environment, paths: &CredentialPaths<'_>) -> Result<Access, SecretError> {
    let (token, key) = read(env, paths)?;
    Ok(Access {
        token,
        key,
        ..Access::default()
    })
}
