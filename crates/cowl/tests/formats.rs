//! The public test suites of JSON and of hostile text, against the input formats.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

use cowl::formats::{InputProblem, parse};
use cowl_core::{MemberError, RawValue};

const SUITE: &str = include_str!("data/json/JSONTestSuite.txt");
const NAUGHTY: &str = include_str!("data/json/blns.json");

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The names of the suite begin with what a parser must do: y accept, n refuse, i either. As a reading is an object,
/// each case stands once as it is and once as the value of a member.
#[test]
fn json_is_what_rfc_8259_says() {
    let mut seen = [0, 0, 0];
    for line in SUITE.lines() {
        let (name, hex) = line.split_once(' ').unwrap();
        let content = unhex(hex);
        let bare = parse(&content);
        let within = parse(&[b"{\"a\": ", content.as_slice(), b"}"].concat());
        match name.as_bytes()[0] {
            b'y' => {
                seen[0] += 1;
                if name.contains("duplicated_key") {
                    // allowed by RFC 8259 §4, "unpredictable": refused here
                    assert_eq!(bare.unwrap_err().problem, InputProblem::Member(MemberError::Duplicate));
                    continue;
                }
                assert!(within.is_ok(), "{name}: {within:?}");
                if content.trim_ascii().starts_with(b"{") && name != "y_object_empty.json" {
                    assert!(bare.is_ok(), "{name}: {bare:?}");
                }
            }
            b'n' => {
                seen[1] += 1;
                assert!(bare.is_err(), "{name}");
                assert!(within.is_err(), "{name}");
            }
            _ => seen[2] += 1,
        }
    }
    assert_eq!(seen, [95, 186, 35]);
}

#[test]
fn naughty_text_comes_back_as_it_was() {
    let strings: Vec<String> = serde_json::from_str(NAUGHTY).unwrap();
    assert!(strings.len() > 500);
    for string in &strings {
        let _ = parse(string.as_bytes());
        let payloads = [
            serde_json::json!({ "note": string }).to_string(),
            format!("note: \"{}\"", string.replace('"', "\"\"")),
        ];
        for payload in payloads {
            let reading = parse(payload.as_bytes()).unwrap();
            assert_eq!(reading.members().get("note"), Some(&RawValue::Text(string.clone())));
        }
    }
}
