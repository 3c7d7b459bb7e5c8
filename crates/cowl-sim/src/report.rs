//! What is reported, and the truth behind it.

use std::net::Ipv4Addr;

use serde::Serialize;

use crate::geo::Point;
use crate::motion::Whereabouts;
use crate::note::Need;
use crate::person::{Person, PersonId};

/// How urgently help is needed, in the words of Cowl's default policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Walking, thirsty, worried.
    Low,
    /// Hurt or weak.
    Moderate,
    /// Will not do without help for long.
    High,
    /// Dies without help.
    Critical,
}

impl Severity {
    /// All of them, mildest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Moderate, Self::High, Self::Critical];

    /// Whether help cannot wait: high and critical.
    pub fn is_urgent(self) -> bool {
        self >= Self::High
    }

    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    pub(crate) const fn worse(self) -> Self {
        match self {
            Self::Low => Self::Moderate,
            Self::Moderate => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }

    pub(crate) const fn better(self) -> Self {
        match self {
            Self::Low | Self::Moderate => Self::Low,
            Self::High => Self::Moderate,
            Self::Critical => Self::High,
        }
    }
}

/// One report of one person.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// When, in seconds since the scenario began.
    pub at: u64,
    /// Whose.
    pub person: PersonId,
    /// The body's temperature in °C, one decimal.
    pub temperature: f64,
    /// How bad it is.
    pub severity: Severity,
    /// Where the phone believes to be: the truth with the error of satellite positioning, 5 decimals.
    pub position: Point,
    /// The phone's charge in percent.
    pub battery: u8,
    /// What the person wrote, if anything.
    pub note: Option<String>,
    /// What is true, for scoring; no phone sends it.
    pub truth: Truth,
}

/// What is true when a report is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Truth {
    /// Where the person is.
    pub position: Point,
    /// What it is doing there.
    pub whereabouts: Whereabouts,
    /// What it lacks most.
    pub need: Need,
}

/// A report as an ordinary app sends it: everything it knows.
#[derive(Serialize)]
struct Line<'a> {
    temperature: f64,
    severity: Severity,
    lat: f64,
    lon: f64,
    battery: u8,
    person: &'a str,
    contact: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    ip: String,
    #[serde(rename = "userId")]
    user: u32,
}

impl Report {
    /// One line of JSON: the five fields of the study's message (temperature, severity, position, address, user), and what the
    /// default policy has fields for.
    pub(crate) fn line(&self, person: &Person) -> String {
        self.line_from(person, person.address)
    }

    /// The same from a phone that has another address by now.
    pub(crate) fn line_from(&self, person: &Person, address: Ipv4Addr) -> String {
        let line = Line {
            temperature: self.temperature,
            severity: self.severity,
            lat: self.position.latitude,
            lon: self.position.longitude,
            battery: self.battery,
            person: &person.name,
            contact: &person.phone,
            note: self.note.as_deref(),
            ip: address.to_string(),
            user: person.user,
        };
        // Numbers and texts always serialise.
        serde_json::to_string(&line).unwrap_or_default()
    }
}
