//! The `credential_process` of a profile. The AWS SDK runs it too, but leaves it and its children
//! running when the search for credentials ends, and reads whatever it prints.

use super::ProcessGroup;
use crate::text::Untrusted;
use aws_config::profile::Profile;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_types::os_shim_internal::{Env, Fs};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::process::Command;

/// An answer is a few hundred bytes.
const LARGEST: u64 = 64 * 1024;

/// What makes the keys of a profile something else than what its process prints. Those are the
/// SDK's, and so is a role that is assumed with the keys of a process.
const OTHER_SOURCES: [&str; 6] = [
    "role_arn",
    "credential_source",
    "web_identity_token_file",
    "sso_session",
    "sso_account_id",
    "login_session",
];

/// Runs the process of one profile.
#[derive(Debug)]
pub(super) struct CredentialProcess {
    /// The profile that was chosen, if one was.
    pub(super) profile: Option<String>,
}

impl ProvideCredentials for CredentialProcess {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl CredentialProcess {
    async fn credentials(&self) -> provider::Result {
        let profiles =
            aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await;
        // Files that cannot be read are the SDK's to report.
        let profiles = profiles.map_err(CredentialsError::not_loaded)?;
        let name = self.profile.as_deref();
        let name = name.unwrap_or_else(|| profiles.selected_profile());
        let process = profiles.get_profile(name).and_then(process_of);
        let process = process.ok_or_else(CredentialsError::not_loaded_no_source)?;
        let mut command = Command::new("sh");
        let output = ProcessGroup::output(command.args(["-c", process]), LARGEST).await;
        let output =
            output.map_err(|error| failed(format!("credential_process failed: {error}")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = Untrusted::new(said.trim().to_owned()).printable(160);
            let status = output.status;
            let said = match said.as_str() {
                "" => " without a word".to_owned(),
                said => format!(": {said}"),
            };
            return Err(failed(format!(
                "credential_process ended with {status}{said}"
            )));
        }
        read(&output.stdout)
    }
}

fn failed(why: String) -> CredentialsError {
    CredentialsError::provider_error(why)
}

/// The process of a profile whose keys it prints.
fn process_of(profile: &Profile) -> Option<&str> {
    let is_other = OTHER_SOURCES.iter().any(|key| profile.get(key).is_some());
    profile
        .get("credential_process")
        .filter(|process| !is_other && !process.is_empty())
}

/// What a `credential_process` prints, by the AWS SDKs' reference guide.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrintedKeys {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

fn read(printed: &[u8]) -> provider::Result {
    // The message of the parser can quote what was printed.
    let keys = serde_json::from_slice::<PrintedKeys>(printed);
    let keys = keys.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        failed(format!(
            "credential_process printed no keys: not understood at line {line}, column {column}"
        ))
    })?;
    if keys.version != 1 {
        let version = keys.version;
        return Err(failed(format!(
            "credential_process printed version {version}, and only 1 is known"
        )));
    }
    let expires = keys.expiration.as_deref().map(|expires| {
        let expires = OffsetDateTime::parse(expires, &Rfc3339);
        expires.map(std::time::SystemTime::from)
    });
    let expires = expires
        .transpose()
        .map_err(|_| failed("credential_process printed an Expiration that is no time".into()))?;
    Ok(Credentials::new(
        keys.access_key_id,
        keys.secret_access_key,
        keys.session_token,
        expires,
        "credential_process",
    ))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn only_whole_keys_of_version_1_count_and_no_error_quotes_them() {
        let keys = r#"{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"s3cr3t-and-long"}"#;
        let read_keys = read(keys.as_bytes()).expect("keys");
        assert_eq!(read_keys.access_key_id(), "AKIA1");
        assert_eq!(read_keys.expiry(), None);
        for bad in [
            "",
            "null",
            r#"{"Version":2,"AccessKeyId":"a","SecretAccessKey":"s3cr3t-and-long"}"#,
            r#"{"Version":1,"AccessKeyId":"a"}"#,
            r#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":["s3cr3t-and-long"]}"#,
            r#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s3cr3t-and-long","Expiration":"soon"}"#,
        ] {
            let error = read(bad.as_bytes()).expect_err(bad);
            assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
        }
    }
}
