//! A device behind a gateway, for who runs it.

/// A device that was seen, and which of the gateway's identities it has. Its reports can be revoked by that identity.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// `family:name`.
    pub name: String,
    /// From 0, as in the credential.
    pub identity: usize,
}

// A name can be a person's.
impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("identity", &self.identity).finish_non_exhaustive()
    }
}
