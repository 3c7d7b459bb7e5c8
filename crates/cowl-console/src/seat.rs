//! Seats: who looks through the console.

/// Which seat: its place in the console's list, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatId(pub(crate) u16);

/// One role of one credential, or the authority's own place, which reads no reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub(crate) id: SeatId,
    role: Option<String>,
    name: String,
}

impl SeatId {
    /// Its place in the console's list.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Seat {
    /// The seats of these roles, in their order; `authority` says whether there is an operation's folder. Without any role its authority
    /// sits at a seat of its own.
    pub(crate) fn all(roles: &[String], authority: bool) -> Vec<Self> {
        let of_roles = roles.iter().enumerate().filter_map(|(at, role)| {
            let before = roles.iter().take(at).filter(|other| *other == role).count();
            // Two desks of one role are told apart.
            let name = if before == 0 { role.clone() } else { format!("{role} {}", before + 1) };
            Some(Self { id: SeatId(u16::try_from(at).ok()?), role: Some(role.clone()), name })
        });
        let seats: Vec<_> = of_roles.collect();
        if seats.is_empty() && authority {
            return vec![Self { id: SeatId(0), role: None, name: String::new() }];
        }
        seats
    }

    /// Which one.
    pub const fn id(&self) -> SeatId {
        self.id
    }

    /// The role whose keys open what is seen here, as the policy names it; `None` at the authority's own place.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// What it is called, with a number where several seats have one role; empty at the authority's own place.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_of_one_role_are_told_apart() {
        let roles = ["medic", "rescue", "medic"].map(str::to_owned);
        let names: Vec<_> = Seat::all(&roles, true).iter().map(|seat| seat.name().to_owned()).collect();
        assert_eq!(names, ["medic", "rescue", "medic 2"]);
        let alone = Seat::all(&[], true);
        assert_eq!((alone.len(), alone[0].role(), alone[0].id().index()), (1, None, 0));
        assert_eq!(Seat::all(&[], false), []);
    }
}
