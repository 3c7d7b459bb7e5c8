//! Alerts stand until they are over; help is said to those who need it; dispatches carry both.

use cowl_core::{DispatchError, LaneKey, LevelIndex, Zone, ZoneLabel};

use super::*;

const NOW: u64 = 1_800_000_000;

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
        Self { folder, operation }
    }

    fn dispatch(&self, at: u64) -> Dispatch {
        let manifest = self.operation.manifest();
        let bytes = self.operation.dispatch(at, &mut SystemRng::new()).unwrap();
        Dispatch::verify(&bytes, manifest.authority(), manifest.operation, None).unwrap()
    }

    /// The numbers of what a role's responders are told, or the enrolled.
    fn told(&self, at: u64, role: Option<u8>) -> Vec<u64> {
        let (dispatch, epoch) = (self.dispatch(at), self.operation.epoch_at(at));
        let alerts = if let Some(role) = role.map(RoleIndex) {
            dispatch.alerts(&LaneKey::Role(role, &self.operation.role_root(role, epoch).unwrap()))
        } else {
            let key = self.operation.secrets.beacon_key(self.operation.manifest().operation, epoch);
            dispatch.alerts(&LaneKey::Members(&key))
        };
        alerts.unwrap().iter().map(|alert| alert.number).collect()
    }
}

#[test]
fn an_alert_stands_until_it_is_over_for_those_whom_it_is_for() {
    let world = World::new();
    let zone = Zone { level: LevelIndex(0), label: ZoneLabel::new("18QYF7949").unwrap() };
    let first = world.operation.alert(Addressee::Members, "all", NOW, 100).unwrap();
    let second = world.operation.alert(Addressee::Role(RoleIndex(1)), "role", NOW, 200).unwrap();
    let third = world.operation.alert(Addressee::Zone(zone), "zone", NOW, 300).unwrap();
    assert!(first < second && second < third);
    assert_eq!(world.told(NOW, None), [first, third]);
    assert_eq!(world.told(NOW, Some(1)), [first, second, third]);
    assert_eq!(world.told(NOW, Some(0)), [first, third]);
    assert_eq!(world.told(NOW + 100, Some(1)), [second, third]);
    assert!(world.told(NOW + 300, Some(1)).is_empty());
    let read = world.operation.alerts(NOW + 100).unwrap();
    assert_eq!(read.iter().map(|alert| alert.text.as_str()).collect::<Vec<_>>(), ["role", "zone"]);
    let logged = world.operation.log().unwrap().is_some();
    assert!(logged, "an alert is in the log before it is given");
}

#[test]
fn what_no_dispatch_can_carry_is_refused_and_not_kept() {
    let world = World::new();
    for text in ["", "a\nb", &"x".repeat(501)] {
        let refused = world.operation.alert(Addressee::Members, text, NOW, 10).unwrap_err();
        assert!(matches!(refused, OperationError::Dispatch(DispatchError::Alert)) && refused.is_input());
    }
    assert!(matches!(
        world.operation.alert(Addressee::Role(RoleIndex(7)), "x", NOW, 10),
        Err(OperationError::NoSuchRole(_))
    ));
    let long = "x".repeat(Alert::MAX_TEXT);
    let mut refused = None;
    for _ in 0..8 {
        refused = world.operation.alert(Addressee::Members, &long, NOW, 10).err();
    }
    let refused = refused.unwrap();
    assert!(matches!(refused, OperationError::Dispatch(DispatchError::TooLarge)) && refused.is_input());
    let kept = world.operation.alerts(NOW).unwrap().len();
    assert!((2..8).contains(&kept));
    // The old ones go, and there is room again.
    assert!(world.operation.alert(Addressee::Members, &long, NOW + 10, 10).is_ok());
}

#[test]
fn help_is_said_for_two_days_and_to_no_more_than_fit() {
    let world = World::new();
    let key = |n: u32| {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        HelpKey::from_bytes(bytes)
    };
    let (medic, other) = (MemberId([1; 16]), MemberId([2; 16]));
    assert!(world.operation.help_is_coming(medic, &[key(1), key(2)], NOW).unwrap());
    assert!(world.operation.help_is_coming(other, &[key(2)], NOW + 60).unwrap());
    assert_eq!(world.operation.helped(NOW + 60).unwrap(), 2);
    let dispatch = world.dispatch(NOW + 60);
    assert!(dispatch.says_help(&key(1)) && dispatch.says_help(&key(2)) && !dispatch.says_help(&key(3)));
    let later = world.dispatch(NOW + HELP_LASTS);
    assert!(!later.says_help(&key(1)) && later.says_help(&key(2)), "said again, it stands longer");
    // One responder cannot take all the room, and what is refused is refused whole.
    let many: Vec<_> = (10..10 + 256).map(key).collect();
    assert!(!world.operation.help_is_coming(medic, &many, NOW).unwrap());
    assert!(world.operation.help_is_coming(medic, &many[..254], NOW).unwrap());
    assert!(!world.operation.help_is_coming(medic, &[key(999)], NOW).unwrap());
    assert!(!world.dispatch(NOW).says_help(&key(999)));
    // No log says how often help comes.
    let folder = world.folder.path().join("ops");
    std::fs::write(folder.join("help.json"), "{}").unwrap();
    assert!(world.operation.dispatch(NOW, &mut SystemRng::new()).is_err());
}

#[test]
fn files_of_this_form_are_read_for_ever() {
    let world = World::new();
    let folder = world.folder.path().join("ops");
    let files = [
        ("alerts.json", include_str!("../../tests/data/alerts-1.json")),
        ("help.json", include_str!("../../tests/data/help-1.json")),
    ];
    for (name, content) in files {
        files::replace_summed(&folder.join(name), content.as_bytes()).unwrap();
    }
    let alerts = world.operation.alerts(NOW).unwrap();
    assert_eq!((alerts.len(), alerts[0].to), (1, Addressee::Role(RoleIndex(2))));
    assert!(world.dispatch(NOW).says_help(&HelpKey::from_bytes([7; 32])));
    for (name, content) in files {
        let later = content.replace("\"version\": 1", "\"version\": 2");
        files::replace_summed(&folder.join(name), later.as_bytes()).unwrap();
        assert!(
            matches!(
                world.operation.dispatch(NOW, &mut SystemRng::new()),
                Err(OperationError::Damaged { .. })
            ),
            "{name}"
        );
        std::fs::remove_file(folder.join(name)).unwrap();
    }
}
