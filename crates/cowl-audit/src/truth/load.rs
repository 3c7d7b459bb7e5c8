//! A whole truth file, checked.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use super::{Expense, Line, Lines, MessageRef, MessageTruth, Operation, TruthError};
use crate::attack::Truth;

/// Messages of which [`MessageTruth::fields`] is kept. In a larger file it is kept of a share of them, chosen by a hash of
/// [`MessageRef`], the same in every reading; of the others it is empty.
pub const MAX_FIELDS: usize = 200_000;
/// Lines of a truth file.
pub const MAX_LINES: u64 = 200_000_000;
/// Version of the format.
pub const VERSION: u32 = 1;

/// What a truth file says that does not fit together. Such lines are kept, and of no effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Stays and messages of people who are not in the file.
    pub unknown_people: u64,
    /// Messages in zones that are not in the file.
    pub unknown_zones: u64,
    /// Lines about messages that are not in the file.
    pub unknown_messages: u64,
    /// Messages without [`MessageTruth::fields`] because of [`MAX_FIELDS`].
    pub thinned: u64,
}

/// A truth file, and what is odd in it.
#[derive(Debug)]
pub struct Loaded {
    /// The truth.
    pub truth: Truth,
    /// What does not fit.
    pub doubts: Doubts,
}

impl Truth {
    /// Reads a truth file, compressed or not.
    ///
    /// Refused are a file that does not begin with one operation of [`VERSION`], a person, zone or message that is there twice, and
    /// degrees that are none. What refers to nothing is counted in [`Doubts`].
    ///
    /// # Errors
    /// [`TruthError`].
    pub fn load(input: impl Read) -> Result<Loaded, TruthError> {
        let mut reader = Lines::new(input)?;
        let operation = match reader.line()? {
            Some(Line::Operation(operation)) if operation.version == VERSION => operation,
            Some(Line::Operation(_)) => return Err(reader.wrong("of another version; this reader knows 1")),
            Some(_) => return Err(reader.wrong("not an `operation`, which must come first")),
            None => return Err(TruthError::Empty),
        };
        let mut loading = Loading::new(operation);
        while let Some(line) = reader.line()? {
            if reader.number() > MAX_LINES {
                return Err(reader.wrong("over the limit of 200,000,000 lines"));
            }
            loading.add(line).map_err(|what| reader.wrong(what))?;
        }
        Ok(loading.finish())
    }
}

struct Loading {
    truth: Truth,
    /// Messages with fields, by hash; those at or above the threshold lose them.
    with_fields: Vec<(u64, MessageRef)>,
    threshold: u64,
    thinned: u64,
}

impl Loading {
    fn new(operation: Operation) -> Self {
        let truth = Truth {
            operation,
            zones: Vec::new(),
            people: BTreeMap::new(),
            stays: Vec::new(),
            messages: HashMap::new(),
            opened: Vec::new(),
            deliveries: Vec::new(),
            expense: Expense::default(),
        };
        Self { truth, with_fields: Vec::new(), threshold: u64::MAX, thinned: 0 }
    }

    fn add(&mut self, line: Line) -> Result<(), &'static str> {
        let truth = &mut self.truth;
        match line {
            Line::Operation(_) => return Err("a second `operation`"),
            Line::Zone(zone) => {
                check(Some(zone.lat), Some(zone.lon))?;
                truth.zones.push(zone);
            }
            Line::Person(person) => {
                check(Some(person.lat), Some(person.lon))?;
                if truth.people.insert(person.person, person).is_some() {
                    return Err("a person who is there twice");
                }
            }
            Line::Stay(stay) => {
                check(Some(stay.lat), Some(stay.lon))?;
                truth.stays.push(stay);
            }
            Line::Message(message) => {
                check(message.lat, message.lon)?;
                self.message(message)?;
            }
            Line::Opened(opened) => truth.opened.push(opened),
            Line::Delivery(delivery) => truth.deliveries.push(delivery),
            Line::Expense(expense) => truth.expense = expense,
        }
        Ok(())
    }

    fn message(&mut self, mut message: MessageTruth) -> Result<(), &'static str> {
        let (id, hash) = (message.message, hash(message.message));
        if hash >= self.threshold {
            self.thinned += u64::from(!message.fields.is_empty());
            message.fields = BTreeMap::new();
        } else if !message.fields.is_empty() {
            self.with_fields.push((hash, id));
        }
        if self.truth.messages.insert(id, message).is_some() {
            return Err("a message that is there twice");
        }
        if self.with_fields.len() > MAX_FIELDS {
            self.threshold /= 2;
            let (messages, threshold, thinned) =
                (&mut self.truth.messages, self.threshold, &mut self.thinned);
            self.with_fields.retain(|(hash, id)| {
                let stays = *hash < threshold;
                if !stays && let Some(message) = messages.get_mut(id) {
                    message.fields = BTreeMap::new();
                    *thinned += 1;
                }
                stays
            });
        }
        Ok(())
    }

    fn finish(self) -> Loaded {
        let mut truth = self.truth;
        truth.stays.sort_by_key(|stay| (stay.person, stay.at));
        let mut doubts = Doubts { thinned: self.thinned, ..Doubts::default() };
        let zones: std::collections::BTreeSet<&str> = truth.zones.iter().map(|zone| &*zone.zone).collect();
        for message in truth.messages.values() {
            let stranger = message.person.is_some_and(|person| !truth.people.contains_key(&person));
            doubts.unknown_people += u64::from(stranger);
            let elsewhere = message.zone.as_deref().is_some_and(|zone| !zones.contains(zone));
            doubts.unknown_zones += u64::from(elsewhere);
        }
        for stay in &truth.stays {
            doubts.unknown_people += u64::from(!truth.people.contains_key(&stay.person));
        }
        let about = truth.opened.iter().map(|opened| opened.message);
        for message in about.chain(truth.deliveries.iter().map(|delivery| delivery.message)) {
            doubts.unknown_messages += u64::from(!truth.messages.contains_key(&message));
        }
        Loaded { truth, doubts }
    }
}

/// Degrees that exist.
fn check(lat: Option<f64>, lon: Option<f64>) -> Result<(), &'static str> {
    let within = |degrees: Option<f64>, most: f64| degrees.is_none_or(|degrees| degrees.abs() <= most);
    if !within(lat, 90.0) {
        return Err("a latitude beyond 90 degrees");
    }
    if !within(lon, 180.0) {
        return Err("a longitude beyond 180 degrees");
    }
    Ok(())
}

/// Spreads references evenly (the last step of `SplitMix64`).
const fn hash(message: MessageRef) -> u64 {
    let mut mixed = message.connection.rotate_left(32) ^ message.ordinal as u64 ^ 0x9e37_79b9_7f4a_7c15;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
