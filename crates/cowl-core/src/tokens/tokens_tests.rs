use alloc::vec::Vec;
use core::convert::Infallible;
use std::{collections::HashSet, format, string::String};

use proptest::prelude::*;
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};

use super::{
    oprf::{Blinded, ELEMENT, Key, finalize},
    *,
};
use crate::{Epoch, OperationId, Secret};

const OPERATION: OperationId = OperationId([7; 16]);

/// SHA-256 of a count: other bytes for each seed.
struct Hashed(u8, u64, Vec<u8>);

impl TryRng for Hashed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            if self.2.is_empty() {
                self.1 += 1;
                self.2 = Sha256::new()
                    .chain_update([self.0])
                    .chain_update(self.1.to_be_bytes())
                    .finalize()
                    .to_vec();
            }
            *byte = self.2.remove(0);
        }
        Ok(())
    }
}

impl TryCryptoRng for Hashed {}

fn rng(seed: u8) -> Hashed {
    Hashed(seed, 0, Vec::new())
}

/// Gives these bytes and no others.
struct Given(Vec<u8>);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0.drain(..out.len()).collect::<Vec<_>>());
        Ok(())
    }
}

impl TryCryptoRng for Given {}

fn key(seed: u8, period: u32) -> TokenKey {
    TokenKey::derive(&Secret::new([seed; 32]), OPERATION, period).unwrap()
}

fn period(key: &TokenKey, number: u32) -> TokenPeriod {
    TokenPeriod { number, from: Epoch(4), last: Epoch(7), key: key.public() }
}

fn batch(key: &TokenKey, number: u32, seed: u8) -> Batch {
    Batch::draw(OPERATION, &period(key, number), 5, &mut rng(seed)).unwrap()
}

fn granted(key: &TokenKey, batch: &Batch, seed: u8) -> Granted {
    key.grant(&batch.request(0).blinded, &mut rng(seed)).unwrap()
}

#[test]
fn the_function_is_that_of_rfc_9497() {
    let text = include_str!("../../../../spec/vectors/voprf-rfc9497.json");
    let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
    let bytes = |text: &str| hex::decode(text).unwrap();
    let many = |value: &serde_json::Value| -> Vec<Vec<u8>> {
        value.as_str().unwrap().split(',').map(bytes).collect()
    };
    let info = bytes(vectors["keyInfo"].as_str().unwrap());
    let seed: [u8; 32] = bytes(vectors["seed"].as_str().unwrap()).try_into().unwrap();
    let key = Key::derive(&Secret::new(seed), &info).unwrap();
    assert_eq!(hex::encode(key.public()), vectors["pkSm"]);
    let cases = vectors["vectors"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let inputs = many(&case["Input"]);
        let blinds = many(&case["Blind"]);
        let blinded: Vec<_> = inputs
            .iter()
            .zip(blinds)
            .map(|(input, blind)| Blinded::of(input, &mut Given(blind)).unwrap())
            .collect();
        let elements: Vec<[u8; ELEMENT]> = blinded.iter().map(|one| one.element().unwrap()).collect();
        assert_eq!(
            elements.iter().map(|one| one.to_vec()).collect::<Vec<_>>(),
            many(&case["BlindedElement"])
        );
        let mut r = Given(bytes(case["Proof"]["r"].as_str().unwrap()));
        let evaluated = key.evaluate_blinded(&elements, &mut r).unwrap();
        let made: Vec<_> = evaluated.elements.iter().map(|one| one.to_vec()).collect();
        assert_eq!(made, many(&case["EvaluationElement"]));
        assert_eq!(hex::encode(evaluated.proof), case["Proof"]["proof"]);
        let outputs = finalize(&inputs, &blinded, &evaluated, &key.public()).unwrap();
        assert_eq!(outputs.iter().map(|one| one.to_vec()).collect::<Vec<_>>(), many(&case["Output"]));
        for (input, output) in inputs.iter().zip(&outputs) {
            assert_eq!(key.evaluate(input).unwrap(), *output);
        }
    }
}

