//! Values by which a log says that there is nothing.

/// Whether a value says that there is none.
pub(super) fn is_nothing(value: &str) -> bool {
    let value = value.trim().trim_matches([
        '"', '\'', ',', ';', '.', '(', ')', '<', '>', ']', '}', '%', '|',
    ]);
    let value = value.trim();
    let words = [
        "",
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
        "ok",
        "success",
        "no error",
        "no errors",
        "noerror",
    ];
    words
        .iter()
        .any(|nothing| value.eq_ignore_ascii_case(nothing))
        || value.parse::<f64>().is_ok_and(|number| number == 0.0)
}
