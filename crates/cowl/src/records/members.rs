//! How many members there are: counts of the register, and no name.

use super::words::count;
use crate::operation::{Entry, Kind, Operation, Standing};

/// Counts of an operation's members.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) devices: Standings,
    pub(super) gateways: Standings,
    pub(super) relays: Standings,
    pub(super) responders: Standings,
    /// Devices that gateways who are members have room for.
    pub(super) behind: u64,
    /// Responders who read each role, in the order of the policy.
    pub(super) readers: Vec<u64>,
    /// Device numbers that were seen to send from two machines.
    pub(super) clones: u64,
}

/// How those of one kind stand.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Standings {
    pub(super) members: u64,
    pub(super) invited: u64,
    pub(super) revoked: u64,
}

impl Members {
    pub(super) fn of(operation: &Operation) -> Self {
        let roles = &operation.manifest().policy.roles;
        let mut counts = Self {
            readers: vec![0; roles.len()],
            clones: operation.register().clones().len() as u64,
            ..Self::default()
        };
        for entry in operation.register().members() {
            counts.of_kind(entry.kind).add(entry.standing);
            if !entry.standing.is_member() {
                continue;
            }
            if entry.kind == Kind::Gateway {
                counts.behind += devices(entry);
            }
            for (role, readers) in roles.iter().zip(&mut counts.readers) {
                *readers += u64::from(entry.kind == Kind::Responder && entry.roles.contains(&role.name));
            }
        }
        counts
    }

    const fn of_kind(&mut self, kind: Kind) -> &mut Standings {
        match kind {
            Kind::Device => &mut self.devices,
            Kind::Gateway => &mut self.gateways,
            Kind::Relay => &mut self.relays,
            Kind::Responder => &mut self.responders,
        }
    }
}

impl Members {
    /// Who can report with a device of the operation: `2 devices enrolled, and room for 4 behind 1 gateway`.
    pub(super) fn reporters(&self) -> String {
        let enrolled = format!("{} enrolled", count(self.devices.members, "device", "devices"));
        match self.gateways.members {
            0 => enrolled,
            gateways => {
                format!(
                    "{enrolled}, and room for {} behind {}",
                    self.behind,
                    count(gateways, "gateway", "gateways")
                )
            }
        }
    }
}

impl Standings {
    const fn add(&mut self, standing: Standing) {
        let of = match standing {
            Standing::Member => &mut self.members,
            Standing::Invited { .. } => &mut self.invited,
            Standing::Revoked { .. } => &mut self.revoked,
        };
        *of += 1;
    }

    /// `3 (1 invited, 1 revoked)`.
    pub(super) fn say(self) -> String {
        let besides: Vec<_> = [(self.invited, "invited"), (self.revoked, "revoked")]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
        if besides.is_empty() {
            self.members.to_string()
        } else {
            format!("{} (besides {})", self.members, besides.join(", "))
        }
    }
}

/// How many devices of people report by a member. A gateway's last identity is its cover, and a relay's only one.
pub(super) fn devices(entry: &Entry) -> u64 {
    let identities = u64::from(entry.devices);
    match entry.kind {
        Kind::Device => identities,
        Kind::Gateway => identities.saturating_sub(1),
        Kind::Relay | Kind::Responder => 0,
    }
}
