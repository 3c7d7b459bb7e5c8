//! The identifiers that MQTT, TLS and IP themselves carry, each with its values.

use super::hash::Keyed;
use super::nodes::{Node, Nodes};
use super::values::{Budget, Met, Values};

/// Values of one identifier that are told apart.
const MAX_VALUES: usize = 917_504;

/// An identifier that the protocols carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    Address,
    Port,
    TlsFingerprint,
    ServerName,
    ClientId,
    UserName,
    Password,
    WillTopic,
    WillPayload,
    KeepAlive,
    Software,
    Settings,
    FirstPacketId,
    Subscriptions,
    ContentType,
    ResponseTopic,
    Correlation,
}

impl Trait {
    pub(super) const ALL: [Self; 17] = [
        Self::Address,
        Self::Port,
        Self::TlsFingerprint,
        Self::ServerName,
        Self::ClientId,
        Self::UserName,
        Self::Password,
        Self::WillTopic,
        Self::WillPayload,
        Self::KeepAlive,
        Self::Software,
        Self::Settings,
        Self::FirstPacketId,
        Self::Subscriptions,
        Self::ContentType,
        Self::ResponseTopic,
        Self::Correlation,
    ];

    /// Stable, for machines.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Address => "source-address",
            Self::Port => "source-port",
            Self::TlsFingerprint => "tls-fingerprint",
            Self::ServerName => "tls-server-name",
            Self::ClientId => "client-id",
            Self::UserName => "user-name",
            Self::Password => "password",
            Self::WillTopic => "will-topic",
            Self::WillPayload => "will-payload",
            Self::KeepAlive => "keep-alive",
            Self::Software => "software-fingerprint",
            Self::Settings => "connect-settings",
            Self::FirstPacketId => "first-packet-id",
            Self::Subscriptions => "subscriptions",
            Self::ContentType => "content-type",
            Self::ResponseTopic => "response-topic",
            Self::Correlation => "correlation-data",
        }
    }

    /// For people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Address => "source address",
            Self::Port => "source port",
            Self::TlsFingerprint => "TLS fingerprint",
            Self::ServerName => "TLS server name",
            Self::ClientId => "client id",
            Self::UserName => "user name",
            Self::Password => "password (hashed)",
            Self::WillTopic => "will topic",
            Self::WillPayload => "will payload",
            Self::KeepAlive => "keep-alive",
            Self::Software => "CONNECT's make-up",
            Self::Settings => "CONNECT's settings",
            Self::FirstPacketId => "first packet id",
            Self::Subscriptions => "subscriptions",
            Self::ContentType => "content type",
            Self::ResponseTopic => "response topic",
            Self::Correlation => "correlation data",
        }
    }

    /// Whether a value may be one client's own: the others say only what software or which server it is.
    pub(super) const fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Address
                | Self::ClientId
                | Self::UserName
                | Self::Password
                | Self::WillTopic
                | Self::WillPayload
                | Self::Subscriptions
                | Self::ResponseTopic
                | Self::Correlation
        )
    }

    /// Whether it goes with a connection, not with a message.
    pub(super) const fn is_of_connection(self) -> bool {
        !matches!(self, Self::ContentType | Self::ResponseTopic | Self::Correlation)
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Traits {
    rows: Vec<(Trait, Values, u64)>,
}

impl Traits {
    pub(super) fn new() -> Self {
        Self { rows: Trait::ALL.into_iter().map(|kind| (kind, Values::new(MAX_VALUES), 0)).collect() }
    }

    /// A connection or message shows a value.
    pub(super) fn note(&mut self, kind: Trait, value: u64, met: Met, nodes: &Nodes, budget: &mut Budget) {
        if let Some((_, values, _)) = self.row(kind) {
            values.note(value, met, nodes, budget);
        }
    }

    /// One more connection carries the identifier.
    pub(super) fn carried(&mut self, kind: Trait) {
        if let Some((_, _, connections)) = self.row(kind) {
            *connections += 1;
        }
    }

    /// Decides what could not be decided before, at the end of the trace.
    pub(super) fn settle(&mut self, nodes: &Nodes) {
        for (_, values, _) in &mut self.rows {
            values.settle(nodes);
        }
    }

    /// Identifier, values, connections that carry it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Trait, &Values, u64)> {
        self.rows.iter().map(|(kind, values, connections)| (*kind, values, *connections))
    }

    pub(super) fn get(&self, kind: Trait) -> Option<&Values> {
        self.rows.iter().find(|(row, ..)| *row == kind).map(|(_, values, _)| values)
    }

    fn row(&mut self, kind: Trait) -> Option<&mut (Trait, Values, u64)> {
        self.rows.iter_mut().find(|(row, ..)| *row == kind)
    }
}

/// What a connection showed, to be credited with its messages when it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub(super) kind: Trait,
    pub(super) value: u64,
}

/// Everything that noting a value needs.
#[derive(Debug)]
pub(super) struct Census {
    pub(super) keyed: Keyed,
    pub(super) nodes: Nodes,
    pub(super) budget: Budget,
    pub(super) traits: Traits,
}

impl Census {
    pub(super) fn show(
        &mut self,
        shown: &mut Vec<Shown>,
        kind: Trait,
        value: u64,
        at: u64,
        node: Option<Node>,
    ) {
        if shown.iter().any(|old| old.kind == kind && old.value == value) {
            return;
        }
        self.traits.note(kind, value, Met { at, node, messages: 0 }, &self.nodes, &mut self.budget);
        self.traits.carried(kind);
        shown.push(Shown { kind, value });
    }

    pub(super) fn note(&mut self, kind: Trait, value: &[u8], met: Met) {
        let value = self.keyed.bytes(value);
        self.traits.note(kind, value, met, &self.nodes, &mut self.budget);
    }
}
