use alloc::string::ToString;
use alloc::vec;

use proptest::prelude::*;

use super::samples::{self, ALTITUDE, MEDICAL, POSITION, RESCUE, TEMPERATURE};
use super::*;
use crate::zone::LevelIndex;

/// Why the sample, so changed, is no policy.
fn refused(change: impl FnOnce(&mut Draft)) -> PolicyError {
    let mut draft = samples::draft();
    change(&mut draft);
    draft.check().unwrap_err()
}

#[test]
fn what_does_not_hold_together_is_refused_at_its_place() {
    let at = |error: PolicyError| (error.subject, error.problem);
    assert_eq!(
        at(refused(|draft| draft.roles[0].reads[0].field = FieldIndex(60))),
        (Subject::Read(MEDICAL, FieldIndex(60)), PolicyProblem::NoField)
    );
    assert_eq!(
        at(refused(|draft| draft.roles[0].reads[0].precision = Precision::Grain(60))),
        (Subject::Read(MEDICAL, TEMPERATURE), PolicyProblem::Precision)
    );
    assert_eq!(
        at(refused(|draft| draft.roles[1].name = "medical".into())),
        (Subject::Role(RESCUE), PolicyProblem::SameName)
    );
    assert_eq!(
        at(refused(|draft| draft.roles[0].reads.retain(|read| read.field != POSITION))),
        (Subject::Read(MEDICAL, ALTITUDE), PolicyProblem::WithoutPosition)
    );
    assert_eq!(
        at(refused(|draft| drop(draft.roles.remove(2)))),
        (Subject::Read(MEDICAL, POSITION), PolicyProblem::NeverFiner)
    );
    assert_eq!(
        at(refused(|draft| draft.roles[1].reads.retain(|read| read.field != samples::BATTERY))),
        (Subject::Field(samples::BATTERY), PolicyProblem::Unread)
    );
    assert_eq!(
        at(refused(|draft| draft.transport.shards = 3)),
        (Subject::Knob("shards"), PolicyProblem::PowerOfTwo)
    );
    assert_eq!(
        at(refused(|draft| draft.anonymity.fallback = LevelIndex(3))),
        (Subject::Knob("fallback"), PolicyProblem::NoLevel)
    );
    assert_eq!(at(refused(|draft| draft.counter_block = 100)).0, Subject::Knob("counter_block"));
    assert_eq!(
        at(refused(|draft| draft.counter_block = 256)),
        (Subject::Knob("counter_block"), PolicyProblem::Range { least: 64, most: 192 })
    );
    assert_eq!(at(refused(|draft| draft.places = (1 << 24) + 1)).0, Subject::Knob("places"));
    assert_eq!(
        at(refused(|draft| draft.fields[0].from = vec![Input::One(Source::Name("note".into()))])),
        (Subject::Field(samples::NOTE), PolicyProblem::SameInput)
    );
    let nan = FieldKind::Number { unit: String::new(), min: f64::NAN, max: 1.0, decimals: 0 };
    assert_eq!(
        at(refused(|draft| draft.fields[0].kind = nan)),
        (Subject::Field(TEMPERATURE), PolicyProblem::Bounds)
    );
}

#[test]
fn a_size_too_small_says_the_number_needed() {
    let error = refused(|draft| draft.roles[2].size = 8);
    let PolicyProblem::Size { least, all } = error.problem else { panic!() };
    assert_eq!(least, all);
    let mut draft = samples::draft();
    draft.roles[2].size = u16::try_from(all).unwrap();
    assert!(draft.check().is_ok());
    assert_eq!(error.to_string(), "role 2: size must be at least 39 bytes, and 39 for the longest report");
}

#[test]
fn a_policy_comes_back_from_its_bytes() {
    let policy = samples::policy();
    let bytes = minicbor::to_vec(&policy).unwrap();
    let back: Policy = minicbor::decode(&bytes).unwrap();
    assert_eq!(minicbor::to_vec(&back).unwrap(), bytes);
    assert_eq!(back.role_index("rescue"), Some(RESCUE));
    assert_eq!(back.position_field(), Some(POSITION));
    assert!(back.reads_input("lat") && back.reads_input("power") && !back.reads_input("ip"));
}

#[test]
fn decoding_checks() {
    let mut draft = samples::draft();
    draft.places = 0;
    let bytes = minicbor::to_vec(&draft).unwrap();
    assert!(minicbor::decode::<Policy>(&bytes).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_a_policy_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = minicbor::decode::<Policy>(&bytes);
    }

    #[test]
    fn altered_policies_are_total(flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = minicbor::to_vec(samples::draft()).unwrap();
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        let _ = minicbor::decode::<Policy>(&bytes);
    }
}
