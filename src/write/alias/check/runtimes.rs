//! The managed runtimes of Lambda and the days on which AWS gives them up.
//!
//! Sources: the tables of <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html> and
//! <https://endoflife.date/aws-lambda>, as they stood on 2026-02-11; the days on which updates of
//! functions are blocked move often and stand here only where both were clear. AWS adds runtimes and
//! moves days: one that is missing here is unknown to this build, not wrong.

use super::PreflightInput;
use super::result::{CheckResult, text};
use crate::text::Untrusted;
use time::Date;
use time::macros::date;

/// The day on which the table was compared with its sources.
const TABLE_DAY: &str = "2026-02-11";

/// A runtime with its end.
#[derive(Debug, PartialEq, Eq)]
struct Runtime {
    name: &'static str,
    /// From this day on there are no security patches.
    deprecated: Date,
    /// From this day on functions with it cannot be updated; `None` where it is not clear.
    updates_blocked: Option<Date>,
}

/// The runtime of that name.
fn find(name: &str) -> Option<&'static Runtime> {
    RUNTIMES.iter().find(|runtime| runtime.name == name)
}

pub(super) fn runtime(input: &PreflightInput<'_>) -> CheckResult {
    let configured = match input.configured {
        Ok(configured) => configured,
        Err(unavailable) => return CheckResult::unknown(unavailable),
    };
    let Some(runtime) = configured.runtime.as_deref() else {
        return CheckResult::skipped("image", "image with its own runtime");
    };
    let shown = Untrusted::new(runtime).printable(40);
    let evidence = vec![text("target.runtime", runtime)];
    let Some(known) = find(runtime) else {
        return CheckResult::warning(
            "unlisted",
            evidence,
            format!("{shown} not in the list of {TABLE_DAY}"),
        )
        .next("Look it up: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html");
    };
    let today = input.at.date();
    let (deprecated, blocked) = (known.deprecated, known.updates_blocked);
    if today >= deprecated {
        let updates = match blocked {
            Some(day) if today >= day => {
                format!("; updates blocked since {day}")
            }
            Some(day) => format!("; updates blocked from {day} on"),
            None => String::new(),
        };
        return CheckResult::warning(
            "given-up",
            evidence,
            format!("{shown} deprecated since {deprecated}, no security patches{updates}"),
        )
        .next("Plan a version with a newer runtime");
    }
    CheckResult::ok(evidence, format!("{shown} supported until {deprecated}"))
}

const fn until(name: &'static str, deprecated: Date, updates_blocked: Option<Date>) -> Runtime {
    Runtime {
        name,
        deprecated,
        updates_blocked,
    }
}

const RUNTIMES: &[Runtime] = &[
    until(
        "python3.14",
        date!(2029 - 06 - 30),
        Some(date!(2029 - 08 - 31)),
    ),
    until(
        "python3.13",
        date!(2029 - 06 - 30),
        Some(date!(2029 - 08 - 31)),
    ),
    until("python3.12", date!(2028 - 10 - 31), None),
    until("python3.11", date!(2027 - 06 - 30), None),
    until("python3.10", date!(2026 - 10 - 31), None),
    until("python3.9", date!(2025 - 12 - 15), None),
    until("python3.8", date!(2024 - 10 - 14), None),
    until("python3.7", date!(2023 - 12 - 04), None),
    until(
        "python3.6",
        date!(2022 - 07 - 18),
        Some(date!(2022 - 08 - 29)),
    ),
    until(
        "python2.7",
        date!(2021 - 07 - 15),
        Some(date!(2022 - 05 - 30)),
    ),
    until(
        "nodejs24.x",
        date!(2028 - 04 - 30),
        Some(date!(2028 - 07 - 01)),
    ),
    until(
        "nodejs22.x",
        date!(2027 - 04 - 30),
        Some(date!(2027 - 07 - 01)),
    ),
    until("nodejs20.x", date!(2026 - 04 - 30), None),
    until("nodejs18.x", date!(2025 - 09 - 01), None),
    until("nodejs16.x", date!(2024 - 06 - 12), None),
    until("nodejs14.x", date!(2023 - 12 - 04), None),
    until(
        "nodejs12.x",
        date!(2023 - 03 - 31),
        Some(date!(2023 - 04 - 30)),
    ),
    until(
        "nodejs10.x",
        date!(2021 - 07 - 30),
        Some(date!(2022 - 02 - 14)),
    ),
    until(
        "nodejs8.10",
        date!(2020 - 03 - 06),
        Some(date!(2020 - 03 - 06)),
    ),
    until(
        "nodejs6.10",
        date!(2019 - 08 - 12),
        Some(date!(2019 - 08 - 12)),
    ),
    until(
        "nodejs4.3",
        date!(2020 - 03 - 05),
        Some(date!(2020 - 03 - 05)),
    ),
    until("nodejs", date!(2016 - 10 - 31), Some(date!(2016 - 10 - 31))),
    until("java25", date!(2029 - 06 - 30), Some(date!(2029 - 08 - 31))),
    until("java21", date!(2029 - 06 - 30), None),
    until("java17", date!(2027 - 06 - 30), None),
    until("java11", date!(2027 - 06 - 30), None),
    until("java8.al2", date!(2027 - 06 - 30), None),
    until("java8", date!(2024 - 01 - 08), None),
    until(
        "dotnet10",
        date!(2028 - 11 - 14),
        Some(date!(2029 - 01 - 15)),
    ),
    until(
        "dotnet8",
        date!(2026 - 11 - 10),
        Some(date!(2027 - 03 - 03)),
    ),
    until(
        "dotnet6",
        date!(2024 - 12 - 20),
        Some(date!(2027 - 03 - 03)),
    ),
    until(
        "dotnetcore3.1",
        date!(2023 - 04 - 03),
        Some(date!(2023 - 05 - 03)),
    ),
    until(
        "dotnetcore2.1",
        date!(2022 - 01 - 05),
        Some(date!(2022 - 04 - 13)),
    ),
    until(
        "dotnetcore2.0",
        date!(2019 - 05 - 30),
        Some(date!(2019 - 05 - 30)),
    ),
    until(
        "dotnetcore1.0",
        date!(2019 - 07 - 30),
        Some(date!(2019 - 07 - 30)),
    ),
    until(
        "ruby3.4",
        date!(2028 - 03 - 31),
        Some(date!(2028 - 05 - 31)),
    ),
    until("ruby3.3", date!(2027 - 03 - 31), None),
    until("ruby3.2", date!(2026 - 03 - 31), None),
    until("ruby2.7", date!(2023 - 12 - 07), None),
    until(
        "ruby2.5",
        date!(2021 - 07 - 30),
        Some(date!(2022 - 03 - 31)),
    ),
    until("go1.x", date!(2024 - 01 - 08), None),
    until("provided.al2023", date!(2029 - 06 - 30), None),
    until("provided.al2", date!(2026 - 07 - 31), None),
    until("provided", date!(2024 - 01 - 08), None),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runtime_stands_once_and_is_blocked_no_earlier_than_deprecated() {
        for (at, one) in RUNTIMES.iter().enumerate() {
            let other = RUNTIMES[at + 1..]
                .iter()
                .find(|other| other.name == one.name);
            assert_eq!(other, None, "{}", one.name);
            let blocked = one.updates_blocked;
            assert!(
                blocked.is_none_or(|day| day >= one.deprecated),
                "{}",
                one.name
            );
        }
    }
}
