//! Claims about `duckops`, shown through the built binary.

fn main() {}
