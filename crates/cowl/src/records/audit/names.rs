//! Categories, adversaries and attacks, as the auditor writes them.

use serde::Deserialize;

/// LINDDUN's categories, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// Messages are told to be of one person.
    Linking,
    /// A sender is found out.
    Identifying,
    /// A person cannot deny a message.
    NonRepudiation,
    /// That something happened is noticed.
    Detecting,
    /// Content is read.
    DataDisclosure,
    /// People are not informed, or cannot intervene.
    Unawareness,
    /// Rules do not hold.
    NonCompliance,
}

/// Whoever attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "said by `name`")]
pub enum Adversary {
    Network,
    NetworkTls,
    Broker,
    Subscriber,
    Relay,
    Gateway,
    Insider,
    Role,
    BrokerRole,
    RelayRole,
    StolenPhone,
}

/// The auditor's attacks, by their stable ids; `docs/audits.md` has a section for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "said in docs/audits.md")]
pub enum Attack {
    L1,
    L2,
    I1,
    I2,
    N1,
    De1,
    De2,
    De3,
    #[serde(rename = "DD1")]
    Dd1,
    #[serde(rename = "DD2")]
    Dd2,
    U1,
    Nc1,
}

impl Category {
    /// All, in LINDDUN's order.
    pub const ALL: [Self; 7] = [
        Self::Linking,
        Self::Identifying,
        Self::NonRepudiation,
        Self::Detecting,
        Self::DataDisclosure,
        Self::Unawareness,
        Self::NonCompliance,
    ];

    /// Its name, as the auditor writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linking => "linking",
            Self::Identifying => "identifying",
            Self::NonRepudiation => "non-repudiation",
            Self::Detecting => "detecting",
            Self::DataDisclosure => "data-disclosure",
            Self::Unawareness => "unawareness",
            Self::NonCompliance => "non-compliance",
        }
    }
}

impl Adversary {
    /// All, in the auditor's order.
    pub const ALL: [Self; 11] = [
        Self::Network,
        Self::NetworkTls,
        Self::Broker,
        Self::Subscriber,
        Self::Relay,
        Self::Gateway,
        Self::Insider,
        Self::Role,
        Self::BrokerRole,
        Self::RelayRole,
        Self::StolenPhone,
    ];

    /// Its name, as the auditor writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::NetworkTls => "network-tls",
            Self::Broker => "broker",
            Self::Subscriber => "subscriber",
            Self::Relay => "relay",
            Self::Gateway => "gateway",
            Self::Insider => "insider",
            Self::Role => "role",
            Self::BrokerRole => "broker-role",
            Self::RelayRole => "relay-role",
            Self::StolenPhone => "stolen-phone",
        }
    }
}

impl Adversary {
    /// In words.
    pub(in crate::records) const fn words(self) -> &'static str {
        match self {
            Self::Network => "the network, without TLS",
            Self::NetworkTls => "the network, under TLS",
            Self::Broker => "the broker",
            Self::Subscriber => "a subscriber to everything",
            Self::Relay => "a relay",
            Self::Gateway => "a gateway",
            Self::Insider => "an insider with one device",
            Self::Role => "a curious role",
            Self::BrokerRole => "the broker with a role",
            Self::RelayRole => "a relay with a role",
            Self::StolenPhone => "whoever has a stolen phone",
        }
    }
}

impl Attack {
    /// All, in the auditor's order.
    pub const ALL: [Self; 12] = [
        Self::L1,
        Self::L2,
        Self::I1,
        Self::I2,
        Self::N1,
        Self::De1,
        Self::De2,
        Self::De3,
        Self::Dd1,
        Self::Dd2,
        Self::U1,
        Self::Nc1,
    ];

    /// The category of threats that it belongs to.
    pub const fn category(self) -> Category {
        match self {
            Self::L1 | Self::L2 => Category::Linking,
            Self::I1 | Self::I2 => Category::Identifying,
            Self::N1 => Category::NonRepudiation,
            Self::De1 | Self::De2 | Self::De3 => Category::Detecting,
            Self::Dd1 | Self::Dd2 => Category::DataDisclosure,
            Self::U1 => Category::Unawareness,
            Self::Nc1 => Category::NonCompliance,
        }
    }

    /// Its id, as the auditor writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::I1 => "I1",
            Self::I2 => "I2",
            Self::N1 => "N1",
            Self::De1 => "De1",
            Self::De2 => "De2",
            Self::De3 => "De3",
            Self::Dd1 => "DD1",
            Self::Dd2 => "DD2",
            Self::U1 => "U1",
            Self::Nc1 => "Nc1",
        }
    }
}
