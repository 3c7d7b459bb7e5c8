//! `docs/drills.md`, acted out: the commands are read from the document, and its claims are held by opening bytes.
//!
//! Time passes by a clock that is preloaded; no step waits for one. What everything took is printed with `--nocapture`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

mod drills_support;

use std::{collections::BTreeSet, fs, path::Path};

use cowl::{
    client::{Topics, anonymous_options},
    glass::GlassError,
    keyring::{KeyringError, Reader, load_credential},
    operation::{Operation, OperationError},
    random::SystemRng,
    recovery::{self, RecoveryFile, Share},
    transport::{Endpoint, Publication, Publisher, Qos, Scheme, Version},
};
use cowl_core::{
    BundleError, Epoch, ManifestError, Member,
    custody::{CombineError, Partial, SignedRequest},
};
use drills_support::{
    World,
    bytes::{copy, device_opens, opens},
};

/// The numbers of messages on the wire.
fn numbers(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    numbers.into_iter().collect()
}

#[test]
fn an_operation_from_its_first_day_to_its_end() {
    let mut world = World::new();
    day_one(&mut world);
    lost_phone(&mut world);
    seized_laptop(&mut world);
    dead_authority(&mut world);
    put_back(&mut world);
    offline(&mut world);
    world.drill(6);
    withdrawal(&mut world);
    closed(&mut world);
}

fn day_one(world: &mut World) {
    world.drill(1);
    assert!(world.commands(1) < 10, "a newcomer types less than ten commands");
    let tap = world.tap.as_ref().unwrap();
    assert_eq!(opens(world, "laptop/anne.cowl", "medical", tap).messages, numbers([0]));
    let tells = ["Marie", "marie", "anne", "high", "Ouest", "18.54", "72.34", "severity"];
    for payload in tap.all() {
        // The manifest is public: it names fields and zones, and nobody.
        if payload.topic.ends_with("/m") {
            continue;
        }
        let is_told = |tell: &&str| payload.bytes.windows(tell.len()).any(|bytes| bytes == tell.as_bytes());
        assert_eq!(tells.iter().find(|tell| is_told(tell)), None, "on {}", payload.topic);
    }
}

/// Messages 0: Marie; 1: the thief; 2: Paul.
fn lost_phone(world: &mut World) {
    world.drill(2);
    let tap = world.tap.as_ref().unwrap();
    assert_eq!(tap.reports().len(), 3);
    // Marie's first opened in drill 1; since the bundle nothing of hers does, whenever it was sent.
    let anne = opens(world, "laptop/anne.cowl", "medical", tap);
    assert_eq!((anne.messages, anne.searched), (numbers([2]), 0));
    // The thief's own keys: what the phone itself sent in the running epoch, and nobody else's.
    assert_eq!(device_opens(world, "thief/marie.cowl", tap), numbers([0, 1]));
}

/// Paul sends one in each epoch: message 2 + n in epoch n.
fn seized_laptop(world: &mut World) {
    world.habit =
        Some(("tablet", "cowl pub --credential paul.cowl -q 1 -m 'severity: low, lat: 18.54, lon: -72.34'"));
    world.drill(3);
    world.habit = None;
    let tap = world.tap.as_ref().unwrap();
    assert_eq!(tap.reports().len(), 3 + 12);
    let thief = opens(world, "thief/seized/anne.cowl", "medical", tap);
    let listed = world.printed.iter().find_map(|line| line.strip_prefix("its disk opens the epochs "));
    let listed = listed.unwrap().split(": ").next().unwrap().split(", ").map(|epoch| epoch.parse().unwrap());
    assert_eq!(thief.epochs, listed.collect::<BTreeSet<u32>>(), "what `cowl revoke` lists");
    assert!(thief.messages.is_subset(&numbers((4..=8).map(|epoch| 2 + epoch))), "{thief:?}");
    assert_eq!(thief.messages.len() + thief.searched, 5, "each of them, and no other: {thief:?}");
    let ben = opens(world, "desk/ben.cowl", "medical", tap);
    assert_eq!(ben.epochs, (8..=12).collect(), "{ben:?}");
}

