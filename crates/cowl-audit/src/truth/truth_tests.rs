use core::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::attack::Truth;
use crate::testing::scene::Recipe;

const OPERATION: &str =
    r#"{"line":"operation","version":1,"configuration":"plain","seed":1,"length":3600000000}"#;
const PERSON: &str = r#"{"line":"person","person":7,"uses":true,"lat":18.5,"lon":-72.3}"#;

fn load(lines: &[&str]) -> Result<Loaded, TruthError> {
    Truth::load(lines.join("\n").as_bytes())
}

/// All lines of a scene; degrees on a grid that decimals hold exactly.
fn lines() -> Vec<Line> {
    let mut truth = Recipe { people: 5, controls: 2, days: 1, ..Recipe::leaking() }.build().truth;
    let round = |degrees: &mut f64| *degrees = (*degrees * 1024.0).round() / 1024.0;
    truth.zones.iter_mut().for_each(|zone| [&mut zone.lat, &mut zone.lon].into_iter().for_each(round));
    truth.people.values_mut().for_each(|one| [&mut one.lat, &mut one.lon].into_iter().for_each(round));
    truth.stays.iter_mut().for_each(|stay| [&mut stay.lat, &mut stay.lon].into_iter().for_each(round));
    for message in truth.messages.values_mut() {
        message.lat.iter_mut().chain(&mut message.lon).for_each(round);
    }
    let mut lines = vec![Line::Operation(truth.operation)];
    lines.extend(truth.zones.into_iter().map(Line::Zone));
    lines.extend(truth.people.into_values().map(Line::Person));
    lines.extend(truth.stays.into_iter().map(Line::Stay));
    let mut messages: Vec<_> = truth.messages.into_values().collect();
    messages.sort_by_key(|message| message.message);
    lines.extend(messages.into_iter().map(Line::Message));
    lines.extend(truth.opened.into_iter().map(Line::Opened));
    lines.extend(truth.deliveries.into_iter().map(Line::Delivery));
    lines.push(Line::Expense(truth.expense));
    lines
}

fn write(mut writer: Writer<Vec<u8>>, lines: &[Line]) -> Vec<u8> {
    for line in lines {
        writer.line(line).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn what_is_written_is_read_in_both_forms() {
    let lines = lines();
    let (plain, packed) =
        (write(Writer::new(Vec::new()), &lines), write(Writer::compressed(Vec::new()), &lines));
    assert!(packed.len() * 2 < plain.len());
    for file in [&plain, &packed] {
        let mut reader = Lines::new(file.as_slice()).unwrap();
        for line in &lines {
            assert_eq!(reader.line().unwrap().as_ref(), Some(line));
        }
        assert_eq!(reader.line().unwrap(), None);
        let loaded = Truth::load(file.as_slice()).unwrap();
        assert_eq!(loaded.doubts, Doubts::default());
        assert_eq!((loaded.truth.people.len(), loaded.truth.stays.len()), (7, 7 * 24));
    }
}

#[test]
fn references_to_nothing_are_counted() {
    let stay = r#"{"line":"stay","person":8,"at":0,"lat":0,"lon":0}"#;
    let message =
        r#"{"line":"message","connection":1,"ordinal":0,"kind":"report","person":9,"written":5,"zone":"Z"}"#;
    let opened = r#"{"line":"opened","connection":2,"ordinal":0,"reader":{"role":"triage"},"text":"x"}"#;
    let loaded = load(&[OPERATION, PERSON, stay, "", message, opened]).unwrap();
    let doubts = Doubts { unknown_people: 2, unknown_zones: 1, unknown_messages: 1, thinned: 0 };
    assert_eq!(loaded.doubts, doubts);
}

#[test]
fn what_must_be_refused_is_and_says_where() {
    let cases: &[(&[&str], u64, &str)] = &[
        (&[PERSON], 1, "not an `operation`"),
        (&[OPERATION, OPERATION], 2, "a second `operation`"),
        (&[OPERATION, PERSON, PERSON], 3, "there twice"),
        (
            &[OPERATION, r#"{"line":"person","person":"secret","uses":true,"lat":1,"lon":1}"#],
            2,
            "no `person`",
        ),
        (&[OPERATION, r#"{"line":"stay","person":1,"at":0,"lat":91,"lon":0}"#], 2, "latitude"),
        (&[OPERATION, r#"{"line":"stay","person":1,"at":0,"lat":1,"lon":-181}"#], 2, "longitude"),
        (&[OPERATION, r#"{"line":"secret"}"#], 2, "not known"),
        (&[OPERATION, r#"{"secret":1}"#], 2, "has no `line`"),
        (&[OPERATION, "secret"], 2, "not JSON"),
        (&[&OPERATION.replace("\"version\":1", "\"version\":2")], 1, "another version"),
    ];
    for (lines, number, what) in cases {
        let error = load(lines).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, TruthError::Line { line, .. } if line == *number), "{text}");
        assert!(text.contains(what) && !text.contains("secret"), "{text}");
        assert!(error.hint().is_some());
    }
    assert!(matches!(load(&[]), Err(TruthError::Empty)));
    let long = format!("{OPERATION}\n{}", " ".repeat(MAX_LINE + 1));
    assert!(matches!(Truth::load(long.as_bytes()), Err(TruthError::Line { line: 2, .. })));
}

#[test]
fn a_compressed_file_that_is_cut_says_so() {
    let file = write(Writer::compressed(Vec::new()), &lines());
    for length in [5, 100, file.len() - 1] {
        let error = Truth::load(&file[..length]).unwrap_err();
        assert!(matches!(error, TruthError::Truncated { .. }), "{length}: {error}");
    }
    let mut broken = file.clone();
    broken[60] ^= 1;
    assert!(matches!(Truth::load(broken.as_slice()), Err(TruthError::Damaged { .. })));
}

#[test]
fn fields_of_a_large_file_are_thinned() {
    let mut file = OPERATION.to_owned();
    let many = MAX_FIELDS + MAX_FIELDS / 4;
    for connection in 0..many {
        let _ = write!(
            file,
            "\n{{\"line\":\"message\",\"connection\":{connection},\"ordinal\":0,\"kind\":\"report\",\"written\":0,\"fields\":{{\"a\":\"b\"}}}}"
        );
    }
    let loaded = Truth::load(file.as_bytes()).unwrap();
    let kept = loaded.truth.messages.values().filter(|message| !message.fields.is_empty()).count();
    assert_eq!(kept + usize::try_from(loaded.doubts.thinned).unwrap(), many);
    assert!((MAX_FIELDS / 2..=MAX_FIELDS).contains(&kept), "{kept}");
}

proptest! {
    #[test]
    fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in ".{0,200}") {
        let _ = Truth::load(bytes.as_slice());
        let _ = Truth::load(text.as_bytes());
        let frame: &[u8] = &[&crate::trace::lz4::FRAME[..], &bytes].concat();
        let _ = Truth::load(frame);
    }
}

/// The example of the specification, §7.
#[test]
fn the_specification_s_example() {
    let text = include_str!("../../../../spec/trace.md");
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("    {")).collect();
    let loaded = load(&lines).unwrap();
    assert_eq!(loaded.doubts, Doubts::default());
    let truth = loaded.truth;
    assert_eq!((truth.people.len(), truth.messages.len(), truth.opened.len()), (1, 1, 1));
    assert_eq!((truth.stays.len(), truth.deliveries.len(), lines.len()), (1, 1, 8));
}
