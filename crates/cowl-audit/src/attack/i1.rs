//! I1: whom do a few known places single out?

use std::collections::BTreeMap;

use crate::attack::cast::{Cast, Measure, drawn, finding, not_applicable, planted, too_little};
use crate::attack::clues::Clues;
use crate::attack::clusters::clusters;
use crate::attack::places::{Area, Located, Map, Place};
use crate::attack::{Attack, Scene, Truth};
use crate::convert::{count, float};
use crate::learn::{Random, at_least, difference, wilson};
use crate::score::{AttackId, Control, Finding, Interval, Unit};
use crate::view::{Adversary, View};

/// Microseconds of an hour, the length of a stay.
const HOUR: u64 = 3_600_000_000;
/// Known points for each person.
const POINTS: usize = 4;
/// People tested, and as many controls; others would cost time and change little.
const MAX_PEOPLE: usize = 400;
/// People whose messages the positive control plants its leak in.
const CONTROL_PEOPLE: usize = 120;
/// How far a known place and a seen one may lie apart, metres: the attacker learns which.
const TOLERANCES: [f64; 6] = [60.0, 150.0, 400.0, 1_000.0, 2_500.0, 6_000.0];
/// Distance that no tolerance reaches, metres.
const FAR: f64 = 10_000.0;
/// How late a message may be, microseconds: the attacker learns which.
const SLACKS: [u64; 2] = [0, HOUR / 4];

/// See `docs/audits.md`, I1.
#[derive(Debug, Clone, Copy, Default)]
pub struct I1;

/// How precisely the attacker knows the places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    /// To the metre.
    Gps,
    /// The zone of the public map.
    Zone,
}

impl Attack for I1 {
    fn id(&self) -> AttackId {
        AttackId::I1
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let outcomes = match scene.view(adversary) {
            Err(absent) => vec![not_applicable(&absent); 2],
            Ok(view) => measured(scene, view, seed),
        };
        let variants = [("gps", true), ("zone", false)];
        variants
            .into_iter()
            .zip(outcomes)
            .map(|((variant, headline), outcome)| {
                finding(AttackId::I1, adversary, variant, headline, outcome)
            })
            .collect()
    }
}

fn measured(scene: &Scene, view: &View, seed: u64) -> Vec<crate::score::Outcome> {
    let map = Map::new(&scene.truth);
    let stays = Stays::new(&scene.truth, &map);
    let main = Chase::new(scene, view, &map, seed);
    let leaky = leaking(scene, view, seed);
    let control = Chase::new(scene, &leaky, &map, seed);
    [Precision::Gps, Precision::Zone]
        .into_iter()
        .map(|precision| {
            if scene.truth.zones.is_empty() && precision == Precision::Zone {
                return too_little("the truth has no zones");
            }
            let (Some(rates), Some(found), Some(shuffled)) = (
                main.rates(&stays, precision, seed, false),
                control.rates(&stays, precision, seed, false),
                main.rates(&stays, precision, seed, true),
            ) else {
                return too_little("fewer than two people with stays and messages to train and to test on");
            };
            let estimate = rates.excess();
            let missed = 1.0 - rates.control.value;
            let scale = |bound: f64| if missed > 0.0 { bound / missed } else { 0.0 };
            let advantage = Interval {
                value: scale(estimate.value),
                low: scale(estimate.low).clamp(0.0, 1.0),
                high: scale(estimate.high).clamp(0.0, 1.0),
            };
            let (n, people) = (rates.tested * count(POINTS), rates.tested);
            // a zone with many people in it singles out nobody, even in the clear: half of what the plant gives is asked for, or twice chance
            let least = if precision == Precision::Gps { 0.5 } else { 0.02 };
            let positive = at_least(found.excess(), least);
            let by_luck = 1.0 / float(rates.tested.max(1));
            let negative = Control { measured: shuffled.main, passed: shuffled.main.low <= by_luck + 0.01 };
            Measure { unit: Unit::Share, estimate, chance: 0.0, advantage, n, people }
                .judged(seed, positive, negative)
        })
        .collect()
}

