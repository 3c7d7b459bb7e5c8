//! The command `cowl`.
fn main() {}
