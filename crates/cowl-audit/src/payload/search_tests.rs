use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::*;
use crate::testing::Random;

const NAME: &str = "Jean-Éric Désir-Planté";

fn spellings(needle: &Needle, haystack: &[u8]) -> Vec<Spelling> {
    let mut found: Vec<_> =
        search(&[haystack], core::slice::from_ref(needle)).unwrap().iter().map(|hit| hit.spelling).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn text_is_found_in_every_spelling() {
    let needle = Needle::Text(NAME.into());
    let utf16 = |swap: bool| -> Vec<u8> {
        NAME.encode_utf16()
            .flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    let hex = crate::testing::hex(NAME.as_bytes()).to_uppercase();
    let cases: [(Vec<u8>, Spelling); 7] = [
        (format!("x{NAME}y").into_bytes(), Spelling::Raw),
        (NAME.to_uppercase().into_bytes(), Spelling::Raw),
        (NAME.to_lowercase().into_bytes(), Spelling::Raw),
        (utf16(false), Spelling::Utf16Little),
        (utf16(true), Spelling::Utf16Big),
        (hex.into_bytes(), Spelling::Hex),
        (b"n=Jean-%C3%89ric+D%C3%A9sir-Plant%C3%A9".to_vec(), Spelling::Percent),
    ];
    for (haystack, spelling) in cases {
        assert!(spellings(&needle, &haystack).contains(&spelling), "{spelling:?}");
    }
}

#[test]
fn base64_is_found_at_each_alignment() {
    for before in ["", "a", "ab", "abc", "abcd"] {
        for after in ["", "z", "zy"] {
            let text = format!("{before}{NAME}{after}");
            for encoded in [BASE64_STANDARD.encode(&text), BASE64_URL_SAFE_NO_PAD.encode(&text)] {
                assert!(
                    !spellings(&Needle::Text(NAME.into()), encoded.as_bytes()).is_empty(),
                    "{before} {after}"
                );
                assert!(
                    !spellings(&Needle::Bytes(NAME.into()), encoded.as_bytes()).is_empty(),
                    "{before} {after}"
                );
            }
        }
    }
}

#[test]
fn telephone_numbers_are_found_without_separators() {
    let needle = Needle::Phone("+509 3712-3456".into());
    assert_eq!(spellings(&needle, b"tel=50937123456"), [Spelling::Digits]);
    assert_eq!(spellings(&needle, b"tel=+509 3712-3456"), [Spelling::Raw]);
}

#[test]
fn coordinates_are_found_as_text_and_as_numbers() {
    let degrees = -72.337_248_1_f64;
    let needle = Needle::Degrees(degrees);
    #[expect(clippy::cast_possible_truncation, reason = "as a sender would")]
    let (single, scaled7, scaled5) = (degrees as f32, (degrees * 1e7) as i32, (degrees * 1e5).round() as i32);
    let cases: [(Vec<u8>, Spelling); 9] = [
        (b"lon: -72.3372".to_vec(), Spelling::Decimal),
        (b"72,33725 W".to_vec(), Spelling::Decimal),
        (b"-72.3372481".to_vec(), Spelling::Decimal),
        (degrees.to_le_bytes().to_vec(), Spelling::Float64),
        (degrees.to_be_bytes().to_vec(), Spelling::Float64),
        (single.to_le_bytes().to_vec(), Spelling::Float32),
        (single.to_be_bytes().to_vec(), Spelling::Float32),
        (scaled7.to_le_bytes().to_vec(), Spelling::Scaled),
        (scaled5.to_be_bytes().to_vec(), Spelling::Scaled),
    ];
    for (number, spelling) in cases {
        let haystack = [b"\x17\x99".as_slice(), &number, b"\x03"].concat();
        assert!(spellings(&needle, &haystack).contains(&spelling), "{spelling:?}");
    }
    assert!(spellings(&needle, b"72.33 and 72.3381").is_empty());
}

#[test]
fn hex_files_are_searched_as_bytes() {
    let hex = crate::testing::hex(&[NAME.as_bytes(), &[0xff]].concat());
    let file = format!("some/topic {hex}\nother 00\n");
    let decoded: Vec<Vec<u8>> = unhex(file.as_bytes()).collect();
    assert_eq!(decoded.len(), 1);
    assert_eq!(
        search(&decoded, &[Needle::Text(NAME.into())]).unwrap().first().map(|hit| hit.spelling),
        Some(Spelling::Raw)
    );
}

#[test]
fn random_bytes_hold_no_planted_text() {
    let mut random = Random::new(5);
    let haystacks: Vec<Vec<u8>> = (0..2000).map(|_| random.bytes(600)).collect();
    let needles: Vec<Needle> = (0..300)
        .flat_map(|number| {
            [Needle::Text(format!("Planted Person {number}")), Needle::Phone(format!("+509 4{number:07}"))]
        })
        .collect();
    let searcher = Searcher::new(&needles).unwrap();
    assert_eq!(searcher.judge(&haystacks), Judgement::default());
    let hex: String = haystacks.iter().map(|haystack| crate::testing::hex(haystack)).collect();
    assert!(!searcher.judge(&[hex]).leaked());
}

#[test]
fn short_numbers_are_weighed_against_chance() {
    let degrees: Vec<f64> = (0..1000).map(|number| 18.0 + f64::from(number) / 1013.0).collect();
    let needles: Vec<Needle> = degrees.iter().map(|degrees| Needle::Degrees(*degrees)).collect();
    let searcher = Searcher::new(&needles).unwrap();
    let mut random = Random::new(6);
    let mut haystack = random.bytes(2_000_000);
    let judged = searcher.judge(&[&haystack]);
    assert!((2.0..8.0).contains(&judged.short_expected) && !judged.leaked(), "{judged:?}");
    #[expect(clippy::cast_possible_truncation, reason = "as a sender would")]
    for (place, degrees) in degrees.iter().enumerate().take(40) {
        haystack[place * 600..place * 600 + 4].copy_from_slice(&(*degrees as f32).to_le_bytes());
    }
    let judged = searcher.judge(&[&haystack]);
    assert!(judged.leaked() && judged.hits.is_empty() && judged.short_hits.len() >= 40);
}

#[test]
fn needles_that_mean_nothing_are_refused() {
    let error = |needle| Searcher::new(&[Needle::Text("long enough".into()), needle]).unwrap_err();
    assert_eq!(error(Needle::Text("abc".into())), SearchError::TooShort(1));
    assert_eq!(error(Needle::Bytes(vec![])), SearchError::TooShort(1));
    assert_eq!(error(Needle::Degrees(f64::NAN)), SearchError::NotDegrees(1));
    assert_eq!(error(Needle::Degrees(200.0)), SearchError::NotDegrees(1));
    assert!(search::<&[u8]>(&[], &[]).unwrap().is_empty());
}
