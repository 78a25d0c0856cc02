//! Why a TLS handshake failed, in words: those of the TLS library are names of its own code.

use rustls::CertificateError as Bad;

/// Why a TLS handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    Early,
    /// The certificate is for another name.
    Name,
    /// Its issuer is not trusted here.
    Issuer,
    /// The certificate is invalid for another reason.
    Certificate,
    /// What answers does not speak TLS.
    Plain,
    /// Any other failure of the handshake.
    Other,
}

impl TlsFailure {
    /// Why TLS failed, where it is what failed, at whatever depth.
    pub fn of(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        tls(error).map(|error| match error {
            rustls::Error::InvalidCertificate(bad) => match bad {
                Bad::Expired | Bad::ExpiredContext { .. } => Self::Expired,
                Bad::NotValidYet | Bad::NotValidYetContext { .. } => Self::Early,
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Self::Name,
                Bad::UnknownIssuer => Self::Issuer,
                _ => Self::Certificate,
            },
            rustls::Error::InvalidMessage(_) => Self::Plain,
            _ => Self::Other,
        })
    }

    /// What is wrong, in words; none where the words of the TLS library are the best there are.
    pub(super) fn words(self) -> Option<&'static str> {
        Some(match self {
            Self::Expired => "the certificate has expired",
            Self::Early => "the certificate is not valid yet",
            Self::Name => "the certificate is for another name",
            Self::Issuer => "the issuer of the certificate is not trusted on this machine",
            Self::Certificate => "the certificate is not valid",
            Self::Plain => "the other side does not speak TLS",
            Self::Other => return None,
        })
    }
}

/// What TLS says, where it is what failed, at whatever depth.
fn tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An I/O error hides what it wraps from its own sources.
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let found = error
            .downcast_ref::<rustls::Error>()
            .or_else(|| wrapped.and_then(|inner| tls(inner)));
        if found.is_some() {
            return found;
        }
        next = error.source();
    }
    None
}

/// Whether TLS is what failed.
pub fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    tls(error).is_some()
}
