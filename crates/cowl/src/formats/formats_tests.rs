use std::io::{BufReader, Cursor, Read, repeat};

use cowl_core::RawValue;
use proptest::prelude::*;

use super::*;

fn problem(bytes: &[u8]) -> (String, InputProblem) {
    let error = parse(bytes).unwrap_err();
    (error.place.to_string(), error.problem)
}

fn members(bytes: &[u8]) -> Vec<(String, RawValue)> {
    let reading = parse(bytes).unwrap();
    reading.members().iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

fn text(text: &str) -> RawValue {
    RawValue::Text(text.into())
}

#[test]
fn the_studys_text_and_json_are_read() {
    let study = b"temperature: 256, severity: low, lat: -41.85, lon: -118.80, ip: 192.168.1.247, userId: 970";
    let names: Vec<_> = members(study).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["temperature", "severity", "lat", "lon", "ip", "userId"]);
    assert_eq!(members(study)[2].1, text("-41.85"));
    assert_eq!(
        members(b"\xef\xbb\xbf {\"userId\": 970, \"t\": -1.5e2, \"z\": -0.0, \"n\": null}"),
        [
            ("userId".into(), RawValue::Integer(970)),
            ("t".into(), RawValue::Real(-150.0)),
            ("z".into(), RawValue::Real(0.0)),
            ("n".into(), RawValue::Null),
        ]
    );
}

#[test]
fn text_values_may_hold_colons_and_in_quotation_marks_anything() {
    assert_eq!(
        members(b"time: 2010-01-12T04:08,\r\n note: \"two, \"\"three\"\"\" , x:,"),
        [
            ("time".into(), text("2010-01-12T04:08")),
            ("note".into(), text("two, \"three\"")),
            ("x".into(), text("")),
        ]
    );
    assert_eq!(problem(b"note: help, please"), ("1:13".into(), InputProblem::NoColon));
    assert_eq!(problem(b"a: 1\n: 2"), ("2:1".into(), InputProblem::NoName));
    assert_eq!(problem(b"a: \"open"), ("1:4".into(), InputProblem::Quote));
    assert_eq!(problem(b"a: \"x\" y"), ("1:4".into(), InputProblem::Quote));
    assert_eq!(problem(b"a: 1, a: 2"), ("1:7".into(), InputProblem::Member(MemberError::Duplicate)));
}

#[test]
fn bad_payloads_are_refused_with_their_place() {
    assert_eq!(problem(b"").1, InputProblem::Empty);
    assert_eq!(problem(b" \t\r\n").1, InputProblem::Empty);
    assert_eq!(problem(b"{}").1, InputProblem::Empty);
    assert_eq!(problem(b"[1]").1, InputProblem::NotAnObject);
    assert_eq!(problem(b"a: \xff"), ("1:4".into(), InputProblem::NotUtf8));
    assert_eq!(problem(b"{\"a\": \"\xff\"}").1, InputProblem::NotUtf8);
    assert_eq!(problem(b"{\"a\": 1,\n \"a\": 2}").1, InputProblem::Member(MemberError::Duplicate));
    assert_eq!(problem(b"{\"a\": {\"b\": 1, \"b\": 2}}").1, InputProblem::Member(MemberError::Duplicate));
    assert_eq!(problem(b"{\"a\": NaN}").0, "1:7");
    assert!(matches!(problem(b"{\"a\": 1e999}").1, InputProblem::NotJson(_)));
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(500), "]".repeat(500));
    assert_eq!(problem(deep.as_bytes()).1, InputProblem::TooDeep);
    let abyss = format!("{{\"a\": {}", "[".repeat(60_000));
    assert_eq!(problem(abyss.as_bytes()).1, InputProblem::TooDeep);
    let many: Vec<_> = (0..=cowl_core::MAX_MEMBERS).map(|n| format!("\"{n}\": 0")).collect();
    let many = format!("{{{}}}", many.join(","));
    assert_eq!(problem(many.as_bytes()).1, InputProblem::Member(MemberError::TooMany));
    assert_eq!(problem(&vec![b'{'; MAX_LINE + 1]).1, InputProblem::TooLong);
}

