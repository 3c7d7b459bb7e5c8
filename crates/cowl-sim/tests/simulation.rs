//! Whole operations, small: the same bytes again, and what is written is true.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::sync::{Arc, Mutex};

use cowl_audit::trace::{Event, Way};
use cowl_audit::truth::{Line, Lines, MessageKind, MessageRef, MessageTruth, Reader};
use cowl_core::policy::Traffic;
use cowl_sim::{Configuration, Settings, Simulation, Summary};

#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Run {
    trace: Vec<u8>,
    truth: Vec<u8>,
    summary: Summary,
}

fn settings() -> Settings {
    Settings { people: 20, days: 1, seed: 7, victims: Settings::VICTIMS, timed: false }
}

fn run(simulation: &Simulation, name: &str) -> Run {
    run_as(simulation, &Configuration::named(name).unwrap())
}

/// With slots of a minute, so that a day is short.
fn run_slowly(simulation: &Simulation, name: &str) -> Run {
    let traffic = Traffic { slot_ms: 60_000, walk_in_slots: 0, ..Traffic::default() };
    run_as(simulation, &Configuration::named(name).unwrap().scheduled(&traffic))
}

fn run_as(simulation: &Simulation, configuration: &Configuration) -> Run {
    let (trace, truth) = (File::default(), File::default());
    let mut last = 0.0;
    let summary = simulation
        .run(configuration, Box::new(trace.clone()), Box::new(truth.clone()), |share| {
            assert!(share >= last);
            last = share;
        })
        .unwrap();
    assert!((last - 1.0).abs() < 1e-9);
    let take = |file: &File| std::mem::take(&mut *file.0.lock().unwrap());
    Run { trace: take(&trace), truth: take(&truth), summary }
}

/// PUBLISH packets to the broker, by connection and number: when they came, and their bytes.
fn messages(trace: &[u8]) -> HashMap<MessageRef, (u64, Vec<u8>)> {
    let mut reader = cowl_audit::trace::Reader::new(trace).unwrap();
    let mut ordinals: HashMap<u64, u32> = HashMap::new();
    let mut messages = HashMap::new();
    let mut before = 0;
    while let Some(event) = reader.event().unwrap() {
        let at = match event {
            Event::Open { at, .. } | Event::Close { at, .. } => at,
            Event::Packet { connection, at, way, bytes } => {
                if way == Way::ToServer && bytes[0] >> 4 == 3 {
                    let ordinal = ordinals.entry(connection.0).or_default();
                    let message = MessageRef { connection: connection.0, ordinal: *ordinal };
                    *ordinal += 1;
                    messages.insert(message, (at, bytes.to_vec()));
                }
                at
            }
            _ => panic!("an event of another kind"),
        };
        assert!(at >= before, "in order of time");
        before = at;
    }
    messages
}

fn lines(truth: &[u8]) -> Vec<Line> {
    let mut reader = Lines::new(truth).unwrap();
    let mut lines = Vec::new();
    while let Some(line) = reader.line().unwrap() {
        lines.push(line);
    }
    lines
}

fn truths(lines: &[Line]) -> Vec<&MessageTruth> {
    lines.iter().filter_map(|line| if let Line::Message(truth) = line { Some(truth) } else { None }).collect()
}

fn of_roles(lines: &[Line], role: &str) -> HashMap<MessageRef, String> {
    let wanted = Reader::Role(role.to_owned());
    let opened =
        lines.iter().filter_map(|line| if let Line::Opened(opened) = line { Some(opened) } else { None });
    opened
        .filter(|opened| opened.reader == wanted)
        .map(|opened| (opened.message, opened.text.clone()))
        .collect()
}

fn ratio(part: usize, whole: usize) -> f64 {
    f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(whole).unwrap())
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_thread_and_another_seed_others() {
    let settings = Settings { people: 4, ..settings() };
    let simulation = Simulation::new(settings);
    for name in ["fernet-minimised", "cowl"] {
        let (first, second) = std::thread::scope(|scope| {
            let one = scope.spawn(|| run(&simulation, name));
            let beside = scope.spawn(|| run(&simulation, "plain"));
            let again = scope.spawn(|| run(&Simulation::new(settings), name));
            beside.join().unwrap();
            (one.join().unwrap(), again.join().unwrap())
        });
        assert!(first.trace == second.trace, "{name}: the trace");
        assert!(first.truth == second.truth, "{name}: the truth");
    }
    let of_seed = |seed| run(&Simulation::new(Settings { seed, ..settings }), "fernet");
    let (seven, eight) = (of_seed(7), of_seed(8));
    assert!(seven.trace != eight.trace && seven.truth != eight.truth, "another seed");
}

