//! What is taken is safe, once, and under its device's identity.

use futures_util::FutureExt as _;

use super::{testing::*, *};
use crate::node::{Kept, Lane, Queue, Settings as QueueSettings, WhenFull};

const PHONE: &str = r#"{"severity":"high","lat":18.54,"lon":-72.34}"#;

fn offered(payload: &str, packet_id: u16, dup: bool) -> Offered<'_> {
    Offered { qos: 1, dup, packet_id: Some(packet_id), ..Offered::new("devices/a", payload.as_bytes()) }
}

#[test]
fn each_device_has_an_identity_that_survives() {
    let world = World::new(3);
    let gateway = world.open();
    for name in ["a", "b", "a"] {
        gateway.keep(&format!("devices/{name}"), PHONE);
    }
    drop(gateway);
    let gateway = world.open();
    gateway.keep("devices/c", PHONE);
    gateway.keep("devices/b", PHONE);
    let devices = gateway.gateway.roster();
    let listed: Vec<_> = devices.iter().map(|device| (device.name.as_str(), device.identity)).collect();
    assert_eq!(listed, [("device:a", 0), ("device:b", 1), ("device:c", 2)]);
    // Full: the fourth is refused, and what it said is not kept; the last identity is for covers.
    assert_eq!(gateway.refuse("devices/d", PHONE), Refusal::RosterFull);
    assert!(Refusal::RosterFull.is_temporary());
    assert_eq!(gateway.queue.status().enrolled.all(), 5);
    assert_eq!(roster(&world.credential()).unwrap(), devices);
}

#[test]
fn reports_of_devices_are_told_apart_and_not_joined() {
    let world = World::new(3);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    for name in ["a", "b", "a"] {
        gateway.keep(&format!("devices/{name}"), PHONE);
    }
    let mut reports = Vec::new();
    for sealed in gateway.send() {
        reader.read(sealed.bytes(), 0, &mut reports).unwrap();
    }
    let who: Vec<_> = reports.iter().map(|report| report.pseudonym.unwrap()).collect();
    assert_eq!(who[0], who[2]);
    assert_ne!(who[0], who[1]);
}

#[test]
fn a_retransmission_is_acknowledged_and_not_kept_again() {
    let world = World::new(3);
    let gateway = world.open();
    let take = |gateway: &Open, offered: Offered<'_>| kept(gateway.gateway.take(&CALLER, &offered));
    assert_eq!(take(&gateway, offered(PHONE, 1, false)), Kept::New);
    assert_eq!(take(&gateway, offered(PHONE, 1, true)), Kept::Known);
    assert_eq!(gateway.queue.status().enrolled.all(), 1);
    // Also after the gateway was restarted, and after it was delivered.
    drop(gateway);
    let mut gateway = world.open();
    assert_eq!(take(&gateway, offered(PHONE, 1, true)), Kept::Known);
    assert_eq!(gateway.send().len(), 1);
    assert_eq!(take(&gateway, offered(PHONE, 1, true)), Kept::Known);
    assert_eq!(gateway.gateway.counts().again, 2);
    // Another number, content, client or topic is another message.
    assert_eq!(take(&gateway, offered(PHONE, 2, true)), Kept::New);
    assert_eq!(take(&gateway, offered("{\"severity\":\"low\"}", 1, true)), Kept::New);
    let other = Caller { client_id: "other", user: Some("user") };
    assert_eq!(kept(gateway.gateway.take(&other, &offered(PHONE, 1, true))), Kept::New);
    assert_eq!(gateway.queue.status().enrolled.all(), 3);
}

#[test]
fn who_says_the_same_again_under_the_same_number_is_heard_again() {
    let world = World::new(3);
    let gateway = world.open();
    // As `mosquitto_pub` does: each run is a new session whose first message has number 1.
    for _ in 0..3 {
        assert_eq!(kept(gateway.gateway.take(&CALLER, &offered(PHONE, 1, false))), Kept::New);
    }
    assert_eq!(gateway.queue.status().enrolled.all(), 3);
    assert_eq!(gateway.gateway.counts().kept, 3);
    drop(gateway);
    assert_eq!(kept(world.open().gateway.take(&CALLER, &offered(PHONE, 1, false))), Kept::New);
}

#[test]
fn qos_0_has_no_retransmissions() {
    let gateway = World::new(3).open();
    let zero = Offered { dup: true, ..Offered::new("devices/a", PHONE.as_bytes()) };
    for _ in 0..2 {
        assert_eq!(kept(gateway.gateway.take(&CALLER, &zero)), Kept::New);
    }
}

