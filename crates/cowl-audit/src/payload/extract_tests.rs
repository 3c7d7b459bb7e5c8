use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};

use super::*;
use crate::payload::field::{Kind, Precision};

const STUDY: &str =
    "temperature: 256, severity: low, lat: -41.85, lon: -118.80, ip: 192.168.1.247, userId: 970";

fn payload(bytes: &[u8]) -> Exposure {
    extract(&Sighting::new(b"", bytes))
}

fn kinds(exposure: &Exposure) -> Vec<Kind> {
    exposure.in_payload().map(|field| field.kind).collect()
}

#[test]
fn the_study_message_has_six_values_and_five_fields_in_every_form() {
    let kinds_expected =
        [Kind::Temperature, Kind::Severity, Kind::Latitude, Kind::Longitude, Kind::IpAddress, Kind::UserId];
    let json = r#"{"temperature": 256, "severity": "low", "lat": -41.85315880913369, "lon": -118.80014219493853, "ip": "192.168.1.247", "userId": 970}"#;
    let forms = [
        (STUDY.to_owned(), Format::KeyValue),
        (STUDY.replace(": ", "="), Format::KeyValue),
        (STUDY.replace(", ", "\n"), Format::KeyValue),
        (STUDY.replace(": ", "=").replace(", ", "&"), Format::KeyValue),
        (STUDY.replace(": ", "=").replace(", ", " "), Format::KeyValue),
        (json.to_owned(), Format::Json),
        (format!("\u{feff} {json}\n\0"), Format::Json),
        (BASE64_STANDARD.encode(json), Format::Base64),
        (BASE64_URL_SAFE_NO_PAD.encode(STUDY), Format::Base64),
        (
            "temperature,severity,lat,lon,ip,userId\n256,low,-41.85,-118.80,192.168.1.247,970".to_owned(),
            Format::Csv,
        ),
    ];
    for (text, format) in forms {
        let seen = payload(text.as_bytes());
        assert_eq!((seen.format, kinds(&seen)), (format, kinds_expected.to_vec()), "{text}");
        assert_eq!(seen.counts.payload, crate::Count { exact: 5, coarse: 0, values: 6 }, "{text}");
    }
}

#[test]
fn the_minimised_message_has_one_exact_field_and_two_coarse_ones() {
    let seen = payload(b"severity: low, zone: Z-14, token: V-001");
    assert_eq!(kinds(&seen), [Kind::Severity, Kind::PlaceName, Kind::Pseudonym]);
    assert_eq!(seen.counts.payload, crate::Count { exact: 1, coarse: 2, values: 3 });
}

