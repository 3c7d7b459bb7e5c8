//! De1: is something urgent happening? Hours with an urgent report against hours without, from sizes, times and connects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::attack::cast::not_applicable;
use crate::attack::judge::{Cases, Report, detect, thinned};
use crate::attack::traffic::{Content, Fact, HOUR, Streams, Window, facts, message_row};
use crate::attack::{Attack, Scene};
use crate::convert::{count, float};
use crate::learn::Random;
use crate::score::{AttackId, Finding, Outcome};
use crate::truth::{MessageKind, MessageTruth};
use crate::view::{Adversary, View};

/// Cases of a variant, at most.
const MOST: usize = 3_000;
/// Groups of covers that are drawn and kept apart.
const COVERS: usize = 997;

/// The attack.
#[derive(Debug, Clone, Copy)]
pub struct De1;

impl Attack for De1 {
    fn id(&self) -> AttackId {
        AttackId::De1
    }

    fn version(&self) -> u32 {
        2
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let mut report = Report::new(AttackId::De1, adversary);
        match scene.view(adversary) {
            Err(why) => {
                for (variant, headline) in VARIANTS.into_iter().filter(|(_, headline)| *headline) {
                    report.add(variant.name(), headline, not_applicable(&why));
                }
            }
            Ok(view) => {
                let main = Seen::new(scene, view);
                let planted = main.planted();
                for (variant, headline) in VARIANTS {
                    report.add(variant.name(), headline, main.outcome(variant, &planted, seed));
                }
            }
        }
        report.findings
    }
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Person,
    Place,
    Message,
    Operation,
    OraclePerson,
}

/// In the order of the findings, with whether they count.
const VARIANTS: [(Variant, bool); 5] = [
    (Variant::Person, true),
    (Variant::Place, true),
    (Variant::Message, true),
    (Variant::Operation, false),
    (Variant::OraclePerson, false),
];

impl Variant {
    const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Place => "place",
            Self::Message => "message",
            Self::Operation => "operation",
            Self::OraclePerson => "oracle-person",
        }
    }
}

/// A view without what says nothing of people, and its truth.
struct Seen<'a> {
    scene: &'a Scene,
    view: View,
    content: Content,
    facts: Vec<Fact>,
    /// Of each message: whose it is (nobody's, if a gateway or relay made it to hide others), and whether it is an urgent report.
    told: Vec<(Option<u32>, bool)>,
}

impl<'a> Seen<'a> {
    fn new(scene: &'a Scene, view: &View) -> Self {
        let wanted = |truth: &&MessageTruth| truth.forged.is_none() && truth.kind != MessageKind::Authority;
        let truth = |id| scene.message(id).filter(wanted).filter(|truth| is_somebodys(truth));
        let mut view = view.clone();
        view.messages.retain(|message| truth(message.id).is_some());
        let urgent = |truth: &MessageTruth| truth.urgent && truth.kind != MessageKind::Cover;
        let told = view.messages.iter().filter_map(|message| truth(message.id));
        let told = told.map(|truth| (truth.person, urgent(truth))).collect();
        let content = Content::read(&view);
        let facts = facts(&view, &content);
        Self { scene, view, content, facts, told }
    }

    /// The same, with each sender's token on each message, and urgent messages twice as long as the longest.
    fn planted(&self) -> Self {
        let mut planted = Seen {
            scene: self.scene,
            view: self.view.clone(),
            content: self.content.clone(),
            facts: self.facts.clone(),
            told: self.told.clone(),
        };
        let longest = self.facts.iter().map(|fact| fact.size).fold(0.0, f64::max);
        for ((message, fact), (person, urgent)) in
            planted.view.messages.iter_mut().zip(&mut planted.facts).zip(&self.told)
        {
            message.planted = person.map(|person| u64::from(person) + 1);
            if *urgent {
                fact.size = 2.0 * longest;
            }
        }
        planted
    }

