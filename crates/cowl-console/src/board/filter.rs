//! Which cases a page or a stream shows.

use super::{Case, Status, Triage};

/// What is asked for; nothing said is anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    /// Of this colour.
    pub(crate) triage: Option<Triage>,
    /// In this zone, by its label; empty: of none.
    pub(crate) zone: Option<String>,
    /// How far they are dealt with.
    pub(crate) status: StatusFilter,
}

/// How far cases are dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum StatusFilter {
    /// Those who wait: open and assigned.
    #[default]
    Waiting,
    /// Just these.
    Only(Status),
    /// All.
    Any,
}

impl Filter {
    /// Whether a case is asked for.
    pub(crate) fn takes(&self, case: &Case) -> bool {
        let label = case.zone.as_ref().map_or("", |zone| &*zone.label);
        self.triage.is_none_or(|triage| triage == case.triage)
            && self.zone.as_deref().is_none_or(|zone| zone == label)
            && self.status.takes(case.status())
    }
}

impl StatusFilter {
    /// All, in the order of a form.
    pub(crate) const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Only(Status::Open),
        Self::Only(Status::Assigned),
        Self::Only(Status::Attended),
        Self::Only(Status::Closed),
        Self::Any,
    ];

    /// Its name in addresses and messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Only(status) => status.name(),
            Self::Any => "any",
        }
    }

    /// The filter of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.name() == name)
    }

    const fn takes(self, status: Status) -> bool {
        match self {
            Self::Waiting => status.waits(),
            Self::Only(only) => only as u8 == status as u8,
            Self::Any => true,
        }
    }
}
