//! A case, and the report that makes or renews it.

use std::{fmt, sync::Arc};

use cowl_core::{Epoch, Erasure, ErasureHandle, Pseudonym, ReportId};

use super::Triage;

/// What a case is called in pages and addresses: random-looking, made with a secret of the role's, so that neither a report's id nor a
/// withdrawal handle is in any page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CaseKey(pub(crate) [u8; 12]);

/// A zone of a level, by their names in the policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ZoneName {
    /// The level.
    pub(crate) level: Arc<str>,
    /// The zone.
    pub(crate) label: Arc<str>,
}

/// By what a case is found when it is to be erased.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whose {
    /// In which epoch it was sealed.
    pub(crate) epoch: Epoch,
    /// The device; `None`: a walk-in.
    pub(crate) from: Option<Pseudonym>,
    /// The person, if they can withdraw.
    pub(crate) handle: ErasureHandle,
}

/// A field as the role may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldShown {
    /// Its name in the policy.
    pub(crate) name: Arc<str>,
    /// Its value, with its unit.
    pub(crate) value: Box<str>,
    /// How precisely the policy lets the role read it; `None`: as it was sent.
    pub(crate) precision: Option<Arc<str>>,
}

/// A report as it comes to the board.
#[derive(Clone)]
pub(crate) struct Arrival {
    pub(crate) key: CaseKey,
    pub(crate) report: ReportId,
    pub(crate) whose: Whose,
    /// When it was opened, in Unix seconds.
    pub(crate) received: u64,
    pub(crate) zone: Option<ZoneName>,
    pub(crate) triage: Triage,
    /// Whether the policy calls one of its values urgent.
    pub(crate) urgent: bool,
    pub(crate) fields: Box<[FieldShown]>,
}

/// How far a case is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Status {
    /// Nobody was sent.
    Open,
    /// Somebody is on the way.
    Assigned,
    /// Somebody is there.
    Attended,
    /// Nothing is left to do.
    Closed,
}

/// What was done about a case, by whom and when.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) status: Status,
    /// Who is on the way, as it was typed in.
    pub(crate) to: Box<str>,
    /// Who said so: the seat's name.
    pub(crate) by: Box<str>,
    /// When, in Unix seconds.
    pub(crate) at: u64,
}

/// A case on the board.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) whose: Whose,
    /// Its newest report, as the archive calls it. For the server alone: pages know cases by their keys.
    pub(crate) newest: ReportId,
    /// When its first and its newest report were opened, in Unix seconds.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Since when it has its colour.
    pub(crate) since: u64,
    /// Reports.
    pub(crate) reports: u32,
    pub(crate) zone: Option<ZoneName>,
    pub(crate) triage: Triage,
    pub(crate) urgent: bool,
    pub(crate) fields: Box<[FieldShown]>,
    /// What was done; `None`: nothing.
    pub(crate) standing: Option<Standing>,
}

impl CaseKey {
    /// As it stands in a page.
    pub(crate) fn text(self) -> String {
        hex::encode(self.0)
    }

    /// The key that a page named.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        hex::decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl Status {
    /// All, in the order in which they follow.
    pub(crate) const ALL: [Self; 4] = [Self::Open, Self::Assigned, Self::Attended, Self::Closed];

    /// Its name in forms, styles and messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::Attended => "attended",
            Self::Closed => "closed",
        }
    }

    /// The status of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether somebody still waits.
    pub(crate) const fn waits(self) -> bool {
        matches!(self, Self::Open | Self::Assigned)
    }
}

impl Whose {
    /// Whether one of these orders names it.
    pub(crate) fn is_named(&self, names: &dyn Fn(&Erasure) -> bool, before: Option<Epoch>) -> bool {
        before.is_some_and(|before| self.epoch < before)
            || names(&Erasure::Handle(self.handle))
            || self.from.is_some_and(|from| names(&Erasure::Pseudonym(from, self.epoch)))
    }
}

impl Case {
    /// The case of a first report.
    pub(crate) fn of(arrival: Arrival, standing: Option<Standing>) -> Self {
        let Arrival { whose, report, received, zone, triage, urgent, fields, .. } = arrival;
        Self {
            whose,
            newest: report,
            first: received,
            last: received,
            since: received,
            reports: 1,
            zone,
            triage,
            urgent,
            fields,
            standing,
        }
    }

    /// Takes a further report. One that says no colour or no zone leaves what was said before; one that makes it more urgent than it was
    /// when somebody dealt with it opens it again, because help that has left does not know.
    pub(crate) fn renew(&mut self, arrival: Arrival) {
        let Arrival { report, received, zone, triage, urgent, fields, .. } = arrival;
        self.reports = self.reports.saturating_add(1);
        self.first = self.first.min(received);
        if received < self.last {
            return;
        }
        self.last = received;
        (self.newest, self.urgent, self.fields) = (report, urgent, fields);
        if zone.is_some() {
            self.zone = zone;
        }
        if triage != Triage::Untriaged && triage != self.triage {
            let is_worse =
                triage < self.triage || self.triage == Triage::Untriaged && triage != Triage::Minor;
            if is_worse && !self.status().waits() {
                self.standing = None;
            }
            (self.triage, self.since) = (triage, received);
        }
    }

    /// How far it is dealt with.
    pub(crate) fn status(&self) -> Status {
        self.standing.as_ref().map_or(Status::Open, |standing| standing.status)
    }

    /// Whether somebody still waits.
    pub(crate) fn waits(&self) -> bool {
        self.status().waits()
    }

    /// Since when it is silent, if that is unlike it: longer than four times the usual pause between its reports, and than five
    /// minutes; from three reports on, as two have one pause. Only within the epoch: in the next one its name is another.
    pub(crate) fn silent_since(&self, now: u64, epoch: Epoch) -> Option<u64> {
        if self.whose.from.is_none()
            || self.whose.epoch != epoch
            || self.reports < 3
            || self.status() == Status::Closed
        {
            return None;
        }
        let pause = (self.last - self.first) / u64::from(self.reports - 1);
        let patience = pause.saturating_mul(4).max(300);
        (now.saturating_sub(self.last) > patience).then_some(self.last)
    }
}

impl fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Whose").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing").field("status", &self.status).finish_non_exhaustive()
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival").field("key", &self.key).finish_non_exhaustive()
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("whose", &self.whose).finish_non_exhaustive()
    }
}
