//! The credentials of the API: a token and a Beak Key, each from a file of the caller's.

use super::Context;
use super::args::{CredentialFiles, Lists};
use super::fail::Failure;
use crate::probe::Access;
use crate::stack::{Secret, SecretError, SecretSource};
use std::path::PathBuf;

/// The token and the key that are named, by flag or else by the environment.
pub(super) fn read(
    context: &Context,
    files: &CredentialFiles,
) -> Result<(Option<Secret>, Option<Secret>), SecretError> {
    let read = |flag: &Option<PathBuf>, variable: &str| {
        let named = context.env.get(variable).filter(|path| !path.is_empty());
        let path = flag.clone().or_else(|| named.map(PathBuf::from));
        path.map(|path| SecretSource::File(path).read(&|_| None))
            .transpose()
    };
    Ok((
        read(&files.token_file, "DUCKOPS_TOKEN_FILE")?,
        read(&files.beak_key_file, "DUCKOPS_BEAK_KEY_FILE")?,
    ))
}

/// With what the lists are asked where nobody names anything: what the environment names. A
/// file that cannot be used makes unknown what the lists would tell, and stops nothing else.
pub(super) fn of_environment(context: &Context) -> Access {
    let none = CredentialFiles {
        beak_key_file: None,
        token_file: None,
    };
    match read(context, &none) {
        Ok((token, key)) => Access {
            token,
            key,
            others: others(context),
            ..Access::default()
        },
        Err(error) => Access {
            unusable: Some(error.to_string().into()),
            others: others(context),
            ..Access::default()
        },
    }
}

/// The secrets of the environment: those of AWS, which a run may never come to use.
fn others(context: &Context) -> Vec<Secret> {
    let known = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].into_iter();
    known
        .filter_map(|name| context.env.get(name))
        .map(|secret| Secret::known(secret.as_str()))
        .collect()
}

/// With what the lists are asked; `own` is the agent whose key it is unless another is named.
pub(super) fn access(
    context: &Context,
    lists: &Lists,
    own: Option<&str>,
) -> Result<Access, Failure> {
    let (token, key) = read(context, &lists.credentials).map_err(Failure::usage)?;
    Ok(Access {
        token,
        key,
        duckling: lists.duckling.clone(),
        spaceduck: lists.spaceduck.clone().or(own.map(str::to_owned)),
        unusable: None,
        others: others(context),
    })
}
