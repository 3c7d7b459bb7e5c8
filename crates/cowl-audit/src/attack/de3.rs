//! De3: which device, role or kind of message is it? Over windows of 60 s, from sizes and times alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::cast::not_applicable;
use crate::attack::classes::{Sorted, Told, balanced, tell};
use crate::attack::judge::{FOLDS, Report};
use crate::attack::traffic::{HOUR, SECOND, phases};
use crate::attack::{Attack, Scene};
use crate::convert::{float, float_len};
use crate::learn::{Matrix, Random, folds};
use crate::score::{AttackId, Finding, Outcome};
use crate::truth::{MessageKind, MessageRef, MessageTruth, Reader};
use crate::view::{Adversary, View};

/// Devices among which one is to be told.
const DEVICES: usize = 10;
/// Windows of a device below which it is not one of them.
const LEAST_WINDOWS: usize = 24;
/// Length of a window, microseconds.
const WINDOW: u64 = 60 * SECOND;
/// Groups of covers that are drawn and kept apart.
const COVERS: u64 = 997;
/// Columns of a row.
const LINE_COLUMNS: usize = 24;
/// What is drawn together of one device: neighbouring windows are no independent witnesses.
const BLOCK: u64 = HOUR;

/// The attack.
#[derive(Debug, Clone, Copy)]
pub struct De3;

impl Attack for De3 {
    fn id(&self) -> AttackId {
        AttackId::De3
    }

    fn version(&self) -> u32 {
        2
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let mut report = Report::new(AttackId::De3, adversary);
        let view = scene.view(adversary);
        let seen = view.as_ref().ok().map(|view| Seen::new(scene, view));
        for question in [Question::Device, Question::Kind, Question::Role, Question::Gateway] {
            let told = match (&view, &seen) {
                (Err(why), _) => Told::both(not_applicable(why)),
                (_, Some(seen)) => seen.answer(question, seed),
                (Ok(_), None) => continue,
            };
            let name = question.name();
            // Which gateway it is the address says; what counts is who is behind it.
            report.add(name, question != Question::Gateway, told.share);
            report.add(&format!("{name}-bits"), false, told.bits);
        }
        report.findings
    }
}

/// What is asked of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Which of ten devices?
    Device,
    /// Report, walk-in or cover?
    Kind,
    /// For which roles?
    Role,
    /// Behind which gateway or relay?
    Gateway,
}

impl Question {
    const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Kind => "kind",
            Self::Role => "role",
            Self::Gateway => "gateway",
        }
    }
}

/// What one connection sends within a minute (one message, where no connections are seen).
#[derive(Debug)]
struct Unit<'a> {
    truth: &'a MessageTruth,
    at: u64,
    row: Vec<f64>,
}

struct Seen<'a> {
    scene: &'a Scene,
    units: Vec<Unit<'a>>,
    roles: BTreeMap<MessageRef, Vec<&'a str>>,
}

impl<'a> Seen<'a> {
    fn new(scene: &'a Scene, view: &View) -> Self {
        let shared = shared(scene, view);
        let mut groups: BTreeMap<(u32, u64), Vec<usize>> = BTreeMap::new();
        let mut lines: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (number, message) in view.messages.iter().enumerate() {
            if scene.message(message.id).is_some_and(|truth| truth.forged.is_none()) {
                if let Some(line) = message.connection.filter(|own| shared.contains(own)) {
                    lines.entry(line).or_default().push(number);
                    continue;
                }
                let alone = u32::try_from(number).unwrap_or(u32::MAX);
                let key = message.connection.map_or((alone, u64::MAX), |own| (own, message.at / WINDOW));
                groups.entry(key).or_default().push(number);
            }
        }
        let mut last: Option<(u32, u64)> = None;
        let mut units: Vec<Unit<'_>> = Vec::new();
        // on a line of several people each message is asked about, among the others of its minute
        for members in lines.values() {
            for (place, member) in members.iter().enumerate() {
                let Some(message) = view.messages.get(*member) else { continue };
                let Some(truth) = scene.message(message.id) else { continue };
                let row = line_features(view, members, place);
                units.push(Unit { truth, at: message.at, row });
            }
        }
        for ((connection, window), members) in groups {
            let Some(first) = members.first().and_then(|first| view.messages.get(*first)) else { continue };
            let Some(truth) = scene.message(first.id) else { continue };
            let before = last.filter(|(of, at)| window != u64::MAX && *of == connection && *at <= first.at);
            let row = features(view, &members, before.map(|(_, at)| at));
            last = Some((connection, first.at));
            units.push(Unit { truth, at: first.at, row });
        }
        let mut roles: BTreeMap<MessageRef, Vec<&str>> = BTreeMap::new();
        for opened in &scene.truth.opened {
            if let Reader::Role(role) = &opened.reader {
                roles.entry(opened.message).or_default().push(role);
            }
        }
        for roles in roles.values_mut() {
            roles.sort_unstable();
        }
        Self { scene, units, roles }
    }

