//! The people's names, numbers and places, searched for in everything that the eavesdropper has.

use std::collections::HashSet;

use cowl_audit::{Needle, SearchError, Searcher};
use serde::Serialize;

use super::{day::Day, round::Round};

/// The search: who and where everyone is.
pub(super) struct Search {
    searcher: Searcher,
    needles: usize,
}

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Planted {
    /// Values searched for: names, telephone numbers, addresses, coordinates.
    pub(super) needles: usize,
    /// Of those, found at least once.
    pub(super) found: usize,
    /// Hits so short that chance makes some, and how many chance makes in one search of a thousand.
    pub(super) short_hits: usize,
    pub(super) short_bound: u64,
    /// Whether anything came through.
    pub(super) leaked: bool,
}

impl Search {
    /// Prepares it: for each person who reports the name, the telephone number, the address, and the coordinates of the first
    /// report; a coordinate that two of them share is one value.
    pub(super) fn new(day: &Day) -> Result<Self, SearchError> {
        let mut needles = Vec::new();
        let (mut met, mut degrees) = (HashSet::new(), HashSet::new());
        for report in day.crisis.reports().filter(|report| met.insert(report.person)) {
            if let Some(person) = day.crisis.person(report.person) {
                needles.push(Needle::Text(person.name.clone()));
                needles.push(Needle::Phone(person.phone.clone()));
                needles.push(Needle::Text(person.address.to_string()));
            }
            let position = report.position;
            let fresh = [position.latitude, position.longitude]
                .into_iter()
                .filter(|one| degrees.insert(one.to_bits()));
            needles.extend(fresh.map(Needle::Degrees));
        }
        Ok(Self { searcher: Searcher::new(&needles)?, needles: needles.len() })
    }

    /// Searches every byte that every phone sent, topics and payloads among them, and the operation's own notices.
    pub(super) fn run(&self, round: &Round) -> Planted {
        let mut haystacks: Vec<&[u8]> =
            round.connections.iter().map(|connection| connection.raw.as_slice()).collect();
        haystacks.extend(round.notices.iter().map(Vec::as_slice));
        let judgement = self.searcher.judge(&haystacks);
        let found: HashSet<_> = judgement.hits.iter().map(|hit| hit.needle).collect();
        Planted {
            needles: self.needles,
            found: found.len(),
            short_hits: judgement.short_hits.len(),
            short_bound: judgement.short_bound,
            leaked: judgement.leaked(),
        }
    }
}
