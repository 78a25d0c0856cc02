//! Values by which a log says that there is nothing.

/// Whether a value says that there is none.
pub(in crate::probe) fn is_nothing(value: &str) -> bool {
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

/// Whether a text that goes on begins with a value that says that there is none: `0 rows`, `none yet`,
/// `no errors found`. `no route`, `null value in column` and `none of them` say something.
pub(super) fn begins_with_nothing(text: &str) -> bool {
    let value = text.split([',', ';', '|', '\t', '\n']).next();
    let value = value.unwrap_or_default();
    let mut words = value.split_whitespace();
    let (first, second) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let is = |word: &str, due: &str| {
        word.get(..due.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(due))
    };
    match first {
        _ if is_nothing(value) => true,
        _ if second.contains('=') => is_nothing(first),
        _ if is(first, "none") => !is(second, "of"),
        _ if is(first, "no") => is(second, "error"),
        _ => first.parse().is_ok_and(|number: f64| number == 0.0),
    }
}
