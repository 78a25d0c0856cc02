//! The facts of the logs probe.

use super::super::{Declared, FactType, clocked as fact};

pub(super) const FACTS: &[Declared] = &[
    fact(
        "logs.errors_15m_min",
        FactType::Int,
        "lines",
        "error lines of the last 15 minutes, at least",
    ),
    fact(
        "logs.errors_15m",
        FactType::Int,
        "lines",
        "error lines of the last 15 minutes",
    ),
    fact(
        "logs.timeouts_15m_min",
        FactType::Int,
        "lines",
        "those of them that say `Task timed out`, at least",
    ),
    fact(
        "logs.exits_15m_min",
        FactType::Int,
        "lines",
        "those that say that the runtime exited or was killed, at least",
    ),
    fact(
        "logs.imports_15m_min",
        FactType::Int,
        "lines",
        "those that say that the code could not be loaded, at least",
    ),
    fact(
        "logs.other_errors_15m_min",
        FactType::Int,
        "lines",
        "all others, such as ERROR and tracebacks, at least",
    ),
    fact(
        "logs.error_sources",
        FactType::List,
        "",
        "by what the error lines are faults, with counts: level, platform record, runtime marker, stack trace of a language",
    ),
    fact(
        "logs.group",
        FactType::Text,
        "",
        "the log group that was read: the one of the function's LoggingConfig, else the stack's",
    ),
    fact(
        "logs.silent",
        FactType::Bool,
        "",
        "whether the log group holds no line at all of the last 15 minutes",
    ),
    fact(
        "logs.newest_errors",
        FactType::List,
        "",
        "the 20 newest error lines",
    ),
    fact(
        "logs.cert_issued_1h_min",
        FactType::Int,
        "lines",
        "certificates issued in the last hour by the log, at least",
    ),
    fact(
        "logs.cert_failures_1h_min",
        FactType::Int,
        "lines",
        "lines of the last hour on a certificate that failed, at least",
    ),
    fact(
        "logs.cert_failures_1h",
        FactType::Int,
        "lines",
        "lines of the last hour on a certificate that failed",
    ),
    fact(
        "logs.mail_errors_1h_min",
        FactType::Int,
        "lines",
        "lines of the last hour on mail that SES did not take, at least",
    ),
    fact(
        "logs.mail_errors_1h",
        FactType::Int,
        "lines",
        "lines of the last hour on mail that SES did not take",
    ),
    fact(
        "logs.newest_certs",
        FactType::List,
        "",
        "the 20 newest lines on certificates and mail",
    ),
];
