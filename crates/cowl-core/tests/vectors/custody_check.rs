//! Holds the vectors of the custody part against the library (spec §4.6).

use std::sync::Arc;

use cowl_core::{
    Authority, Counter, DeviceKeys, Layout, OperationId, Receiver, Secret,
    custody::{
        AnswerError, CombineError, CustodianShare, CustodyKey, CustodyOpened, CustodyShare, Partial,
        PartialError, RequestError, SignedRequest, deal,
    },
};
use serde_json::Value;

use crate::{
    custody::{PLACE, policy, report},
    reference::{
        json::{array, bytes, number, small, text},
        numbers::Numbers,
        world,
    },
};

pub(crate) fn check(file: &Value, case: &Value) {
    let key: CustodyKey = minicbor::decode(&bytes(&file["key"])).unwrap();
    let class = if let Some(key) = case.get("key") {
        minicbor::decode::<CustodyKey>(&bytes(key)).map_or("malformed", |_| "good")
    } else if let Some(share) = case.get("share") {
        CustodyShare::new(small(&case["number"]), Secret::new(array(share)), &key).map_or("share", |_| "good")
    } else {
        match open(file, case, &key) {
            Ok((request, opened)) => {
                holds(file, case, &key, &request, &opened);
                "good"
            }
            Err(class) => class,
        }
    };
    assert_eq!(class, text(&case["class"]));
}

/// As a custodian checks a request, and who asked puts the answers together.
fn open(
    file: &Value,
    case: &Value,
    key: &CustodyKey,
) -> Result<(SignedRequest, CustodyOpened), &'static str> {
    let now = number(&case["now"]);
    let request = SignedRequest::verify(&bytes(&case["request"]), Authority(array(&file["authority"])));
    let request = request.map_err(|error| match error {
        RequestError::NotARequest => "not a request",
        RequestError::Malformed => "malformed",
        RequestError::NotSigned(_) => "not signed",
        RequestError::Words => "words",
        RequestError::Life => "life",
    })?;
    custodian(file, key, 1).check(&request, now).map_err(unanswered)?;
    let partials =
        case["answers"].as_array().unwrap().iter().map(|answer| Partial::from_bytes(&bytes(answer)));
    let partials: Vec<_> = partials.collect::<Result<_, _>>().map_err(|error| match error {
        PartialError::NotAPartial => "not a partial",
        PartialError::Malformed => "malformed",
    })?;
    let opened = request.combine(key, &partials, now).and_then(|combined| {
        if let Some(says) = case.get("says") {
            let said: Vec<u8> = says["custodians"].as_array().unwrap().iter().map(small).collect();
            assert_eq!(combined.custodians(), said);
        }
        combined.open()
    });
    let opened = opened.map_err(|error| match error {
        CombineError::Request(error) => unanswered(error),
        CombineError::TooFew { .. } => "too few",
        CombineError::NoCustodian(_) => "no custodian",
        CombineError::OtherRequest(_) => "other request",
        CombineError::Twice(_) => "twice",
        CombineError::Forged(_) => "forged",
        CombineError::NotAuthentic => "not authentic",
    })?;
    Ok((request, opened))
}

fn unanswered(error: AnswerError) -> &'static str {
    match error {
        AnswerError::OtherOperation => "other operation",
        AnswerError::OtherKey => "other key",
        AnswerError::Expired => "expired",
        AnswerError::ClockBehind => "clock behind",
        AnswerError::NotProven => "not proven",
    }
}

fn custodian(file: &Value, key: &CustodyKey, number: u8) -> CustodianShare {
    let share = Secret::new(array(&file["shares"][usize::from(number) - 1]));
    let share = CustodyShare::new(number, share, key).unwrap();
    let (operation, authority) =
        (OperationId(array(&file["operation"])), Authority(array(&file["authority"])));
    CustodianShare::new(operation, "Vectors".into(), authority, "a custodian".into(), key.clone(), share)
}

/// What was opened is what was sealed, and the library makes the same bytes.
fn holds(file: &Value, case: &Value, key: &CustodyKey, request: &SignedRequest, opened: &CustodyOpened) {
    let says = &case["says"];
    assert_eq!(request.id().0, array(&says["id"]));
    assert_eq!(
        (u64::from(opened.policy.0), opened.body.clone()),
        (number(&says["policy"]), bytes(&says["body"]))
    );
    for (custodian_number, answer) in
        says["custodians"].as_array().unwrap().iter().zip(case["answers"].as_array().unwrap())
    {
        let custodian_number: u8 = small(custodian_number);
        let mut rng = Numbers::new(&format!("answer {custodian_number}"));
        let made = custodian(file, key, custodian_number).answer(request, number(&case["now"]), &mut rng);
        assert_eq!(made.unwrap().to_bytes(), bytes(answer));
    }
    let dealt = deal(2, 3, &mut Numbers::new("dealer")).unwrap();
    assert_eq!(dealt.key, *key);
    for (share, said) in dealt.shares.iter().zip(file["shares"].as_array().unwrap()) {
        assert_eq!(*share.secret().expose(), array(said));
    }
    if !request.envelope.is_walk_in() && !opened.body.is_empty() {
        let part = bytes(&file["sealed"]["part"]);
        assert_eq!(sealed_by_the_library(key, &part), request.envelope.to_bytes());
    }
}

/// What a receiver keeps of the library's own message, whose custody part must be this one.
fn sealed_by_the_library(key: &CustodyKey, part: &[u8]) -> Vec<u8> {
    let (policy, role) = (policy(), world::MEDICAL);
    let layout = Arc::new(Layout::of(&policy));
    let roots = world::device_roots(world::NOW, PLACE);
    let keys = DeviceKeys::new(world::operation(), world::NOW, Arc::clone(&layout), &roots).unwrap();
    let message =
        keys.with_custodians(Some(key)).seal(Counter(0), &report(), &mut Numbers::new("custody")).unwrap();
    assert!(message.bytes().ends_with(part));
    let versions = vec![world::POLICY];
    let mut receiver =
        Receiver::new(world::operation(), role, layout, policy.windows, policy.walk_in.limits, versions);
    receiver.hold(world::NOW, &world::role_root(role, world::NOW), world::PLACES, |_| true);
    receiver.enter(world::NOW);
    let mut reports = Vec::new();
    receiver.receive(message.bytes(), 0, &mut reports).unwrap();
    reports[0].custody.as_ref().unwrap().to_bytes()
}
