//! Joining with a ticket: over HTTP on loopback, and from a package; and everything that must not let anybody in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use cowl::{
    formats,
    join::{JoinError, Joined, from_package, over_http, write_package},
    keyring::{Reader, Sender, state_path},
    operation::{NewMember, Operation},
    random::SystemRng,
    service::{
        Service,
        http::{Answers, HttpLimits, HttpListener},
    },
};
use cowl_core::{Epoch, ManifestError, PackageError, ServiceAddress, SignedManifest, Ticket, Token};
use tokio::task::JoinHandle;

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 24 * 3_600;

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
    rng: SystemRng,
}

/// A service without a broker.
struct Desk {
    service: Mutex<Service>,
    now: AtomicU64,
    /// How many answers are to be lost on the way.
    lost: AtomicU64,
}

struct Serving {
    desk: Arc<Desk>,
    address: ServiceAddress,
    task: JoinHandle<()>,
}

impl Answers for Desk {
    fn manifest(&self) -> Vec<u8> {
        self.service.lock().unwrap().operation().manifest().bytes().to_vec()
    }

    fn exchange(&self, request: &[u8]) -> Option<Vec<u8>> {
        let answer = self.service.lock().unwrap().answer(request, self.now.load(Ordering::Relaxed));
        let lose = |left: u64| left.checked_sub(1);
        if self.lost.fetch_update(Ordering::Relaxed, Ordering::Relaxed, lose).is_ok() {
            // It was answered, and what arrives cannot be read.
            return Some(b"lost on the way".to_vec());
        }
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
        Self { folder, operation, rng }
    }

