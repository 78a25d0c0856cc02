//! Values by which a log says that there is nothing.

/// Whether a value says that there is none.
pub(super) fn is_nothing(value: &str) -> bool {
    let value = value
        .trim()
        .trim_matches(['"', '\'', ',', ';', '.', '(', ')', '<', '>', ']', '}']);
    let value = value.trim();
    [
        "",
        "0",
        "0.0",
        "none",
        "null",
        "nil",
        "false",
        "no",
        "-",
        "n/a",
        "undefined",
        "[",
        "{",
        "0%",
    ]
    .iter()
    .any(|nothing| value.eq_ignore_ascii_case(nothing))
}
