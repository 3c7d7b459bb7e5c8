//! Helpers of the tests of uplinks: an operation with slots, a load over real keyrings, and a broker that can be anything but honest.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses some of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

pub mod broker;
pub mod load;
pub mod world;

pub use broker::{Broker, Conduct, Seen};
pub use load::TestLoad;
pub use world::World;
