//! Helpers of several test files.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

pub mod mosquitto;