#[test]
fn every_message_of_a_trace_has_its_truth_and_plain_ones_say_it() {
    let run = run(&Simulation::new(settings()), "plain");
    let (messages, lines) = (messages(&run.trace), lines(&run.truth));
    let truths = truths(&lines);
    assert_eq!(truths.len(), messages.len());
    assert_eq!(run.summary.messages, u64::try_from(messages.len()).unwrap());
    let contains = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|piece| piece == text.as_bytes());
    let (mut again, mut forged, mut reports) = (0, 0, HashSet::new());
    for truth in &truths {
        let (at, bytes) = &messages[&truth.message];
        assert!(truth.written < *at && *at < truth.written + 86_400_000_000, "written, then sent");
        assert_eq!(truth.kind, MessageKind::Report);
        for (name, value) in &truth.fields {
            assert!(contains(bytes, value), "{name} is on the wire");
        }
        again += usize::from(truth.again);
        forged += usize::from(truth.forged.is_some());
        let is_new = reports.insert((truth.person, truth.written));
        assert_eq!(is_new, !truth.again, "a copy is one of a report before");
    }
    // One sending in five breaks the connection, half of these after the broker had the report; some break twice.
    assert!((0.06..0.18).contains(&ratio(again, truths.len())), "{again}");
    assert!((0.02..0.2).contains(&ratio(forged, truths.len())), "{forged}");
    let opened = of_roles(&lines, "triage");
    assert_eq!(opened.len(), truths.len());
    assert!(truths.iter().all(|truth| contains(opened[&truth.message].as_bytes(), &truth.fields["person"])));
}

#[test]
fn under_cowl_roles_read_what_is_theirs_and_the_wire_says_nothing() {
    let run = run(&Simulation::new(settings()), "cowl");
    let (messages, lines) = (messages(&run.trace), lines(&run.truth));
    let truths = truths(&lines);
    assert_eq!(truths.len(), messages.len());
    let real: Vec<_> =
        truths.iter().filter(|truth| truth.kind == MessageKind::Report && truth.forged.is_none()).collect();
    for role in ["triage", "medical", "rescue"] {
        let opened = of_roles(&lines, role);
        let read = real.iter().filter(|truth| opened.contains_key(&truth.message)).count();
        assert!(ratio(read, real.len()) > 0.99, "{role} reads {read} of {}", real.len());
        for truth in truths.iter().filter(|truth| truth.forged.is_some()) {
            let is_his = truth.forged.as_ref().unwrap().role == role;
            assert_eq!(opened.contains_key(&truth.message), is_his, "a forgery opens for its own role only");
        }
        let names_people = real.iter().any(|truth| {
            opened.get(&truth.message).is_some_and(|text| text.contains(&truth.fields["person"]))
        });
        assert_eq!(names_people, role == "rescue", "{role}");
    }
    let sizes: HashSet<_> = real.iter().map(|truth| messages[&truth.message].1.len()).collect();
    assert_eq!(sizes.len(), 1, "all of one size");
    for truth in &real {
        let bytes = &messages[&truth.message].1;
        let name = truth.fields["person"].as_bytes();
        assert!(!bytes.windows(name.len()).any(|piece| piece == name));
    }
    // The insider opens his own, the thief the last epoch of the phone's owner: nothing of anybody else.
    let own: Vec<_> = lines
        .iter()
        .filter_map(|line| if let Line::Opened(opened) = line { Some(opened) } else { None })
        .filter_map(|opened| match opened.reader {
            Reader::Insider(person) | Reader::Stolen(person) => Some((person, opened)),
            _ => None,
        })
        .collect();
    assert!(!own.is_empty());
    let by_ref: HashMap<_, _> = truths.iter().map(|truth| (truth.message, truth)).collect();
    let last = truths.iter().map(|truth| truth.epoch).max().unwrap();
    for (person, opened) in own {
        assert_eq!(by_ref[&opened.message].person, Some(person));
        if matches!(opened.reader, Reader::Stolen(_)) {
            assert_eq!(by_ref[&opened.message].epoch, last);
        }
    }
}

