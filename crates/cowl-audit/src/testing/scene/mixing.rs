//! Gateways that send in slots.

use std::collections::VecDeque;

use super::recipe::{Mixing, Recipe};
use super::world::{HOUR, Sent};
use crate::testing::Random;
use crate::truth::MessageKind;

/// Microseconds of a slot, and by how much a message that is made late is late at most.
const SLOT: u64 = 30_000_000;
const LATE: u64 = 40_000;

/// Covers are in the name of nobody: the first number that no person has.
pub(super) const NOBODY: u32 = u32::MAX;

/// When the messages of people behind gateways leave, with covers between them.
pub(super) fn mixed(recipe: &Recipe, sent: Vec<Sent>, random: &mut Random) -> Vec<Sent> {
    if recipe.mixing == Mixing::None || recipe.gateways == 0 {
        return sent;
    }
    let mut out: Vec<Sent> = sent.iter().filter(|message| message.forged).cloned().collect();
    for gateway in 0..recipe.gateways {
        let own = |message: &&Sent| !message.forged && message.person % recipe.gateways == gateway;
        let mut coming: Vec<Sent> = sent.iter().filter(own).cloned().collect();
        coming.sort_by_key(|message| message.at);
        let Some(like) = coming.first().cloned() else { continue };
        let end = u64::from(recipe.days) * 24 * HOUR;
        let phase = random.below(SLOT);
        let round = u64::from(recipe.people.div_ceil(recipe.gateways));
        let mut coming = VecDeque::from(coming);
        let mut waiting: Vec<Sent> = Vec::new();
        for slot in 0..end / SLOT {
            let at = slot * SLOT + phase;
            while let Some(message) = coming.pop_front_if(|message| message.at <= at) {
                waiting.push(message);
            }
            let has_turn = |message: &Sent| {
                recipe.mixing != Mixing::Turns || u64::from(message.person / recipe.gateways) == slot % round
            };
            // urgent first; of equally urgent ones the first that came
            let next = (0..waiting.len())
                .filter(|place| waiting.get(*place).is_some_and(has_turn))
                .min_by_key(|place| (waiting.get(*place).map(|message| message.severity < 2), *place));
            match next.map(|place| waiting.remove(place)) {
                Some(message) => {
                    let late = if recipe.mixing == Mixing::Late { LATE / 4 + random.below(LATE) } else { 0 };
                    out.push(Sent { written: message.at, at: at + late, ..message });
                }
                None if recipe.mixing == Mixing::NoCover => {}
                None => out.push(Sent {
                    person: NOBODY - gateway,
                    at,
                    severity: 0,
                    kind: MessageKind::Cover,
                    ..like.clone()
                }),
            }
        }
    }
    out
}
