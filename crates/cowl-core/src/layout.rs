//! Where each part of a message lies: all sizes are fixed by the manifest (spec §4.1, §5.1).

use alloc::vec::Vec;
use core::ops::Range;

use crate::{
    RoleIndex,
    block::TAG_LEN,
    envelope::Mode,
    policy::{Draft, Role, RoleKind},
    siv::AUTH_LEN,
};

/// Bytes in front of a part's body: report id 16, erasure handle 16, policy version 4, body length 2.
pub const HEADER_LEN: usize = 38;
/// Bytes that a part takes beyond its body: tag, header, authentication tag.
pub const PART_OVERHEAD: usize = TAG_LEN + HEADER_LEN + AUTH_LEN;
/// The random id in front of a walk-in message.
pub const MESSAGE_ID_LEN: usize = 16;

/// The key encapsulation of walk-in messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum WalkInSuite {
    /// X-Wing (ML-KEM-768 + X25519, KEM 0x647a): 1,120 bytes a part, safe against a quantum computer.
    #[n(0)]
    #[default]
    XWing,
    /// DHKEM(X25519, HKDF-SHA256) (KEM 0x0020): 32 bytes a part, for narrow radio links; recorded traffic
    /// opens to a future quantum computer.
    #[n(1)]
    X25519,
}

impl WalkInSuite {
    /// Bytes of the encapsulated key.
    pub const fn enc_len(self) -> usize {
        match self {
            Self::XWing => 1_120,
            Self::X25519 => 32,
        }
    }

    /// Bytes of a role's public key in the manifest.
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::XWing => 1_216,
            Self::X25519 => 32,
        }
    }
}

/// What a message looks like: the size of each role's body, in the order of the roles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    bodies: Vec<RolePart>,
    custody: usize,
    /// Whether the policy says what the custody part holds: then it is sealed, and walk-in messages have one too.
    is_sealed: bool,
    suite: WalkInSuite,
}

/// One role's share of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RolePart {
    /// Bytes that the encoded body may take; shorter ones are padded.
    pub size: u16,
    /// Whether walk-in messages carry this part too: all roles but those that only count.
    pub walk_in: bool,
}

impl Layout {
    /// A layout of these parts, with so many bytes of custody part behind them in enrolled messages.
    pub fn new(bodies: Vec<RolePart>, custody: u16, suite: WalkInSuite) -> Self {
        Self { bodies, custody: usize::from(custody), is_sealed: false, suite }
    }

    /// The layout that a policy fixes.
    pub fn of(policy: &Draft) -> Self {
        let part = |role: &Role| RolePart { size: role.size, walk_in: role.kind == RoleKind::Reports };
        let bodies = policy.roles.iter().map(part).collect();
        let is_sealed = policy.custody.is_some();
        Self { is_sealed, ..Self::new(bodies, policy.sizes.custody, policy.walk_in.suite) }
    }

    /// The roles, in the order of the parts.
    pub fn roles(&self) -> impl Iterator<Item = (RoleIndex, RolePart)> + '_ {
        (0_u8..).map(RoleIndex).zip(self.bodies.iter().copied())
    }

    /// The number of roles.
    pub fn role_count(&self) -> usize {
        self.bodies.len()
    }

    /// Bytes of every enrolled message of the operation.
    pub fn enrolled_len(&self) -> usize {
        self.bodies.iter().map(|part| PART_OVERHEAD + usize::from(part.size)).sum::<usize>() + self.custody
    }

    /// Bytes of every walk-in message of the operation.
    pub fn walk_in_len(&self) -> usize {
        self.walk_in_roles_end() + if self.is_sealed { self.custody } else { 0 }
    }

    /// Bytes of the custody part at the end of an enrolled message, and of a walk-in message if custodians can open it.
    pub const fn custody_len(&self) -> usize {
        self.custody
    }

    /// Where a custody part lies that can be opened by custodians, at the end of a message of this kind (spec §4.6).
    pub fn sealed_custody(&self, mode: Mode) -> Option<Range<usize>> {
        let end = match mode {
            Mode::Enrolled => self.enrolled_len(),
            Mode::WalkIn => self.walk_in_len(),
        };
        self.is_sealed.then(|| end - self.custody..end)
    }

    /// The key encapsulation of walk-in messages.
    pub const fn suite(&self) -> WalkInSuite {
        self.suite
    }

    /// Where a role's part lies in an enrolled message: its tag, then what the AEAD made.
    pub fn enrolled_part(&self, role: RoleIndex) -> Option<Range<usize>> {
        let mut start = 0;
        for (index, part) in self.roles() {
            let end = start + PART_OVERHEAD + usize::from(part.size);
            if index == role {
                return Some(start..end);
            }
            start = end;
        }
        None
    }

    /// Where a role's part lies in a walk-in message: the encapsulated key, then what the AEAD made.
    pub fn walk_in_part(&self, role: RoleIndex) -> Option<Range<usize>> {
        self.walk_in_parts().find(|(index, _)| *index == role).map(|(_, range)| range)
    }

    /// Where the roles' parts of a walk-in message end.
    pub(crate) fn walk_in_roles_end(&self) -> usize {
        MESSAGE_ID_LEN + self.walk_in_parts().map(|(_, range)| range.len()).sum::<usize>()
    }

    /// All roles' parts of a walk-in message.
    pub(crate) fn walk_in_parts(&self) -> impl Iterator<Item = (RoleIndex, Range<usize>)> + '_ {
        let mut start = MESSAGE_ID_LEN;
        self.roles().filter(|(_, part)| part.walk_in).map(move |(index, part)| {
            let end = start + self.suite.enc_len() + HEADER_LEN + usize::from(part.size) + AUTH_LEN;
            let range = start..end;
            start = end;
            (index, range)
        })
    }
}
