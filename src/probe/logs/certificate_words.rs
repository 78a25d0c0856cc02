//! The words by which a log line is about certificates, mail, or TLS elsewhere.

use super::pattern::regex;
use regex::Regex;
use std::sync::LazyLock;

/// Words of a certificate.
pub(super) const CERTIFICATE: [&str; 6] = [
    "cert",
    "certs",
    "certificate",
    "certificates",
    "birthcert",
    "birthcertificate",
];
/// What the platform does with a certificate of its own.
pub(super) const OWN: [&str; 28] = [
    "birth",
    "issue",
    "issued",
    "issuing",
    "issuance",
    "reissue",
    "reissued",
    "write",
    "writing",
    "written",
    "wrote",
    "store",
    "stored",
    "save",
    "saved",
    "insert",
    "put",
    "persist",
    "create",
    "created",
    "generate",
    "generation",
    "render",
    "record",
    "mint",
    "duckling",
    "queue",
    "pipeline",
];
/// Words about TLS connections.
pub(super) const TLS: [&str; 31] = [
    "pem",
    "crt",
    "pfx",
    "p12",
    "csr",
    "ssl",
    "tls",
    "x509",
    "handshake",
    "pkix",
    "truststore",
    "keystore",
    "authority",
    "chain",
    "hostname",
    "openssl",
    "verify",
    "issuer",
    "signed",
    "https",
    "mtls",
    "expired",
    "altname",
    "altnames",
    "untrusted",
    "revocation",
    "bundle",
    "acm",
    "kafka",
    "broker",
    "trusted",
];
/// Whose certificate it is, said directly before the word, when it is no duckling's: that of a connection, a
/// device, a login or a signature.
pub(in crate::probe) const OF_OTHERS: [&str; 38] = [
    "gift",
    "death",
    "training",
    "course",
    "client",
    "server",
    "peer",
    "remote",
    "root",
    "leaf",
    "ca",
    "intermediate",
    "wildcard",
    "developer",
    "pem",
    "host",
    "device",
    "thing",
    "push",
    "apns",
    "bad",
    "saml",
    "idp",
    "signing",
    "code",
    "user",
    "vpn",
    "cluster",
    "provider",
    "domain",
    "website",
    "ssh",
    "ssl",
    "tls",
    "mtls",
    "x509",
    "https",
    "acm",
];
/// What is no birth certificate, though its name begins with the word.
pub(super) const OTHER_THINGS: [&str; 4] = ["manager", "pinning", "transparency", "bot"];
/// What is done to make one, where a field of its own says how it went.
pub(super) const ACTIONS: [&str; 16] = [
    "issue", "issued", "issuing", "issuance", "issuer", "reissue", "reissued", "write", "written",
    "store", "stored", "create", "created", "generate", "render", "mint",
];
/// What was done with one that there is.
pub(super) const MADE: [&str; 8] = [
    "issued",
    "reissued",
    "written",
    "created",
    "stored",
    "saved",
    "generated",
    "rendered",
];
/// Words of a mail.
pub(super) const MAILS: [&str; 4] = ["mail", "mails", "email", "emails"];
/// What is done to bring a mail on its way.
pub(super) const SENDING: [&str; 12] = [
    "send",
    "sends",
    "sending",
    "sent",
    "resend",
    "deliver",
    "delivery",
    "delivered",
    "deliveries",
    "bounced",
    "undeliverable",
    "deliverability",
];
/// Words of mail that is sent.
pub(super) const MAIL: [&str; 8] = [
    "ses",
    "sesv2",
    "smtp",
    "smtplib",
    "nodemailer",
    "sendemail",
    "sendrawemail",
    "sendbulkemail",
];
/// What SES says when it refuses a mail.
pub(super) const REFUSALS: [&str; 23] = [
    "messagerejected",
    "email address is not verified",
    "mailfromdomainnotverified",
    "daily message quota exceeded",
    "maximum sending rate exceeded",
    "sending paused",
    "sendingpaused",
    "configurationsetdoesnotexist",
    "templatedoesnotexist",
    "authentication credentials invalid",
    "suppression list",
    "rendering failure",
    "too many concurrent smtp",
    "must issue a starttls",
    "invalid mail from address",
    "missing final '@domain'",
    "domain contains illegal",
    "domain contains control",
    "domain contains dot-dot",
    "domain starts with dot",
    "domain ends with dot",
    "local address contains",
    "local address starts with",
];

/// Letters of which every line about certificates or mail has some: most lines have none, and are not
/// taken apart into words.
pub(super) static MAY_BE_ABOUT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i-u)cert|ses|smtp|mail|messagerejected|mailfrom|daily message|sending|configurationset|templatedoes|credentials invalid|suppression list|rendering fail|starttls|bounce|final '@|domain contains|domain starts|domain ends|local address|[0-5][ -][45]\.[0-7]\.|b'[45]\.",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_certificates_and_mail_passes_the_first_look() {
        let words = CERTIFICATE.iter().chain(&MAIL).chain(&REFUSALS);
        for word in words.chain(&["sendRawEmail", "send templated email", "CERT mail"]) {
            let upper = word.to_uppercase();
            assert!(
                MAY_BE_ABOUT.is_match(word) && MAY_BE_ABOUT.is_match(&upper),
                "{word}"
            );
        }
    }
}
