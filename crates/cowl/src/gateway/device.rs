//! A device behind a gateway, for who runs it.

/// A device that was seen, and which of the gateway's identities it has. Its reports can be revoked by that identity.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// `family:name`.
    pub name: String,
    /// From 0, as in the credential.
    pub identity: usize,
}

/// A device as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub device: Device,
    /// Whether it was withdrawn, or its keys are damaged: nothing of it is taken until it is admitted again.
    pub is_withdrawn: bool,
}

// A name can be a person's.
impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("identity", &self.identity).finish_non_exhaustive()
    }
}
