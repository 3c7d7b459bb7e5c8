//! The protocol a second time, written from the spec over the bare primitives: what the vectors are made with, and
//! what makes the bad ones, which the library cannot be asked for.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves; each test file is a crate of \
              its own and uses a part of this"
)]

pub(crate) mod custody;
pub(crate) mod decoders;
pub(crate) mod envelope;
pub(crate) mod json;
pub(crate) mod keys;
pub(crate) mod numbers;
pub(crate) mod signed;
pub(crate) mod voprf;
pub(crate) mod world;
