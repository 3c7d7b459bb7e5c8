use super::*;

const SAMPLE: &str = include_str!("../../testdata/evidence.jsonl");

fn fault(text: &str) -> EvidenceError {
    read(text.as_bytes()).unwrap_err()
}

#[test]
fn the_sample_of_the_specification_is_read() {
    let evidence = read(SAMPLE.as_bytes()).unwrap();
    assert_eq!(evidence.until, 259_200_000_000);
    assert_eq!(evidence.notices.len(), 1);
    assert_eq!(evidence.people().into_iter().collect::<Vec<_>>(), [7, 8]);
    let coverage = evidence.coverage();
    let medical = Recipient::Role("Medical".to_owned());
    assert!(coverage.covers(7, "severity", &medical, 3_600_000_000));
    assert!(!coverage.covers(7, "severity", &medical, 3_599_999_999), "before it was given");
    assert!(!coverage.covers(7, "severity", &medical, 90_000_000_000), "after she withdrew");
    assert!(coverage.covers(8, "severity", &medical, 90_000_000_000), "he did not withdraw");
    assert!(!coverage.covers(8, "severity", &Recipient::Party(Party::Broker), 90_000_000_000));
    assert!(coverage.covers(8, "address", &Recipient::Party(Party::Broker), 90_000_000_000));
    assert!(!coverage.covers(9, "severity", &medical, 90_000_000_000), "nobody told person 9");
}

#[test]
fn every_line_of_the_sample_survives_writing() {
    for line in SAMPLE.lines() {
        let parsed: Line = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), line);
    }
}

#[test]
fn a_faulty_line_is_named_and_never_repeated() {
    let head = r#"{"line":"evidence","version":1,"until":100}"#;
    let notice = r#"{"line":"notice","notice":"n1","covers":[{"fields":["name"],"recipients":["broker"]}]}"#;
    let cases: &[(&str, usize, &str)] = &[
        ("", 1, "NoHead"),
        (notice, 1, "NoHead"),
        (r#"{"line":"evidence","version":2,"until":100}"#, 1, "Version(2)"),
        ("HEAD\nHEAD", 2, "SecondHead"),
        ("HEAD\n\n{\"line\":\"secret\"}", 3, "Syntax"),
        (r#"HEAD|{"line":"given","person":1,"notice":"n1","at":0,"secret":1}"#, 2, "Syntax"),
        (r#"HEAD|{"line":"given","person":1,"notice":"secret","at":0}"#, 2, "Unknown"),
        (r#"HEAD|{"line":"notice","notice":"secret","covers":[]}"#, 2, "Empty"),
        (
            r#"HEAD|{"line":"notice","notice":"secret","covers":[{"fields":["*"],"recipients":["broker"]}]}"#,
            2,
            "Wildcard",
        ),
        (
            r#"HEAD|{"line":"notice","notice":"n","covers":[{"fields":["a"],"recipients":["secret"]}]}"#,
            2,
            "Syntax",
        ),
        ("HEAD|NOTICE|NOTICE", 3, "Twice"),
        (r#"HEAD|NOTICE|{"line":"given","person":1,"notice":"n1","at":101}"#, 3, "Times"),
        (r#"HEAD|NOTICE|{"line":"given","person":1,"notice":"n1","at":9,"until":9}"#, 3, "Times"),
        (r#"HEAD|{"line":"copy","person":1,"holder":"broker"}"#, 2, "NoWithdrawal"),
        (r#"HEAD|{"line":"record","record":"secret","cause":"erased"}"#, 2, "At"),
        (r#"HEAD|{"line":"record","record":"secret","cause":"live","at":1}"#, 2, "At"),
        (r#"HEAD|{"line":"trial","record":"secret","medium":"backup","opened":true}"#, 2, "Unknown"),
    ];
    for (text, line, kind) in cases {
        let text = text.replace('|', "\n").replace("HEAD", head).replace("NOTICE", notice);
        let error = fault(&text);
        assert_eq!(error.line, *line, "{text}");
        assert!(format!("{:?}", error.fault).starts_with(kind), "{text}: {error:?}");
        assert!(!error.hint().is_empty());
        assert!(!format!("{error}{error:?}").contains("secret"), "{error:?}");
    }
}

#[test]
fn a_line_without_an_end_is_not_kept() {
    let endless = std::io::Read::chain(&b"{\"line\":\""[..], std::io::repeat(b'x'));
    let error = read(std::io::BufReader::new(endless)).unwrap_err();
    assert!(matches!(error, EvidenceError { line: 1, fault: EvidenceFault::TooLong }));
}