#[test]
fn a_fernet_token_gives_its_time_away() {
    let mut raw = vec![0x80];
    raw.extend_from_slice(&1_736_161_169_u64.to_be_bytes());
    raw.extend((0..16 + 96 + 32).map(|number: u32| u8::try_from(number * 89 % 251).unwrap()));
    let token = BASE64_URL_SAFE.encode(&raw);
    for bytes in [token.as_bytes(), raw.as_slice()] {
        let seen = payload(bytes);
        assert_eq!((seen.format, kinds(&seen)), (Format::Fernet, vec![Kind::Timestamp]));
        assert_eq!(seen.counts.payload.exact, 1);
    }
    let mut stamps = Vec::new();
    scan(&Sighting::new(b"", token.as_bytes()), &mut |field| stamps.push(field.value.to_vec()));
    assert_eq!(stamps, [b"1736161169"]);
    let inside = format!(r#"{{"data":"{token}"}}"#);
    assert_eq!(kinds(&payload(inside.as_bytes())), [Kind::Timestamp]);
}

#[test]
fn layers_are_peeled_off() {
    let inner = r#"{"user":"amina","lat":18.5333,"lon":-72.3333}"#;
    let twice = BASE64_STANDARD.encode(BASE64_STANDARD.encode(inner));
    let hex = crate::testing::hex(inner.as_bytes());
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(inner.as_bytes(), 6);
    let mut gzip = b"\x1f\x8b\x08\x00\0\0\0\0\0\x03".to_vec();
    gzip.extend(miniz_oxide::deflate::compress_to_vec(inner.as_bytes(), 6));
    let quoted = format!(r#"{{"payload":{}}}"#, serde_json::to_string(inner).unwrap());
    let nested = format!(r#"{{"payload":"{}"}}"#, BASE64_STANDARD.encode(inner));
    for bytes in [twice.as_bytes(), hex.as_bytes(), &zlib, &gzip, quoted.as_bytes(), nested.as_bytes()] {
        let seen = payload(bytes);
        assert_eq!(kinds(&seen), [Kind::UserId, Kind::Latitude, Kind::Longitude], "{:?}", seen.format);
        assert!(seen.fields.iter().all(|field| field.layers > 0));
    }
}

#[test]
fn json_is_read_nested_broken_and_escaped() {
    let cases: [(&str, &[Kind]); 12] = [
        (r#"{"topic":"owntracks/greg/22A67880-15C3-41A6-9157-25545C7993AC"}"#, &[Kind::Word, Kind::Id]),
        (r#"{"sw":"8.4.0.2","topic":"a/865284041968706"}"#, &[Kind::Word, Kind::Word]),
        (r#"{"word":"internationalization"}"#, &[Kind::Word]),
        (r#"{"gps":{"pos":{"lat":1.234,"lon":2.345}}}"#, &[Kind::Latitude, Kind::Longitude]),
        (
            r#"{"geometry":{"type":"Point","coordinates":[2.29,48.85]}}"#,
            &[Kind::Word, Kind::Longitude, Kind::Latitude],
        ),
        (r#"{"temperature":{"value":21.5}}"#, &[Kind::Temperature]),
        (r#"{"userId":970,"lat":48.85"#, &[Kind::UserId, Kind::Latitude]),
        (r#"{"e":"amina\u0040example.org"}"#, &[Kind::Email]),
        (r#"[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]"#, &[Kind::IpAddress, Kind::IpAddress]),
        (r#"{"note":null,"on":true,"name":""}"#, &[Kind::Flag]),
        (
            r#"{"note":"call +509 3712 3456 or amina@example.org."}"#,
            &[Kind::FreeText, Kind::Email, Kind::Phone],
        ),
        (
            r#"{"note":"we are at 18.5333, -72.3333 since 2010-01-12"}"#,
            &[Kind::FreeText, Kind::Position, Kind::Timestamp],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(kinds(&payload(text.as_bytes())), expected, "{text}");
    }
}

#[test]
fn other_forms_are_read() {
    let cases: [(&[u8], Format, &[Kind]); 10] = [
        (b"21.5", Format::Number, &[Kind::Number]),
        (b"ON", Format::Text, &[Kind::Word]),
        (b"192.168.1.247", Format::Text, &[Kind::IpAddress]),
        (b"18.5333,-72.3333", Format::Text, &[Kind::Position]),
        (
            b"2010-01-12T04:08,18.5797,-72.2928,5b",
            Format::Csv,
            &[Kind::Timestamp, Kind::Latitude, Kind::Longitude, Kind::Word],
        ),
        (b"Please help, we are stuck, no water", Format::Text, &[Kind::FreeText]),
        (b"", Format::Empty, &[]),
        (
            b"\xa3\x63lat\xfb\x40\x32\x88\x93\x74\xbc\x6a\x7f\x63lon\xfa\xc2\x90\xaa\x99\x64name\x65Amina",
            Format::Cbor,
            &[Kind::Latitude, Kind::Longitude, Kind::PersonName],
        ),
        (b"\x08\x07\x12\x18This is text in protobuf\x1a\x02\x01", Format::Binary, &[Kind::FreeText]),
        (
            b"age-encryption.org/v1\n-> ssh-ed25519 Xyz1+A 0123\nabc\n--- mac\n\x80\x81",
            Format::Age,
            &[Kind::KeyId],
        ),
    ];
    for (bytes, format, expected) in cases {
        let seen = payload(bytes);
        assert_eq!((seen.format, kinds(&seen).as_slice()), (format, expected), "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_json_web_token_shows_its_claims() {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let token =
        format!("{}.{}.{}", part(r#"{"alg":"HS256"}"#), part(r#"{"sub":"amina"}"#), part("signature bytes"));
    let seen = payload(token.as_bytes());
    assert_eq!((seen.format, kinds(&seen)), (Format::Jwt, vec![Kind::Credential, Kind::UserId]));
}

#[test]
fn metadata_is_counted_apart() {
    let seen = extract(&Sighting {
        client_id: Some(b"mqttx_0bebac"),
        user_name: Some(b"amina"),
        ip: Some("10.0.0.7".parse().unwrap()),
        user_properties: &[(b"device", b"tablet-7")],
        ..Sighting::new(b"owntracks/greg/phone", b"\x01\x02\xff\xfe")
    });
    let found: Vec<_> = seen.in_metadata().map(|field| (field.source, field.kind)).collect();
    assert_eq!(
        found,
        [
            (Source::Topic, Kind::UserId),
            (Source::Topic, Kind::DeviceId),
            (Source::ClientId, Kind::ClientId),
            (Source::UserName, Kind::UserId),
            (Source::UserProperty, Kind::DeviceId),
            (Source::Connection, Kind::IpAddress),
        ]
    );
    assert_eq!((seen.counts.payload.total(), seen.counts.metadata.exact), (0, 6));
}

#[test]
fn topics_say_what_they_say() {
    let cases: [(&str, &[Kind]); 7] = [
        ("srv/temperature", &[Kind::Subject]),
        ("c/5f1d7a84c9e34e0b9d1c2a3b4c5d6e7f/3", &[Kind::Id]),
        ("user/970/position", &[Kind::Subject, Kind::UserId, Kind::Subject]),
        ("zone/north/alerts", &[Kind::Subject, Kind::PlaceName]),
        ("a/b/c", &[]),
        ("//", &[]),
        ("tasmota/discovery/00000049A3BC/config", &[Kind::DeviceId]),
    ];
    for (topic, expected) in cases {
        let seen = extract(&Sighting::new(topic.as_bytes(), b""));
        let found: Vec<_> = seen.in_metadata().map(|field| field.kind).collect();
        assert_eq!(found, expected, "{topic}");
    }
}

#[test]
fn examples_are_masked() {
    let seen = payload(STUDY.as_bytes());
    let examples: Vec<_> = seen.in_payload().map(|field| field.example.as_str()).collect();
    assert_eq!(examples, ["***", "***", "-**.**", "-***.**", "1**.***.*.***", "***"]);
}

#[test]
fn coarse_and_exact_are_told_apart() {
    let seen = payload(b"lat: -41.9, lon: -118.8, age: 20-29, time: 2010-01-12");
    assert_eq!(seen.counts.payload, crate::Count { exact: 0, coarse: 3, values: 4 });
    assert!(seen.fields.iter().all(|field| field.precision == Precision::Coarse));
}

#[test]
fn many_bombs_in_one_message_end() {
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b'a'; 4 << 20], 9);
    let mut message = vec![0x9f];
    for _ in 0..50 {
        message.push(0x59);
        message.extend(u16::try_from(bomb.len()).unwrap().to_be_bytes());
        message.extend(&bomb);
    }
    message.extend(b"\x65Amina\xff");
    let seen = payload(&message);
    assert_eq!((seen.format, kinds(&seen)), (Format::Cbor, vec![Kind::Word]));
}

#[test]
fn spans_are_places_in_the_payload() {
    let text = r#"{"note":"call \u002b509 3712 3456","ip":"10.0.0.1","x":"\u"}"#;
    for field in payload(text.as_bytes()).fields {
        let span = text.get(field.span.clone()).unwrap();
        let expected = match field.key.as_deref() {
            Some("ip") => "10.0.0.1",
            Some("x") => "\\u",
            _ => r"call \u002b509 3712 3456",
        };
        assert_eq!(span, expected);
    }
}
