//! De1: is something urgent happening? Hours with an urgent report against hours without, from sizes, times and connects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::attack::cast::not_applicable;
use crate::attack::judge::{Cases, Report, detect, thinned};
use crate::attack::traffic::{Content, Fact, HOUR, Streams, Window, facts, message_row};
use crate::attack::{Attack, Scene};
use crate::convert::{count, float};
use crate::score::{AttackId, Finding, Outcome};
use crate::truth::{MessageKind, MessageTruth};
use crate::view::{Adversary, View};

/// Cases of a variant, at most.
const MOST: usize = 3_000;

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
            chosen.push(row, of_day(hour * HOUR), urgent, person);
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
            chosen.push(&window.row(hour * HOUR), of_day(hour * HOUR), urgent > median, block);
        }
        chosen
    }

    /// Single messages: is this one urgent?
    fn message(&self, seed: u64) -> Cases {
        let streams =
            Streams::best(&self.view, &self.content).unwrap_or_else(|| Streams::whole(self.facts.len()));
        let members = streams.members();
        let mut cases = Vec::new();
        for members in &members {
            for (place, member) in members.iter().enumerate() {
                let Some((person, urgent)) = self.told.get(*member) else { continue };
                // covers of one hour stand for each other as messages of one person do
                let hour = self.facts.get(*member).map_or(0, |fact| fact.at / HOUR);
                let cover = || u32::MAX - u32::try_from(hour).unwrap_or(0);
                cases.push((members, place, person.unwrap_or_else(cover), *urgent));
            }
        }
        let columns = members.first().map_or(1, |members| message_row(&self.facts, members, 0).len());
        let mut chosen = Cases::new(columns.max(1));
        for (members, place, person, urgent) in thinned(cases, MOST, seed, |case| case.3) {
            let at = members.get(place).and_then(|member| self.facts.get(*member)).map_or(0, |fact| fact.at);
            chosen.push(&message_row(&self.facts, members, place), of_day(at), urgent, person);
        }
        chosen
    }
}

/// Covers of a gateway or relay are nobody's and count; anything else without a person says nothing of people.
fn is_somebodys(truth: &MessageTruth) -> bool {
    truth.person.is_some() || truth.kind == MessageKind::Cover
}

/// The hour of the day, 0 to 23: urgent things happen more often at some, which nobody has to see.
fn of_day(at: u64) -> f64 {
    float(at / HOUR % 24)
}

#[cfg(test)]
#[path = "de1_tests.rs"]
mod tests;
