//! The runtimes of Lambda, supported and not.

/// Runtimes that AWS supports.
pub(super) const SUPPORTED: [&str; 15] = [
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "java11",
    "java17",
    "java21",
    "java25",
    "ruby3.3",
    "provided.al2",
    "provided.al2023",
];
/// Runtimes that AWS no longer supports.
pub(super) const UNSUPPORTED: [&str; 14] = [
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "go1.x",
    "java8",
    "ruby2.7",
    "dotnet6",
    "provided",
];
