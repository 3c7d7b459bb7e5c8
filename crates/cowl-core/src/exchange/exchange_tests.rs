use alloc::vec::Vec;
use core::convert::Infallible;
use std::format;

use proptest::prelude::*;
use rand_core::{TryCryptoRng, TryRng};

use super::*;

const OPERATION: OperationId = OperationId([7; 16]);
const SIZE: usize = 2_048;

/// Bytes that go on from a first one: not random, and another for each seed.
struct Counting(u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

fn service(n: u8) -> ServiceKey {
    ServiceKey::new(secret(n))
}

fn secret(n: u8) -> Secret {
    Secret::new([n; 32])
}

fn request<'a>(proof: &'a Secret, body: &'a [u8]) -> Request<'a> {
    Request { operation: OPERATION, purpose: Purpose::RENEWAL, who: [9; 16], proof, body }
}

fn sealed(request: &Request<'_>, seed: u8) -> (Vec<u8>, Pending) {
    request.seal(&service(1).public().unwrap(), SIZE, &mut Counting(seed)).unwrap()
}

#[test]
fn what_is_asked_arrives_and_the_answer_comes_back() {
    let secret = secret(3);
    let (bytes, pending) = sealed(&request(&secret, b"question"), 0);
    assert_eq!(bytes.len(), SIZE);
    let incoming = Incoming::open(&service(1), OPERATION, &bytes).unwrap();
    assert_eq!(
        (incoming.purpose(), incoming.who(), incoming.body()),
        (Purpose::RENEWAL, [9; 16], &b"question"[..])
    );
    let answer = incoming.prove(&secret).unwrap().answer(b"answer", 4_096).unwrap();
    assert_eq!(answer.len(), 4_096);
    assert_eq!(pending.open(&answer).unwrap().as_slice(), b"answer");
}

#[test]
fn another_key_operation_or_secret_is_refused_alike() {
    let secret_of = secret(3);
    let (bytes, _) = sealed(&request(&secret_of, b""), 0);
    let refused = |service: &ServiceKey, operation| Incoming::open(service, operation, &bytes).unwrap_err();
    assert_eq!(refused(&service(2), OPERATION), ExchangeError::Refused);
    assert_eq!(refused(&service(1), OperationId([8; 16])), ExchangeError::Refused);
    let incoming = Incoming::open(&service(1), OPERATION, &bytes).unwrap();
    assert_eq!(incoming.prove(&secret(4)).unwrap_err(), ExchangeError::Refused);
    let next = next_secret(&secret_of, OPERATION);
    assert_eq!(incoming.prove(&next).unwrap_err(), ExchangeError::Refused);
}

#[test]
fn a_proof_is_of_its_purpose_and_person() {
    let secret = secret(3);
    let good = request(&secret, b"body");
    let proof_of = |request: &Request<'_>, enc: &[u8]| {
        let Request { operation, purpose, who, proof, body } = *request;
        schedule::exchange_proof(proof, operation, purpose.0, enc, who, body)
    };
    let enc = [5; 1_120];
    let proof = proof_of(&good, &enc);
    for other in [
        Request { purpose: Purpose::TOKENS, ..good },
        Request { who: [8; 16], ..good },
        Request { body: b"bodY", ..good },
        Request { operation: OperationId([8; 16]), ..good },
    ] {
        assert_ne!(proof_of(&other, &enc), proof);
    }
    assert_ne!(proof_of(&good, &[6; 1_120]), proof);
}

#[test]
fn an_answer_is_of_its_request_and_asker() {
    let (first, second) = (secret(3), secret(4));
    let (bytes, pending) = sealed(&request(&first, b""), 0);
    let answer = |bytes: &[u8], secret: &Secret| {
        let incoming = Incoming::open(&service(1), OPERATION, bytes).unwrap();
        incoming.prove(secret).unwrap().answer(b"keys", 64).unwrap()
    };
    // Another member's, and the same member's to another request of the same words.
    let (others, _) = sealed(&request(&second, b""), 0);
    let (again, _) = sealed(&request(&first, b""), 1);
    for swapped in [answer(&others, &second), answer(&again, &first)] {
        assert_eq!(pending.open(&swapped).unwrap_err(), ExchangeError::Refused);
    }
    // A replayed request gives the same bytes, which tell nothing new.
    assert_eq!(answer(&bytes, &first), answer(&bytes, &first));
    assert_eq!(pending.open(&answer(&bytes, &first)).unwrap().as_slice(), b"keys");
}

#[test]
fn what_does_not_fit_is_not_made() {
    let secret = secret(3);
    let public = service(1).public().unwrap();
    let fits = SIZE - REQUEST_OVERHEAD;
    let body = [0; SIZE];
    let seal = |length: usize| request(&secret, &body[..length]).seal(&public, SIZE, &mut Counting(0));
    assert_eq!(seal(fits).unwrap().0.len(), SIZE);
    assert_eq!(seal(SIZE - 1_120).unwrap_err(), ExchangeError::TooLarge);
    for size in [0, 1_000, 1_120, 1_136] {
        assert!(request(&secret, b"").seal(&public, size, &mut Counting(0)).is_err(), "{size}");
    }
    let (bytes, pending) = sealed(&request(&secret, b""), 0);
    let proven = Incoming::open(&service(1), OPERATION, &bytes).unwrap().prove(&secret).unwrap();
    let full = proven.answer(&body[..100], 100 + ANSWER_OVERHEAD).unwrap();
    assert_eq!(pending.open(&full).unwrap().len(), 100);
    for size in [0, 15, 16, 19, 99 + ANSWER_OVERHEAD] {
        assert_eq!(proven.answer(&body[..100], size).unwrap_err(), ExchangeError::TooLarge, "{size}");
    }
}

#[test]
fn the_next_secret_follows_from_the_last_in_its_operation() {
    let next = next_secret(&secret(3), OPERATION);
    assert_eq!(next.expose(), next_secret(&secret(3), OPERATION).expose());
    assert_ne!(next.expose(), next_secret(&next, OPERATION).expose());
    assert_ne!(next.expose(), next_secret(&secret(3), OperationId([8; 16])).expose());
}

#[test]
fn debug_shows_no_secret() {
    let secret = secret(3);
    let (bytes, pending) = sealed(&request(&secret, b"body"), 0);
    let incoming = Incoming::open(&service(1), OPERATION, &bytes).unwrap();
    let proven = incoming.prove(&secret).unwrap();
    assert_eq!(
        format!("{pending:?} {incoming:?} {proven:?} {:?}", service(1)),
        "Pending(…) Incoming { purpose: Purpose(2), .. } Proven(…) ServiceKey(…)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_are_a_request_or_an_answer_but_the_right_ones(
        junk in proptest::collection::vec(any::<u8>(), 0..3_000),
        place in 0..SIZE,
        by in 1..=u8::MAX,
    ) {
        let secret = secret(3);
        let (mut bytes, pending) = sealed(&request(&secret, b"body"), 0);
        prop_assert!(Incoming::open(&service(1), OPERATION, &junk).is_err());
        prop_assert!(pending.open(&junk).is_err());
        let proven = Incoming::open(&service(1), OPERATION, &bytes).unwrap().prove(&secret).unwrap();
        let mut answer = proven.answer(b"keys", SIZE).unwrap();
        bytes[place] ^= by;
        prop_assert!(Incoming::open(&service(1), OPERATION, &bytes).is_err());
        answer[place] ^= by;
        prop_assert!(pending.open(&answer).is_err());
        answer.truncate(place);
        prop_assert!(pending.open(&answer).is_err());
    }
}
