//! What a line of the log says, by its words: they decide here, whatever the server's
//! filter let through.

/// Terms that the server is asked for; each line that counts as a fault holds one of them.
pub(super) const FAULT_TERMS: &[&str] = &[
    "ERROR",
    "CRITICAL",
    "FATAL",
    "Task timed out",
    "Status: timeout",
    "Status: error",
    "Runtime exited",
    "exited before completing",
    "signal: killed",
    "Runtime.ImportModuleError",
    "Runtime.HandlerNotFound",
    "Runtime.UserCodeSyntaxError",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Unable to import module",
    "Traceback (most recent call last)",
    "errorMessage",
];

/// How the function failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogFault {
    /// It ran into its time limit.
    Timeout,
    /// Its process ended.
    Exit,
    /// Its code could not be loaded.
    Import,
    /// It said ERROR, or left a traceback.
    Other,
}

impl LogFault {
    /// The first of the kinds that a line fits; none when it is no fault.
    pub(super) fn of(line: &str) -> Option<Self> {
        let has = |terms: &[&str]| terms.iter().any(|term| line.contains(term));
        if has(&["Task timed out", "Status: timeout"]) {
            Some(Self::Timeout)
        } else if has(&[
            "Runtime.ImportModule",
            "Runtime.HandlerNotFound",
            "Runtime.UserCodeSyntaxError",
        ]) || has(&["Unable to import module"])
        {
            Some(Self::Import)
        } else if has(&[
            "Runtime exited",
            "exited before completing",
            "signal: killed",
        ]) || has(&["Runtime.ExitError", "Runtime.OutOfMemory"])
        {
            Some(Self::Exit)
        } else if has(FAULT_TERMS) {
            Some(Self::Other)
        } else {
            None
        }
    }
}

/// Terms that the server is asked for on certificates and their mail.
pub(super) const CERTIFICATE_TERMS: &[&str] = &[
    "cert",
    "Cert",
    "CERT",
    "SES",
    "ses:",
    "sesv2",
    "SendEmail",
    "SendRawEmail",
    "send_email",
    "MessageRejected",
    "MailFromDomainNotVerified",
    "Email address is not verified",
    "Daily message quota exceeded",
    "Maximum sending rate exceeded",
    "Sending paused",
];

/// What a line says of certificates or of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CertificateLine {
    /// One was issued.
    Issued,
    /// One failed.
    Failed,
    /// SES did not take a mail.
    MailFailed,
    /// Neither good nor bad.
    Mentioned,
}

impl CertificateLine {
    /// What a line is; none when it is about something else.
    pub(super) fn of(line: &str) -> Option<Self> {
        let lower = line.to_lowercase();
        let has = |terms: &[&str]| terms.iter().any(|term| lower.contains(term));
        // TLS certificates of somebody else's are another matter.
        let cert = has(&["cert"]) && !has(&["ssl", "tls"]);
        let cert = cert || has(&["birth cert", "birth_cert", "cert_issued", "cert.issued"]);
        let refused = has(&[
            "messagerejected",
            "not verified",
            "notverified",
            "quota exceeded",
            "sending rate exceeded",
            "sending paused",
        ]);
        let mail = refused
            || has(&["sesv2", "sendemail", "sendrawemail", "send_email", "ses:"])
            || word(line, "SES");
        let failed = refused
            || has(&[
                "error",
                "fail",
                "exception",
                "denied",
                "rejected",
                "throttl",
                "timed out",
                "could not",
                "not issued",
                "unable",
            ]);
        match (failed, mail, cert) {
            (true, true, _) => Some(Self::MailFailed),
            (true, false, true) => Some(Self::Failed),
            (false, _, true) if has(&["issued"]) => Some(Self::Issued),
            (false, _, true) => Some(Self::Mentioned),
            (false, true, false) => Some(Self::Mentioned),
            _ => None,
        }
    }
}

/// Whether a word stands by itself, between what are no letters.
fn word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, found)| {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !letter(line[..at].chars().next_back()) && !letter(line[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_function_failure_is_recognized() {
        let table = [
            ("[ERROR] KeyError: 'duckling_id'", Some(LogFault::Other)),
            ("ERROR could not write", Some(LogFault::Other)),
            (r#"{"level":"ERROR","message":"x"}"#, Some(LogFault::Other)),
            (
                "2026-03-22T03:12:09Z 0f1e Task timed out after 30.03 seconds",
                Some(LogFault::Timeout),
            ),
            (
                "REPORT RequestId: 0f1e Duration: 30000 ms Status: timeout",
                Some(LogFault::Timeout),
            ),
            (
                "RequestId: 0f1e Error: Runtime exited with error: signal: killed",
                Some(LogFault::Exit),
            ),
            (
                "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_v8'",
                Some(LogFault::Import),
            ),
            (
                "[ERROR] Runtime.HandlerNotFound: Handler 'x' missing",
                Some(LogFault::Import),
            ),
            ("Traceback (most recent call last):", Some(LogFault::Other)),
            ("START RequestId: 0f1e2d3c Version: 61", None),
            ("END RequestId: 0f1e2d3c", None),
            ("duck.cert_issued", None),
            ("0 errors", None),
        ];
        for (line, fault) in table {
            assert_eq!(LogFault::of(line), fault, "{line}");
        }
    }

    #[test]
    fn every_counted_line_passes_the_server_side_filter() {
        for line in [
            "Task timed out after 3 s",
            "Status: timeout",
            "Runtime exited",
            "Process exited before completing request",
            "signal: killed",
            "Unable to import module",
            "Runtime.OutOfMemory",
            "Runtime.UserCodeSyntaxError",
        ] {
            assert!(LogFault::of(line).is_some(), "{line}");
            assert!(FAULT_TERMS.iter().any(|term| line.contains(term)), "{line}");
        }
    }

    #[test]
    fn issued_failed_and_mail_are_counted_apart() {
        let table = [
            ("duck.cert_issued", Some(CertificateLine::Issued)),
            (
                "birth certificate issued for DECAF01",
                Some(CertificateLine::Issued),
            ),
            (
                "cert write failed: ProvisionedThroughputExceeded",
                Some(CertificateLine::Failed),
            ),
            ("[ERROR] cert not issued", Some(CertificateLine::Failed)),
            (
                "An error occurred (MessageRejected) when calling the SendEmail operation: Email address is not verified",
                Some(CertificateLine::MailFailed),
            ),
            (
                "SES error while sending certificate",
                Some(CertificateLine::MailFailed),
            ),
            (
                "Daily message quota exceeded",
                Some(CertificateLine::MailFailed),
            ),
            ("cert requested", Some(CertificateLine::Mentioned)),
            (
                "SES accepted message 0100",
                Some(CertificateLine::Mentioned),
            ),
            ("PROCESSES error", None),
            ("SSL: CERTIFICATE_VERIFY_FAILED", None),
            ("START RequestId: 0f1e2d3c Version: 61", None),
        ];
        for (line, kind) in table {
            assert_eq!(CertificateLine::of(line), kind, "{line}");
        }
    }
}