/// Nothing of the burnt folder's secrets lies in clear in the recovery file or in a share, and what they open is what the
/// document says.
fn dead_authority(world: &mut World) {
    world.drill(4);
    let ashes = world.path("ashes/ops");
    let mut secrets = vec![fs::read(ashes.join("authority.key")).unwrap()];
    secrets.extend(
        fs::read_dir(ashes.join("roles")).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()),
    );
    let chunks: BTreeSet<&[u8]> = secrets.iter().flat_map(|secret| secret.chunks_exact(16)).collect();
    assert!(chunks.len() > 1_000, "there are keys to look for");
    for path in ["stick/recovery.cowl", "first/share-1.txt", "second/share-2.txt", "third/share-3.txt"] {
        let bytes = fs::read(world.path(path)).unwrap();
        assert!(bytes.windows(16).all(|window| !chunks.contains(window)), "a key lies open in {path}");
    }

    let operation = Operation::open(&world.path("office-2/ops")).unwrap();
    let medical = operation.manifest().policy.role_index("medical").unwrap();
    let opens: Vec<u32> =
        (0..400).filter(|epoch| operation.role_root(medical, Epoch(*epoch)).is_some()).collect();
    assert_eq!(
        opens,
        (8..=124).collect::<Vec<_>>(),
        "what the document says of a stolen stick with two shares"
    );
    // Lea was enrolled after the older copy was made; one share more or less does not matter to it.
    let share = |name: &str| Share::parse(&fs::read_to_string(world.path(name)).unwrap()).unwrap();
    let shares = [share("second/share-2.txt"), share("third/share-3.txt")];
    let older = RecoveryFile::load(&world.path("stick/older.cowl")).unwrap();
    assert!(older.open(&shares[..1]).is_err());
    let to = world.path("older");
    recovery::recover(&older, &shares, &to, world.now(), &mut SystemRng::new()).unwrap();
    assert!(Operation::open(&to).unwrap().register().member("lea").is_none());
    fs::remove_dir_all(&to).unwrap();
}

/// Somebody with the operator's login puts the manifest and the bundle of day 1 back on the broker.
fn put_back(world: &mut World) {
    let tap = world.tap.as_ref().unwrap();
    let (manifest, bundle) = (tap.manifests()[0].clone(), tap.bundles()[0].clone());
    let mut reader = Reader::open(&copy(world, "desk/ben.cowl").path, "medical", None).unwrap();
    let refused = reader.follow(&manifest).unwrap_err();
    assert!(matches!(refused, KeyringError::Manifest(ManifestError::RolledBack { .. })), "{refused:?}");
    let refused = reader.take_bundle(&bundle).unwrap_err();
    assert!(matches!(refused, KeyringError::Bundle(BundleError::Replayed)), "{refused:?}");
    drop(reader);

    let operation = Operation::open(&world.path("office-2/ops")).unwrap();
    let login = operation.logins().operator.to_credential();
    let options = anonymous_options(operation.manifest(), Some(&login), Version::V5).unwrap();
    let topics = Topics::of(operation.manifest());
    let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", world.port());
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let publisher = Publisher::connect(&endpoint, &options).await.unwrap();
        for (topic, old) in [(topics.manifest().unwrap(), manifest), (topics.bundle().unwrap(), bundle)] {
            publisher.publish(Publication::new(topic, old, Qos::AtLeastOnce).retained()).await.unwrap();
        }
        publisher.disconnect().await.unwrap();
    });
    world.types("tablet", "cowl pub --credential paul.cowl -q 1 -m 'severity: low, lat: 18.54, lon: -72.34'");
    let read = world.types("desk", "cowl sub --credential ben.cowl -C 1 -W 120");
    let says = |text: &str| assert!(read.iter().any(|line| line.contains(text)), "{text}: {read:?}");
    says("it is older than a manifest that was accepted before");
    says("\"severity\":\"low\"");
}

/// The nurse's laptop missed more than a hundred bundles.
fn offline(world: &mut World) {
    world.drill(5);
    let tap = world.tap.as_ref().unwrap();
    let nia = opens(world, "hut/nia.cowl", "medical", tap);
    let last = tap.reports().len() - 1;
    assert_eq!((nia.messages, nia.epochs), (numbers([last]), [140].into()));
}

/// What is erased at Ben's still opens from the wire with his keys, until they go.
fn withdrawal(world: &mut World) {
    let rose = world.tap.as_ref().unwrap().reports().len();
    let (before, after) = world.parts(7, "day 38");
    world.types_all(&before);
    let tap = world.tap.as_ref().unwrap();
    assert!(opens(world, "desk/ben.cowl", "medical", tap).messages.contains(&rose), "not before its date");
    world.types_all(&after);
    let tap = world.tap.as_ref().unwrap();
    let ben = opens(world, "desk/ben.cowl", "medical", tap);
    assert!(!ben.messages.contains(&rose) && ben.searched == 0 && !ben.messages.is_empty(), "{ben:?}");
    // The control: with the old store key beside them, the same files give it away.
    let image = [fs::read(world.path("desk/old.key")).unwrap(), vec![0; 4_096]].concat();
    fs::write(world.path("desk/disk.img"), image).unwrap();
    let (found, status) = world.run(
        "desk",
        None,
        "cowl erase --verify desk.archive --truth before.jsonl --backup monday.db --image disk.img",
    );
    assert_eq!(status.code(), Some(8), "{found:?}");
    assert!(found.contains(&"erased reports that still open: 1 of 1".to_owned()), "{found:?}");
}