    fn answer(&self, question: Question, seed: u64) -> Told {
        let labels = self.labels(question, seed);
        let mut known: Vec<(usize, u32)> =
            labels.iter().enumerate().filter_map(|(unit, class)| Some((unit, (*class)?))).collect();
        if question == Question::Kind {
            self.match_hours(&mut known, seed);
        }
        let classes: Vec<u32> = known.iter().map(|(_, class)| *class).collect();
        let Some(chosen) = balanced(&classes, seed) else {
            let reason = format!("fewer than two classes of \"{}\" with enough windows", question.name());
            return Told::both(Outcome::NotApplicable { reason });
        };
        let chosen: Vec<(&Unit<'_>, u32)> = chosen
            .into_iter()
            .filter_map(|(place, class)| Some((self.units.get(known.get(place)?.0)?, class)))
            .collect();
        let people: BTreeSet<Option<u32>> = chosen.iter().map(|(unit, _)| unit.truth.person).collect();
        let longest = chosen.iter().filter_map(|(unit, _)| unit.row.first()).copied().fold(1.0, f64::max);
        let cases = |planted: bool| sorted(question, &chosen, planted.then_some(longest), seed);
        tell(&cases(false), &cases(true), people.len(), seed)
    }

    /// Keeps as many of each kind in each hour of a gateway: how busy its hours are is known from their past, and no trait
    /// of a message.
    fn match_hours(&self, known: &mut Vec<(usize, u32)>, seed: u64) {
        let mut hours: BTreeMap<(u64, u64), BTreeMap<u32, Vec<usize>>> = BTreeMap::new();
        let cover = |unit: &Unit<'_>| unit.truth.kind == MessageKind::Cover && unit.truth.person.is_none();
        if !self.units.iter().any(cover) {
            return;
        }
        for (place, class) in known.iter() {
            let Some(unit) = self.units.get(*place) else { continue };
            let hour = (unit.truth.message.connection, unit.at / HOUR);
            hours.entry(hour).or_default().entry(*class).or_default().push(*place);
        }
        let mut random = Random::new(seed).fork(0x40a5);
        known.clear();
        for classes in hours.into_values().filter(|classes| classes.len() > 1) {
            let each = classes.values().map(Vec::len).min().unwrap_or(0);
            for (class, mut units) in classes {
                random.shuffle(&mut units);
                known.extend(units.into_iter().take(each).map(|unit| (unit, class)));
            }
        }
        known.sort_unstable();
    }

    /// The class of each unit, where it has one.
    fn labels(&self, question: Question, seed: u64) -> Vec<Option<u32>> {
        let devices = self.devices(seed);
        let mut known: BTreeMap<Vec<&str>, u32> = BTreeMap::new();
        let class = |unit: &Unit<'a>| match question {
            Question::Device => unit.truth.person.and_then(|person| devices.get(&person).copied()),
            Question::Kind => match unit.truth.kind {
                MessageKind::Report => Some(0),
                MessageKind::WalkIn => Some(1),
                MessageKind::Cover => Some(2),
                // public, on a topic and at times that everybody knows: to tell it apart harms nobody
                MessageKind::Authority => None,
            },
            Question::Role => self.roles.get(&unit.truth.message).map(|roles| {
                let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                *known.entry(roles.clone()).or_insert(next)
            }),
            Question::Gateway => self.scene.truth.people.get(&unit.truth.person?)?.gateway,
        };
        self.units.iter().map(class).collect()
    }