    fn now(&self) -> Epoch {
        self.operation.epoch_at(NOW)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn serve(&self) -> Serving {
        let operation = Operation::open(self.operation.folder()).unwrap();
        let service = Mutex::new(Service::new(operation, NOW, None).unwrap());
        let desk = Arc::new(Desk { service, now: AtomicU64::new(NOW), lost: AtomicU64::new(0) });
        let listener =
            HttpListener::bind("127.0.0.1:0".parse().unwrap(), HttpLimits::default()).await.unwrap();
        let address = listener.address().unwrap().to_string().parse().unwrap();
        let answers: Arc<dyn Answers> = Arc::clone(&desk) as _;
        let task = tokio::spawn(listener.run(answers, std::future::pending()));
        Serving { desk, address, task }
    }

    fn ticket(&mut self, member: NewMember, address: Option<&ServiceAddress>) -> Ticket {
        let now = self.now();
        let token = self.operation.invite(&[member], NOW + 7 * DAY, now, &mut self.rng).unwrap().remove(0);
        self.ticket_of(token, address)
    }

    fn ticket_of(&self, token: Token, address: Option<&ServiceAddress>) -> Ticket {
        let manifest = self.operation.manifest();
        let authority = manifest.authority().fingerprint();
        let ticket = Ticket { address: address.cloned(), authority, lowest: manifest.version, token };
        // As it comes off a card.
        Ticket::parse(&ticket.to_link()).unwrap()
    }

    async fn join(&mut self, ticket: &Ticket, name: &str) -> Result<Joined, JoinError> {
        over_http(ticket, None, &self.path(name), &mut self.rng).await
    }

    /// What a sender reports, a reader reads.
    fn works(&self, sender: &str, reader: &str) {
        let mut sender = Sender::open(&self.path(sender)).unwrap();
        let reading = formats::parse(b"severity: high, lat: 18.54, lon: -72.34").unwrap();
        let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
        let report = sender.report(reduced);
        let message = sender.seal(0, &report, 0).unwrap().sealed;
        let mut reports = Vec::new();
        let mut reader = Reader::open(&self.path(reader), "triage", None).unwrap();
        reader.read(message.bytes(), 0, &mut reports).unwrap();
        assert_eq!(reports.len(), 1);
    }
}

#[tokio::test]
async fn a_device_and_a_responder_join_and_one_reads_what_the_other_reports() {
    let mut world = World::new();
    let serving = world.serve().await;
    let phone = world.ticket(NewMember::device("phone"), Some(&serving.address));
    let medic = world.ticket(NewMember::responder("medic", &["triage".to_owned()]), Some(&serving.address));
    let joined = world.join(&phone, "phone").await.unwrap();
    world.join(&medic, "medic").await.unwrap();
    world.works("phone", "medic");
    let mode = |path: &PathBuf| {
        std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777
    };
    assert_eq!((mode(&joined.files.credential), mode(&joined.files.state)), (0o600, 0o600));
    assert!(!world.path("phone.joining").exists());
    assert_eq!(serving.desk.service.lock().unwrap().desk().counts().joined, 2);
    // What exists is not overwritten, and asks nobody.
    assert!(matches!(world.join(&phone, "phone").await, Err(JoinError::File(_))));
    assert!(matches!(world.join(&phone, "second").await, Err(JoinError::Used)));
}

#[tokio::test]
async fn a_lost_answer_is_given_again_to_the_same_machine_only() {
    let mut world = World::new();
    let serving = world.serve().await;
    let ticket = world.ticket(NewMember::device("phone"), Some(&serving.address));
    serving.desk.lost.store(1, Ordering::Relaxed);
    assert!(matches!(world.join(&ticket, "phone").await, Err(JoinError::NotAnAnswer)));
    assert!(world.path("phone.joining").exists() && !world.path("phone").exists());
    assert!(matches!(world.join(&ticket, "thief").await, Err(JoinError::Used)));
    world.join(&ticket, "phone").await.unwrap();
    assert!(!world.path("phone.joining").exists());
    world.operation.reload().unwrap();
    assert_eq!(world.operation.register().members().len(), 1);
}

#[tokio::test]
async fn every_reason_not_to_let_somebody_in_is_told_apart() {
    let mut world = World::new();
    let (serving, other) = (world.serve().await, World::new());
    let elsewhere = other.serve().await;
    let ticket = world.ticket(NewMember::device("phone"), Some(&serving.address));

    let unknown = world.ticket_of(Token::new([7; 16]), Some(&serving.address));
    assert!(matches!(world.join(&unknown, "a").await, Err(JoinError::Refused)));

    let swapped = Ticket { address: Some(elsewhere.address.clone()), ..ticket.clone() };
    let refused = world.join(&swapped, "b").await;
    assert!(matches!(refused, Err(JoinError::Manifest(ManifestError::NotSigned(_)))));

    let ahead = Ticket { lowest: ticket.lowest + 1, ..ticket.clone() };
    let refused = world.join(&ahead, "c").await;
    assert!(matches!(refused, Err(JoinError::Manifest(ManifestError::RolledBack { .. }))));

    serving.desk.now.store(NOW + 8 * DAY, Ordering::Relaxed);
    assert!(matches!(world.join(&ticket, "d").await, Err(JoinError::Expired)));
    serving.desk.now.store(NOW, Ordering::Relaxed);

    let nowhere = Ticket { address: None, ..ticket.clone() };
    assert!(matches!(world.join(&nowhere, "e").await, Err(JoinError::NoAddress)));
    for name in ["a", "b", "c", "d", "e"] {
        assert!(!world.path(name).exists() && !state_path(&world.path(name)).exists());
    }
    // None of that used it up.
    world.join(&ticket, "phone").await.unwrap();
    drop(serving);
    let gone = world.join(&ticket, "f").await;
    assert!(matches!(gone, Err(JoinError::Unreachable { .. })), "{gone:?}");
}

#[tokio::test]
async fn what_is_no_service_is_not_believed() {
    struct Junk(Vec<u8>);
    impl Answers for Junk {
        fn manifest(&self) -> Vec<u8> {
            self.0.clone()
        }

        fn exchange(&self, _: &[u8]) -> Option<Vec<u8>> {
            Some(self.0.clone())
        }
    }
    let mut world = World::new();
    let manifest = world.operation.manifest().bytes().to_vec();
    assert!(SignedManifest::verify(&manifest, world.operation.manifest().authority()).is_ok());
    for (junk, is_manifest) in [(manifest, true), (b"<html>".to_vec(), false), (Vec::new(), false)] {
        let listener =
            HttpListener::bind("127.0.0.1:0".parse().unwrap(), HttpLimits::default()).await.unwrap();
        let address: ServiceAddress = listener.address().unwrap().to_string().parse().unwrap();
        let task = tokio::spawn(listener.run(Arc::new(Junk(junk)), std::future::pending()));
        let ticket = world.ticket(NewMember::device("phone"), Some(&address));
        let refused = world.join(&ticket, "phone").await.unwrap_err();
        assert_eq!(matches!(refused, JoinError::NotAnAnswer), is_manifest, "{refused:?}");
        assert_eq!(matches!(refused, JoinError::Manifest(_)), !is_manifest, "{refused:?}");
        task.abort();
        fs::remove_file(world.path("phone.joining")).unwrap();
    }
}

#[test]
fn a_package_on_a_stick_is_found_by_its_ticket_and_opens_by_it_alone() {
    let mut world = World::new();
    let now = world.now();
    let stick = world.path("stick");
    fs::create_dir(&stick).unwrap();
    fs::write(stick.join("holiday.jpg"), [0xff; 100]).unwrap();
    let members =
        [NewMember::device("a"), NewMember::device("b"), NewMember::responder("c", &["triage".to_owned()])];
    let all = world.operation.enrol_all(&members, now, &mut world.rng).unwrap();
    let mut tickets = Vec::new();
    for (n, enrolled) in all.into_iter().enumerate() {
        let token = Token::random(&mut world.rng);
        let ticket = world.ticket_of(token, None);
        write_package(&stick.join(format!("{n}.package")), &ticket, enrolled).unwrap();
        tickets.push(ticket);
    }
    from_package(&tickets[1], &stick, &world.path("b")).unwrap();
    from_package(&tickets[2], &stick.join("2.package"), &world.path("c")).unwrap();
    world.works("b", "c");

    let out = world.path("out");
    let refused = |ticket: &Ticket, from: &std::path::Path| from_package(ticket, from, &out).unwrap_err();
    let other = refused(&tickets[0], &stick.join("1.package"));
    assert!(matches!(other, JoinError::Package { source: PackageError::OtherTicket, .. }));
    let none = world.ticket_of(Token::new([1; 16]), None);
    assert!(matches!(refused(&none, &stick), JoinError::NoPackage(_)));
    let photo = refused(&none, &stick.join("holiday.jpg"));
    assert!(matches!(photo, JoinError::Package { source: PackageError::NotAPackage, .. }));

    let good = fs::read(stick.join("0.package")).unwrap();
    let damaged = stick.join("damaged");
    for index in [15, 30, 31, 35, good.len() / 2, good.len() - 17, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[index] ^= 1;
        fs::write(&damaged, bytes).unwrap();
        let wanted = if index < 31 { PackageError::OtherTicket } else { PackageError::Damaged };
        let refused = refused(&tickets[0], &damaged);
        assert!(
            matches!(refused, JoinError::Package { source, .. } if source == wanted),
            "{index}: {refused}"
        );
    }
    for length in [0, 14, 15, 20, 31, 40, good.len() - 1] {
        fs::write(&damaged, &good[..length]).unwrap();
        assert!(matches!(refused(&tickets[0], &damaged), JoinError::Package { .. }), "{length}");
    }
    // Another authority's package under this token, and one that is older than the card.
    let ahead = Ticket { lowest: tickets[0].lowest + 1, ..tickets[0].clone() };
    let older = refused(&ahead, &stick.join("0.package"));
    assert!(matches!(older, JoinError::Package { source: PackageError::Credential(_), .. }));
    assert!(!out.exists() && !state_path(&out).exists());
}
