//! Holds the vectors of tokens against the library (spec §11). Who takes tokens has a store of what was spent: `cowl::tokens` holds
//! its own against the same file.

use std::collections::HashSet;

use cowl_core::{
    Epoch, OperationId, Secret,
    tokens::{Batch, Token, TokenAnswer, TokenKey, TokenPublicKey, TokenRequest, challenge_digest},
};
use serde_json::Value;

use crate::reference::{
    json::{array, bytes, number, small, text},
    numbers::Numbers,
};

pub(crate) fn check(file: &Value, case: &Value) {
    let operation = OperationId(array(&file["operation"]));
    let keys: Vec<TokenKey> =
        file["periods"].as_array().unwrap().iter().map(|period| key(period, operation)).collect();
    let class = if case.get("steps").is_some() {
        take(file, &keys, case)
    } else if let Some(answer) = case.get("answer") {
        given(file, &keys[1], case, &bytes(answer))
    } else {
        asked(&keys[1], &bytes(&case["request"]))
    };
    assert_eq!(class, text(&case["class"]));
}

fn key(period: &Value, operation: OperationId) -> TokenKey {
    let number = small(&period["number"]);
    let key = TokenKey::derive(&Secret::new(array(&period["seed"])), operation, number).unwrap();
    assert_eq!(key.public(), TokenPublicKey(array(&period["public key"])));
    assert_eq!(key.public().id(), array::<32>(&period["key id"]));
    assert_eq!(challenge_digest(operation, number), array::<32>(&period["challenge digest"]));
    assert!(Epoch(small(&period["first epoch"])) <= Epoch(small(&period["last epoch"])));
    key
}

/// What the service says to a request.
fn asked(key: &TokenKey, request: &[u8]) -> &'static str {
    let Some(request) = TokenRequest::from_bytes(request) else { return "malformed" };
    key.grant(&request.blinded, &mut Numbers::new("proof")).map_or("refused", |_| "good")
}

/// What a member makes of an answer to the good batch.
fn given(file: &Value, key: &TokenKey, case: &Value, answer: &[u8]) -> &'static str {
    let good = &file["cases"][0];
    let batch: Batch = minicbor::decode(&bytes(&good["stored"])).unwrap();
    let request = TokenRequest::from_bytes(&bytes(&good["request"])).unwrap();
    assert_eq!(batch.request(small(&file["step"])), request);
    assert_eq!(
        (request.to_bytes(), batch.len() as u64),
        (bytes(&good["request"]), number(&file["per batch"]))
    );
    let Some(answer) = TokenAnswer::from_bytes(answer) else { return "malformed" };
    let says = match &answer {
        TokenAnswer::Granted(granted) => {
            let Ok(tokens) = batch.take(granted) else { return "not the tokens" };
            let tokens: Vec<String> = tokens.iter().map(|token| hex::encode(token.bytes())).collect();
            assert_eq!(serde_json::json!(tokens), case["tokens"]);
            let made = key.grant(&request.blinded, &mut Numbers::new("proof")).unwrap();
            assert_eq!(*granted, made, "the library makes the same bytes");
            "granted"
        }
        TokenAnswer::Revoked => "revoked",
        TokenAnswer::Given => "given",
        TokenAnswer::OtherPeriod => "other period",
    };
    assert_eq!(says, text(&case["says"]));
    assert_eq!(answer.to_bytes(), bytes(&case["answer"]));
    "good"
}

/// What is said to the last password; each is what is expected of it.
fn take(file: &Value, keys: &[TokenKey], case: &Value) -> &'static str {
    let mut spent = HashSet::new();
    let mut last = "";
    for step in case["steps"].as_array().unwrap() {
        last = taken(file, keys, &mut spent, step);
        assert_eq!(last, text(&step["expect"]));
    }
    last
}

fn taken(file: &Value, keys: &[TokenKey], spent: &mut HashSet<[u8; 32]>, step: &Value) -> &'static str {
    let Some(token) = decoded(text(&step["password"])).and_then(|bytes| Token::from_bytes(&bytes)) else {
        return "no token";
    };
    let periods = file["periods"].as_array().unwrap().iter().zip(keys);
    let mut known = periods.filter(|(_, key)| key.public().id() == token.key_id());
    let is_good = |(period, key): (&Value, &TokenKey)| {
        key.accepts(&token) && number(&step["at"]) < number(&period["taken until"])
    };
    match known.next().is_some_and(is_good) {
        false => "not good",
        true if spent.insert(token.nonce()) => "good",
        true => "spent",
    }
}

/// 216 letters of base64url.
fn decoded(password: &str) -> Option<Vec<u8>> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => Some(u32::from(letter - b'A')),
        b'a'..=b'z' => Some(u32::from(letter - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(letter - b'0') + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    };
    let (chunks, []) = password.as_bytes().as_chunks::<4>() else { return None };
    let three = |chunk: &[u8; 4]| {
        let all = chunk.iter().try_fold(0, |all, letter| Some(all << 6 | value(*letter)?))?;
        Some(all.to_be_bytes()[1..].to_vec())
    };
    Some(chunks.iter().map(three).collect::<Option<Vec<_>>>()?.concat())
}
