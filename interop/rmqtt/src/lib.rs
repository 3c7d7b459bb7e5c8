//! RMQTT as it ships, with its plugin `rmqtt-auth-http`, in the test's own process; and a client that shows what it answered.
//!
//! What is tested is in `tests/tokens.rs`: the plugin asks `cowl tokens serve` (spec §11.6).

pub mod broker;
pub mod wire;
