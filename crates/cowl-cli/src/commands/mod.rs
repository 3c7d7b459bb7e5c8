//! One file a subcommand: its arguments and its `run()`.

pub(crate) mod audit;
pub(crate) mod broker;
pub(crate) mod command;
pub(crate) mod demo;
pub(crate) mod enrol;
pub(crate) mod gateway;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod node;
pub(crate) mod plan;
pub(crate) mod publish;
pub(crate) mod relay;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod subscribe;
pub(crate) mod zone;