#[test]
fn a_shared_address_changes_the_address_and_nothing_else() {
    let simulation = Simulation::new(Settings { people: 4, ..settings() });
    let addresses = |name: &str| {
        let run = run(&simulation, name);
        let mut reader = cowl_audit::trace::Reader::new(run.trace.as_slice()).unwrap();
        let (mut addresses, mut packets) = (HashSet::new(), Vec::new());
        while let Some(event) = reader.event().unwrap() {
            match event {
                Event::Open { from: Some(from), .. } => drop(addresses.insert(from.ip())),
                Event::Packet { connection, at, bytes, .. } => packets.push((connection, at, bytes.to_vec())),
                _ => {}
            }
        }
        (addresses.len(), packets)
    };
    let (own, shared) = (addresses("cowl"), addresses("cowl-shared-address"));
    // Beside the phones' there are the authority's and, perhaps, forgers'.
    assert!(own.0 > 4 && (2..=5).contains(&shared.0), "{} and {}", own.0, shared.0);
    assert!(own.1 == shared.1, "the same packets at the same times");
}

#[test]
fn people_who_do_not_use_the_service_are_in_the_truth_and_not_in_the_trace() {
    let simulation = Simulation::new(settings());
    let run = run(&simulation, "minimised");
    let lines = lines(&run.truth);
    let people: Vec<_> = lines
        .iter()
        .filter_map(|line| if let Line::Person(person) = line { Some(person) } else { None })
        .collect();
    assert_eq!(people.len(), 25);
    let controls: HashSet<_> =
        people.iter().filter(|person| !person.uses).map(|person| person.person).collect();
    assert_eq!(controls.len(), 5);
    assert!(
        truths(&lines).iter().all(|truth| truth.person.is_some_and(|person| !controls.contains(&person)))
    );
    let stays = lines.iter().filter(|line| matches!(line, Line::Stay(_))).count();
    assert_eq!(stays, 25 * 24);
}

/// PUBLISH packets at the broker from nodes: their lengths, by connection and number.
fn at_broker(run: &Run) -> HashMap<MessageRef, (u64, Vec<u8>)> {
    let mut reader = cowl_audit::trace::Reader::new(&run.trace[..]).unwrap();
    let mut broker = HashSet::new();
    while let Some(event) = reader.event().unwrap() {
        if let Event::Open { connection, point, .. } = event
            && point.0 == 0
        {
            broker.insert(connection.0);
        }
    }
    messages(&run.trace).into_iter().filter(|(message, _)| broker.contains(&message.connection)).collect()
}

#[test]
fn behind_gateways_everything_arrives_in_slots_and_nothing_else_shows() {
    let simulation = Simulation::new(settings());
    for name in ["cowl-gateway", "cowl-gateway-hostile", "cowl-gateway-lossy"] {
        let run = run_slowly(&simulation, name);
        let lines = lines(&run.truth);
        let truths = truths(&lines);
        let at_broker = at_broker(&run);
        let sent = truths.iter().filter(|truth| at_broker.contains_key(&truth.message));
        let real: Vec<_> = sent
            .clone()
            .filter(|truth| truth.kind == MessageKind::Report && truth.forged.is_none())
            .collect();
        let covers = sent.clone().filter(|truth| truth.kind == MessageKind::Cover).count();
        let forged = sent.filter(|truth| truth.forged.is_some()).count();
        assert!((0.02..0.5).contains(&ratio(forged, real.len())), "{name}: {forged}");
        // What a gateway acknowledged arrives; at the end of the day a few still wait.
        let key = |truth: &MessageTruth| (truth.person, truth.written);
        let entered: HashSet<_> = truths
            .iter()
            .filter(|truth| truth.kind == MessageKind::Report && truth.forged.is_none())
            .filter(|truth| !at_broker.contains_key(&truth.message))
            .map(|truth| key(truth))
            .collect();
        let arrived: HashSet<_> = real.iter().map(|truth| key(truth)).collect();
        assert!(entered.len() > 500, "{}", entered.len());
        assert!(ratio(entered.difference(&arrived).count(), entered.len()) < 0.01, "{name}");
        assert!(arrived.is_subset(&entered));
        assert!(covers > 2_000, "{name}: {covers}");
        // One length, real or cover.
        let lengths: HashSet<_> = truths
            .iter()
            .filter(|truth| matches!(truth.kind, MessageKind::Report | MessageKind::Cover))
            .filter_map(|truth| at_broker.get(&truth.message))
            .map(|(_, bytes)| bytes.len())
            .collect();
        assert_eq!(lengths.len(), 1, "{name}: {lengths:?}");
        if name == "cowl-gateway" {
            // The first slots may find no connection yet.
            let sent = covers + real.len() + forged;
            assert!((4 * 1_436..=4 * 1_440).contains(&sent), "{sent}");
        }
        // Responders read what arrived, once each.
        let triage = of_roles(&lines, "triage");
        let read = real.iter().filter(|truth| triage.contains_key(&truth.message)).count();
        assert!(ratio(read, real.len()) > 0.99, "{name}: {read} of {}", real.len());
        let delivered = lines.iter().filter(|line| matches!(line, Line::Delivery(_))).count();
        assert!(delivered > 0);
    }
}

