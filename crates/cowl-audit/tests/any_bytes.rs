//! Whatever the bytes: an answer, the same each time, with spans inside the message.

use cowl_audit::{Needle, Searcher, Sighting, Source, Tally, coincidences, extract, offsets, opaque};
use proptest::collection::vec;
use proptest::prelude::*;

/// Bytes, text, and text that is nearly of some format.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop::sample::select(vec![
        "{\"",
        "\":",
        "[",
        "]",
        "}",
        ",",
        "lat",
        "lon",
        ": ",
        "=",
        "-41.85",
        "970",
        "\\u",
        "\\",
        "\"",
        "gAAAAA",
        "eyJ",
        ".",
        "@",
        "+509 ",
        "12:30",
        "::",
        "\n",
        "-> ssh-",
        "age-encryption.org/v1\n",
        "-----BEGIN PGP MESSAGE-----",
        "1.1.1.1",
        "18QYF",
        " ",
        "é",
        "a1",
        "QUJD",
        "coordinates",
        "true",
        "null",
        "8828308281fffff",
        "2010-01-12",
        "T",
        "V-001",
        "\u{feff}",
    ]);
    prop_oneof![
        vec(any::<u8>(), 0..300),
        vec(
            prop_oneof![
                Just(0xa1_u8),
                Just(0x61),
                Just(0x9f),
                Just(0xff),
                Just(0xbf),
                Just(0x5f),
                Just(0xfb),
                any::<u8>()
            ],
            0..40
        ),
        vec(fragment, 0..40).prop_map(|parts| parts.concat().into_bytes()),
        ".*".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn extract_never_panics_and_repeats_itself(topic in payload(), payload in payload(), name in payload()) {
        let seen = Sighting { client_id: Some(&name), user_name: Some(&name), user_properties: &[(&topic, &payload)], ..Sighting::new(&topic, &payload) };
        let exposure = extract(&seen);
        for field in &exposure.fields {
            let source = match field.source {
                Source::Payload | Source::UserProperty => payload.len(),
                Source::Topic => topic.len(),
                _ => name.len(),
            };
            prop_assert!(field.span.start <= field.span.end && field.span.end <= source, "{field:?}");
        }
        prop_assert_eq!(&exposure, &extract(&seen));
        let mut tally = Tally::new();
        tally.add(&seen);
        tally.add(&seen);
        let counts = exposure.counts.payload;
        prop_assert!(counts.values >= counts.total());
        prop_assert_eq!(tally.summary().payload.most, counts.total());
        let _ = opaque::classify(&payload).to_string();
    }

    #[test]
    fn side_by_side_never_panics(payloads in vec(vec(any::<u8>(), 0..12), 0..40)) {
        for found in coincidences(&payloads) {
            prop_assert_eq!(found.at_offset.iter().sum::<u64>(), found.total);
        }
        let _ = offsets::profile(&payloads);
    }
}

proptest! {
    // each case builds an automaton
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_planted_text_is_always_found(before in vec(any::<u8>(), 0..50), needle in "[ -~]{4,20}", after in vec(any::<u8>(), 0..50)) {
        prop_assume!(needle.bytes().any(|byte| Some(byte) != needle.bytes().next()));
        let haystack = [&before, needle.as_bytes(), &after].concat();
        let hits = Searcher::new(&[Needle::Text(needle)]).unwrap().find([&haystack]);
        prop_assert!(hits.iter().any(|hit| hit.offset == before.len()));
    }
}
