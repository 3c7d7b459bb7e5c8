//! What is written is read, and nothing else is.

use proptest::prelude::*;

use super::*;

fn scalar() -> impl Strategy<Value = RawValue> {
    prop_oneof![
        any::<bool>().prop_map(RawValue::Flag),
        any::<i64>().prop_map(RawValue::Integer),
        any::<f64>().prop_filter("NaN is unlike itself", |number| !number.is_nan()).prop_map(RawValue::Real),
        "\\PC{0,40}".prop_map(RawValue::Text),
    ]
}

fn value() -> impl Strategy<Value = RawValue> {
    prop_oneof![
        4 => scalar(),
        1 => (scalar(), scalar()).prop_map(|(one, two)| RawValue::List(vec![one, two])),
    ]
}

fn waiting() -> impl Strategy<Value = Waiting> {
    let members = proptest::collection::btree_map("[a-z-]{1,32}", value(), 0..20).prop_map(|entries| {
        let mut members = Members::new();
        for (name, value) in entries {
            members.push(&name, value).unwrap();
        }
        members
    });
    (any::<[u8; 16]>(), any::<u32>(), any::<u64>(), members).prop_map(|(report, identity, time, members)| {
        Waiting { report: ReportId(report), identity, time, members }
    })
}

fn small() -> Waiting {
    let mut members = Members::new();
    members.push("severity", RawValue::Text("high".into())).unwrap();
    Waiting { report: ReportId([7; 16]), identity: 3, time: 1_800_000_000, members }
}

#[test]
fn the_form_stays() {
    let bytes = hex::encode(&*small().encode());
    let wanted =
        ["8501", "50", &"07".repeat(16), "03", "1a6b49d200", "81", "82", "687365766572697479", "6468696768"];
    assert_eq!(bytes, wanted.concat());
}

#[test]
fn what_no_field_can_have_is_not_kept() {
    let mut report = small();
    report.members.push("object", RawValue::Object(Members::new())).unwrap();
    report.members.push("list", RawValue::List(vec![RawValue::Integer(1); 3])).unwrap();
    report.members.push("null", RawValue::Null).unwrap();
    report.members.push("nested", RawValue::List(vec![RawValue::List(Vec::new()); 2])).unwrap();
    assert_eq!(Waiting::decode(&report.encode()), Ok(small()));
}

#[test]
fn another_form_and_anything_behind_is_refused() {
    let good = small().encode().to_vec();
    assert_eq!(Waiting::decode(&good), Ok(small()));
    let mut later = good.clone();
    later[1] = 2;
    assert_eq!(Waiting::decode(&later), Err(NotWaiting));
    assert_eq!(Waiting::decode(&[good.clone(), vec![0]].concat()), Err(NotWaiting));
    for length in 0..good.len() {
        assert_eq!(Waiting::decode(&good[..length]), Err(NotWaiting));
    }
    // A claimed length reserves nothing.
    let mut claims = good[..good.len() - 15].to_vec();
    claims.extend([0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(Waiting::decode(&claims), Err(NotWaiting));
}

proptest! {
    #[test]
    fn what_is_written_is_read(report in waiting()) {
        let bytes = report.encode();
        prop_assert!(bytes.capacity() <= 48 + bytes.len() * 8);
        prop_assert_eq!(Waiting::decode(&bytes).unwrap(), report);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Waiting::decode(&bytes);
    }

    #[test]
    fn near_misses_are_read_or_refused(report in waiting(), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut bytes = report.encode().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = Waiting::decode(&bytes) {
            prop_assert_eq!(other.encode().len() <= bytes.len() + 8, true);
        }
    }
}
