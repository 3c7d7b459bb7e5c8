use super::*;
use crate::{
    doctor::{Level, testing},
    keyring::load_credential,
};

const NOW: u64 = testing::NOW;

fn worst(findings: &[Finding]) -> &Finding {
    findings.iter().max_by_key(|one| one.level).unwrap()
}

const HEARD: StateOfTime = StateOfTime { epoch: Some(Epoch(0)), heard: true, restored: false, cloned: false };

#[test]
fn a_fresh_credential_is_ok_then_late_then_over() {
    let mut made = testing::operation();
    let path = made.device("phone");
    let credential = load_credential(&path).unwrap();
    let at = |days: u64| of_member(&path, &credential, Some(HEARD), NOW + days * DAY);
    for days in [0, 10, 20] {
        assert_eq!(worst(&at(days)).level, Level::Ok, "{days}: {:?}", at(days));
    }
    let late = at(24);
    assert_eq!(worst(&late).level, Level::Warning, "{late:?}");
    assert!(worst(&late).remedy.as_ref().unwrap().starts_with("cowl renew "));
    let over = at(40);
    assert!(
        over.iter().filter(|one| one.level == Level::Problem).count() == 2,
        "keys and manifest: {over:?}"
    );
}

#[test]
fn what_the_state_was_told_is_said() {
    let mut made = testing::operation();
    let path = made.device("phone");
    let credential = load_credential(&path).unwrap();
    let with = |state| of_member(&path, &credential, Some(state), NOW);
    assert_eq!(worst(&with(StateOfTime { cloned: true, ..HEARD })).level, Level::Problem);
    assert_eq!(worst(&with(StateOfTime { restored: true, ..HEARD })).level, Level::Notice);
    assert_eq!(worst(&with(StateOfTime { heard: false, ..HEARD })).level, Level::Notice);
}

#[test]
fn a_credential_that_cannot_renew_is_noticed() {
    let mut made = testing::operation();
    let path = made.device("phone");
    let mut credential = load_credential(&path).unwrap();
    credential.membership = None;
    let found = of_member(&path, &credential, Some(HEARD), NOW);
    assert!(worst(&found).what.contains("cannot be renewed"), "{found:?}");
}

#[test]
fn a_responder_without_bundles_is_first_noticed_then_warned() {
    let mut made = testing::operation();
    let path = made.responder("medic");
    let credential = load_credential(&path).unwrap();
    let at = |hours: u64| of_member(&path, &credential, Some(HEARD), NOW + hours * 3_600);
    assert_eq!(worst(&at(0)).level, Level::Ok, "{:?}", at(0));
    assert_eq!(worst(&at(13)).level, Level::Notice, "{:?}", at(13));
    assert_eq!(worst(&at(72)).level, Level::Warning, "{:?}", at(72));
}

#[test]
fn members_that_ran_out_are_counted_and_not_named() {
    let mut made = testing::operation();
    let look = |made: &testing::Made, days: u64| of_operation(&made.operation, NOW + days * DAY);
    assert_eq!(worst(&look(&made, 0)).level, Level::Ok, "{:?}", look(&made, 0));
    made.device("wilhelmina");
    made.device("roland");
    for (days, words) in [(24, "did not renew"), (40, "run out")] {
        let found = look(&made, days);
        let said = format!("{found:?}");
        assert!(said.contains(words) && said.contains("2 members"), "{said}");
        assert!(!said.contains("wilhelmina") && !said.contains("roland"));
    }
    let rests = look(&made, 1);
    assert!(
        rests.iter().any(|one| one.level == Level::Notice && one.what.contains("cowl serve")),
        "{rests:?}"
    );
    assert!(
        look(&made, 5).iter().any(|one| one.level == Level::Warning && one.what.contains("not enrolled"))
    );
    made.invite("chloe", NOW + 7 * DAY);
    let pending = look(&made, 0);
    assert!(
        worst(&pending).level == Level::Notice && worst(&pending).what.contains("1 machine is invited"),
        "{pending:?}"
    );
    assert!(format!("{:?}", look(&made, 8)).contains("1 ticket ended"));
}

#[test]
fn certificates_end() {
    let made = testing::operation();
    let tls = TlsFiles::create(made.ops(), &[], NOW).unwrap();
    let at = |time: u64| certificate_of(&tls, made.ops(), time).unwrap().level;
    assert_eq!((at(NOW), at(0)), (Level::Ok, Level::Problem));
    assert_eq!((at(NOW + 1_080 * DAY), at(NOW + 1_200 * DAY)), (Level::Warning, Level::Problem));
    std::fs::write(&tls.certificate, "nothing").unwrap();
    assert_eq!(at(NOW), Level::Problem);
    std::fs::remove_file(&tls.certificate).unwrap();
    assert_eq!(certificate_of(&tls, made.ops(), NOW), None);
}
