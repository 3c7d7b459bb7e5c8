use serde_json::{Value, json};

use super::*;

const FIELDS: &[u8] = br#""severity":"high","n":1"#;

fn printed(output: &mut Output, sealed: bool, topic: Option<&str>) -> String {
    let received = Received { seconds: 1_800_000_000, nanoseconds: 5, text: rfc3339(1_800_000_000) };
    let origin = Origin { report: ReportId([0xab; 16]), epoch: Epoch(7), from: "V-0000-0001", help: None };
    let line = Line {
        sealed: sealed.then_some(origin),
        topic,
        fields: FIELDS,
        received: &received,
        qos: 1,
        retain: false,
    };
    let mut out = Vec::new();
    output.write(&line, &mut out);
    String::from_utf8(out).unwrap()
}

fn by(format: &str) -> Output {
    Output { form: Form::Template(Template::parse(format).unwrap()), line_break: false, payload: Vec::new() }
}

#[test]
fn one_flat_object_on_a_line() {
    let mut output = Output { form: Form::Json, line_break: true, payload: Vec::new() };
    assert_eq!(
        printed(&mut output, true, Some("t")),
        "{\"report\":\"abababababababababababababababab\",\"epoch\":7,\"from\":\"V-0000-0001\",\
         \"received\":\"2027-01-15T08:00:00Z\",\"severity\":\"high\",\"n\":1}\n"
    );
    assert_eq!(
        printed(&mut output, false, Some("srv/temperature")),
        "{\"received\":\"2027-01-15T08:00:00Z\",\"topic\":\"srv/temperature\",\"severity\":\"high\",\"n\":1}\n"
    );
}

#[test]
fn verbose_puts_the_topic_in_front() {
    let mut output = Output { form: Form::Verbose, line_break: false, payload: Vec::new() };
    assert_eq!(printed(&mut output, true, Some("a/b")), "a/b {\"severity\":\"high\",\"n\":1}");
    assert_eq!(printed(&mut output, true, None), "- {\"severity\":\"high\",\"n\":1}");
    assert_eq!(
        printed(&mut output, true, Some("a\u{1b}[2J")),
        "a\u{fffd}[2J {\"severity\":\"high\",\"n\":1}"
    );
}

#[test]
fn every_sequence() {
    let line = "%I %U %t %l %q %r %e %f %i %%\\t%p";
    assert_eq!(
        printed(&mut by(line), true, Some("a/b")),
        "2027-01-15T08:00:00Z 1800000000.000000005 a/b 25 1 0 7 V-0000-0001 abababababababababababababababab %\t\
         {\"severity\":\"high\",\"n\":1}"
    );
    assert_eq!(printed(&mut by("%x"), true, None), hex::encode(br#"{"severity":"high","n":1}"#));
    assert_eq!(printed(&mut by("%X"), true, None), hex::encode_upper(br#"{"severity":"high","n":1}"#));
    assert_eq!(printed(&mut by("[%i%e%f]"), false, None), "[]");
}

#[test]
fn described_as_mosquitto_does() {
    let object: Value = serde_json::from_str(&printed(&mut by("%J"), true, Some("a/b"))).unwrap();
    assert_eq!(
        object,
        json!({"tst": "2027-01-15T08:00:00Z", "topic": "a/b", "qos": 1, "retain": 0, "payloadlen": 25,
               "report": "abababababababababababababababab", "epoch": 7, "from": "V-0000-0001",
               "payload": {"severity": "high", "n": 1}})
    );
    let object: Value = serde_json::from_str(&printed(&mut by("%j"), false, None)).unwrap();
    assert_eq!(object["payload"], "{\"severity\":\"high\",\"n\":1}");
    assert_eq!(object["topic"], Value::Null);
    assert_eq!(object.get("from"), None);
}
