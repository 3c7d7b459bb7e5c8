//! What protects an operation.

use cowl_core::Preset;

/// One way of running an operation: a preset, and what stands between phones and broker.
///
/// Each further step of protection (gateway, slots, relay, tokens) becomes a field here and a few more constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    name: &'static str,
    preset: Preset,
    addresses: Addresses,
}

/// What the broker sees of phones' addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// Each phone has one of its own.
    Own,
    /// All share one of their carrier's, which tells them apart by nothing: ports are drawn for each connection.
    Shared,
}

impl Configuration {
    /// All, weakest first.
    pub const ALL: [Self; 6] = [
        Self::own("plain", Preset::Plain),
        Self::own("fernet", Preset::Fernet),
        Self::own("minimised", Preset::Minimised),
        Self::own("fernet-minimised", Preset::FernetMinimised),
        Self::own("cowl", Preset::Cowl),
        Self { name: "cowl-shared-address", preset: Preset::Cowl, addresses: Addresses::Shared },
    ];

    const fn own(name: &'static str, preset: Preset) -> Self {
        Self { name, preset, addresses: Addresses::Own }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|configuration| configuration.name == name)
    }

    /// Its name, stable.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How messages are protected.
    pub const fn preset(&self) -> Preset {
        self.preset
    }

    pub(crate) const fn addresses(&self) -> Addresses {
        self.addresses
    }
}
