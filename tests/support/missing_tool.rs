//! Tools that a test needs and that a machine may lack.

/// Says, past the capture of the tests' output, that a test did not run for want of a tool. Where `CI` is set that is
/// a failure, because `.ci/run` installs these.
pub(crate) fn not_run(why: &str) {
    let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(!is_ci, "CI is set, and {why}");
    use std::io::Write;
    writeln!(std::io::stderr(), "NOT RUN: {why}").expect("told");
}
