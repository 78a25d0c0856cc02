//! What the server is asked to send. The filter only narrows: every form of a fault that
//! [`super::fault`] knows holds one of these terms, and every line is judged again.
//!
//! CloudWatch matches terms as parts of a line, with regard to case, and takes patterns of up to
//! 1,024 characters; so parts are chosen that several forms share, such as `rror`.

/// Parts of lines that may be faults.
pub(super) const FAULT_TERMS: &[&str] = &[
    // Levels and names of exceptions.
    "err",
    "Err",
    "ERR",
    "xcept",
    "crit",
    "Crit",
    "CRIT",
    "atal",
    "FAT",
    "anic",
    "PANI",
    "evere",
    "EVERE",
    "merg",
    "EMERG",
    "lert",
    "ALERT",
    "fail",
    "Fail",
    "FAIL",
    "ault",
    "FTL",
    "PNC",
    "ftl",
    // The levels of java.util.logging in German, in French and its neighbours, in Swedish, in Chinese
    // and Japanese, and in Korean.
    "CHWERW",
    "GRAVE",
    "LLVARL",
    "\u{91cd}",
    "\u{c2ec}\u{ac01}",
    "eror",
    "EROR",
    "tack",
    "exc_i",
    // Levels that are numbers: of pino, Python, Monolog, OpenTelemetry, syslog.
    ":50,",
    ":50}",
    ": 50",
    ":60,",
    ":60}",
    ": 60",
    "velno",
    "vel_n",
    "verit",
    "rt_m",
    "PRIO",
    "<2>",
    "<3>",
    // Levels that are letters, and a report of Erlang.
    "E! ",
    "[E",
    "[C ",
    " E ",
    "E 20",
    "E/",
    "|E|",
    ">1 20",
    // The months of syslog.
    ">J",
    ">F",
    ">M",
    ">A",
    ">S",
    ">O",
    ">N",
    ">D",
    "CRASH",
    // The platform and the runtimes.
    "imed out",
    "medout",
    "imeout",
    "EXTENS",
    "orm.ext",
    "sDro",
    "xited",
    "al: k",
    "Runtime.",
    "nsion.",
    "o impo",
    "find mod",
    "bootst",
    "g on mod",
    "blic m",
    "iate h",
    "this app",
    "eap out",
    "k/exec",
    "rminat",
    "nt mem",
    "GLIBC",
    "fied h",
    // What a system says of a process.
    "orrupt",
    "smash",
    "(): ",
    "dumped",
    "Killed",
    "rashed",
    "ot found",
    "n denied",
    "ot exec",
    "such file",
    "ssert",
    "unbound",
    "SIGS",
    "@INC",
    // Stack traces.
    "aceba",
    "gorou",
    ".rb:",
    ".pl line",
    ".go:",
    ".py",
    ".java",
    ".kt:",
    "cala:",
    "oovy:",
    "js:",
    ".ts:",
    "(node:",
    "n Sour",
    "e Meth",
    ".cs:",
    ".cc:",
    ".cpp:",
    "at Syst",
    "at Micro",
    "at Amaz",
    "Caused by",
    "hrowab",
    "ncaug",
    "nhandl",
    "efused",
    "mExit",
    "ardInt",
    "- End of",
];

/// Parts of lines about certificates and their mail.
pub(super) const CERTIFICATE_TERMS: &[&str] = &[
    "cert",
    "Cert",
    "CERT",
    "SES",
    "ses:",
    "ses.",
    "ses ",
    "sesv2",
    "mail",
    "Mail",
    "MAIL",
    "smtp",
    "SMTP",
    "MessageRejected",
    "Daily message quota exceeded",
    "Maximum sending rate exceeded",
    "Sending paused",
    "SendingPaused",
    "ConfigurationSet",
    "TemplateDoes",
    "Credentials Invalid",
    "uppression list",
    "endering ",
    "STARTTLS",
    "MAIL FROM",
    "logsDropped",
    // What SES says of an address.
    "final '@",
    "main contains",
    "main starts",
    "main ends",
    "address cont",
    "address starts",
    // Events of SES.
    "Bounce",
    "bounce",
    "otificationType",
    "ventType",
    // A reply code of SMTP and the status behind it.
    "0 4.",
    "1 4.",
    "2 4.",
    "4 4.",
    "0 5.",
    "1 5.",
    "2 5.",
    "3 5.",
    "4 5.",
    "5 5.",
    "0-5.",
    "b'4.",
    "b'5.",
];

/// Terms of which one must occur, in the plain-text form of filter patterns; one of letters and
/// digits alone needs no quotes.
pub(super) fn pattern(terms: &[&str]) -> String {
    let plain = |term: &str| term.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let terms: Vec<_> = terms
        .iter()
        .map(|term| match plain(term) {
            true => format!("?{term}"),
            false => format!("?\"{term}\""),
        })
        .collect();
    terms.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `filterPattern` may have 1,024 characters (FilterLogEvents, API reference), and a quote
    /// inside a term would end it.
    #[test]
    fn patterns_fit_and_hold_no_quote() {
        for terms in [FAULT_TERMS, CERTIFICATE_TERMS] {
            let length = pattern(terms).len();
            assert!(length <= 1_024, "{length}");
            assert!(terms.iter().all(|term| !term.contains(['"', '\\'])));
        }
    }
}
