//! When a certificate begins and ends (RFC 5280 §4.1): nothing else of it is read, and nothing is believed of it.

use cowl_core::unix_seconds;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// From when until when, in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: u64,
    pub(super) until: u64,
}

/// Of the first certificate in a PEM file.
pub(super) fn of_pem(pem: &[u8]) -> Option<Validity> {
    of_der(&CertificateDer::from_pem_slice(pem).ok()?)
}

/// Of a certificate.
pub(super) fn of_der(der: &[u8]) -> Option<Validity> {
    let (certificate, _) = expect(der, SEQUENCE)?;
    let (body, _) = expect(certificate, SEQUENCE)?;
    let rest = expect(body, VERSION).map_or(body, |(_, rest)| rest);
    let (_serial, rest) = expect(rest, INTEGER)?;
    let (_algorithm, rest) = expect(rest, SEQUENCE)?;
    let (_issuer, rest) = expect(rest, SEQUENCE)?;
    let (validity, _) = expect(rest, SEQUENCE)?;
    let (from, rest) = time(validity)?;
    let (until, _) = time(rest)?;
    Some(Validity { from, until })
}

/// Content of the element in front if it has this tag, and what follows it (X.690 §8.1, lengths of up to four bytes).
fn expect(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    if *found != tag {
        return None;
    }
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// `YYMMDDhhmmssZ` up to 2049, then `YYYYMMDDhhmmssZ` (RFC 5280 §4.1.2.5).
fn time(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let short = expect(bytes, UTC_TIME);
    let (text, rest) = short.or_else(|| expect(bytes, GENERALIZED_TIME))?;
    let text = std::str::from_utf8(text).ok()?;
    let year = if short.is_none() {
        text.get(..4)?.to_owned()
    } else {
        let century = if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" };
        format!("{century}{}", text.get(..2)?)
    };
    let at = text.get(if short.is_none() { 4.. } else { 2.. })?;
    let pair = |place: usize| at.get(place..place + 2);
    let (month, day, hour, minute, second) = (pair(0)?, pair(2)?, pair(4)?, pair(6)?, pair(8)?);
    let time = unix_seconds(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))?;
    Some((time, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use time::{Duration, OffsetDateTime};

    use super::*;

    #[test]
    fn another_librarys_certificates_are_read() {
        for (from, days) in [(1_800_000_000_i64, 365), (946_684_800, 20_000), (2_524_608_000, 90)] {
            let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_before = OffsetDateTime::from_unix_timestamp(from).unwrap();
            params.not_after = params.not_before + Duration::days(days);
            let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            let until = u64::try_from(from + days * 86_400).unwrap();
            let expected = Validity { from: u64::try_from(from).unwrap(), until };
            assert_eq!(of_der(made.der()), Some(expected));
            assert_eq!(of_pem(made.pem().as_bytes()), Some(expected));
            for cut in 0..made.der().len() {
                assert_eq!(of_der(&made.der()[..cut]), None);
            }
        }
        assert_eq!(of_der(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
