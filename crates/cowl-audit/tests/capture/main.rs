//! Packet captures: known ones against tshark, made-up ones, hostile ones, and those of mosquitto's clients.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

mod formats;
mod hostile;
mod known;
mod live;
mod support;
mod tcp;
mod tls;
mod tshark;
mod websocket;
