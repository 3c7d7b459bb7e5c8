//! What a reduction left out, as counts that may be logged.

use core::fmt;

/// Something that the reduction left out or made coarser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// An input that no field takes was dropped.
    UnknownField,
    /// A role got a coarser zone than it asked for, because too few people share the finer one.
    RaisedZone,
    /// A role got no zone, because the position lies outside all zones of the levels it may read.
    OutsideZones,
    /// A role got no zone, because too few people share even the coarsest.
    TooFew,
    /// A role did not get a field that goes with the position, because it did not get the position as asked.
    WithheldWithPosition,
    /// A field that is off by default was dropped, because the person did not choose to send it.
    NotChosen,
}

impl Notice {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::UnknownField,
        Self::RaisedZone,
        Self::OutsideZones,
        Self::TooFew,
        Self::WithheldWithPosition,
        Self::NotChosen,
    ];

    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownField => "unknown-field",
            Self::RaisedZone => "raised-zone",
            Self::OutsideZones => "outside-zones",
            Self::TooFew => "too-few",
            Self::WithheldWithPosition => "withheld-with-position",
            Self::NotChosen => "not-chosen",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often each happened in one report or, summed, in many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notices([u32; Notice::ALL.len()]);

impl Notices {
    pub(super) fn count(&mut self, notice: Notice) {
        self.add(notice, 1);
    }

    pub(super) fn add(&mut self, notice: Notice, times: usize) {
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        if let Some(count) = self.0.get_mut(notice as usize) {
            *count = count.saturating_add(times);
        }
    }

    /// Adds those of another report.
    pub fn absorb(&mut self, other: &Self) {
        for (notice, times) in other.iter() {
            self.add(notice, usize::try_from(times).unwrap_or(usize::MAX));
        }
    }

    /// How often this happened.
    pub fn get(&self, notice: Notice) -> u32 {
        self.0.get(notice as usize).copied().unwrap_or_default()
    }

    /// Those that happened.
    pub fn iter(&self) -> impl Iterator<Item = (Notice, u32)> {
        Notice::ALL.into_iter().zip(self.0).filter(|(_, times)| *times > 0)
    }
}
