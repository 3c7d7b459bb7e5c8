//! Seats: who looks through the console.

use std::sync::Arc;

use cowl::glass::Custodian;

/// Which seat: its place in the console's list, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatId(pub(crate) u16);

/// One role of one credential, one custodian, or the authority's own place, which reads no reports.
#[derive(Debug, Clone)]
pub struct Seat {
    id: SeatId,
    name: String,
    holds: Holds,
}

/// What a seat lets one do.
#[derive(Debug, Clone)]
enum Holds {
    Role(String),
    Share(Arc<Custodian>),
    Nothing,
}

impl SeatId {
    /// Its place in the console's list.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Seat {
    /// The seats of these roles, in their order, and then of these custodians; `authority` says whether there is an operation's folder.
    /// Where there is no other its authority has a seat of its own.
    pub(crate) fn all(roles: &[String], custodians: Vec<Custodian>, authority: bool) -> Vec<Self> {
        let mut seats = Vec::new();
        let mut add = |name: String, holds| {
            if let Ok(id) = u16::try_from(seats.len()) {
                seats.push(Self { id: SeatId(id), name, holds });
            }
        };
        // The authority's link leads to the first seat: a role's, or its own, and never a custodian's.
        if roles.is_empty() && authority {
            add(String::new(), Holds::Nothing);
        }
        for (at, role) in roles.iter().enumerate() {
            let before = roles.iter().take(at).filter(|other| *other == role).count();
            // Two desks of one role are told apart.
            let name = if before == 0 { role.clone() } else { format!("{role} {}", before + 1) };
            add(name, Holds::Role(role.clone()));
        }
        for custodian in custodians {
            add(custodian.share().name.clone(), Holds::Share(Arc::new(custodian)));
        }
        seats
    }

    /// Which one.
    pub const fn id(&self) -> SeatId {
        self.id
    }

    /// The role whose keys open what is seen here, as the policy names it; `None` at a custodian's seat and the authority's own.
    pub fn role(&self) -> Option<&str> {
        match &self.holds {
            Holds::Role(role) => Some(role),
            Holds::Share(_) | Holds::Nothing => None,
        }
    }

    /// Whether a custodian sits here.
    pub const fn is_custodian(&self) -> bool {
        matches!(self.holds, Holds::Share(_))
    }

    /// What it is called, with a number where several seats have one role; empty at the authority's own place.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The custodian who sits here.
    pub(crate) fn custodian(&self) -> Option<&Arc<Custodian>> {
        match &self.holds {
            Holds::Share(custodian) => Some(custodian),
            Holds::Role(_) | Holds::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_of_one_role_are_told_apart() {
        let roles = ["medic", "rescue", "medic"].map(str::to_owned);
        let names: Vec<_> =
            Seat::all(&roles, Vec::new(), true).iter().map(|seat| seat.name().to_owned()).collect();
        assert_eq!(names, ["medic", "rescue", "medic 2"]);
        let alone = Seat::all(&[], Vec::new(), true);
        assert_eq!((alone.len(), alone[0].role(), alone[0].id().index()), (1, None, 0));
        assert!(Seat::all(&[], Vec::new(), false).is_empty());
    }
}
