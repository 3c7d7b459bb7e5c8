//! Why an operation could not be simulated.

use std::io;

use cowl::{
    dangerous::SetupError, files::FileError, gateway::GatewayError, keyring::KeyringError, node::OpenError,
    operation::OperationError, relay::RelayError, transport,
};
use cowl_audit::truth::TruthError;

/// Why an operation could not be simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// The operation cannot be made.
    #[error("the simulated operation: {0}")]
    Operation(#[from] OperationError),
    /// A member's keys.
    #[error("a simulated member: {0}")]
    Keyring(#[from] KeyringError),
    /// One of the study's presets.
    #[error("the simulated preset: {0}")]
    Preset(#[from] SetupError),
    /// A client, in a way that no network explains.
    #[error("a simulated client: {0}")]
    Transport(#[from] transport::Error),
    /// Its files, or the trace.
    #[error("cannot write: {0}")]
    Io(#[from] io::Error),
    /// A file of the operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// The truth.
    #[error("cannot write the truth: {0}")]
    Truth(#[from] TruthError),
    /// A gateway.
    #[error("a simulated gateway: {0}")]
    Gateway(#[from] GatewayError),
    /// A relay.
    #[error("a simulated relay: {0}")]
    Relay(#[from] RelayError),
    /// A node's queue.
    #[error("a simulated queue: {0}")]
    Queue(#[from] OpenError),
    /// Something that does not happen.
    #[error("the simulation itself is at fault: {0}")]
    Fault(&'static str),
}