    fn outcome(&self, variant: Variant, planted: &Self, seed: u64) -> Outcome {
        let places = match variant {
            Variant::Operation => Some(Streams::whole(self.facts.len())),
            _ => self.places(),
        };
        let cases = |seen: &Self| match (variant, &places) {
            (Variant::Person, _) => Some(seen.person(seed)),
            (Variant::Message, _) => Some(seen.message(seed)),
            (Variant::OraclePerson, _) => Some(seen.oracle(seed)),
            (Variant::Place | Variant::Operation, places) => Some(seen.busy(places.as_ref()?, seed)),
        };
        match cases(self).zip(cases(planted)) {
            Some((main, planted)) => detect(&main, &planted, seed),
            None => Outcome::NotApplicable { reason: "nothing in this view tells places apart".into() },
        }
    }

    /// Hours of people, of whom he sees what he can attribute to them himself; if that is nothing, the whole operation's hour.
    fn person(&self, seed: u64) -> Cases {
        let streams = Streams::best(&self.view, &self.content);
        self.hours(&streams.unwrap_or_else(|| Streams::whole(self.facts.len())), seed)
    }

    /// The same with every message attributed for him.
    fn oracle(&self, seed: u64) -> Cases {
        let of = |person: Option<u32>| person.map_or(u64::MAX, u64::from);
        self.hours(&Streams::by(self.told.iter().map(|(person, _)| of(*person))), seed)
    }

    /// All hours of all people: the features are those of the stream that the person's latest message before the hour's end was in.
    fn hours(&self, streams: &Streams, seed: u64) -> Cases {
        let mut by_person: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (message, (person, _)) in self.told.iter().enumerate() {
            if let Some(person) = person {
                by_person.entry(*person).or_default().push(message);
            }
        }
        let hours = self.scene.truth.operation.length.div_ceil(HOUR);
        let at = |message: usize| self.facts.get(message).map_or(0, |fact| fact.at);
        let mut cases = Vec::new();
        for (person, messages) in by_person {
            let urgent: BTreeSet<u64> = messages
                .iter()
                .filter(|message| self.told.get(**message).is_some_and(|(_, urgent)| *urgent))
                .map(|message| at(*message) / HOUR)
                .collect();
            for hour in 0..hours {
                let after = messages.partition_point(|message| at(*message) < (hour + 1) * HOUR);
                let latest =
                    messages.get(after.saturating_sub(1)).and_then(|message| streams.of.get(*message));
                cases.push((person, hour, latest.copied().unwrap_or(0), urgent.contains(&hour)));
            }
        }
        let members = streams.members();
        let mut windows: HashMap<u32, Window<'_>> = HashMap::new();
        let mut rows: HashMap<(u32, u64), Vec<f64>> = HashMap::new();
        let mut chosen = Cases::new(Window::COLUMNS);
        for (person, hour, stream, urgent) in thinned(cases, MOST, seed, |case| case.3) {
            let list = usize::try_from(stream).ok().and_then(|stream| members.get(stream));
            let window = windows
                .entry(stream)
                .or_insert_with(|| Window::new(&self.facts, list.map_or(&[][..], Vec::as_slice), HOUR));
            let row = rows.entry((stream, hour)).or_insert_with(|| window.row(hour * HOUR));
            chosen.push_known(row, known(hour * HOUR, stream), urgent, person);
        }
        chosen
    }

    /// Hours of each topic; where there is but one, of each address that several people share, a gateway's. `None` if nothing tells places apart.
    fn places(&self) -> Option<Streams> {
        let shared = |streams: &Streams| {
            let told = streams.of.iter().zip(&self.told);
            let pairs = told.filter_map(|(stream, (person, _))| Some((*stream, (*person)?)));
            pairs.collect::<BTreeSet<_>>().len() >= 3 * usize::try_from(streams.number).unwrap_or(usize::MAX)
        };
        Streams::topics(&self.view).or_else(|| Streams::addresses(&self.view)).filter(shared)
    }

