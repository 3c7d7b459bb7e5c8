//! The responder side of the gateway.
mod group;
mod object;
mod original;
mod template;

pub use original::Originals;
pub use template::{Template, TemplateError};

/// Below this the gateway's own topics lie.
pub const CONTROL: &str = "cowl/responders";