/// Everything that is left on any machine is tried as whatever it may be.
fn closed(world: &mut World) {
    world.drill(9);
    // The machine burnt, and the laptop is the one that was seized.
    for gone in ["ashes", "laptop"] {
        fs::remove_dir_all(world.path(gone)).unwrap();
    }
    let tap = world.tap.as_ref().unwrap();
    let recorded = tap.reports().len();
    assert!(recorded > 20);
    let mut opened = BTreeSet::new();
    let mut files = 0;
    for path in all_files(world.folder.path()) {
        files += 1;
        assert!(RecoveryFile::load(&path).is_err(), "{}", path.display());
        let Ok(credential) = load_credential(&path) else { continue };
        if let Member::Responder(_) = &credential.member {
            let name = path.strip_prefix(world.folder.path()).unwrap().to_str().unwrap();
            let found = opens(world, name, "medical", tap);
            opened.extend(found.epochs.into_iter().map(|epoch| (name.to_owned(), epoch)));
        }
    }
    assert!(files > 20, "{files}");
    let seized = (4..=8).map(|epoch| ("thief/seized/anne.cowl".to_owned(), epoch));
    let kept =
        opened.iter().filter(|(name, _)| !name.starts_with("thief/anne")).cloned().collect::<BTreeSet<_>>();
    assert_eq!(kept, seized.collect(), "of {recorded} messages");
}

fn all_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(all_files(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn two_of_three_custodians_open_one_report_and_not_the_one_beside_it() {
    let mut world = World::new();
    world.drill(8);
    let hill = world.path("hill");
    let reports = fs::read_to_string(hill.join("reports.jsonl")).unwrap();
    let beside: serde_json::Value = serde_json::from_str(reports.lines().nth(1).unwrap()).unwrap();
    let ask = "--kept kept --by 'Rescue 4' --reason 'curious'";
    let beside =
        format!("cowl glass request medic.cowl {} {ask} > draft2.txt", beside["report"].as_str().unwrap());
    world.types("hill", &beside);
    world.types("hill", "cowl glass request ops \"$(cat draft2.txt)\" > request2.txt");

    // The file that a command named.
    let file = |name: &str| fs::read(hill.join(fs::read_to_string(hill.join(name)).unwrap().trim())).unwrap();
    let operation = Operation::open(&hill.join("ops")).unwrap();
    let (asked, beside) = (file("request.txt"), file("request2.txt"));
    let answers = [file("ada.txt"), file("cy.txt")];
    let open = |request: &[u8], answers: &[Vec<u8>]| {
        let answers: Vec<_> = answers.iter().map(|bytes| Partial::from_bytes(bytes).unwrap()).collect();
        operation.open_custody(request, &answers, world.now())
    };
    let refused = |request: &[u8], answers: &[Vec<u8>]| match open(request, answers) {
        Err(OperationError::Glass(GlassError::Combine { error, .. })) => error,
        other => panic!("{other:?}"),
    };
    for answer in &answers {
        let alone = refused(&asked, std::slice::from_ref(answer));
        assert_eq!(alone, CombineError::TooFew { have: 1, need: 2 });
    }
    assert!(matches!(refused(&beside, &answers), CombineError::OtherRequest(_)));
    // The same answers, passed off as ones for the report beside it.
    let authority = operation.manifest().authority();
    let id = |request: &[u8]| SignedRequest::verify(request, authority).unwrap().id().0;
    let relabelled = answers.clone().map(|answer| replaced(&answer, &id(&asked), &id(&beside)));
    assert!(matches!(refused(&beside, &relabelled), CombineError::Forged(_)));
    // The control.
    assert!(open(&asked, &answers).unwrap().body.is_some());
}

fn replaced(bytes: &[u8], old: &[u8; 32], new: &[u8; 32]) -> Vec<u8> {
    let at = bytes.windows(32).position(|window| window == old).expect("it says which request it answers");
    [&bytes[..at], new, &bytes[at + 32..]].concat()
}
