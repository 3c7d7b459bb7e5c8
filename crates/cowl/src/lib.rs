//! Cowl, a privacy layer for MQTT: operations, keyring, presets, client and transport.

pub mod formats;
pub mod transport;
