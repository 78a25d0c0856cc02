//! How the function failed, by the words of a fault.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// How the function failed; a line of which several are true is the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogFault {
    /// It ran into its time limit.
    Timeout,
    /// Its code could not be loaded.
    Import,
    /// Its process or an extension ended.
    Exit,
    /// Anything else, such as an error level or a stack trace.
    Other,
}

impl LogFault {
    /// The first of the kinds that the words of a fault fit.
    pub(super) fn by_words(text: &str) -> Self {
        let (terms, kinds) = &*KINDS;
        let found = terms.find_overlapping_iter(text);
        let kinds = found.filter_map(|found| kinds.get(found.pattern().as_usize()));
        kinds.min().copied().unwrap_or(Self::Other)
    }
}

const TIMEOUT: &[&str] = &["Task timed out", "Status: timeout", "Sandbox.Timedout"];
const IMPORT: &[&str] = &[
    "Runtime.ImportModule",
    "Runtime.HandlerNotFound",
    "Runtime.UserCodeSyntaxError",
    "Runtime.MalformedHandlerName",
    "Runtime.InvalidEntrypoint",
    "Unable to import module",
    "Cannot find module",
    "Class not found",
    "ClassNotFoundException",
    "NoClassDefFoundError",
    "Couldn't find valid bootstrap",
    "No public method named",
    "Could not find the specified handler",
    "Cannot find package ",
    "Can't locate ",
    "cannot load such file",
    "ModuleNotFoundError: No module named",
    "error while loading shared libraries",
    "version `GLIBC",
    "Init error when loading handler",
    "Error loading class ",
    "Error loading method ",
    "appropriate handler interface",
    "access jarfile ",
    "find or load main class ",
    "You must install or update .NET",
    "missing on module ",
    "has no public method named",
    "Unable to load application",
];
const EXIT: &[&str] = &[
    "Runtime exited",
    "exited before completing",
    "signal: killed",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Extension.",
    "JavaScript heap out of memory",
    "due to java.lang.OutOfMemoryError",
    "detected by the Java Runtime Environment",
    "memory for the Java Runtime Environment",
    "Segmentation fault",
    "Segmentation Fault",
    "SIGSEGV: ",
    "free(): ",
    "malloc(): ",
    "double free or corruption",
    "stack smashing detected",
    "memory allocation of ",
    "core dumped",
    "libc++abi: terminating",
    " Killed ",
    "Program crashed: ",
];

/// The terms of all kinds, which are searched for in one pass, and the kind of each.
static KINDS: LazyLock<(AhoCorasick, Vec<LogFault>)> = LazyLock::new(|| {
    let kinds = [
        (LogFault::Timeout, TIMEOUT),
        (LogFault::Import, IMPORT),
        (LogFault::Exit, EXIT),
    ];
    let of_kind =
        |(kind, terms): (LogFault, &'static [&str])| terms.iter().map(move |term| (*term, kind));
    let (terms, kinds): (Vec<_>, Vec<_>) = kinds.into_iter().flat_map(of_kind).unzip();
    #[expect(
        clippy::expect_used,
        reason = "our own terms, searched for by every test"
    )]
    let search = AhoCorasick::new(terms).expect("few and short terms");
    (search, kinds)
});
