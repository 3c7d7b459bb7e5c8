use super::{html, sarif};
use crate::report::tests::well_formed;
use crate::survey::{Options, Report, Survey};
use crate::trace::{Carrier, Closing, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Way};

/// Values of people, none of which may be in any report.
const VALUES: [&str; 5] = ["marie", "18.54321", "50937112200", "a4cf12b0c3d4", "10.0.0.9"];

/// Two clients that tell everything, with markup in their keys.
fn report() -> Report {
    let broker = Point { kind: PointKind::Broker, name: "broker".into() };
    let note = "<script>note</script>".to_owned();
    let mut survey = Survey::new(
        Header { observer: Observer::Tap, start_us: 0, points: vec![broker], note },
        Options::default(),
    );
    for round in 0..6_u64 {
        for person in 0..2_u64 {
            let connection = ConnectionId(round * 2 + person);
            let mut at = (round * 2 + person) * 600_000_000;
            let from = Some(([10, 0, 0, 9 + u8::try_from(person).unwrap()], 4_000).into());
            survey.add(&Event::Open {
                connection,
                at,
                point: PointId(0),
                from,
                to: None,
                carrier: Carrier::Tcp,
            });
            let id = format!("phone-a4cf12b0c3d{}", 4 + person);
            let mut connect = b"\x10\x00\x00\x04MQTT\x04\x02\x00\x3c\x00".to_vec();
            connect.push(u8::try_from(id.len()).unwrap());
            connect.extend_from_slice(id.as_bytes());
            connect[1] = u8::try_from(connect.len() - 2).unwrap();
            survey.add(&Event::Packet { connection, at, way: Way::ToServer, bytes: &connect });
            for _ in 0..9 {
                at += 5_000_000;
                let payload = format!(
                    "{{\"name\":\"marie\",\"lat\":18.54321,\"lon\":-72.33{person}17,\"<b>&\":\"call +50937112200\"}}"
                );
                let mut publish = b"\x30\x00\x00\x06srv/up".to_vec();
                publish.extend_from_slice(payload.as_bytes());
                publish[1] = u8::try_from(publish.len() - 2).unwrap();
                survey.add(&Event::Packet { connection, at, way: Way::ToServer, bytes: &publish });
            }
            survey.add(&Event::Close { connection, at, cause: Closing::Orderly });
        }
    }
    let mut report = survey.finish();
    report.missing("the end of the <file>");
    report
}

#[test]
fn the_page_is_whole_and_names_nobody() {
    let mut page = String::new();
    html(&report(), "a trace & more", &mut page).unwrap();
    well_formed(&page);
    for word in
        ["a trace &amp; more", "&lt;file&gt;", "clear-transport", "stable-identifier", "TLS 1.3", "latitude"]
    {
        assert!(page.contains(word), "{word} is missing in\n{page}");
    }
    for value in VALUES {
        assert!(!page.contains(value), "{value} in\n{page}");
    }
}

#[test]
fn every_result_has_its_rule_and_names_nobody() {
    let report = report();
    let log = sarif(&report, "dir/a trace.pcap");
    crate::report::tests::valid_sarif(&log);
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), report.findings.len());
    assert!(report.findings.len() > 3);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        assert_eq!(rules.iter().filter(|rule| rule["id"] == result["ruleId"]).count(), 1, "{result}");
    }
    assert!(run["results"].as_array().unwrap().iter().any(|result| result["level"] == "error"));
    assert_eq!(run["artifacts"][0]["location"]["uri"], "dir/a%20trace.pcap");
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["level"], "warning");
    let text = log.to_string();
    for value in VALUES {
        assert!(!text.contains(value), "{value} in\n{text}");
    }
}