#[test]
fn nothing_of_a_report_is_on_disk_in_clear() {
    let world = World::new(3);
    let mut gateway = world.open();
    for _ in 0..20 {
        gateway.keep("devices/Annemarie", r#"{"severity":"high","note":"under the stairs of the school"}"#);
    }
    gateway.send();
    gateway.queue.close().unwrap();
    let mut looked = 0;
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for word in ["Annemarie", "under the stairs", "severity", "devices/"] {
                // The policy in the manifest names its fields and topics, and no one.
                let public = path.file_name().is_some_and(|name| name == "gateway" || name == "rescue");
                let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
                assert!(!found || public && ["severity", "devices/"].contains(&word), "{word} in {path:?}");
            }
            looked += 1;
        }
    }
    assert!(looked >= 5, "{looked}");
}

#[test]
fn no_debug_text_names_anybody() {
    let world = World::new(3);
    let gateway = world.open();
    let caller = Caller { client_id: "annas-phone", user: Some("anna") };
    let offered = Offered::new("devices/anna", br#"{"severity":"high","note":"anna"}"#);
    let taken = gateway.gateway.take(&caller, &offered);
    let texts = [
        format!("{caller:?} {offered:?} {taken:?} {:?} {:?}", gateway.gateway, gateway.load),
        format!("{:?} {:?}", gateway.gateway.roster(), gateway.gateway.counts()),
        format!("{:?}", gateway.refuse("devices/anna", r#"{"severity":"anna"}"#)),
        gateway.refuse("devices/anna", r#"{"severity":"anna"}"#).to_string(),
        gateway.refuse("devices/anna", "anna").to_string(),
    ];
    for text in texts {
        assert!(!text.contains("anna"), "{text}");
    }
}

/// As it runs in the field: group commit, and a thread for the roster.
#[tokio::test]
async fn tickets_resolve_when_it_is_on_disk() {
    let world = World::new(40);
    let queue = open_queue(&world.credential()).unwrap();
    let (gateway, _load) = Gateway::open(&world.credential(), queue.clone(), || NOW).unwrap();
    let mut tickets = Vec::new();
    for n in 0..400 {
        let topic = format!("devices/{}", n % 40);
        match gateway.take(&CALLER, &Offered::new(&topic, PHONE.as_bytes())) {
            Taken::Kept(ticket) => tickets.push(ticket),
            other => panic!("{other:?}"),
        }
    }
    for ticket in tickets {
        assert_eq!(ticket.await.unwrap(), Kept::New);
    }
    assert_eq!(queue.status().enrolled.all(), 400);
    assert_eq!(roster(&world.credential()).unwrap().len(), 40);
}

/// A device that publishes and is gone: nobody waits for its ticket.
#[tokio::test]
async fn what_nobody_waits_for_is_kept_too() {
    let world = World::new(4);
    let queue = open_queue(&world.credential()).unwrap();
    let (gateway, _load) = Gateway::open(&world.credential(), queue.clone(), || NOW).unwrap();
    drop(gateway.take(&CALLER, &Offered::new("devices/a", PHONE.as_bytes())));
    queue.ready(Lane::Enrolled).await;
    assert_eq!(queue.status().enrolled.all(), 1);
}

#[test]
fn a_full_queue_keeps_nothing_and_says_so() {
    let world = World::new(3);
    let held = crate::keyring::load_credential(&world.credential()).unwrap();
    let mut settings = QueueSettings::new(1 << 12, WhenFull::Refuse);
    settings.commit = crate::node::Commit::Inline;
    let queue = Queue::open(&queue_path(&world.credential()), &queue_key(&held), settings).unwrap();
    let gateway = world.open_over(queue);
    let outcomes = (0..100).map(|_| match gateway.take("devices/a", PHONE) {
        Taken::Kept(ticket) => ticket.now_or_never().unwrap(),
        other => panic!("{other:?}"),
    });
    let refused =
        outcomes.filter(|outcome| *outcome == Err(NotKept::Queue(crate::node::QueueError::Full))).count();
    assert!((50..100).contains(&refused), "{refused}");
    assert_eq!(gateway.queue.status().enrolled.all(), 100 - refused);
}

#[test]
fn only_a_gateways_credential_opens() {
    let mut world = World::new(3);
    let epoch = world.epoch();
    let enrolled =
        world.operation.enrol_device("phone", epoch, &mut crate::random::SystemRng::new()).unwrap();
    let path = world.folder.path().join("phone");
    crate::keyring::store_new(&path, &enrolled.credential, epoch).unwrap();
    let queue = open_queue(&path).unwrap();
    assert!(matches!(Gateway::open(&path, queue, || NOW), Err(GatewayError::NotAGateway)));
}