    /// Hours of each of these streams with more urgent reports than the median hour.
    fn busy(&self, streams: &Streams, seed: u64) -> Cases {
        let members = streams.members();
        let hours = self.scene.truth.operation.length / HOUR;
        let mut cases = Vec::new();
        for (place, members) in members.iter().enumerate() {
            let mut urgent: BTreeMap<u64, u32> = BTreeMap::new();
            for member in members {
                if let (Some(fact), Some((_, true))) = (self.facts.get(*member), self.told.get(*member)) {
                    *urgent.entry(fact.at / HOUR).or_default() += 1;
                }
            }
            cases.extend((0..hours).map(|hour| (place, hour, urgent.get(&hour).copied().unwrap_or(0))));
        }
        let mut numbers: Vec<u32> = cases.iter().map(|case| case.2).collect();
        numbers.sort_unstable();
        let median = numbers.get(numbers.len() / 2).copied().unwrap_or(0);
        let windows: Vec<Window<'_>> =
            members.iter().map(|members| Window::new(&self.facts, members, HOUR)).collect();
        let mut chosen = Cases::new(Window::COLUMNS);
        for (place, hour, urgent) in thinned(cases, MOST, seed, |case| case.2 > median) {
            let Some(window) = windows.get(place) else { continue };
            // what is drawn and kept apart is two hours of a place: an hour is no independent witness of the next
            let block = u32::try_from(count(place) * (hours / 2 + 1) + hour / 2).unwrap_or(u32::MAX);
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            chosen.push_known(&window.row(hour * HOUR), known(hour * HOUR, place), urgent > median, block);
        }
        chosen
    }

    /// Single messages: is this one urgent?
    fn message(&self, seed: u64) -> Cases {
        let streams =
            Streams::best(&self.view, &self.content).unwrap_or_else(|| Streams::whole(self.facts.len()));
        let all = streams.members();
        let mut cases = Vec::new();
        for members in &all {
            for (place, member) in members.iter().enumerate() {
                let Some((person, urgent)) = self.told.get(*member) else { continue };
                // each cover stands for itself: any hour's must be known from others of that hour
                let cover = || u32::MAX - u32::try_from(*member % COVERS).unwrap_or(0);
                cases.push((members, place, person.unwrap_or_else(cover), *urgent));
            }
        }
        let columns = all.first().map_or(1, |members| message_row(&self.facts, members, 0).len());
        // as many of each in each hour of a gateway: when and where there was much urgent is known from the hours around it
        if self.told.iter().any(|(person, _)| person.is_none()) {
            let hour = |(members, place, ..): &(&Vec<usize>, usize, u32, bool)| {
                let message = members.get(*place).and_then(|member| self.view.messages.get(*member));
                message.map(|message| (message.id.connection, message.at / HOUR))
            };
            cases = matched(cases, hour, |case| case.3, seed);
        }
        let mut chosen = Cases::new(columns.max(1));
        for (members, place, person, urgent) in thinned(cases, MOST, seed, |case| case.3) {
            let member = members.get(place).copied();
            let at = member.and_then(|member| self.facts.get(member)).map_or(0, |fact| fact.at);
            let stream = member.and_then(|member| streams.of.get(member)).copied().unwrap_or(0);
            chosen.push_known(&message_row(&self.facts, members, place), known(at, stream), urgent, person);
        }
        chosen
    }
}

/// As many cases of each side in each group, drawn.
fn matched<C, G: Ord>(
    cases: Vec<C>,
    group: impl Fn(&C) -> G,
    positive: impl Fn(&C) -> bool,
    seed: u64,
) -> Vec<C> {
    let mut groups: BTreeMap<G, [Vec<C>; 2]> = BTreeMap::new();
    for case in cases {
        let [negative, positives] = groups.entry(group(&case)).or_default();
        if positive(&case) { positives.push(case) } else { negative.push(case) }
    }
    let mut random = Random::new(seed).fork(0x3a7c);
    let mut out = Vec::new();
    for mut sides in groups.into_values() {
        let each = sides.iter().map(Vec::len).min().unwrap_or(0);
        for side in &mut sides {
            random.shuffle(side);
            out.extend(side.drain(..).take(each));
        }
    }
    out
}

/// Covers of a gateway or relay are nobody's and count; anything else without a person says nothing of people.
fn is_somebodys(truth: &MessageTruth) -> bool {
    truth.person.is_some() || truth.kind == MessageKind::Cover
}

/// The hour of the day, the hour since the beginning, and which stream it is: urgent things happen more often at some hours of the day, a
/// disaster abates, some places are worse off than others; who trained on the hours around this one knows that without seeing anything of it. A
/// long connection tells the hour by its age, so that what is guessed from that must not count.
fn known(at: u64, stream: u32) -> [f64; 3] {
    [float(at / HOUR % 24), float(at / HOUR), f64::from(stream)]
}

#[cfg(test)]
#[path = "de1_tests.rs"]
mod tests;
