//! Reports, or counts of them, in a form for others.

use std::io::{self, Write};

use cowl_core::Policy;

use super::{
    super::{ArchiveError, Kept},
    case::{Case, Reducer},
    cot,
    counts::Counts,
    geojson, hxl,
};
use crate::log::Word;

/// The form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shared {
    /// GeoJSON (RFC 7946): zones as their outlines.
    GeoJson,
    /// CSV with a row of HXL hashtags below its head.
    Hxl,
    /// Cursor on Target, one event a line: reports only, at the centre of their zone with its radius as `ce`.
    CursorOnTarget,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// Each report.
    Reports,
    /// How many there are in each zone, by triage category; counts under the policy's k are hidden.
    Counts,
}

/// Cursor on Target has events, and no counts of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("counts are written as GeoJSON or HXL: an event of Cursor on Target is one report")]
pub struct NoCounts;

/// What became of the reports that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Written, or counted.
    pub reports: u64,
    /// Left out: of roles that read no reports, or that the policy does not have any more.
    pub other_roles: u64,
    /// Left out because the form needs a place and the role has none of them.
    pub no_place: u64,
}

/// Writes reports of an archive in a form for others.
#[derive(Debug)]
pub struct Sharing {
    form: Shared,
    reducer: Reducer,
    to: To,
    now: u64,
    written: Written,
}

#[derive(Debug)]
enum To {
    Cases(Vec<Case>),
    Counts(Counts),
}

impl Shared {
    /// All.
    pub const ALL: [Self; 3] = [Self::GeoJson, Self::Hxl, Self::CursorOnTarget];

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::Hxl => "text/csv; charset=utf-8; header=present",
            Self::CursorOnTarget => "application/xml; charset=utf-8",
        }
    }

    /// How its files' names end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::Hxl => "hxl.csv",
            Self::CursorOnTarget => "cot.xml",
        }
    }

    /// What the log says of such an export ([`crate::log::Event::Exported`]).
    pub fn word(self, what: What) -> Word {
        Word::from(match (self, what) {
            (Self::GeoJson, What::Reports) => "reports-geojson",
            (Self::Hxl, What::Reports) => "reports-hxl",
            (Self::CursorOnTarget, _) => "reports-cot",
            (Self::GeoJson, What::Counts) => "counts-geojson",
            (Self::Hxl, What::Counts) => "counts-hxl",
        })
    }
}

impl Sharing {
    /// Nothing yet. `policy` is the operation's newest; `now` in Unix seconds.
    pub fn new(form: Shared, what: What, policy: Policy, now: u64) -> Result<Self, NoCounts> {
        let reducer = Reducer::new(policy);
        let to = match (what, form) {
            (What::Counts, Shared::CursorOnTarget) => return Err(NoCounts),
            (What::Counts, _) => {
                To::Counts(Counts::new(reducer.policy().anonymity.k, reducer.triage.is_some()))
            }
            (What::Reports, _) => To::Cases(Vec::new()),
        };
        Ok(Self { form, reducer, to, now, written: Written::default() })
    }

    /// Takes a report.
    pub fn add(&mut self, kept: &Kept) -> Result<(), ArchiveError> {
        match (self.reducer.reduce(kept)?, &mut self.to) {
            (None, _) => self.written.other_roles += 1,
            (Some(case), To::Cases(_)) if self.form == Shared::CursorOnTarget && case.place.is_none() => {
                self.written.no_place += 1;
            }
            (Some(case), to) => {
                self.written.reports += 1;
                match to {
                    To::Cases(cases) => cases.push(case),
                    To::Counts(counts) => counts.add(&case),
                }
            }
        }
        Ok(())
    }

    /// Writes it, and says what became of what it was given.
    pub fn finish(self, out: &mut dyn Write) -> io::Result<Written> {
        let places = self.reducer.places();
        match (&self.to, self.form) {
            (To::Cases(cases), Shared::GeoJson) => {
                let features: Vec<_> = cases.iter().map(|case| geojson::case(case, places)).collect();
                writeln!(out, "{}", geojson::collection(&features))?;
            }
            (To::Cases(cases), Shared::Hxl) => hxl::cases(cases, self.reducer.policy(), out)?,
            (To::Cases(cases), Shared::CursorOnTarget) => {
                for event in cases.iter().filter_map(|case| cot::event(case, self.now)) {
                    writeln!(out, "{event}")?;
                }
            }
            (To::Counts(counts), Shared::Hxl) => hxl::counts(&counts.rows(), counts.k(), places, out)?,
            (To::Counts(counts), _) => {
                let rows = counts.rows();
                let features: Vec<_> = rows.iter().map(|row| geojson::row(row, counts.k(), places)).collect();
                writeln!(out, "{}", geojson::collection(&features))?;
            }
        }
        Ok(self.written)
    }
}