    /// Ten devices with enough windows, drawn; behind gateways, of one of them: which gateway it is is another question.
    fn devices(&self, seed: u64) -> BTreeMap<u32, u32> {
        let gateway = |person: u32| self.scene.truth.people.get(&person).and_then(|person| person.gateway);
        let mut windows: BTreeMap<u32, usize> = BTreeMap::new();
        for person in self.units.iter().filter_map(|unit| unit.truth.person) {
            *windows.entry(person).or_default() += 1;
        }
        let mut drawn: Vec<u32> = windows
            .into_iter()
            .filter(|(_, number)| *number >= LEAST_WINDOWS)
            .map(|(person, _)| person)
            .collect();
        Random::new(seed).fork(0xde3).shuffle(&mut drawn);
        let of = drawn.first().and_then(|first| gateway(*first));
        drawn.retain(|person| gateway(*person) == of);
        drawn.into_iter().take(DEVICES).zip(0..).collect()
    }
}

/// Cases with folds: by time where devices are told apart (each must be known), else by person.
fn sorted(question: Question, chosen: &[(&Unit<'_>, u32)], planted: Option<f64>, seed: u64) -> Sorted {
    let person = |unit: &Unit<'_>| {
        // what has no person stands for itself
        let MessageRef { connection, ordinal } = unit.truth.message;
        let alone = u32::try_from((connection * 31 + u64::from(ordinal)) % COVERS).unwrap_or(0);
        unit.truth.person.unwrap_or(u32::MAX - alone)
    };
    let strata = chosen.iter().map(|(unit, class)| (person(unit), *class));
    let of = folds(strata, FOLDS, seed);
    let columns = chosen.first().map_or(1, |(unit, _)| unit.row.len());
    let mut sorted =
        Sorted { matrix: Matrix::new(columns), classes: vec![], folds: vec![], clusters: vec![] };
    for (unit, class) in chosen {
        let mut row = unit.row.clone();
        if let (Some(longest), Some(sizes)) = (planted, row.get_mut(..5)) {
            sizes.fill(longest * f64::from(class + 2));
        }
        sorted.matrix.push(&row);
        sorted.classes.push(*class);
        let block = usize::try_from(unit.at / BLOCK).unwrap_or(0);
        if question == Question::Device {
            sorted.folds.push(block % FOLDS);
            let block = u32::try_from(block).unwrap_or(u32::MAX);
            sorted.clusters.push(block.saturating_mul(16).saturating_add(*class));
        } else {
            sorted.folds.push(of.get(&person(unit)).copied().unwrap_or(0));
            sorted.clusters.push(person(unit));
        }
    }
    sorted
}

/// Connections that several people share, or a person and covers that are nobody's.
fn shared(scene: &Scene, view: &View) -> BTreeSet<u32> {
    let mut whose: BTreeMap<u32, BTreeSet<Option<u32>>> = BTreeMap::new();
    for message in &view.messages {
        let truth = scene.message(message.id);
        if let (Some(connection), Some(truth)) = (message.connection, truth)
            && truth.forged.is_none()
            && truth.kind != MessageKind::Authority
        {
            whose.entry(connection).or_default().insert(truth.person);
        }
    }
    whose.into_iter().filter(|(_, people)| people.len() > 1).map(|(connection, _)| connection).collect()
}

/// Messages before and after one whose sizes and gaps are looked at: a minute, at a slot of ten seconds.
const NEAR: usize = 3;

/// The size of one message of a line, and sizes and times of what is around it there, as exact as they are seen.
fn line_features(view: &View, members: &[usize], place: usize) -> Vec<f64> {
    let message = |place: Option<usize>| view.messages.get(*members.get(place?)?);
    let Some(this) = message(Some(place)) else { return vec![f64::NAN; LINE_COLUMNS] };
    let size = f64::from(this.size);
    let near = members.get(place.saturating_sub(NEAR)..(place + NEAR + 1).min(members.len())).unwrap_or(&[]);
    let mut sizes: Vec<f64> =
        near.iter().filter_map(|near| view.messages.get(*near)).map(|near| f64::from(near.size)).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let end = |size: Option<&f64>| size.copied().unwrap_or(f64::NAN);
    let sum = sizes.iter().sum::<f64>();
    let mut row = vec![size, end(sizes.first()), end(sizes.get(sizes.len() / 2)), end(sizes.last()), sum];
    let seconds = |to: Option<&crate::view::Message>| {
        to.map_or(f64::NAN, |other| float(other.at.abs_diff(this.at)) / 1e6)
    };
    for step in 1..=NEAR {
        row.push(seconds(message(place.checked_sub(step))));
        row.push(seconds(message(Some(place + step))));
    }
    let connection = this.connection.and_then(|own| view.connections.get(usize::try_from(own).ok()?));
    row.push(connection.map_or(f64::NAN, |open| float(this.at.saturating_sub(open.opened)) / 1e6));
    row.push(float_len(place));
    let others = connection.map_or(&[][..], |open| open.others.as_slice());
    let after = others.partition_point(|(at, _)| *at <= this.at);
    for other in [after.checked_sub(1), Some(after)] {
        let other = other.and_then(|other| others.get(other));
        row.push(other.map_or(f64::NAN, |(at, _)| float(at.abs_diff(this.at)) / 1e6));
    }
    let step = message(place.checked_sub(1)).and_then(|before| before.packet_id).zip(this.packet_id);
    row.push(step.map_or(f64::NAN, |(before, id)| f64::from(id) - f64::from(before)));
    // fractions of a second: what is made ready late leaves late
    row.push(float(this.at % SECOND) / 1e6);
    row.extend(phases(this.at));
    row.resize(LINE_COLUMNS, f64::NAN);
    row
}

/// Sizes and times of what one connection sent within a minute. No address, no name, no content.
fn features(view: &View, members: &[usize], before: Option<u64>) -> Vec<f64> {
    let messages: Vec<_> = members.iter().filter_map(|member| view.messages.get(*member)).collect();
    let mut sizes: Vec<f64> = messages.iter().map(|message| f64::from(message.size)).collect();
    let first = messages.first().map_or(0, |message| message.at);
    let gaps = || {
        messages.windows(2).filter_map(|pair| match pair {
            [one, other] => Some(float(other.at.saturating_sub(one.at)) / 1e6),
            _ => None,
        })
    };
    let opened = messages.first().and_then(|message| message.connection);
    let opened = opened.and_then(|place| view.connections.get(usize::try_from(place).ok()?));
    let sum: f64 = sizes.iter().sum();
    let mut row = vec![sizes.first().copied().unwrap_or(f64::NAN)];
    sizes.sort_unstable_by(f64::total_cmp);
    row.extend(
        [sizes.first(), sizes.get(sizes.len() / 2), sizes.last()]
            .map(|size| size.copied().unwrap_or(f64::NAN)),
    );
    row.extend([
        sum,
        float_len(sizes.len()),
        gaps().fold(f64::NAN, f64::min),
        gaps().fold(f64::NAN, f64::max),
        before.map_or(f64::NAN, |before| float(first - before) / 1e6),
        opened.map_or(f64::NAN, |connection| float(first.saturating_sub(connection.opened)) / 1e6),
    ]);
    row.extend(phases(first));
    row.resize(LINE_COLUMNS, f64::NAN);
    row
}

#[cfg(test)]
#[path = "de3_tests.rs"]
mod tests;
