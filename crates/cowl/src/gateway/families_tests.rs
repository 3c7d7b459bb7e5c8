//! Real devices' payloads, as they are.

use serde_json::json;

use super::{consent::tests::envelope, testing::*, *};

#[test]
fn owntracks_reports_places() {
    let world = World::new(9);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    // Of traccar's and Home Assistant's tests (Apache-2.0).
    gateway.keep(
        "owntracks/jo/jay",
        r#"{"cog":271,"lon":2.29513,"acc":5,"vel":61,"vac":21,"lat":48.85833,"tst":1497349316,"alt":167,"_type":"location","topic":"owntracks/jo/jay","tid":"JJ","t":"u","batt":67}"#,
    );
    gateway.keep(
        "owntracks/greg/phone/event",
        r#"{"_type":"transition","t":"c","lon":90.1,"lat":45.099365,"acc":60,"event":"enter","tid":"user","desc":"inner","wtst":1,"tst":2}"#,
    );
    let read = gateway.deliver(&mut reader);
    assert_eq!(read.len(), 2);
    let first = json!(read[0]);
    assert_eq!(first["kind"], "location");
    assert_eq!(first["time"], "2017-06-13T10:15:00Z");
    assert_eq!(
        (&first["speed"], &first["battery"], &first["altitude"]),
        (&json!(60), &json!(70), &json!(150))
    );
    assert_eq!(first["position"]["level"], "1km");
    assert_eq!(read[1]["kind"], "transition");
    assert_eq!(gateway.names(), ["owntracks:jo/jay", "owntracks:greg/phone"]);
}