#[test]
fn no_error_quotes_what_was_read() {
    for bad in ["{\"secret\": hidden}", "{\"secret\": \"hidden\" x}", "secret hidden", "secret: \"hidden"] {
        let error = parse(bad.as_bytes()).unwrap_err();
        for word in ["secret", "hidden"] {
            assert!(!format!("{error} {error:?} {}", error.hint()).contains(word), "{error}");
        }
    }
}

fn outcomes(input: &[u8], format: StreamFormat) -> Vec<Result<usize, String>> {
    Readings::new(input, format)
        .map(|reading| match reading {
            Ok(reading) => Ok(reading.members().len()),
            Err(error) => Err(error.to_string()),
        })
        .collect()
}

#[test]
fn good_lines_around_a_bad_one_go_through() {
    let input = b"{\"a\":1}\n\nnonsense\n\xff: 1\r\na: 1, b: 2\r\n{\"a\":1,\"b\":2,\"c\":3}";
    assert_eq!(
        outcomes(input, StreamFormat::Lines),
        [
            Ok(1),
            Err("2:1: empty".into()),
            Err("3:1: no colon between name and value".into()),
            Err("4:1: not UTF-8".into()),
            Ok(2),
            Ok(3),
        ]
    );
}

#[test]
fn csv_has_a_header_and_one_record_a_line() {
    let input = b"\xef\xbb\xbftime,lat,\"name\"\n2010-01-12T04:08,18.5,\"Jean, \"\"Ti\"\"\"\n,,x\n1,2\n1,2,\"open\n1,2,3\n";
    assert_eq!(
        outcomes(input, StreamFormat::Csv),
        [
            Ok(3),
            Ok(1),
            Err("4:1: 2 columns where the header has 3".into()),
            Err("5:5: a quotation mark is not closed, or text follows it".into()),
            Ok(3),
        ]
    );
    let excel = b"lat;lon;note\n18,5;72;x\n";
    assert_eq!(outcomes(excel, StreamFormat::Csv), [Ok(3)]);
    assert_eq!(
        outcomes(b"lat,lat\n1,2\n", StreamFormat::Csv),
        [Err("1:5: the same name stands twice".into())]
    );
    assert_eq!(outcomes(b"", StreamFormat::Csv), [Err("1:1: empty".into())]);
}

#[test]
fn an_endless_line_is_skipped_without_being_held() {
    let input = Cursor::new(b"a: 1\n").chain(repeat(b'x').take(1 << 24)).chain(Cursor::new(b"\nb: 2\n"));
    let mut lines = Lines::new(BufReader::new(input));
    assert_eq!(lines.next_line().unwrap(), Some(Line::Whole(b"a: 1")));
    assert_eq!(lines.next_line().unwrap(), Some(Line::TooLong));
    assert!(lines.capacity() < 4 * MAX_LINE);
    assert_eq!(lines.next_line().unwrap(), Some(Line::Whole(b"b: 2")));
    assert_eq!(lines.next_line().unwrap(), None);
    assert_eq!(lines.number(), 3);
    let exact = vec![b'x'; MAX_LINE];
    assert_eq!(Lines::new(exact.as_slice()).next_line().unwrap(), Some(Line::Whole(&exact)));
}

proptest! {
    #[test]
    fn any_bytes_are_total(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
        let _: Vec<_> = Readings::new(bytes.as_slice(), StreamFormat::Csv).collect();
        let _: Vec<_> = Readings::new(bytes.as_slice(), StreamFormat::Lines).collect();
    }

    #[test]
    fn any_near_miss_is_total(input in "[a\"{}\\[\\]:,;\n\r\t\\\\0-9.eE é-]{0,80}") {
        let _ = parse(input.as_bytes());
        let _: Vec<_> = Readings::new(input.as_bytes(), StreamFormat::Csv).collect();
    }

    #[test]
    fn quoted_text_comes_back(value in "[^\0]{1,40}") {
        let payload = format!("a: \"{}\", b: 1", value.replace('"', "\"\""));
        prop_assert_eq!(members(payload.as_bytes())[0].1.clone(), text(&value));
    }
}
