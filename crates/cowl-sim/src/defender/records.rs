//! The truth, line by line.

use std::io::Write;
use std::net::Ipv4Addr;

use cowl_audit::truth::{
    Expense, Known, Line, Operation, PersonTruth, PolicyField, Stay, TruthError, Writer, ZoneTruth,
};
use cowl_core::{Policy, SignedManifest, policy::RoleKind};

use crate::plan::{Plan, START};
use crate::scenario::HOUR;

/// What the app knows, and the policy's field that it becomes, if any.
const FIELDS: [(&str, Option<&str>); 10] = [
    ("temperature", Some("temperature")),
    ("severity", Some("severity")),
    ("lat", Some("position")),
    ("lon", Some("position")),
    ("battery", Some("battery")),
    ("person", Some("person")),
    ("contact", Some("contact")),
    ("note", Some("note")),
    ("ip", None),
    ("userId", None),
];

/// Writes the truth. After the first failure nothing more is written, and [`Records::finish`] says so.
pub(crate) struct Records {
    writer: Option<Writer<Box<dyn Write + Send>>>,
    failed: Option<TruthError>,
}

/// What a truth begins with, besides people.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    /// The configuration's name.
    pub(crate) name: &'a str,
    /// When pseudonyms change, in microseconds.
    pub(crate) epochs: Vec<u64>,
    pub(crate) policy: &'a Policy,
    /// The one address that all phones have, if they share one.
    pub(crate) shared: Option<Ipv4Addr>,
}

/// Processor times, where they are wanted: sum in microseconds, and how many.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Times {
    pub(crate) sum: f64,
    pub(crate) count: f64,
}

impl Records {
    /// Begins with what does not depend on messages: operation, zones, people, where they were.
    pub(crate) fn new(out: Box<dyn Write + Send>, head: Head<'_>, plan: &Plan, nodes: &[u16]) -> Self {
        let mut records = Self { writer: Some(Writer::compressed(out)), failed: None };
        let settings = plan.settings;
        records.line(&Line::Operation(Operation {
            version: 1,
            configuration: head.name.to_owned(),
            seed: settings.seed,
            length: settings.length_us(),
            epochs: head.epochs,
            fields: fields(head.policy),
        }));
        for section in plan.sections.all() {
            records.line(&Line::Zone(ZoneTruth {
                zone: section.code.clone(),
                lat: section.centre.latitude,
                lon: section.centre.longitude,
                residents: None,
            }));
        }
        for (number, person) in plan.crisis.people().iter().enumerate() {
            let address = head.shared.unwrap_or_else(|| plan.address(number, 0));
            records.line(&Line::Person(PersonTruth {
                person: person.id.0,
                uses: plan.uses(number),
                lat: person.home.latitude,
                lon: person.home.longitude,
                gateway: nodes.get(number).copied().map(u32::from),
                known: Known {
                    address: Some(address.into()),
                    identifiers: vec![person.name.clone(), person.phone.clone(), account(person.user)],
                },
            }));
        }
        for (person, stays) in plan.crisis.people().iter().zip(&plan.stays) {
            for (hour, place) in (0..).zip(stays) {
                let at = hour * HOUR * 1_000_000;
                let (lat, lon) = (place.latitude, place.longitude);
                records.line(&Line::Stay(Stay { person: person.id.0, at, lat, lon }));
            }
        }
        records
    }

    /// One more line.
    pub(crate) fn line(&mut self, line: &Line) {
        if let Some(writer) = &mut self.writer
            && let Err(failed) = writer.line(line)
        {
            self.failed = Some(failed);
            self.writer = None;
        }
    }

    /// Ends the file.
    pub(crate) fn finish(&mut self, make: Times, open: Times) -> Result<(), TruthError> {
        self.line(&Line::Expense(Expense { make_us: make.mean(), open_us: open.mean() }));
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        match self.writer.take() {
            Some(writer) => writer.finish().map(drop),
            None => Ok(()),
        }
    }
}

impl Times {
    /// One more measurement.
    pub(crate) fn add(&mut self, begun: std::time::Instant) {
        self.sum += begun.elapsed().as_secs_f64() * 1e6;
        self.count += 1.0;
    }

    fn mean(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

/// The name under which the app is known: its MQTT client id where the preset does not hide it.
pub(crate) fn account(user: u32) -> String {
    format!("phone-{user}")
}

/// When pseudonyms change, in microseconds; never under the study's presets.
pub(crate) fn epochs(manifest: &SignedManifest, length: u64) -> Vec<u64> {
    if manifest.preset.is_dangerous() {
        return Vec::new();
    }
    let first = manifest.calendar.epoch_at(START);
    let begins = (1..).map(|n| manifest.calendar.start_of(first.plus(n)).saturating_sub(START) * 1_000_000);
    begins.take_while(|begins| *begins < length).collect()
}

fn fields(policy: &Policy) -> Vec<PolicyField> {
    let field = |(name, becomes): &(&str, Option<&str>)| {
        let roles = policy.roles.iter().filter(|role| role.kind == RoleKind::Reports);
        let reads = roles.filter(|role| {
            role.reads
                .iter()
                .any(|read| policy.field(read.field).map(|field| field.name.as_str()) == *becomes)
        });
        let roles: Vec<String> = reads.map(|role| role.name.clone()).collect();
        PolicyField { name: (*name).to_owned(), needed: !roles.is_empty(), roles }
    };
    FIELDS.iter().map(field).collect()
}
