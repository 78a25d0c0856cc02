//! The facts of the logs probe.

use super::super::{Declared, FactType, clocked};

pub(super) const FACTS: &[Declared] = facts! { clocked:
    "logs.errors_15m_min" Int "lines" "error lines of the last 15 minutes, at least";
    "logs.errors_15m" Int "lines" "error lines of the last 15 minutes";
    "logs.timeouts_15m_min" Int "lines" "those of them that say `Task timed out`, at least";
    "logs.exits_15m_min" Int "lines"
        "those that say that the runtime exited or was killed, at least";
    "logs.imports_15m_min" Int "lines" "those that say that the code could not be loaded, at least";
    "logs.other_errors_15m_min" Int "lines" "all others, such as ERROR and tracebacks, at least";
    "logs.error_kinds" Text "" "how many of which kind, in words";
    "logs.error_sources" List ""
        "by what the error lines are faults, with counts: level, platform record, runtime marker, stack trace of a language";
    "logs.errors_about" Text ""
        "what all error lines that were read are about: certificates or mail; other, or nothing where there is none";
    "logs.errors_by_version" Groups "lines"
        "those lines for each version that logged them, by the second; the name is empty where the stream does not tell the version";
    "logs.group" Text ""
        "the log group that was read: the one of the function's LoggingConfig, else the stack's";
    "logs.silent" Bool "" "whether the log group holds no line at all of the last 15 minutes";
    "logs.quiet" Bool ""
        "whether a healthy function writes no line, by the log levels of its configuration";
    "logs.hides_errors" Bool ""
        "whether the function writes no lines at the level of errors, by its configuration";
    "logs.newest_error" Text ""
        "what the newest error line says: level, exception, message, without stamps and ids";
    "logs.newest_error_age" Duration "seconds" "how long ago it was logged";
    "logs.newest_errors" List "" "the 20 newest error lines";
    "logs.cert_issued_1h_min" Int "lines"
        "certificates issued in the last hour by the log, at least";
    "logs.cert_failures_1h_min" Int "lines"
        "lines of the last hour on a certificate that failed, at least";
    "logs.cert_failures_1h" Int "lines" "lines of the last hour on a certificate that failed";
    "logs.mail_errors_1h_min" Int "lines"
        "lines of the last hour on mail that SES did not take, at least";
    "logs.mail_errors_1h" Int "lines" "lines of the last hour on mail that SES did not take";
    "logs.newest_certs" List "" "the 20 newest lines on certificates and mail";
};
