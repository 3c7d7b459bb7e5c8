//! What a gateway of responders is started with.

use std::path::PathBuf;

use super::{Originals, Template};
use crate::transport::{Endpoint, Options};

/// One role, read from an operation's broker and published to a local one.
#[derive(Debug, Clone)]
pub struct Config {
    /// The responder's credential. Its state lies beside it, and one process at a time can use it: several gateways that
    /// share the load have a folder each, with a copy of the credential.
    pub credential: PathBuf,
    /// The role.
    pub role: String,
    /// The operation's broker.
    pub uplink: Way,
    /// The local broker. It sees every report in clear: trusted, and best on this machine.
    pub local: Way,
    /// Whether the local broker is this program's own, which has no files. Another's may hold what was erased until it writes them
    /// anew, and the operation's service is told so.
    pub is_local_own: bool,
    /// How reports are published there.
    pub publish: Publish,
}

/// A broker, and what it sees of us besides client ids, keep-alives and wills, which are the gateway's own.
#[derive(Debug, Clone)]
pub struct Way {
    /// Where.
    pub endpoint: Endpoint,
    /// Login, version, time limits.
    pub options: Options,
}

/// How opened reports are published.
#[derive(Debug, Clone)]
pub struct Publish {
    /// The topic of reports that do not keep their own.
    pub template: Template,
    /// Reports that keep the topic for which they were sent.
    pub originals: Originals,
    /// Whether the broker keeps each topic's last report for those who come later, for as long as the policy lets the role
    /// keep reports. Each topic costs the local broker a message of memory, and this process 100 bytes.
    pub retain: bool,
    /// The prefix under which Home Assistant looks for devices (`homeassistant`); `None`: it is told of nothing.
    pub home_assistant: Option<String>,
    /// Topics that are retained at the most, at the end of which further ones are published without.
    pub most_retained: usize,
}

impl Publish {
    /// Retained topics by default.
    pub const MOST_RETAINED: usize = 65_536;
}
