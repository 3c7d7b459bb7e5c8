//! Random payloads expose nothing: the extractor invents no fields.

use core::fmt::Write as _;

use cowl_audit::{Sighting, extract, scan};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn payload(&mut self) -> Vec<u8> {
        let length = 64 + usize::try_from(self.next() % 537).unwrap_or(0);
        let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(length);
        bytes
    }
}

/// Stated rate: fewer than one field in 100,000 random payloads of 64 to 600 bytes.
#[test]
fn random_payloads_have_no_fields() {
    let mut random = Random(2010);
    let mut found = Vec::new();
    for _ in 0..100_000 {
        scan(&Sighting::new(b"", &random.payload()), &mut |field| {
            found.push((field.kind, field.value.to_vec()));
        });
    }
    assert_eq!(found, []);
}

/// The same bytes as hex and base64 expose no more.
#[test]
fn encoded_random_payloads_have_no_fields() {
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    let mut random = Random(2011);
    for _ in 0..5_000 {
        let payload = random.payload();
        let hex = payload.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        for text in [hex, BASE64_STANDARD.encode(&payload), BASE64_URL_SAFE_NO_PAD.encode(&payload)] {
            let seen = extract(&Sighting::new(b"", text.as_bytes()));
            assert_eq!(seen.fields, [], "{text}");
        }
    }
}
