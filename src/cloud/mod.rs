//! The clients: one HTTP stack under the API probes and under every AWS client.
//!
//! Nothing is built before it is needed: the client that speaks TLS, and with it the
//! trusted roots, only when some URL is https. Redirects are never followed; there is no
//! time-out missing anywhere; the instance metadata service is not asked unless the
//! configuration says so.

mod aws;
mod error;
mod http;
mod meaning;
mod question;

pub use aws::Aws;
pub use error::{chain, innermost, is_tls, tls};
pub use http::{Exchange, Http, Observer, outdated};
pub use meaning::meaning;
pub use question::question;

use std::time::Duration;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
