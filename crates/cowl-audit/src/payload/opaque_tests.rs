use super::*;
use crate::testing::Random;

#[test]
fn random_bytes_look_random_and_their_wrapping_is_opened() {
    let mut random = Random::new(1);
    for length in [32, 64, 128, 600, 4096] {
        let looks = classify(&random.bytes(length));
        assert_eq!(
            (looks.format, looks.randomness, looks.fields.len()),
            (Format::Binary, Randomness::Indistinguishable, 0)
        );
        let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, random.bytes(length));
        let looks = classify(text.as_bytes());
        assert_eq!(looks.format, Format::Base64);
        assert_eq!(looks.inner.map(|inner| inner.randomness), Some(Randomness::Indistinguishable));
    }
}

#[test]
fn few_random_payloads_are_misjudged() {
    let mut random = Random::new(2);
    let misjudged = (0..2000).filter(|number| {
        classify(&random.bytes(32 + number % 300)).randomness != Randomness::Indistinguishable
    });
    assert!(misjudged.count() <= 1);
}

#[test]
fn the_expected_entropy_of_random_bytes_is_right() {
    let mut random = Random::new(3);
    for length in [32_usize, 100, 1000] {
        let measured: Vec<f64> = (0..400).map(|_| entropy::bits_per_byte(&random.bytes(length))).collect();
        let mean = measured.iter().sum::<f64>() / 400.0;
        let deviation = (measured.iter().map(|bits| (bits - mean).powi(2)).sum::<f64>() / 399.0).sqrt();
        let expected = entropy::expected(length);
        assert!((mean - expected.mean).abs() < 0.2 * deviation, "{length}: {mean} {expected:?}");
        assert!((0.8..1.3).contains(&(expected.deviation / deviation)), "{length}: {deviation} {expected:?}");
    }
}

#[test]
fn what_is_known_is_named() {
    let cases: [(&[u8], &str); 7] = [
        (b"", "empty"),
        (b"{\"a\":1}", "JSON, 7 bytes; readable values: 1"),
        (b"\x28\xb5\x2f\xfd....", "zstd, 8 bytes"),
        (b"\x89PNG\r\n\x1a\n....", "PNG image"),
        (b"\x01\x02\x03", "binary data, too short to judge, 3 bytes"),
        (&[0x11; 64], "binary data with structure"),
        (b"hello there", "text, 11 bytes"),
    ];
    for (bytes, start) in cases {
        let text = classify(bytes).to_string();
        assert!(text.starts_with(start), "{text}");
    }
}
