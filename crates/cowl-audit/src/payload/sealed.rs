//! Further encrypted forms, and what stands in the clear around their ciphertext.

use crate::payload::field::{Kind, Precision};
use crate::payload::recognise::Meaning;
use crate::payload::scan::Scan;

/// Object identifiers of CMS content that is encrypted (RFC 5652 §6, RFC 5083 §2), DER.
const CMS: [&[u8]; 2] = [
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
];

/// A DER or BER sequence that begins with the object identifier of enveloped data.
pub(super) fn is_cms(bytes: &[u8]) -> bool {
    let Some((0x30, rest)) = bytes.split_first().map(|(first, rest)| (*first, rest)) else {
        return false;
    };
    let skip = match rest.first() {
        Some(length @ 0x80..=0x84) => usize::from(length & 0x7f) + 1,
        Some(0..=0x7f) => 1,
        _ => return false,
    };
    rest.get(skip..).is_some_and(|content| CMS.iter().any(|oid| content.starts_with(oid)))
}

/// `COSE_Encrypt0` or `COSE_Encrypt` with their CBOR tag (RFC 9052 §5): tag 16 or 96, an array of three or four, a byte string.
pub(super) fn is_cose(bytes: &[u8]) -> bool {
    let fits = |items: u8, header: u8, count: u8| items == count && (0x40..=0x59).contains(&header);
    match bytes {
        [0xd0, items, header, ..] => fits(*items, *header, 0x83),
        [0xd8, 0x60, items, header, ..] => fits(*items, *header, 0x84),
        _ => false,
    }
}

/// `OwnTracks` with a shared key: `{"_type":"encrypted","data":…}`.
pub(super) fn is_owntracks(text: &[u8]) -> bool {
    text.starts_with(b"{\"_type\":\"encrypted\"") || text.starts_with(b"{\"_type\": \"encrypted\"")
}

/// The JSON form of an encrypted JSON Web Token (RFC 7516 §7.2).
pub(super) fn is_jwe_json(text: &[u8]) -> bool {
    let starts = [&b"{\"protected\":"[..], b"{\"ciphertext\":", b"{\"recipients\":"];
    starts.iter().any(|start| text.starts_with(start))
        && text.windows(13).any(|part| part == b"\"ciphertext\":")
}

/// What Meshtastic's `ServiceEnvelope` says around an encrypted packet.
struct Mesh<'a> {
    from: &'a [u8],
    to: &'a [u8],
    gateway: &'a [u8],
}

/// Whether this is Meshtastic's `ServiceEnvelope` with an encrypted packet in it.
pub(super) fn is_meshtastic(bytes: &[u8]) -> bool {
    mesh(bytes).is_some()
}

/// Sender, recipient and gateway stand in the clear.
pub(super) fn walk_meshtastic(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    let Some(mesh) = mesh(bytes) else {
        return;
    };
    let device = Meaning { kind: Kind::DeviceId, precision: Precision::Exact };
    for (key, value) in [(&b"from"[..], mesh.from), (b"to", mesh.to), (b"gateway_id", mesh.gateway)] {
        if !value.is_empty() {
            scan.emit_at(device, Some(key), value, start..start + bytes.len());
        }
    }
}

fn mesh(bytes: &[u8]) -> Option<Mesh<'_>> {
    if bytes.first() != Some(&0x0a) {
        return None;
    }
    let (mut packet, mut channel, mut gateway) = (None, None, &[][..]);
    let mut rest = bytes;
    while !rest.is_empty() {
        match protobuf(&mut rest)? {
            (1, value) => packet = Some(value),
            (2, value) => channel = Some(value),
            (3, value) => gateway = value,
            _ => return None,
        }
    }
    channel.filter(|name| name.iter().all(|byte| (b' '..=b'~').contains(byte)))?;
    if gateway.first().is_some_and(|first| *first != b'!') {
        return None;
    }
    let (mut from, mut to, mut encrypted) = (&[][..], &[][..], false);
    let mut rest = packet?;
    while !rest.is_empty() {
        match protobuf(&mut rest)? {
            (1, value) => from = value,
            (2, value) => to = value,
            (5, _) => encrypted = true,
            _ => {}
        }
    }
    (encrypted && from.len() == 4 && to.len() == 4).then_some(Mesh { from, to, gateway })
}

/// The number and value of the next field; of an integer the value is empty.
fn protobuf<'a>(rest: &mut &'a [u8]) -> Option<(u64, &'a [u8])> {
    let tag = variable(rest)?;
    let length = match tag & 7 {
        0 => {
            variable(rest)?;
            0
        }
        1 => 8,
        2 => usize::try_from(variable(rest)?).ok()?,
        5 => 4,
        _ => return None,
    };
    let (value, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some((tag >> 3, value))
}

fn variable(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::payload::field::Kind;
    use crate::payload::{Format, Sighting, extract};

    fn format(bytes: &[u8]) -> Format {
        extract(&Sighting::new(b"", bytes)).format
    }

    #[test]
    fn encrypted_forms_are_told_by_their_first_bytes() {
        let mut cms = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80".to_vec();
        cms.resize(200, 0xa7);
        assert_eq!(format(&cms), Format::Cms);
        let mut cose = b"\xd0\x83\x43\xa1\x01\x03\xa1\x05\x4c".to_vec();
        cose.resize(90, 0xb3);
        assert_eq!(format(&cose), Format::Cose);
        assert_eq!(
            format(br#"{"_type":"encrypted","data":"q83vEjRWeJq83vASNFZ4mrze8BI0VniavN7w"}"#),
            Format::OwnTracksEncrypted
        );
        assert_eq!(
            format(br#"{"protected":"eyJlbmMiOiJBMjU2R0NNIn0","iv":"AAAA","ciphertext":"q83v","tag":"AA"}"#),
            Format::Jwe
        );
        assert_eq!(
            format(b"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.q83v.AAAAAAAAAAAAAAAAAAAAAA"),
            Format::Jwe
        );
    }

    #[test]
    fn meshtastic_names_its_sender_beside_the_ciphertext() {
        let mut packet = b"\x0d\x78\x56\x34\x12\x15\xff\xff\xff\xff\x18\x08\x2a\x10".to_vec();
        packet.extend([0x9c; 16]);
        let mut envelope = vec![0x0a, u8::try_from(packet.len()).unwrap()];
        envelope.extend(packet);
        envelope.extend(b"\x12\x08LongFast\x1a\x09!a1b2c3d4");
        let seen = extract(&Sighting::new(b"msh/EU_868/2/e/LongFast/!a1b2c3d4", &envelope));
        assert_eq!(seen.format, Format::Meshtastic);
        assert!(seen.in_payload().all(|field| field.kind == Kind::DeviceId));
        assert_eq!(seen.in_payload().count(), 3);
        // cut short it is nothing
        assert_eq!(format(envelope.get(..20).unwrap()), Format::Binary);
    }
}
