//! The auditor's figures: what they are of, and what is no scorecard.

use super::*;

#[test]
fn the_audits_figures_stand_there_and_say_of_what_they_are() {
    let world = default_world();
    let text = world.records().dpia(Some(&audit())).unwrap().to_markdown();
    assert!(!text.contains("These figures are of another"), "{text}");
    let json: Value = serde_json::from_str(SCORECARD).unwrap();
    let card = &json["scorecards"][0];
    assert!(text.contains(&format!("{} people, {} messages", card["people"], card["messages"])), "{text}");
    let broker = audit().scorecards[0].cell(Category::Linking, Adversary::Broker);
    assert!(matches!(broker, Cell::Measured { .. } | Cell::NotMeasured { .. }), "{broker:?}");
    let text = world.records().dpia(None).unwrap().to_markdown();
    assert!(text.contains("[to fill in: what was measured"), "{text}");

    let other = SCORECARD.replace("\"role\": \"triage\"", "\"role\": \"army\"");
    let other = Audit::parse(other.as_bytes(), "scores.json").unwrap();
    let text = world.records().label(Some(&other)).unwrap().to_markdown();
    assert!(text.contains("These figures are of another operation") && text.contains("“army”"), "{text}");
}

#[test]
fn what_is_no_scorecard_is_refused_with_its_place() {
    let refused = |text: &str| Audit::parse(text.as_bytes(), "scores.json").unwrap_err().to_string();
    let change = |from: &str, to: &str| {
        assert!(SCORECARD.contains(from), "{from}");
        refused(&SCORECARD.replacen(from, to, 1))
    };
    let cases = [
        (change("\"version\": 1,", "\"version\": 2,"), "version 2"),
        (change("\"headline\": true", "\"headlines\": true"), "headline"),
        (change("\"attack\": \"L1\"", "\"attack\": \"L9\""), "L9"),
        (change("\"adversary\": \"broker\"", "\"adversary\": \"butler\""), "butler"),
        (change("\"passed\": true", "\"passed\": false"), "a control failed"),
        (
            change("\"outcome\": \"measured\",", "\"outcome\": \"no_mechanism\", \"reason\": \"r\","),
            "part of one",
        ),
        (
            change("\"outcome\": \"measured\",", "\"outcome\": \"measured\", \"reason\": \"r\","),
            "no reason why not",
        ),
        (change("\"people\": ", "\"person\": "), "person"),
        (change("\"variant\": \"", "\"variant\": \"A|"), "small letters"),
        (change("\"comparisons\"", "\"comparison\""), "comparison"),
        (refused("{}"), "missing field"),
        (refused(""), "EOF"),
        (refused("{\"version\":1,\"scorecards\":[],\"comparisons\":[]}"), "no scorecard"),
        (refused("{\"version\":1,\"messages\":7}"), "messages"),
        (refused(&"[".repeat(100_000)), ""),
    ];
    for (error, said) in cases {
        assert!(error.starts_with("scores.json:") && error.contains(said), "{said}: {error}");
        let place = error.strip_prefix("scores.json:").unwrap();
        let line = place.split(':').next().unwrap();
        assert!(line.parse::<usize>().is_ok() && error.len() < 400, "{error}");
    }
    // Cut anywhere, it is no scorecard.
    for at in (0..SCORECARD.trim_end().len()).step_by(997) {
        assert!(Audit::parse(&SCORECARD.as_bytes()[..at], "s").is_err(), "{at}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// A scorecard may come from anywhere: it is read or refused, and what is read can be shown.
    #[test]
    fn any_altered_scorecard_is_read_or_refused(
        flips in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), 0x20_u8..0x7f), 1..4)
    ) {
        let mut bytes = SCORECARD.as_bytes().to_vec();
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] = flip;
        }
        if let Ok(audit) = Audit::parse(&bytes, "s") {
            for category in Category::ALL {
                let text = audit.scorecards[0].worst(category).map(|(_, cell)| dpia::advantage(&cell));
                proptest::prop_assert!(text.is_none_or(|text| text.to_fill_in() == 0));
            }
        }
    }

    #[test]
    fn any_organisation_is_read_or_refused(text in "[a-z_ =\"\\[\\]\n#.]{0,200}") {
        if let Err(error) = Organisation::parse(&text, "t") {
            proptest::prop_assert!(error.to_string().starts_with("t:"));
        }
    }
}
