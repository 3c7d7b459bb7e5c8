//! How many members there are: counts of the register, and no name.

use crate::operation::{Entry, Kind, Operation, Standing};

/// Counts of an operation's members.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) devices: Standings,
    pub(super) gateways: Standings,
    pub(super) relays: Standings,
    pub(super) responders: Standings,
    /// Identities that devices and gateways hold who are members; a gateway's last one is its cover.
    pub(super) identities: u64,
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
            if sends(entry) {
                counts.identities += u64::from(entry.devices);
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

/// Whether reports of people come from it.
pub(super) fn sends(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Device | Kind::Gateway)
}
