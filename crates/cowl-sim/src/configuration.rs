//! What protects an operation.

use cowl_core::{Preset, policy::Traffic};

/// One way of running an operation: a preset, and what stands between phones and broker.
///
/// Each further step of protection (tokens) becomes a field here and a few more constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    name: &'static str,
    preset: Preset,
    addresses: Addresses,
    nodes: Nodes,
    schedule: Schedule,
    link: Link,
    broker: Broker,
    /// Whether one person in so many is not enrolled.
    walk_ins: Option<u32>,
}

/// What the broker sees of phones' addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// Each phone has one of its own.
    Own,
    /// All share one, their carrier's or their page's, which tells them apart by nothing: ports are drawn for each connection.
    Shared,
}

/// What stands between phones and broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nodes {
    /// Nothing.
    None,
    /// So many gateways, each for the people nearest to it: their phones are ordinary devices.
    Gateways(u16),
    /// So many relays: phones seal and wrap, each sends to one of them.
    Relays(u16),
    /// The victim's page: nobody is enrolled, browsers seal, and its server carries their connections.
    Page,
}

/// When messages leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Milliseconds of a node's slot; 0: none.
    pub(crate) slot_ms: u32,
    pub(crate) walk_in_slots: u16,
    /// Mean of phones' exponential delay.
    pub(crate) phone_delay_seconds: u32,
}

/// How nodes reach the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing is lost.
    Wire,
    /// As phones do: one message in five breaks the connection.
    Radio,
}

/// Whether the broker only looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broker {
    Honest,
    /// It withholds, delays and replays, hour by hour.
    Hostile,
}

impl Schedule {
    /// The shipped policy's slots, without walk-ins: nobody here is one.
    const USUAL: Self = Self { slot_ms: 10_000, walk_in_slots: 0, phone_delay_seconds: 0 };
}

impl Configuration {
    /// All, weakest first.
    pub const ALL: [Self; 14] = [
        Self::own("plain", Preset::Plain),
        Self::own("fernet", Preset::Fernet),
        Self::own("minimised", Preset::Minimised),
        Self::own("fernet-minimised", Preset::FernetMinimised),
        Self::own("cowl", Preset::Cowl),
        Self { addresses: Addresses::Shared, ..Self::own("cowl-shared-address", Preset::Cowl) },
        Self {
            schedule: Schedule { phone_delay_seconds: 600, ..Schedule::USUAL },
            ..Self::own("cowl-delay", Preset::Cowl)
        },
        Self::relays("cowl-relay"),
        Self {
            schedule: Schedule { walk_in_slots: 6, ..Schedule::USUAL },
            walk_ins: Some(8),
            ..Self::relays("cowl-relay-walk-ins")
        },
        Self::gateways("cowl-gateway"),
        Self {
            schedule: Schedule { walk_in_slots: 6, ..Schedule::USUAL },
            ..Self::gateways("cowl-gateway-walk-ins")
        },
        Self { link: Link::Radio, ..Self::gateways("cowl-gateway-lossy") },
        Self { broker: Broker::Hostile, ..Self::gateways("cowl-gateway-hostile") },
        Self {
            addresses: Addresses::Shared,
            nodes: Nodes::Page,
            walk_ins: Some(1),
            ..Self::own("cowl-page", Preset::Cowl)
        },
    ];

    const fn own(name: &'static str, preset: Preset) -> Self {
        Self {
            name,
            preset,
            addresses: Addresses::Own,
            nodes: Nodes::None,
            schedule: Schedule::USUAL,
            link: Link::Wire,
            broker: Broker::Honest,
            walk_ins: None,
        }
    }

    const fn gateways(name: &'static str) -> Self {
        Self { nodes: Nodes::Gateways(4), ..Self::own(name, Preset::Cowl) }
    }

    const fn relays(name: &'static str) -> Self {
        Self { nodes: Nodes::Relays(4), ..Self::own(name, Preset::Cowl) }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|configuration| configuration.name == name)
    }

    /// Everybody behind so many gateways, whose messages leave as a policy's traffic says, see [`Self::scheduled`].
    pub fn behind_gateways(gateways: u16, traffic: &Traffic) -> Self {
        let gateways = Nodes::Gateways(gateways.max(1));
        Self { nodes: gateways, ..Self::gateways("gateways") }.scheduled(traffic)
    }

    /// The same with a policy's slots, walk-ins' slots and delay of phones. Its budget is not held against it; its urgent values and
    /// queue are those of the shipped policy.
    #[must_use]
    pub const fn scheduled(self, traffic: &Traffic) -> Self {
        let Traffic { slot_ms, walk_in_slots, phone_delay_seconds, .. } = *traffic;
        Self { schedule: Schedule { slot_ms, walk_in_slots, phone_delay_seconds }, ..self }
    }

    /// The same with nodes' slots of so many milliseconds; 0: none.
    #[must_use]
    pub const fn in_slots(self, slot_ms: u32) -> Self {
        Self { schedule: Schedule { slot_ms, ..self.schedule }, ..self }
    }

    /// Its name, stable.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How messages are protected.
    pub const fn preset(&self) -> Preset {
        self.preset
    }

    /// How many gateways or relays there are.
    pub const fn node_count(&self) -> u16 {
        match self.nodes {
            Nodes::None | Nodes::Page => 0,
            Nodes::Gateways(count) | Nodes::Relays(count) => count,
        }
    }

    pub(crate) const fn addresses(&self) -> Addresses {
        self.addresses
    }

    pub(crate) const fn nodes(&self) -> Nodes {
        self.nodes
    }

    pub(crate) const fn schedule(&self) -> Schedule {
        self.schedule
    }

    pub(crate) const fn link(&self) -> Link {
        self.link
    }

    /// Whether the person of this number is not enrolled, and reports from the manifest alone.
    pub(crate) fn is_walk_in(&self, number: usize) -> bool {
        let nth = u32::try_from(number).unwrap_or(u32::MAX);
        self.walk_ins.is_some_and(|every| nth % every == every - 1)
    }

    /// Whether anybody is not enrolled.
    pub(crate) const fn has_walk_ins(&self) -> bool {
        self.walk_ins.is_some()
    }

    pub(crate) const fn is_hostile(&self) -> bool {
        matches!(self.broker, Broker::Hostile)
    }
}
