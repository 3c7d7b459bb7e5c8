//! The protections that an operation can run: the study's four configurations and Cowl's own.

use minicbor::{Decode, Encode};

/// How an operation protects its reports. All but [`Self::Cowl`] exist to measure what they do not protect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Preset {
    /// Everything in this crate.
    #[n(0)]
    #[default]
    Cowl,
    /// The report as it came, on the topic that it came for.
    #[n(1)]
    Plain,
    /// The report as it came, in a Fernet token under one key that every member shares.
    #[n(2)]
    Fernet,
    /// Severity, zone and a fixed token per device, as JSON.
    #[n(3)]
    Minimised,
    /// The minimised report in a Fernet token.
    #[n(4)]
    FernetMinimised,
}

impl Preset {
    /// All presets, the study's four in its order, then Cowl's.
    pub const ALL: [Self; 5] =
        [Self::Plain, Self::Fernet, Self::Minimised, Self::FernetMinimised, Self::Cowl];

    /// Its name in policies and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cowl => "cowl",
            Self::Plain => "plain",
            Self::Fernet => "fernet",
            Self::Minimised => "minimised",
            Self::FernetMinimised => "fernet-minimised",
        }
    }

    /// The preset of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// Whether it must be chosen under `dangerous` and warns when it starts.
    pub const fn is_dangerous(self) -> bool {
        !matches!(self, Self::Cowl)
    }
}
