//! Who opens what: responders, the census, whoever holds a stolen phone.

use std::time::Instant;

use cowl_audit::truth::{Delivery, Line, MessageRef, Opened, Reader};

use super::{Eyes, Message, Office, SHOWN_S, lock};
use crate::defender::desk::Opening;
use crate::error::SimulationError;
use crate::network::Arrival;
use crate::plan::{Plan, START, micros};

impl Office {
    pub(super) fn open(
        &mut self,
        at: u64,
        message: MessageRef,
        known: &Message,
    ) -> Result<(), SimulationError> {
        let begun = Instant::now();
        match &mut self.eyes {
            Eyes::Exposed(preset, roles) => {
                let Ok(fields) = preset.read(&known.payload) else {
                    return Err(SimulationError::Fault("a payload of the study's preset cannot be read"));
                };
                if self.plan.settings.timed {
                    self.opening.add(begun);
                }
                let exact = fields.contains_key("lat");
                let withheld = !exact && !fields.contains_key("zone");
                let text = serde_json::Value::Object(fields).to_string();
                let mut readers: Vec<Reader> = roles.iter().cloned().map(Reader::Role).collect();
                let seen = at + micros(self.dice.between(SHOWN_S.0, SHOWN_S.1));
                for reader in &readers {
                    self.tally.shown += 1;
                    self.records.line(&Line::Delivery(Delivery {
                        message,
                        reader: reader.clone(),
                        at: seen,
                        zone_full: exact,
                        zone_withheld: withheld,
                    }));
                }
                readers.extend(holders(&self.plan));
                for reader in readers {
                    self.records.line(&Line::Opened(Opened { message, reader, text: text.clone() }));
                }
            }
            Eyes::Sealed(sealed) => {
                let Some(id) = known.id else { return Ok(()) };
                let now = at / 1_000_000;
                sealed.service.take(&known.payload, START + now);
                let mut openings = Vec::new();
                for (role, desk) in sealed.desks.iter_mut().enumerate() {
                    let begun = Instant::now();
                    let opened = desk.read(message, &known.payload, id, now)?;
                    if self.plan.settings.timed {
                        self.opening.add(begun);
                    }
                    openings.extend(opened.into_iter().map(|opening| (role, opening)));
                }
                let mut stolen = Vec::new();
                for thief in &mut sealed.thieves {
                    let text = thief.read(&known.payload, known.epoch, &sealed.credential, &sealed.layout);
                    stolen.extend(text.map(|text| (thief.reader.clone(), text)));
                }
                for (reader, text) in stolen {
                    self.records.line(&Line::Opened(Opened { message, reader, text }));
                }
                self.shown(at, openings);
            }
        }
        Ok(())
    }

    /// Responders and the census open a cover as anything else, and show nothing.
    pub(super) fn cover(&mut self, arrival: &Arrival<'_>) -> Result<(), SimulationError> {
        let Eyes::Sealed(sealed) = &mut self.eyes else { return Ok(()) };
        let now = arrival.at / 1_000_000;
        sealed.service.take(arrival.payload, START + now);
        let mut openings = Vec::new();
        for (role, desk) in sealed.desks.iter_mut().enumerate() {
            let opened = desk.cover(arrival.payload, now)?;
            openings.extend(opened.into_iter().map(|opening| (role, opening)));
        }
        self.shown(arrival.at, openings);
        Ok(())
    }

    /// Responders look once more through what they could not open.
    pub(super) fn look_again(&mut self, at: u64) {
        let Eyes::Sealed(sealed) = &mut self.eyes else { return };
        let mut openings = Vec::new();
        for (role, desk) in sealed.desks.iter_mut().enumerate() {
            openings.extend(desk.end().into_iter().map(|opening| (role, opening)));
        }
        self.shown(at, openings);
    }

    fn shown(&mut self, at: u64, openings: Vec<(usize, Opening)>) {
        let Eyes::Sealed(sealed) = &self.eyes else { return };
        for (role, opening) in openings {
            let Some(desk) = sealed.desks.get(role) else { continue };
            let Opening { message, read, is_shown, .. } = opening;
            let reader = Reader::Role(desk.role.clone());
            if is_shown {
                self.tally.shown += 1;
                self.records.line(&Line::Delivery(Delivery {
                    message,
                    reader: reader.clone(),
                    at: at + micros(self.dice.between(SHOWN_S.0, SHOWN_S.1)),
                    zone_full: read.zone_full,
                    zone_withheld: read.zone_withheld,
                }));
            }
            self.records.line(&Line::Opened(Opened { message, reader, text: read.text }));
        }
    }

    /// A notice of the authority's reaches responders, as it reaches phones.
    pub(super) fn notice(&mut self, arrival: &Arrival<'_>) -> Result<(), SimulationError> {
        let ears = self.ears.clone();
        let Eyes::Sealed(sealed) = &mut self.eyes else { return Ok(()) };
        let (is_beacon, is_manifest) = (
            sealed.topics.beacon().is_ok_and(|topic| topic.as_str() == arrival.topic),
            sealed.topics.manifest().is_ok_and(|topic| topic.as_str() == arrival.topic),
        );
        let is_bundle = sealed.topics.bundle().is_ok_and(|topic| topic.as_str() == arrival.topic);
        if let Some(mut ears) = ears.as_deref().map(lock) {
            if is_manifest {
                ears.follow(arrival.payload)?;
            }
            if is_beacon {
                // One that it knows already is no fault.
                let _ = ears.hear(arrival.payload, arrival.at / 1_000_000);
            }
        }
        let mut openings = Vec::new();
        for (role, desk) in sealed.desks.iter_mut().enumerate() {
            if is_manifest {
                desk.follow(arrival.payload)?;
            }
            if is_bundle {
                desk.take_bundle(arrival.payload)?;
            }
            if is_beacon {
                let opened = desk.hear(arrival.payload, arrival.at / 1_000_000)?;
                openings.extend(opened.into_iter().map(|opening| (role, opening)));
            }
        }
        self.shown(arrival.at, openings);
        Ok(())
    }
}

/// The insider and the person whose phone is taken: the first and the last who use the service.
fn holders(plan: &Plan) -> [Reader; 2] {
    [Reader::Insider(0), Reader::Stolen(plan.settings.people.saturating_sub(1))]
}