#[test]
fn gateways_give_the_same_bytes_again() {
    let simulation = Simulation::new(Settings { people: 6, ..settings() });
    for name in ["cowl-gateway-lossy", "cowl-gateway-hostile"] {
        let (first, second) = (run_slowly(&simulation, name), run_slowly(&simulation, name));
        assert!(first.trace == second.trace && first.truth == second.truth, "{name}");
    }
}

#[test]
fn walk_ins_go_through_relays_in_a_size_of_their_own_and_at_a_rate() {
    let simulation = Simulation::new(Settings { people: 8, ..settings() });
    let traffic = Traffic { slot_ms: 300_000, walk_in_slots: 6, ..Traffic::default() };
    let run = run_as(&simulation, &Configuration::named("cowl-relay-walk-ins").unwrap().scheduled(&traffic));
    let lines = lines(&run.truth);
    let truths = truths(&lines);
    let at_broker = at_broker(&run);
    let sent = truths.iter().filter(|truth| at_broker.contains_key(&truth.message) && truth.forged.is_none());
    let mut lengths: HashMap<MessageKind, HashSet<usize>> = HashMap::new();
    for truth in sent.clone() {
        let (_, bytes) = &at_broker[&truth.message];
        lengths.entry(truth.kind).or_default().insert(bytes.len());
        if truth.kind == MessageKind::WalkIn {
            assert_eq!(truth.person.unwrap() % 8, 7);
        }
    }
    let (reports, walk_ins) = (&lengths[&MessageKind::Report], &lengths[&MessageKind::WalkIn]);
    assert!(reports.len() == 1 && walk_ins.len() == 1 && reports != walk_ins, "{lengths:?}");
    // A cover is of one form or the other.
    assert_eq!(lengths[&MessageKind::Cover], reports | walk_ins);
    let walk_ins = sent.filter(|truth| truth.kind == MessageKind::WalkIn && !truth.again).collect::<Vec<_>>();
    assert_eq!(run.summary.tally.walk_ins, u64::try_from(walk_ins.len()).unwrap());
    assert!(walk_ins.len() > 20, "{}", walk_ins.len());
    let triage = of_roles(&lines, "triage");
    let read = walk_ins.iter().filter(|truth| triage.contains_key(&truth.message)).count();
    assert!(ratio(read, walk_ins.len()) > 0.98, "{read} of {}", walk_ins.len());
    assert!(triage.values().filter(|text| text.contains("walk-in")).count() >= read);
}

/// Her messages and those in her name are drawn alike: behind a gateway nothing is left to tell them by, not with a role's keys either. A
/// phone by itself has an address.
#[test]
fn who_is_forged_behind_a_gateway_can_deny_and_by_her_own_address_cannot() {
    use cowl_audit::{
        attack::{self, Truth},
        score::{AttackId, Outcome, score},
        view::{Adversary, Projection},
    };

    let simulation = Simulation::new(Settings { people: 100, ..settings() });
    let gap = |run: &Run, adversary: Adversary| {
        let mut reader = cowl_audit::trace::Reader::new(run.trace.as_slice()).unwrap();
        let truth = Truth::load(std::io::BufReader::new(run.truth.as_slice())).unwrap().truth;
        let scene = Projection::read(&mut reader).projection.scene(truth);
        let judge = attack::all().iter().copied().find(|attack| attack.id() == AttackId::N1).unwrap();
        let card = score(&scene, &[judge], &[adversary], 1, &|_| ());
        let of = |finding: &&cowl_audit::score::Finding| finding.variant == "victim";
        match &card.findings.iter().find(of).unwrap().outcome {
            Outcome::Measured(figure) => figure.estimate,
            other => panic!("{adversary:?}: {other:?}"),
        }
    };
    let gateway = run_slowly(&simulation, "cowl-gateway");
    for adversary in [Adversary::Broker, Adversary::BrokerRole] {
        let estimate = gap(&gateway, adversary);
        assert!(estimate.low <= 0.05 && estimate.value < 0.2, "{adversary:?}: {estimate:?}");
    }
    let own = gap(&run(&simulation, "cowl"), Adversary::Broker);
    assert!(own.low > 0.9, "{own:?}");
}