#[test]
fn a_token_is_of_the_form_of_rfc_9578() {
    let key = key(1, 9);
    let batch = batch(&key, 9, 0);
    let token = batch.take(&granted(&key, &batch, 1)).unwrap().remove(0);
    assert_eq!((token.bytes().len(), TOKEN_LEN), (162, 162));
    let (kind, rest) = token.bytes().split_at(2);
    let (nonce, rest) = rest.split_at(32);
    let (challenge, rest) = rest.split_at(32);
    let (id, authenticator) = rest.split_at(32);
    assert_eq!((kind, authenticator.len()), (&[0, 5][..], 64));
    assert_eq!((nonce, id), (&token.nonce()[..], &token.key_id()[..]));
    assert_eq!(id, Sha256::digest(key.public().0).as_slice());
    // RFC 9577 §2.1: type, issuer with two bytes of length, context with one, no origin.
    let context = Sha256::new()
        .chain_update("cowl/1 token")
        .chain_update(OPERATION.0)
        .chain_update(9_u32.to_be_bytes())
        .finalize();
    let of_challenge = [&[0, 5, 0, 6][..], b"cowl/1", &[32], &context, &[0, 0]].concat();
    assert_eq!(challenge, Sha256::digest(of_challenge).as_slice());
}

#[test]
fn a_token_is_of_its_key_operation_and_period() {
    let key_of_9 = key(1, 9);
    let batch = batch(&key_of_9, 9, 0);
    let tokens = batch.take(&granted(&key_of_9, &batch, 1)).unwrap();
    assert_eq!(tokens.len(), 5);
    let nonces: HashSet<_> = tokens.iter().map(Token::nonce).collect();
    assert_eq!(nonces.len(), 5);
    for token in &tokens {
        assert!(key_of_9.accepts(token));
        assert!(!key(2, 9).accepts(token));
        assert!(!key(1, 8).accepts(token));
        let elsewhere = TokenKey::derive(&Secret::new([1; 32]), OperationId([8; 16]), 9).unwrap();
        assert!(!elsewhere.accepts(token));
    }
}

/// An issuer that used a key of its own for one member could tell that member by its tokens.
#[test]
fn what_another_key_made_is_refused() {
    let (key_of_all, of_one) = (key(1, 9), key(2, 9));
    let batch = batch(&key_of_all, 9, 0);
    let refused = |granted: &Granted| assert_eq!(batch.take(granted).unwrap_err(), NotTheTokens);
    refused(&granted(&of_one, &batch, 1));
    let good = granted(&key_of_all, &batch, 1);
    assert!(batch.take(&good).is_ok());
    // One element of them made with another key, under a proof of the right one.
    let mut mixed = good.clone();
    let theirs = granted(&of_one, &batch, 1);
    mixed.evaluated[32..64].copy_from_slice(&theirs.evaluated[32..64]);
    refused(&mixed);
    let mut swapped = good.clone();
    let (front, back) = swapped.evaluated.split_at_mut(32);
    front.swap_with_slice(&mut back[..32]);
    refused(&swapped);
    for place in [0, 31, 32, 63] {
        let mut tampered = good.clone();
        tampered.proof[place] ^= 1;
        refused(&tampered);
    }
    let mut fewer = good.clone();
    fewer.evaluated.truncate(4 * 32);
    refused(&fewer);
    let mut more = good;
    more.evaluated.extend_from_slice(&theirs.evaluated[..32]);
    refused(&more);
}

/// No bytes that the issuer sees are bytes of a token, and the same batch asked for by two looks like two.
#[test]
fn what_the_issuer_sees_is_not_what_is_spent() {
    let key = key(1, 9);
    let (first, second) = (batch(&key, 9, 0), batch(&key, 9, 1));
    let mut seen = HashSet::new();
    let mut spent = HashSet::new();
    for (batch, seed) in [(&first, 2), (&second, 3)] {
        let request = batch.request(0);
        let granted = granted(&key, batch, seed);
        let chunks = |bytes: &[u8]| bytes.chunks(16).map(<[u8]>::to_vec).collect::<Vec<_>>();
        for chunk in chunks(&request.blinded).into_iter().chain(chunks(&granted.evaluated)) {
            assert!(seen.insert(chunk));
        }
        for token in batch.take(&granted).unwrap() {
            spent.extend(chunks(&token.nonce()));
            spent.extend(chunks(&token.bytes()[98..]));
        }
    }
    assert_eq!((seen.len(), spent.len()), (2 * 2 * 5 * 2, 2 * 5 * (2 + 4)));
    assert!(seen.is_disjoint(&spent));
    // Blinded twice, one input looks like two.
    let (one, other) = (Blinded::of(b"x", &mut rng(4)).unwrap(), Blinded::of(b"x", &mut rng(5)).unwrap());
    assert_ne!(one.element(), other.element());
}

