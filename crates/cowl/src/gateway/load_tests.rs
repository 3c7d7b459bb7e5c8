//! What waits is sealed by the newest policy, or counted.

use cowl_core::{Counts, Epoch, Mode, Position};
use serde_json::json;

use super::{body::Waiting, testing::*, *};
use crate::{
    keyring::state_path,
    node::{Lane, Load as _, LoadError},
    random::SystemRng,
};

#[test]
fn covers_are_like_reports_and_are_not_read() {
    let world = World::new(3);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    gateway.keep("devices/a", r#"{"severity":"high"}"#);
    let real = gateway.send().remove(0);
    let cover = gateway.load.cover(Lane::Enrolled, 0).unwrap();
    let stranger = gateway.load.cover(Lane::WalkIn, 0).unwrap();
    assert_eq!(real.bytes().len(), cover.bytes().len());
    assert_eq!((cover.mode(), stranger.mode()), (Mode::Enrolled, Mode::WalkIn));
    let mut reports = Vec::new();
    for message in [&real, &cover, &stranger] {
        reader.read(message.bytes(), 0, &mut reports).unwrap();
    }
    assert_eq!((reports.len(), reader.covers()), (1, 2));
}

#[test]
fn what_the_new_policy_does_not_take_is_left_out() {
    let mut world = World::new(3);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    gateway.keep("devices/a", r#"{"severity":"high","lat":18.54,"lon":-72.34,"alt":100}"#);
    // Taken under the old policy; the new one has no place as high, and another severity.
    let manifest = world.change_policy(|policy| {
        policy
            .replace("min = -500\nmax = 9000", "min = -500\nmax = 50")
            .replace("max = 1000\n", "max = 900\n")
    });
    gateway.load.follow(&manifest);
    reader.follow(&manifest).unwrap();
    let read = gateway.deliver(&mut reader);
    assert_eq!((read[0].get("altitude"), &read[0]["severity"]), (None, &json!("high")));
    assert_eq!((gateway.gateway.counts().trimmed, gateway.gateway.counts().never), (1, 0));
    // What comes in now is held against the new one.
    assert_eq!(
        gateway.refuse("devices/a", r#"{"severity":"high","lat":18.54,"lon":-72.34,"alt":100}"#).name(),
        "policy"
    );
}

#[test]
fn what_can_never_be_sealed_is_counted_and_in_nobodys_way() {
    let mut world = World::new(3);
    let mut gateway = world.open();
    gateway.keep("devices/a", r#"{"temperature":950}"#);
    gateway.keep("devices/a", r#"{"severity":"low"}"#);
    let manifest = world.change_policy(|policy| policy.replace("max = 1000\n", "max = 900\n"));
    gateway.load.follow(&manifest);
    // Of the first nothing is left.
    assert_eq!(gateway.send().len(), 1);
    assert_eq!(gateway.gateway.counts().never, 1);
    let unknown = Waiting {
        report: cowl_core::ReportId([1; 16]),
        identity: 99,
        time: NOW,
        members: cowl_core::Members::new(),
    };
    for body in [b"junk".to_vec(), Vec::new(), unknown.encode().to_vec()] {
        assert!(matches!(gateway.load.seal(Lane::Enrolled, &body, 0), Err(LoadError::Never(_))));
    }
    assert_eq!(gateway.gateway.counts().never, 4);
}

#[test]
fn zones_are_those_of_the_time_of_sending() {
    let world = World::with(crate::policy_file::DEFAULT_POLICY, 9);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    let report = r#"{"severity":"high","lat":18.54,"lon":-72.34}"#;
    gateway.keep("devices/a", report);
    assert_eq!(gateway.deliver(&mut reader)[0]["position"]["zone"], "Ouest");
    gateway.keep("devices/a", report);
    // A beacon that says that many are there comes only now.
    let zones = &world.operation.manifest().policy.zones;
    let zone = zones.locate_all(Position::new(18.54, -72.34).unwrap()).next().unwrap();
    let mut e = minicbor::Encoder::new(Vec::new());
    e.array(1).unwrap().array(3).unwrap().encode(zone).unwrap().u16(10).unwrap().u8(1).unwrap();
    let counts: Counts = minicbor::decode(&e.into_writer()).unwrap();
    gateway.load.hear(&world.operation.beacon(NOW, &counts).unwrap(), 0);
    assert_eq!(gateway.deliver(&mut reader)[0]["position"]["zone"], zone.label.as_str());
}

#[test]
fn a_gateway_whose_state_was_lost_waits_for_its_own_keys() {
    let world = World::new(3);
    let gateway = world.open();
    gateway.keep("devices/a", r#"{"severity":"high"}"#);
    drop(gateway);
    std::fs::remove_file(state_path(&world.credential())).unwrap();
    let mut gateway = world.open();
    let entry = gateway.queue.take(Lane::Enrolled).unwrap();
    assert!(matches!(gateway.load.seal(Lane::Enrolled, &entry.body, 0), Err(LoadError::NotNow(_))));
    assert!(matches!(gateway.load.cover(Lane::Enrolled, 0), Err(LoadError::NotNow(_))));
    gateway.load.hear(&world.operation.beacon(NOW, &Counts::default()).unwrap(), 0);
    // The next epoch, by the machine's own time.
    let epoch = u64::from(world.operation.manifest().policy.epoch_seconds);
    assert!(gateway.load.seal(Lane::Enrolled, &entry.body, epoch).is_ok());
    assert_eq!(gateway.load.sender().epoch(epoch), Epoch(1));
}

#[test]
fn commands_come_once_and_only_from_the_authority() {
    let world = World::new(3);
    let mut gateway = world.open();
    let bulletin = |world: &World, after: u64| world.operation.bulletin(NOW + after).unwrap();
    let given = |gateway: &mut Open, bytes: &[u8]| {
        gateway.load.bulletin(bytes, 0);
        gateway.gateway.commands()
    };
    let old = bulletin(&world, 0);
    assert_eq!(given(&mut gateway, &old), []);
    world.operation.command("cmnd/plug-7/POWER", b"ON", false, NOW, 3_600).unwrap();
    world.operation.command("cmnd/all/siren", b"1", true, NOW + 1, 3_600).unwrap();
    let first = bulletin(&world, 1);
    assert_eq!(first.len(), old.len());
    let command = |topic: &str, payload: &[u8], retain| Command {
        topic: topic.into(),
        payload: payload.into(),
        retain,
    };
    let (power, siren) = (command("cmnd/plug-7/POWER", b"ON", false), command("cmnd/all/siren", b"1", true));
    assert_eq!(given(&mut gateway, &first), [power.clone(), siren.clone()]);
    // A replay, a rollback, and the same commands in a newer bulletin.
    assert_eq!(given(&mut gateway, &first), []);
    assert_eq!(given(&mut gateway, &old), []);
    assert_eq!(given(&mut gateway, &bulletin(&world, 2)), []);
    assert_eq!(gateway.gateway.counts().bulletins_refused, 2);
    // After a restart: what is retained again, for the local broker; nothing else.
    drop(gateway);
    let mut gateway = world.open();
    assert_eq!(given(&mut gateway, &first), []);
    assert_eq!(given(&mut gateway, &bulletin(&world, 3)), [siren]);
    // Another operation's, and an attacker's.
    let other = World::new(3);
    other.operation.command("cmnd/plug-7/POWER", b"OFF", false, NOW, 3_600).unwrap();
    assert_eq!(given(&mut gateway, &bulletin(&other, 9)), []);
    let mut forged = bulletin(&world, 9);
    forged[100] ^= 1;
    assert_eq!(given(&mut gateway, &forged), []);
    assert_eq!(given(&mut gateway, b""), []);
    // The next one goes on.
    world.operation.command("cmnd/plug-7/POWER", b"OFF", false, NOW + 2, 3_600).unwrap();
    assert_eq!(given(&mut gateway, &bulletin(&world, 10)), [command("cmnd/plug-7/POWER", b"OFF", false)]);
    assert_eq!(gateway.gateway.counts().commands, 2);
}

#[test]
fn a_damaged_record_of_commands_repeats_none() {
    let world = World::new(3);
    world.operation.command("cmnd/plug-7/POWER", b"TOGGLE", false, NOW, 3_600).unwrap();
    let mut gateway = world.open();
    gateway.load.bulletin(&world.operation.bulletin(NOW).unwrap(), 0);
    assert_eq!(gateway.gateway.commands().len(), 1);
    drop(gateway);
    std::fs::write(secrets::commands_path(&world.credential()), b"?").unwrap();
    let mut gateway = world.open();
    gateway.load.bulletin(&world.operation.bulletin(NOW + 1).unwrap(), 0);
    assert_eq!(gateway.gateway.commands(), []);
    world.operation.command("cmnd/plug-7/POWER", b"OFF", false, NOW + 2, 3_600).unwrap();
    gateway.load.bulletin(&world.operation.bulletin(NOW + 3).unwrap(), 0);
    assert_eq!(gateway.gateway.commands().len(), 1);
}

#[tokio::test]
async fn commands_can_be_waited_for() {
    let world = World::new(3);
    let mut gateway = world.open();
    let waiting = tokio::spawn({
        let gateway = gateway.gateway.clone();
        async move { (gateway.command().await, gateway.command().await) }
    });
    for topic in ["a", "b"] {
        world.operation.command(topic, b"", false, NOW, 60).unwrap();
    }
    gateway.load.bulletin(&world.operation.bulletin(NOW).unwrap(), 0);
    let (first, second) = waiting.await.unwrap();
    assert_eq!((first.topic.as_str(), second.topic.as_str()), ("a", "b"));
}

#[test]
fn a_follower_of_nothing_changes_nothing() {
    let world = World::new(3);
    let mut gateway = world.open();
    let other = World::new(3);
    gateway.load.follow(other.operation.manifest().bytes());
    gateway.load.follow(b"");
    gateway.load.hear(b"", 0);
    gateway.load.hear(&other.operation.beacon(NOW, &Counts::default()).unwrap(), 0);
    assert_eq!(gateway.load.manifest().operation, world.operation.manifest().operation);
    gateway.keep("devices/a", r#"{"severity":"high"}"#);
}

#[test]
fn after_a_lost_connection_whoever_lost_reports_goes_on_where_it_is_expected() {
    let world = World::new(3);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    let mut reports = Vec::new();
    for device in ["devices/a", "devices/b"] {
        gateway.keep(device, r#"{"severity":"high"}"#);
    }
    for sealed in gateway.send() {
        reader.read(sealed.bytes(), 0, &mut reports).unwrap();
    }
    // Ten of one device leave and are lost, and a stranger's cover with them.
    for _ in 0..10 {
        gateway.keep("devices/a", r#"{"severity":"low"}"#);
    }
    assert_eq!(gateway.send().len(), 10);
    gateway.load.cover(Lane::WalkIn, 0).unwrap();
    gateway.load.lost(11);
    for device in ["devices/a", "devices/b", "devices/a"] {
        gateway.keep(device, r#"{"severity":"high"}"#);
    }
    for sealed in gateway.send() {
        reader.read(sealed.bytes(), 0, &mut reports).unwrap();
    }
    assert_eq!((reports.len(), reader.unexpected()), (5, 0));
    // The other device lost nothing, and skipped nothing.
    let news = format!("{:?}", reader.news(|_| false));
    assert!(news.contains(", 2)") && news.contains(", 66)"), "{news}");
    // More than are remembered, and none.
    gateway.load.lost(u64::MAX);
    gateway.load.lost(0);
}

/// Acts on one command after the other until it is killed.
#[test]
fn killed_child() {
    let Some(folder) = crate::state::killing::folder() else { return };
    let operation = crate::operation::Operation::open(&folder.join("ops")).unwrap();
    let credential = crate::keyring::load_credential(&folder.join("gateway")).unwrap();
    let commands = commands::Commands::open(&secrets::commands_path(&folder.join("gateway"))).unwrap();
    // Numbers grow with the time at least, and by it what was ordered before is over.
    let mut time = NOW;
    loop {
        let number = operation.command("t", b"x", false, time, 1).unwrap();
        commands.hear(&operation.bulletin(time).unwrap(), &credential).unwrap();
        time = number + 2;
        for _ in commands.all() {
            crate::state::killing::say(&number.to_string());
        }
    }
}

#[test]
fn no_command_is_acted_on_twice_whenever_it_is_killed() {
    let world = World::new(2);
    let path = secrets::commands_path(&world.credential());
    let mut newest = 0;
    let child = "gateway::load_tests::killed_child";
    crate::state::killing::rounds(child, world.folder.path(), |told| {
        for line in told {
            // What was not taken is given with the next bulletin, under the number that the child says then: never below.
            let number: u64 = line.parse().unwrap();
            assert!(number >= newest, "{number} after {newest}");
            newest = number;
        }
        commands::examine(&path).unwrap();
    });
    assert!(newest > 0);
}

#[test]
fn a_corrupted_byte_beside_a_gateways_credential_is_named_and_it_is_said_how_to_go_on() {
    let world = World::new(3);
    world.operation.command("t", b"x", false, NOW, 3_600).unwrap();
    let mut gateway = world.open();
    gateway.load.bulletin(&world.operation.bulletin(NOW).unwrap(), 0);
    drop(gateway);
    let roster = secrets::roster_path(&world.credential());
    let key = secrets::roster_key(&crate::keyring::load_credential(&world.credential()).unwrap());
    std::fs::remove_file(&roster).unwrap();
    let open = roster::Roster::open(&roster, &key, 3, true).unwrap();
    open.place("anna").unwrap();
    open.when_written(Box::new(|written| assert!(written)));
    drop(open);
    let worst = || {
        let found = crate::state::examine(&world.credential()).into_iter();
        found.filter(|one| one.weight == crate::state::Weight::Damage).collect::<Vec<_>>()
    };
    assert_eq!(worst(), []);
    for path in [secrets::commands_path(&world.credential()), roster] {
        let good = std::fs::read(&path).unwrap();
        for place in (0..good.len()).step_by(7).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[place] ^= 0x04;
            std::fs::write(&path, &bad).unwrap();
            let found = worst();
            assert_eq!(found.len(), 1, "byte {place} of {}", path.display());
            assert!(found[0].path == path && !found[0].remedy.is_empty(), "{found:?}");
        }
        std::fs::write(&path, &good).unwrap();
    }
    // As it was before there was a checksum.
    let path = secrets::commands_path(&world.credential());
    std::fs::write(&path, "1800000000 1800000007\n").unwrap();
    commands::examine(&path).unwrap();
}

#[test]
fn alerts_come_once_verified_and_those_that_stand_are_retained() {
    use cowl_core::{Addressee, RoleIndex};

    let world = World::with(crate::policy_file::DEFAULT_POLICY, 3);
    let dispatch =
        |world: &World, after: u64| world.operation.dispatch(NOW + after, &mut SystemRng::new()).unwrap();
    let given = |gateway: &mut Open, bytes: &[u8]| {
        gateway.load.dispatch(bytes, 0);
        let said = |command: Command| {
            let said: serde_json::Value = serde_json::from_slice(&command.payload).unwrap();
            assert_eq!(command.retain, command.topic == ALERTS_TOPIC);
            match said {
                serde_json::Value::Array(all) => {
                    ("all", all.iter().map(|alert| alert["text"].as_str().unwrap().to_owned()).collect())
                }
                one => {
                    assert_eq!(command.topic, ALERT_TOPIC);
                    ("one", vec![one["text"].as_str().unwrap().to_owned()])
                }
            }
        };
        gateway.gateway.commands().into_iter().map(said).collect::<Vec<(&str, Vec<String>)>>()
    };
    let all = |texts: &[&str]| ("all", texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    let one = |text: &str| ("one", vec![text.to_owned()]);

    let mut gateway = world.open();
    let quiet = dispatch(&world, 0);
    // That nothing stands is said too: the local broker may have kept what stood before.
    assert_eq!(given(&mut gateway, &quiet), [all(&[])]);
    let zones = &world.operation.manifest().policy.zones;
    let [here, there] = [(18.54, -72.34), (19.76, -72.2)].map(|(lat, lon)| Position::new(lat, lon).unwrap());
    let zone = |place| Addressee::Zone(zones.locate_all(place).next().unwrap());
    assert_ne!(zone(here), zone(there));
    gateway.gateway.be_at(here);
    let alert = |to, text: &str, seconds| world.operation.alert(to, text, NOW + 1, seconds).unwrap();
    alert(Addressee::Everybody, "water at the stadium", 3_600);
    alert(Addressee::Role(RoleIndex(0)), "team 2 to the school", 3_600);
    alert(zone(there), "the bridge is down", 3_600);
    alert(zone(here), "leave the river bank", 60);
    let first = dispatch(&world, 2);
    assert_eq!(first.len(), quiet.len());
    let both = all(&["water at the stadium", "leave the river bank"]);
    assert_eq!(
        given(&mut gateway, &first),
        [one("water at the stadium"), one("leave the river bank"), both.clone()]
    );
    // A replay, a rollback, the same alerts in a newer one; what is forged, cut, or of another operation.
    let other = World::with(crate::policy_file::DEFAULT_POLICY, 3);
    other.operation.alert(Addressee::Everybody, "all is well", NOW, 3_600).unwrap();
    let mut forged = dispatch(&world, 9);
    forged[100] ^= 1;
    for bytes in [&first, &quiet, &dispatch(&world, 3), &dispatch(&other, 9), &forged, &Vec::new()] {
        assert_eq!(given(&mut gateway, bytes), []);
    }
    assert_eq!(gateway.gateway.counts().dispatches_refused, 3);
    // After a restart: what stands again, for the local broker; nothing as new.
    drop(gateway);
    let mut gateway = world.open();
    gateway.gateway.be_at(here);
    assert_eq!(given(&mut gateway, &first), []);
    assert_eq!(given(&mut gateway, &dispatch(&world, 4)), [both]);
    // One is over; another is given, and a crash before it was written down gives it again rather than never.
    assert_eq!(given(&mut gateway, &dispatch(&world, 90)), [all(&["water at the stadium"])]);
    world.operation.alert(Addressee::Members, "the clinic is open", NOW + 90, 3_600).unwrap();
    let last = dispatch(&world, 91);
    let now = all(&["water at the stadium", "the clinic is open"]);
    assert_eq!(given(&mut gateway, &last), [one("the clinic is open"), now.clone()]);
    drop(gateway);
    let mut gateway = world.open();
    gateway.gateway.be_at(here);
    assert_eq!(given(&mut gateway, &last), [one("the clinic is open"), now]);
}