#[test]
fn by_the_page_every_post_is_a_connection_like_every_other() {
    let simulation = Simulation::new(Settings { people: 8, ..settings() });
    let run = run(&simulation, "cowl-page");
    let lines = lines(&run.truth);
    let posts: Vec<_> = truths(&lines)
        .into_iter()
        .filter(|truth| truth.kind == MessageKind::WalkIn && truth.forged.is_none())
        .collect();
    assert!(posts.len() > 20 && posts.iter().all(|truth| truth.message.ordinal == 0), "{}", posts.len());
    let connections: HashSet<_> = posts.iter().map(|truth| truth.message.connection).collect();
    assert_eq!(connections.len(), posts.len());
    let mut reader = cowl_audit::trace::Reader::new(run.trace.as_slice()).unwrap();
    let (mut addresses, mut clients) = (HashSet::new(), HashSet::new());
    let mut said: HashMap<u64, Vec<(u8, usize)>> = HashMap::new();
    while let Some(event) = reader.event().unwrap() {
        match event {
            Event::Open { connection, from: Some(from), .. } if connections.contains(&connection.0) => {
                addresses.insert(from.ip());
            }
            Event::Packet { connection, way: Way::ToServer, bytes, .. }
                if connections.contains(&connection.0) =>
            {
                said.entry(connection.0).or_default().push((bytes[0], bytes.len()));
                if bytes[0] >> 4 == 1 {
                    clients.insert(bytes.to_vec());
                }
            }
            _ => {}
        }
    }
    // The page's server, and no visitor.
    assert_eq!(addresses.len(), 1);
    assert_eq!(clients.len(), connections.len(), "a name that was used twice");
    // Those that the radio cut end early, and differ in nothing before.
    let whole = said.values().max_by_key(|packets| packets.len()).unwrap();
    assert_eq!(whole.iter().map(|(kind, _)| kind >> 4).collect::<Vec<_>>(), [1, 3, 14]);
    assert!(said.values().all(|packets| whole.starts_with(packets)), "{said:?}");
    let triage = of_roles(&lines, "triage");
    let first = posts.iter().filter(|truth| !truth.again).collect::<Vec<_>>();
    let read = first.iter().filter(|truth| triage.contains_key(&truth.message)).count();
    assert!(ratio(read, first.len()) > 0.98, "{read} of {}", first.len());
}

#[test]
fn everyone_was_told_of_what_reaches_whom_and_anyone_can_tell_the_authoritys_commands() {
    use cowl_audit::{
        attack::{self, Truth},
        score::{AttackId, Outcome, score},
        view::{Adversary, Projection},
    };

    let simulation = Simulation::new(settings());
    let run = run(&simulation, "cowl");
    let mut evidence = Vec::new();
    simulation.evidence(&mut evidence).unwrap();
    let evidence = cowl_audit::evidence::read(evidence.as_slice()).unwrap();
    let genuine = evidence.commands.iter().filter(|trial| trial.genuine).count();
    assert_eq!((genuine, evidence.commands.len()), (120, 240));
    let mut reader = cowl_audit::trace::Reader::new(run.trace.as_slice()).unwrap();
    let truth = Truth::load(std::io::BufReader::new(run.truth.as_slice())).unwrap().truth;
    let mut scene = Projection::read(&mut reader).projection.scene(truth);
    let attacks: Vec<_> = attack::all()
        .iter()
        .copied()
        .filter(|attack| [AttackId::U1, AttackId::N1].contains(&attack.id()))
        .collect();
    let adversaries = [Adversary::Network, Adversary::Broker, Adversary::Role, Adversary::BrokerRole];
    scene.evidence = Some(evidence);
    let card = score(&scene, &attacks, &adversaries, 1, &|_| ());
    let figure = |attack: AttackId, adversary: Adversary, variant: &str| {
        let of = |finding: &&cowl_audit::score::Finding| {
            (finding.attack, finding.adversary, finding.variant.as_str()) == (attack, adversary, variant)
        };
        match &card.findings.iter().find(of).unwrap().outcome {
            Outcome::Measured(figure) => figure.clone(),
            other => panic!("{attack:?} {adversary:?} {variant}: {other:?}"),
        }
    };
    for adversary in adversaries {
        let told = figure(AttackId::U1, adversary, "told");
        assert!(told.estimate.value.abs() < f64::EPSILON, "{adversary:?}: flows that no notice names");
        assert!(told.n > 0);
    }
    let commands = figure(AttackId::N1, Adversary::BrokerRole, "authority-commands");
    assert!(commands.estimate.value.abs() < f64::EPSILON, "{:?}", commands.estimate);
    assert!(commands.estimate.high <= 0.05, "{:?}", commands.estimate);
}
