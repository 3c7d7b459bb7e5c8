use super::*;

fn shown(found: Option<Meaning>) -> String {
    found.map_or("-".into(), |meaning| format!("{} {:?}", meaning.kind, meaning.precision))
}

#[test]
fn shapes_are_recognised_without_a_key() {
    let cases = [
        ("192.168.1.247", "IP address Exact"),
        ("1.2.3", "-"),
        ("::1", "-"),
        ("fe80::1ff:fe23:4567:890a", "IP address Exact"),
        ("12:30:15", "-"),
        ("aa:bb:cc:dd:ee:ff", "MAC address Exact"),
        ("AA-BB-CC-DD-EE-0F", "MAC address Exact"),
        ("amina@example.org", "e-mail address Exact"),
        ("@example.org", "-"),
        ("a@b", "-"),
        ("+509 3712-3456", "phone number Exact"),
        ("+12", "number Exact"),
        ("22A67880-15C3-41A6-9157-25545C7993AC", "identifier Exact"),
        ("V-001", "pseudonym Coarse"),
        ("VIC-7QX", "pseudonym Coarse"),
        ("v-001", "-"),
        ("18QYF7852", "MGRS cell Exact"),
        ("18QYF75", "MGRS cell Coarse"),
        ("18QYF785", "-"),
        ("61QYF7852", "-"),
        ("8828308281fffff", "H3 cell Exact"),
        ("8728308280fffff", "-"),
        ("872830828ffffff", "H3 cell Coarse"),
        ("48.8583, 2.2945", "position Exact"),
        ("geo:48.8,2.2;u=100", "position Coarse"),
        ("48.9,2.3", "-"),
        ("95.1234,2.3", "-"),
        ("1551874878", "timestamp Exact"),
        ("1551873600", "timestamp Coarse"),
        ("1551874878123", "timestamp Exact"),
        ("3712345678", "number Exact"),
        ("2010-01-12T04:08", "timestamp Exact"),
        ("2010-01-12T04:00:00Z", "timestamp Coarse"),
        ("2010-01-12", "timestamp Coarse"),
        ("critical", "severity Exact"),
        ("Low", "severity Exact"),
        ("-12.5", "number Exact"),
        ("hello", "-"),
        ("", "-"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(by_shape(text.as_bytes())), expected, "{text}");
    }
}

#[test]
fn keys_decide_where_the_value_fits() {
    let cases = [
        ("lat", "-41.85", "latitude Exact"),
        ("lat", "-41.9", "latitude Coarse"),
        ("lat", "91.5", "number Exact"),
        ("lon", "-118.80", "longitude Exact"),
        ("lng", "-118", "longitude Coarse"),
        ("ip", "10.1.2.x", "IP address Coarse"),
        ("ip", "10.1.2.0/24", "IP address Coarse"),
        ("ip", "10.1.2.3:1883", "IP address Exact"),
        ("mac", "00000049A3BC", "MAC address Exact"),
        ("phone", "3712-3456", "phone number Exact"),
        ("phone", "+509 37** ****", "phone number Coarse"),
        ("userId", "970", "user id Exact"),
        ("userId", "V-001", "pseudonym Coarse"),
        ("token", "V-001", "pseudonym Coarse"),
        ("token", "9f8d7c6b5a", "pseudonym Coarse"),
        ("name", "Amina Yusuf", "person's name Exact"),
        ("name", "VIC-XXX", "pseudonym Coarse"),
        ("contact", "+509 3712 3456", "phone number Exact"),
        ("contact", "3712-3456", "phone number Exact"),
        ("Contact", "50937123456", "phone number Exact"),
        ("contact", "amina@example.org", "e-mail address Exact"),
        ("contact", "Amina Yusuf", "person's name Exact"),
        ("contact", "V-001", "pseudonym Coarse"),
        ("contact", "17", "identifier Exact"),
        ("name", "37123456", "identifier Exact"),
        ("person", "2010-01-12", "person's name Exact"),
        ("name", "192.168.1.247", "person's name Exact"),
        ("zone", "Ouest", "place name Coarse"),
        ("zone", "18Q YF 7 5", "MGRS cell Coarse"),
        ("zone", "18QYF", "MGRS cell Coarse"),
        ("zone", "d4k7xz", "geohash Exact"),
        ("geohash", "d4k7", "geohash Coarse"),
        ("cell", "872830828ffffff", "H3 cell Coarse"),
        ("severity", "low", "severity Exact"),
        ("triage", "2", "severity Exact"),
        ("age", "20-29", "demographic Coarse"),
        ("age", "34", "demographic Exact"),
        ("temperature", "256", "temperature Exact"),
        ("batt", "46", "battery Exact"),
        ("tst", "1497349316", "timestamp Exact"),
        ("time", "04:08", "timestamp Exact"),
        ("note", "trapped", "free text Exact"),
        ("unknown", "20-30", "number Coarse"),
        ("unknown", "help us now", "free text Exact"),
        ("unknown", "w", "word Exact"),
        ("state", "critical", "severity Exact"),
        ("ct", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kA==", "-"),
        ("d", "q83vEjRWeJCrze8SNFZ4kA==", "identifier Coarse"),
    ];
    for (key, text, expected) in cases {
        let value = if text.parse::<f64>().is_ok() {
            Value::Number(text.as_bytes())
        } else {
            Value::Text(text.as_bytes())
        };
        assert_eq!(shown(meaning(Some(key.as_bytes()), value, None)), expected, "{key}: {text}");
    }
}

#[test]
fn an_array_of_coordinates_is_a_position() {
    let geojson = |index| shown(meaning(Some(b"coordinates"), Value::Number(b"2.2945"), Some(index)));
    assert_eq!([geojson(0), geojson(1), geojson(2)], ["longitude Exact", "latitude Exact", "altitude Exact"]);
    let plain = |index| shown(meaning(Some(b"location"), Value::Number(b"2.2945"), Some(index)));
    assert_eq!([plain(0), plain(1)], ["latitude Exact", "longitude Exact"]);
}