#[test]
fn a_stored_batch_asks_and_takes_as_before() {
    let key = key(1, 9);
    let batch = batch(&key, 9, 0);
    let bytes = minicbor::to_vec(&batch).unwrap();
    let stored: Batch = minicbor::decode(&bytes).unwrap();
    assert_eq!((stored.period(), stored.len(), stored.key()), (9, 5, key.public()));
    assert_eq!(stored.request(3), batch.request(3));
    // Asked again, the elements are the same; only the proof is another.
    let (once, again) = (granted(&key, &batch, 1), granted(&key, &stored, 2));
    assert_eq!(once.evaluated, again.evaluated);
    assert_ne!(once.proof, again.proof);
    let of = |granted| stored.take(granted).unwrap().iter().map(|token| *token.bytes()).collect::<Vec<_>>();
    assert_eq!(of(&once), of(&again));
}

#[test]
fn what_is_no_element_is_not_evaluated() {
    let key = key(1, 9);
    let good = batch(&key, 9, 0).request(0).blinded;
    assert!(key.grant(&good, &mut rng(1)).is_some());
    for bad in [&good[..31], &[0; 32], &[255; 32], &[]] {
        assert!(key.grant(bad, &mut rng(1)).is_none());
    }
    assert_eq!(Batch::draw(OPERATION, &period(&key, 9), 0, &mut rng(0)).map(|batch| batch.len()), None);
    assert!(Batch::draw(OPERATION, &period(&key, 9), MAX_BATCH + 1, &mut rng(0)).is_none());
}

#[test]
fn the_largest_batch_fits_a_request_and_an_answer() {
    use crate::exchange::{ANSWER_ROOM, REQUEST_LEN, REQUEST_OVERHEAD};
    let elements = usize::from(MAX_BATCH) * 32;
    let request = TokenRequest { step: u32::MAX, period: u32::MAX, blinded: std::vec![0; elements].into() };
    assert!(request.to_bytes().len() + REQUEST_OVERHEAD <= REQUEST_LEN);
    let granted = Granted { evaluated: std::vec![0; elements].into(), proof: [0; 64] };
    assert!(TokenAnswer::Granted(granted).to_bytes().len() <= ANSWER_ROOM);
}

#[test]
fn debug_shows_no_token() {
    let key = key(1, 9);
    let batch = batch(&key, 9, 0);
    let token = batch.take(&granted(&key, &batch, 1)).unwrap().remove(0);
    let text: String = format!("{token:?} {key:?} {batch:?}");
    assert_eq!(text, "Token(…) TokenKey(…) Batch(…)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_bytes_are_a_token_but_the_right_ones(
        junk in proptest::collection::vec(any::<u8>(), 0..400),
        place in 0..TOKEN_LEN,
        by in 1..=u8::MAX,
    ) {
        let key = key(1, 9);
        let batch = batch(&key, 9, 0);
        let token = batch.take(&granted(&key, &batch, 1)).unwrap().remove(0);
        prop_assert!(Token::from_bytes(&junk).is_none_or(|token| !key.accepts(&token)));
        let mut bytes = *token.bytes();
        bytes[place] ^= by;
        prop_assert!(Token::from_bytes(&bytes).is_none_or(|token| !key.accepts(&token)));
        prop_assert!(Token::from_bytes(&bytes[..place]).is_none());
        let _ = key.grant(&junk, &mut rng(2));
        let _ = minicbor::decode::<Batch>(&junk);
        if let Some(TokenAnswer::Granted(granted)) = TokenAnswer::from_bytes(&junk) {
            prop_assert!(batch.take(&granted).is_err());
        }
        let _ = TokenRequest::from_bytes(&junk);
    }
}