/// Messages of some people with a position and a token of the person in the clear.
fn leaking(scene: &Scene, view: &View, seed: u64) -> View {
    let is_drawn = drawn(scene, CONTROL_PEOPLE, seed);
    planted(view, |message| {
        let truth = scene.message(message.id)?;
        let (lat, lon, person) = (truth.lat?, truth.lon?, truth.person.filter(|person| is_drawn(*person))?);
        let token = Random::new(seed ^ u64::from(person)).next();
        Some(format!("lat={lat:.5}\0lon={lon:.5}\0token={token:016x}"))
    })
}

/// Where people were, by the hour.
struct Stays {
    of: BTreeMap<u32, Vec<(u64, Located)>>,
    /// People who do not use the service.
    controls: Vec<u32>,
}

impl Stays {
    fn new(truth: &Truth, map: &Map) -> Self {
        let mut of: BTreeMap<u32, Vec<(u64, Located)>> = BTreeMap::new();
        for stay in &truth.stays {
            if let Some(place) = Place::new(stay.lat, stay.lon) {
                of.entry(stay.person).or_default().push((stay.at, map.locate(place)));
            }
        }
        of.retain(|_, stays| stays.len() >= POINTS);
        let unused = |person: &u32| truth.people.get(person).is_some_and(|it| !it.uses);
        let controls = of.keys().copied().filter(unused).collect();
        Self { of, controls }
    }

    /// What the attacker knows of a person: places at random hours, always the same for a seed.
    fn known(&self, person: u32, seed: u64) -> Vec<(u64, Located)> {
        let mut random = Random::new(seed).fork(u64::from(person) + 1);
        let mut stays = self.of.get(&person).cloned().unwrap_or_default();
        random.shuffle(&mut stays);
        stays.truncate(POINTS);
        stays
    }
}

/// A place that a group of messages was seen at.
#[derive(Clone, Copy)]
struct Seen {
    at: u64,
    group: u32,
    area: Area,
    /// The zone that it is, or that its centre lies in.
    zone: Option<u32>,
}

/// What the attacker has made of a view.
struct Chase<'a> {
    cast: Cast<'a>,
    /// Places seen, in order of time.
    seen: Vec<Seen>,
    /// Whose most of a group's messages are.
    owner: Vec<u32>,
}

/// What the attacker chose on the training people.
#[derive(Debug, Clone, Copy)]
struct Choice {
    tolerance: f64,
    slack: u64,
    /// How many of the points must be met.
    least: u32,
    /// Whether several groups at one point are all taken for hers.
    crowds: bool,
}

/// How often somebody was singled out.
struct Rates {
    main: Interval,
    control: Interval,
    tested: u64,
}

impl Rates {
    /// Main less control (Newcombe's method 10: the halves of two Wilson intervals added as squares).
    fn excess(&self) -> Interval {
        difference(self.control, self.main)
    }
}

/// How far outside what each group said each known point lies, metres; `None` where the group said nothing in that hour.
type Near = Vec<(u32, [Option<f64>; POINTS])>;

impl<'a> Chase<'a> {
    fn new(scene: &'a Scene, view: &'a View, map: &Map, seed: u64) -> Self {
        let cast = Cast::new(scene, view, true, seed);
        let clues = Clues::new(view, cast.messages.iter().map(|(message, _)| *message), map);
        let groups = clusters(&clues, &cast.training());
        let mut seen = Vec::new();
        for (((message, _), clue), group) in cast.messages.iter().zip(&clues.of).zip(&groups) {
            // the narrowest says most
            let narrowest = clue.areas.iter().min_by(|one, other| one.radius().total_cmp(&other.radius()));
            if let Some(area) = narrowest {
                let zone = area.zone.or_else(|| map.locate(area.centre).zone);
                seen.push(Seen { at: message.at, group: *group, area: *area, zone });
            }
        }
        let owner = owners(&groups, &cast.person);
        Self { cast, seen, owner }
    }

