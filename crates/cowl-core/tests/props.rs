//! What holds for any input: nothing panics, what was sealed opens, what was altered does not, and messages look like
//! random bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

#[path = "props/bytes.rs"]
mod bytes;
#[path = "props/looks.rs"]
mod looks;
mod reference;
#[path = "props/relay.rs"]
mod relay;
#[path = "props/sealing.rs"]
mod sealing;
