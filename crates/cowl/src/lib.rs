//! Cowl, a privacy layer for MQTT: operations, keyring, presets, client and transport.

pub mod dangerous;
pub mod formats;
pub mod transport;
pub mod files;
pub mod keyring;
pub mod operation;
pub mod policy_file;
pub mod random;
pub mod client;
