//! What a configuration does to the work of relief: what responders see, how late, and what they lose.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::cost::quantile;
use crate::attack::Truth;
use crate::convert::{count, float};
use crate::truth::{MessageKind, MessageRef, MessageTruth, Reader};

/// The utility table. `None` where the truth does not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Utility {
    /// Urgent reports written.
    pub urgent: u64,
    /// Share of them that at least one responder saw.
    pub urgent_seen: Option<f64>,
    /// Median seconds from writing to the first responder's eyes.
    pub urgent_median_s: Option<f64>,
    /// The same, worst 5 %.
    pub urgent_worst_s: Option<f64>,
    /// Share of delivered reports whose zone was coarser than the policy wishes.
    pub zone_coarsened: Option<f64>,
    /// Share whose zone was withheld.
    pub zone_withheld: Option<f64>,
    /// What each role reads.
    pub roles: Vec<RoleFields>,
}

/// Which of the fields that devices knew a role's reports carry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleFields {
    /// The role.
    pub role: String,
    /// Reports that it opened.
    pub reports: u64,
    /// Field → share of those reports, in which the device knew it, that name it to this role.
    pub carried: BTreeMap<String, f64>,
}

impl Utility {
    /// From the truth.
    pub fn of(truth: &Truth) -> Self {
        let real = |message: &MessageTruth| {
            matches!(message.kind, MessageKind::Report | MessageKind::WalkIn) && message.forged.is_none()
        };
        let mut first: HashMap<MessageRef, u64> = HashMap::new();
        let (mut deliveries, mut coarse, mut withheld) = (0_u64, 0_u64, 0_u64);
        for delivery in truth.deliveries.iter().filter(|delivery| matches!(delivery.reader, Reader::Role(_)))
        {
            deliveries += 1;
            withheld += u64::from(delivery.zone_withheld);
            coarse += u64::from(!delivery.zone_full && !delivery.zone_withheld);
            first.entry(delivery.message).and_modify(|at| *at = delivery.at.min(*at)).or_insert(delivery.at);
        }
        // A report that went out twice is one report: whichever arrival was seen first counts.
        let mut urgent: HashMap<(Option<u32>, u64), Option<u64>> = HashMap::new();
        for message in truth.messages.values().filter(|message| message.urgent && real(message)) {
            let seen = first.get(&message.message).copied();
            let known = urgent.entry((message.person, message.written)).or_insert(seen);
            *known = match (*known, seen) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        let mut delays: Vec<u64> = urgent
            .iter()
            .filter_map(|((_, written), seen)| seen.map(|seen| seen.saturating_sub(*written)))
            .collect();
        delays.sort_unstable();
        let told = !truth.deliveries.is_empty();
        let share = |part: u64, whole: u64| (told && whole > 0).then(|| float(part) / float(whole));
        Self {
            urgent: count(urgent.len()),
            urgent_seen: share(count(delays.len()), count(urgent.len())),
            urgent_median_s: quantile(&delays, 0.5),
            urgent_worst_s: quantile(&delays, 0.95),
            zone_coarsened: share(coarse, deliveries),
            zone_withheld: share(withheld, deliveries),
            roles: roles(truth),
        }
    }
}

/// In how many reports a device knew a field, and how many of them carry it to the role.
#[derive(Debug, Default, Clone, Copy)]
struct Carried {
    known: u64,
    carried: u64,
}

/// Which fields each role's reports name: by the field's name as a word of the text, or by its value.
fn roles(truth: &Truth) -> Vec<RoleFields> {
    let names: HashSet<&str> = truth.operation.fields.iter().map(|field| field.name.as_str()).collect();
    let mut reports: BTreeMap<&str, u64> = BTreeMap::new();
    let mut fields: BTreeMap<&str, BTreeMap<&str, Carried>> = BTreeMap::new();
    for opened in &truth.opened {
        let Reader::Role(role) = &opened.reader else { continue };
        let Some(message) = truth.messages.get(&opened.message) else { continue };
        *reports.entry(role).or_default() += 1;
        let fields = fields.entry(role).or_default();
        for (name, value) in message.fields.iter().filter(|(name, _)| names.contains(name.as_str())) {
            let one = fields.entry(name).or_default();
            one.known += 1;
            let by_value = value.len() > 3 && opened.text.contains(value.as_str());
            one.carried += u64::from(by_value || has_word(&opened.text, name));
        }
    }
    let share =
        |(name, one): (&str, Carried)| (name.to_owned(), float(one.carried) / float(one.known.max(1)));
    let of = |(role, fields): (&str, BTreeMap<&str, Carried>)| RoleFields {
        role: role.to_owned(),
        reports: reports.get(role).copied().unwrap_or_default(),
        carried: fields.into_iter().map(share).collect(),
    };
    fields.into_iter().map(of).collect()
}

fn has_word(text: &str, word: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    text.match_indices(word).any(|(start, _)| {
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(start + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}