    fn rates(&self, stays: &Stays, precision: Precision, seed: u64, shuffled: bool) -> Option<Rates> {
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for (person, trains) in &self.cast.trains {
            if stays.of.contains_key(person) {
                if *trains { train.push(*person) } else { test.push(*person) }
            }
        }
        let mut random = Random::new(seed).fork(0x11);
        random.shuffle(&mut train);
        random.shuffle(&mut test);
        train.truncate(MAX_PEOPLE / 3);
        test.truncate(MAX_PEOPLE);
        if train.len() < 2 || test.len() < 2 {
            return None;
        }
        let mut controls = stays.controls.clone();
        random.shuffle(&mut controls);
        controls.truncate(MAX_PEOPLE);
        // with shuffled labels each person has somebody else's places
        let mut whose: BTreeMap<u32, u32> = BTreeMap::new();
        for people in [&train, &test] {
            let next = people.iter().cycle().skip(usize::from(shuffled));
            whose.extend(people.iter().copied().zip(next.copied()));
        }
        let points = |person: u32| stays.known(whose.get(&person).copied().unwrap_or(person), seed);
        let choice = self.choose(&train, &points, precision);
        let hit = |person: &&u32| {
            let claimed = self.claim(&points(**person), precision, choice, None);
            !claimed.is_empty() && claimed.iter().all(|group| self.owner_of(*group) == Some(**person))
        };
        let hits = count(test.iter().filter(hit).count());
        let false_hits = if controls.len() >= 10 {
            let claimed =
                |person: &&u32| !self.claim(&stays.known(**person, seed), precision, choice, None).is_empty();
            wilson(count(controls.iter().filter(claimed).count()), count(controls.len()))
        } else {
            // nobody is out of the trace: each test person once without her own messages
            let claimed =
                |person: &&u32| !self.claim(&points(**person), precision, choice, Some(**person)).is_empty();
            wilson(count(test.iter().filter(claimed).count()), count(test.len()))
        };
        let tested = count(test.len());
        Some(Rates { main: wilson(hits, tested), control: false_hits, tested })
    }

    /// What works best on the training people, each with her own messages and once without them.
    fn choose(
        &self,
        train: &[u32],
        points: &impl Fn(u32) -> Vec<(u64, Located)>,
        precision: Precision,
    ) -> Choice {
        let mut best = (0.0, Choice { tolerance: 400.0, slack: 0, least: 4, crowds: false });
        let tolerances = if precision == Precision::Gps { &TOLERANCES[..] } else { &[0.5][..] };
        for slack in SLACKS {
            let near: Vec<(u32, Near)> =
                train.iter().map(|person| (*person, self.near(&points(*person), slack, precision))).collect();
            let choices = tolerances.iter().flat_map(|tolerance| {
                [(1, false), (2, false), (3, false), (4, false), (1, true), (2, true)]
                    .map(|(least, crowds)| Choice { tolerance: *tolerance, slack, least, crowds })
            });
            for choice in choices {
                let gain: f64 = near.iter().map(|(person, near)| self.gain(*person, near, choice)).sum();
                if gain > best.0 {
                    best = (gain, choice);
                }
            }
        }
        best.1
    }

    /// 1 if she is singled out rightly, less 1 if somebody were without her messages.
    fn gain(&self, person: u32, near: &Near, choice: Choice) -> f64 {
        let own = |group: &u32| self.owner_of(*group) == Some(person);
        let right = claimed(near.iter(), choice);
        let is_right = !right.is_empty() && right.iter().all(own);
        let is_wrong = !claimed(near.iter().filter(|(group, _)| !own(group)), choice).is_empty();
        f64::from(u8::from(is_right)) - f64::from(u8::from(is_wrong))
    }

