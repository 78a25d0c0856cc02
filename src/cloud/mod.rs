//! The clients: one HTTP stack under the API probes and under every AWS client.
//!
//! The TLS client, and with it the trusted roots, is built only when a URL is https. Redirects are
//! never followed, every request has a time-out, and the instance metadata service is asked only
//! where the configuration allows it.

mod advice;
mod aws;
mod aws_error;
mod aws_files;
mod aws_message;
mod chosen_profile;
#[cfg(test)]
pub(crate) mod corpus_tests;
mod credential_process;
mod credential_search;
mod credentials;
mod denial;
mod error;
mod error_member;
mod http;
mod issuer_error;
mod key_characters;
mod page_tokens;
mod permission;
mod process_group;
mod question;
mod renewal;
mod skip_values;
mod tls;
mod trusted_roots;

pub use aws::Aws;
pub use aws_error::classify;
pub use denial::{denial, is_web_page, says_why};
pub use error::{chain, innermost, lowercase};
pub use error_member::{MemberValue, is_error_member, plain_name};
pub use http::{Exchange, Http, Observer, is_encoded, network_refusal, stale};

pub use page_tokens::PageTokens;
pub use process_group::ProcessGroup;
pub use question::question;
pub(crate) use skip_values::skip_values;
pub use tls::{TlsFailure, is_tls};
pub use trusted_roots::TrustedRoots;

use std::time::Duration;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
