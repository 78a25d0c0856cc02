//! Error rates with their uncertainty: 95 % Wilson bounds, and the limits that a version's record is
//! compared with.

use crate::text::counted;

/// A version is good if its error rate is below this with 95 % confidence.
pub const MAX_ERROR_RATE: f64 = 0.05;
/// Fewest error-free invocations whose upper bound is below [`MAX_ERROR_RATE`].
pub const MIN_CLEAN_INVOCATIONS: i64 = 73;

/// The 95 % Wilson bounds of an error rate, lower one first; 0 and 1 without invocations.
fn wilson_bounds(errors: i64, invocations: i64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    if invocations <= 0 {
        return (0.0, 1.0);
    }
    let (n, rate) = (invocations as f64, errors as f64 / invocations as f64);
    let z2 = Z * Z;
    let middle = rate + z2 / (2.0 * n);
    let spread = Z
        * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n))
            .max(0.0)
            .sqrt();
    let scale = 1.0 + z2 / n;
    ((middle - spread) / scale, (middle + spread) / scale)
}

/// The error rate is at most this, with 95 % confidence.
pub(crate) fn error_rate_at_most(errors: i64, invocations: i64) -> f64 {
    wilson_bounds(errors, invocations).1
}

/// The error rate is at least this, with 95 % confidence.
pub(crate) fn error_rate_at_least(errors: i64, invocations: i64) -> f64 {
    wilson_bounds(errors, invocations).0
}

/// `40 errors in 80 invocations`
pub(crate) fn errors_in(errors: i64, invocations: i64) -> String {
    let invoked = counted(invocations, "invocation");
    format!("{} in {invoked}", counted(errors, "error"))
}

/// `40 errors in 80 invocations (50 %)`; without errors no rate is needed.
pub(crate) fn record(errors: i64, invocations: i64) -> String {
    let record = errors_in(errors, invocations);
    match (errors, invocations) {
        (1.., 1..) => {
            let rate = errors as f64 / invocations as f64 * 100.0;
            let digits = usize::from(rate < 10.0);
            format!("{record} ({rate:.digits$} %)")
        }
        _ => record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_equal_wilson_scores_computed_by_hand() {
        // Without errors the upper bound is z² / (n + z²).
        assert!((error_rate_at_most(0, 100) - 0.036_994).abs() < 1e-5);
        assert!((error_rate_at_least(10, 100) - 0.055_229).abs() < 1e-5);
        assert!((error_rate_at_most(10, 100) - 0.174_366).abs() < 1e-5);
        assert!(error_rate_at_most(0, MIN_CLEAN_INVOCATIONS) < MAX_ERROR_RATE);
        assert!(error_rate_at_most(0, MIN_CLEAN_INVOCATIONS - 1) >= MAX_ERROR_RATE);
        assert_eq!(wilson_bounds(0, 0), (0.0, 1.0));
    }
}