    /// The groups that the points single out; none if they single out nobody. `without`: as if this person had not sent anything.
    fn claim(
        &self,
        points: &[(u64, Located)],
        precision: Precision,
        choice: Choice,
        without: Option<u32>,
    ) -> Vec<u32> {
        let near = self.near(points, choice.slack, precision);
        let there = |group: u32| without.is_none() || self.owner_of(group) != without;
        claimed(near.iter().filter(|(group, _)| there(*group)), choice)
    }

    fn near(&self, points: &[(u64, Located)], slack: u64, precision: Precision) -> Near {
        let mut met: Vec<(u32, usize, f64)> = Vec::new();
        for (index, (at, point)) in points.iter().enumerate() {
            let first = self.seen.partition_point(|seen| seen.at < *at);
            for seen in self.seen.iter().skip(first).take_while(|seen| seen.at < at + HOUR + slack) {
                let excess = match precision {
                    Precision::Gps => seen.area.excess_up_to(*point, FAR),
                    Precision::Zone => f64::from(u8::from(seen.zone != point.zone)),
                };
                met.push((seen.group, index, excess));
            }
        }
        met.sort_unstable_by_key(|(group, index, _)| (*group, *index));
        let mut near = Near::new();
        for (group, index, excess) in met {
            if near.last().is_none_or(|(last, _)| *last != group) {
                near.push((group, [None; POINTS]));
            }
            if let Some(slot) = near.last_mut().and_then(|(_, slots)| slots.get_mut(index)) {
                *slot = Some(slot.map_or(excess, |known: f64| known.min(excess)));
            }
        }
        near
    }

    fn owner_of(&self, group: u32) -> Option<u32> {
        usize::try_from(group).ok().and_then(|index| self.owner.get(index)).copied()
    }
}

/// The groups with the best score (points met less points missed; hours without a message count neither way), if they meet enough of
/// the points. Several groups are one person under several names if no two of them are at one point.
fn claimed<'n>(near: impl Iterator<Item = &'n (u32, [Option<f64>; POINTS])>, choice: Choice) -> Vec<u32> {
    let mut best = i32::MIN;
    let mut top: Vec<u32> = Vec::new();
    let mut met = [0_u32; POINTS];
    for (group, near) in near {
        let hits = near.map(|excess| excess.map(|metres| metres <= choice.tolerance));
        let score: i32 = hits.iter().flatten().map(|hit| if *hit { 1 } else { -1 }).sum();
        if !hits.contains(&Some(true)) || score < best {
            continue;
        }
        if score > best {
            (best, met) = (score, [0; POINTS]);
            top.clear();
        }
        top.push(*group);
        for (sum, hit) in met.iter_mut().zip(hits) {
            *sum += u32::from(hit == Some(true));
        }
    }
    let points = met.iter().map(|groups| (*groups).min(1)).sum::<u32>();
    let is_crowded = met.iter().any(|groups| *groups > 1);
    if points < choice.least || (is_crowded && !choice.crowds) { Vec::new() } else { top }
}

/// Whose most messages of each group are; of several the first.
fn owners(groups: &[u32], person: &[u32]) -> Vec<u32> {
    let mut counts: Vec<BTreeMap<u32, usize>> = Vec::new();
    for (group, person) in groups.iter().zip(person) {
        let index = usize::try_from(*group).unwrap_or(usize::MAX);
        if index >= counts.len() {
            counts.resize_with(index.saturating_add(1), BTreeMap::new);
        }
        if let Some(of) = counts.get_mut(index) {
            *of.entry(*person).or_default() += 1;
        }
    }
    let most = |of: &BTreeMap<u32, usize>| {
        of.iter().rev().max_by_key(|(_, count)| **count).map(|(person, _)| *person)
    };
    counts.iter().map(|of| most(of).unwrap_or(u32::MAX)).collect()
}

#[cfg(test)]
#[path = "i1_tests.rs"]
mod tests;
