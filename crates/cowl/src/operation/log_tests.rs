use super::*;
use crate::log::Finding;

const NOW: u64 = 1_800_000_000;

fn operation(folder: &Path) -> (Operation, SystemRng) {
    let mut rng = SystemRng::new();
    (Operation::create(&folder.join("ops"), NOW, &mut rng).unwrap(), rng)
}

fn entries(operation: &Operation) -> Vec<Entry> {
    let log = operation.log().unwrap().unwrap();
    assert_eq!(log.inspect(&operation.log_key()).unwrap().findings, Vec::<Finding>::new());
    log.entries(0..u64::MAX).map(|entry| Entry::parse(&entry.unwrap()).unwrap()).collect()
}

#[test]
fn what_an_operation_does_is_in_its_log_and_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (mut operation, mut rng) = operation(folder.path());
    let now = operation.epoch_now(NOW + 17).unwrap();
    operation.enrol_device("phone of marie", now, &mut rng).unwrap();
    operation.enrol_responder("medic", &["medical".to_owned()], now, &mut rng).unwrap();
    operation.retract("medic").unwrap();
    let number = operation.command("topic", b"ON", false, NOW + 18, 60).unwrap();
    operation.note(Event::Exported { what: "backup".into() }, NOW + 19).unwrap();
    let events: Vec<_> = entries(&operation).into_iter().map(|entry| (entry.time, entry.event)).collect();
    let member = |name| operation.blind(name).unwrap();
    assert_eq!(
        events,
        [
            (NOW, Event::Created),
            (NOW, manifest_event(operation.manifest())),
            (NOW + 17, Event::Enrolled { kind: Kind::Device, member: member("phone of marie") }),
            (NOW + 17, Event::Enrolled { kind: Kind::Responder, member: member("medic") }),
            (NOW + 17, Event::Retracted { member: member("medic") }),
            (NOW + 18, Event::Command { number }),
            (NOW + 19, Event::Exported { what: "backup".into() }),
        ]
    );
    let bytes: Vec<u8> = operation.log().unwrap().unwrap().entries(0..7).flat_map(Result::unwrap).collect();
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("marie") && !text.contains("medic"), "{text}");
}

#[test]
fn each_manifest_is_in_the_log_before_it_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let (mut operation, mut rng) = operation(folder.path());
    let epoch = u64::from(operation.manifest().calendar.length);
    for next in 1..3 {
        let now = operation.epoch_now(NOW + next * epoch).unwrap();
        operation.refresh(now, &mut rng).unwrap();
        let log = operation.log().unwrap().unwrap();
        let newest = log.find_last(|entry| Entry::parse(entry).map(|entry| entry.event)).unwrap().unwrap().1;
        assert_eq!(newest, manifest_event(operation.manifest()));
    }
    // Entered, and then the machine stopped: that version is not used for another manifest.
    let lost = Event::Manifest { version: 9, hash: Digest([0; 32]) };
    operation.note(lost, NOW).unwrap();
    let now = operation.epoch_now(NOW + 3 * epoch).unwrap();
    operation.refresh(now, &mut rng).unwrap();
    assert_eq!(operation.manifest().version, 10);
}

#[test]
fn an_operation_from_before_there_were_logs_gets_one_at_its_next_change() {
    let folder = tempfile::tempdir().unwrap();
    let (mut operation, mut rng) = operation(folder.path());
    let now = operation.epoch_now(NOW).unwrap();
    operation.enrol_device("one", now, &mut rng).unwrap();
    std::fs::remove_dir_all(operation.folder().join("log")).unwrap();
    std::fs::remove_file(operation.folder().join("blinding.key")).unwrap();
    let mut operation = Operation::open(operation.folder()).unwrap();
    assert!(operation.log().unwrap().is_none());
    let now = operation.epoch_now(NOW + 1).unwrap();
    operation.enrol_device("two", now, &mut rng).unwrap();
    let events: Vec<_> = entries(&operation).into_iter().map(|entry| entry.event).collect();
    let member = operation.blind("two").unwrap();
    let expected = [
        Event::Begun { members: 1 },
        manifest_event(operation.manifest()),
        Event::Enrolled { kind: Kind::Device, member },
    ];
    assert_eq!(events, expected);
}

#[test]
fn entries_that_were_not_signed_when_the_machine_stopped_are_and_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (operation, _) = operation(folder.path());
    let path = operation.folder().join("log/tile/entries/000.p");
    let mut bytes = std::fs::read(path.join("2")).unwrap();
    let lost = Entry::new(Event::Rotated, NOW).to_bytes();
    bytes.extend(u16::try_from(lost.len()).unwrap().to_be_bytes());
    bytes.extend(&lost);
    std::fs::write(path.join("3"), bytes).unwrap();
    operation.note(Event::Closed, NOW + 1).unwrap();
    let events: Vec<_> = entries(&operation).into_iter().skip(2).map(|entry| entry.event).collect();
    assert_eq!(events, [Event::Rotated, Event::Repaired { entries: 1 }, Event::Closed]);
}

/// Nothing is done without its entry.
#[test]
fn with_a_damaged_log_nobody_is_enrolled_and_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (mut operation, mut rng) = operation(folder.path());
    let path = operation.folder().join("log/tile/0/000.p/2");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let now = operation.epoch_now(NOW).unwrap();
    let error = operation.enrol_device("phone", now, &mut rng).unwrap_err();
    assert!(matches!(&error, OperationError::Log(error) if error.is_damage()), "{error}");
    assert!(operation.register().member("phone").is_none());
}
