//! Any bytes as a request to the service and as its answer, and any body that a member sends.

#![no_main]

use cowl_core::{
    OperationId, RenewalAnswer, RenewalRequest, Secret,
    exchange::{Incoming, Purpose, REQUEST_LEN, Request, ServiceKey, answer_len},
};
use cowl_fuzz::Counting;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (operation, service) = (OperationId([1; 16]), ServiceKey::new(Secret::new([2; 32])));
    let secret = Secret::new([3; 32]);
    let _ = RenewalRequest::from_bytes(data);
    let _ = RenewalAnswer::from_bytes(data);
    assert!(Incoming::open(&service, operation, data).is_err());
    let body = data.get(..data.len().min(4_096)).unwrap_or_default();
    let request = Request { operation, purpose: Purpose(7), who: [4; 16], proof: &secret, body };
    let public = service.public().expect("a key");
    let (mut sealed, pending) = request.seal(&public, REQUEST_LEN, &mut Counting(0)).expect("it fits");
    let incoming = Incoming::open(&service, operation, &sealed).expect("as it was sealed");
    assert_eq!(incoming.body(), body);
    let proven = incoming.prove(&secret).expect("the right secret");
    let mut answer = proven.answer(body, answer_len(body.len())).expect("it fits");
    assert_eq!(pending.open(&answer).expect("the answer").as_slice(), body);
    assert!(pending.open(data).is_err());
    // Laid over them, any bytes are refused unless they change nothing.
    let (whole, full) = (sealed.clone(), answer.clone());
    sealed.iter_mut().zip(data).for_each(|(byte, by)| *byte ^= by);
    answer.iter_mut().zip(data).for_each(|(byte, by)| *byte ^= by);
    assert_eq!(Incoming::open(&service, operation, &sealed).is_ok(), sealed == whole);
    assert_eq!(pending.open(&answer).is_ok(), answer == full);
});