#[test]
fn what_owntracks_encrypted_itself_is_refused_with_the_reason() {
    let gateway = World::new(9).open();
    let refusal = gateway.refuse("owntracks/jo/jay", r#"{"_type":"encrypted","data":"q0tl6Ug5dw=="}"#);
    assert_eq!(refusal.name(), "rule");
    assert!(refusal.to_string().starts_with("encrypted by OwnTracks"), "{refusal}");
    assert_eq!(gateway.refuse("owntracks/jo/jay", r#"{"_type":"card","name":"Jo"}"#).name(), "rule");
    // Not even its type is said: not taken for a place.
    assert_eq!(gateway.refuse("owntracks/jo/jay", r#"{"lat":1,"lon":2}"#).name(), "rule");
    assert_eq!((gateway.refused("rule"), gateway.gateway.counts().kept), (3, 0));
    assert!(gateway.names().is_empty());
}

const PACKET: &str = r#"{"channel":0,"from":3735928559,"hop_start":3,"hops_away":0,"id":7,"payload":{"altitude":120,"ground_speed":2,"latitude_i":185400000,"longitude_i":-723400000,"precision_bits":32,"time":1800000000},"rssi":-62,"sender":"!e2e2f00d","snr":6.25,"timestamp":1800000001,"to":4294967295,"type":"position"}"#;

#[test]
fn meshtastic_is_passed_on_only_if_whoever_sent_it_by_radio_agreed() {
    let world = World::new(9);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    let topic = "msh/EU_868/2/json/LongFast/!e2e2f00d";
    let hear = |bitfield| {
        let envelope = envelope(0xdead_beef, 7, bitfield);
        let offered = Offered::new("msh/EU_868/2/e/LongFast/!e2e2f00d", &envelope);
        assert!(matches!(gateway.gateway.take(&CALLER, &offered), Taken::NotAReport));
    };
    let nothing_known = gateway.refuse(topic, PACKET);
    assert_eq!(nothing_known.name(), "consent");
    assert!(nothing_known.to_string().contains("switch off encryption to MQTT"), "{nothing_known}");
    hear(Some(0));
    let refused = gateway.refuse(topic, PACKET);
    assert!(refused.to_string().contains("did not set"), "{refused}");
    hear(None);
    assert_eq!(gateway.refuse(topic, PACKET).name(), "consent");
    hear(Some(1));
    gateway.keep(topic, PACKET);
    // A node's own needs no word of anyone, and a region may have more levels.
    gateway.keep("msh/US/CA/2/json/LongFast/!deadbeef", &PACKET.replace("e2e2f00d", "deadbeef"));
    let read = gateway.deliver(&mut reader);
    assert_eq!(read.len(), 2);
    assert_eq!(read[0]["position"]["zone"], "18QYF8052");
    assert_eq!(read[0]["speed"], json!(10));
    assert_eq!(gateway.names(), ["meshtastic:3735928559"]);
}

#[test]
fn meshtastics_texts_and_telemetry_are_taken_and_its_names_are_not() {
    let world = World::new(9);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    let packet = |kind: &str, payload: &str| {
        format!(
            r#"{{"from":3735928559,"id":9,"payload":{payload},"sender":"!deadbeef","timestamp":1800000001,"to":4294967295,"type":"{kind}"}}"#
        )
    };
    let topic = "msh/EU_868/2/json/LongFast/!deadbeef";
    gateway.keep(topic, &packet("text", r#"{"text":"two trapped, north stairs"}"#));
    gateway.keep(topic, &packet("telemetry", r#"{"air_util_tx":0.1,"battery_level":83,"voltage":4.02}"#));
    let charged = packet("telemetry", r#"{"battery_level":101,"voltage":4.2}"#);
    assert_eq!(gateway.refuse(topic, &charged).name(), "rule");
    let named = packet("nodeinfo", r#"{"id":"!deadbeef","longname":"Anna","shortname":"AN","hardware":43}"#);
    assert_eq!(gateway.refuse(topic, &named).name(), "rule");
    let read = gateway.deliver(&mut reader);
    assert_eq!((&read[0]["note"], &read[1]["battery"]), (&json!("two trapped, north stairs"), &json!(80)));
}

#[test]
fn houses_and_rooms_report_too() {
    let world = World::new(9);
    let gateway = world.open();
    gateway.keep(
        "tele/plug-7/SENSOR",
        r#"{"Time":"2024-02-24T22:20:38","AM2301":{"Temperature":21.5,"Humidity":40.1,"DewPoint":7.5},"TempUnit":"C"}"#,
    );
    gateway.keep(
        "tele/plug-7/STATE",
        r#"{"Time":"2024-02-24T22:20:38","Uptime":"0T00:10:11","Heap":24,"POWER":"OFF","Wifi":{"AP":1,"SSId":"ESP-Network","RSSI":44}}"#,
    );
    gateway.keep("tele/plug-7/LWT", "Online");
    gateway.keep(
        "tasmota/discovery/00000049A3BC/config",
        r#"{"ip":"192.168.15.10","dn":"Tasmota","fn":["Test",null],"mac":"00000049A3BC","md":"Sonoff Basic","t":"plug-7","rl":[0,0,1],"ver":1}"#,
    );
    let fahrenheit =
        r#"{"Time":"2024-02-24T22:20:38","DS18B20":{"Id":"01","Temperature":70.7},"TempUnit":"F"}"#;
    assert_eq!(gateway.refuse("tele/plug-7/SENSOR", fahrenheit).name(), "rule");
    gateway.keep(
        "zigbee2mqtt/kitchen",
        r#"{"battery":90,"humidity":44.72,"linkquality":120,"temperature":27.34}"#,
    );
    gateway.keep("porch/sensor/temperature/state", "21.5");
    gateway.keep("porch/status", "online");
    let unknown = gateway.refuse("porch/sensor/wifi_signal/state", "-61");
    assert_eq!(unknown.name(), "policy");
    // All messages of a plug are one device's.
    assert_eq!(gateway.names(), ["tasmota:plug-7", "zigbee2mqtt:kitchen", "esphome:porch"]);
    // Commands and bridges are no reports.
    for topic in
        ["zigbee2mqtt/bridge/state", "cmnd/plug-7/POWER", "homeassistant/status/x", "stat/plug-7/RESULT"]
    {
        assert!(matches!(gateway.take(topic, "{}"), Taken::NotAReport), "{topic}");
    }
}

#[test]
fn the_studys_sensor_and_any_json_report() {
    let world = World::new(9);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    let text = "temperature: 256, severity: low, lat: -41.85, lon: -118.80, ip: 192.168.1.247, userId: 970";
    gateway.keep("srv/temperature", text);
    gateway.keep(
        "srv/temperature",
        r#"{"temperature":256,"severity":"low","lat":-41.85,"lon":-118.8,"ip":"192.168.1.247","userId":970}"#,
    );
    gateway.keep("devices/bed 4", r#"{"severity":"high"}"#);
    assert_eq!(gateway.refuse("srv/temperature", "temperature: 20, severity: low"), Refusal::NoDevice);
    assert_eq!(gateway.names(), ["study:970", "device:bed 4"]);
    let read = gateway.deliver(&mut reader);
    assert_eq!((&read[0]["severity"], &read[2]["severity"]), (&json!("low"), &json!("high")));
    assert_eq!(read[0], read[1]);
}

#[test]
fn the_default_policy_takes_them_too() {
    let world = World::with(crate::policy_file::DEFAULT_POLICY, 9);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    gateway.keep(
        "owntracks/anna/phone",
        r#"{"_type":"location","lat":18.54,"lon":-72.34,"tst":1800000000,"batt":80}"#,
    );
    gateway.keep("devices/bed-4", r#"{"severity":"critical","note":"bleeding","name":"Anna"}"#);
    // The urgent one goes first.
    let read = gateway.deliver(&mut reader);
    assert_eq!((&read[0]["person"], &read[0]["topic"]), (&json!("Anna"), &json!("devices/bed-4")));
    assert_eq!((&read[1]["battery"], &read[1]["topic"]), (&json!(80), &json!("owntracks/anna/phone")));
    // A topic that is too long for its field costs nobody a report.
    let long = format!("devices/{}", "x".repeat(60));
    gateway.keep(&long, r#"{"severity":"low"}"#);
    assert_eq!(gateway.deliver(&mut reader)[0].get("topic"), None);
    assert_eq!(gateway.refuse("owntracks/anna/phone", r#"{"_type":"encrypted","data":"x"}"#).name(), "rule");
    assert_eq!(gateway.gateway.counts().urgent, 1);
}

#[test]
fn rows_are_read_and_logins_name_devices() {
    let rows = "\n[[device]]\nname = \"row\"\ntopics = \"rows\"\npayload = { csv = [\"t\", \"lat\", \"lon\", \"x\"] }\ndevice = [\"$user\", \"$client\"]\n\
        fields = { temperature = { from = \"t\", plus = -273.15 }, position = [[\"lat\", \"lon\"]], time = \"$time\" }\n";
    let world = World::with(&format!("{}{rows}", crate::policy_file::DEVICES_POLICY), 9);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    gateway.keep("rows", "294.65;18.54;-72.34;secret\r\n");
    assert_eq!(gateway.refuse("rows", "294.65;18.54;-72.34").name(), "payload");
    assert_eq!(gateway.refuse("rows", "warm;;;").name(), "policy");
    assert_eq!(gateway.refuse("rows", ";18.54;;").name(), "half position");
    // Without a login nothing says which device it is.
    let stranger = Caller { client_id: "client", user: None };
    let taken = gateway.gateway.take(&stranger, &Offered::new("rows", b"294.65;18.54;-72.34;x"));
    assert!(matches!(taken, Taken::Refused(Refusal::NoDevice)));
    assert_eq!(gateway.names(), ["row:user/client"]);
    let read = gateway.deliver(&mut reader);
    assert_eq!(read[0]["position"]["zone"], "18QYF8052");
    assert_eq!(read[0]["time"], "2027-01-15T08:00:00Z");
}
