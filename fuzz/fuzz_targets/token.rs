//! Any bytes as a token, as a request for tokens and its answer, and as a batch that a member stored.

#![no_main]

use std::sync::LazyLock;

use cowl_core::{
    Epoch, OperationId, Secret,
    tokens::{Batch, Granted, Token, TokenAnswer, TokenKey, TokenPeriod, TokenRequest},
};
use cowl_fuzz::Counting;
use libfuzzer_sys::fuzz_target;

const OPERATION: OperationId = OperationId([1; 16]);
const NUMBER: u32 = 7;

/// The key of a period, a batch of two that was asked for, and what was granted.
struct Made {
    key: TokenKey,
    batch: Batch,
    granted: Granted,
    token: Token,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let key = TokenKey::derive(&Secret::new([2; 32]), OPERATION, NUMBER).expect("a key");
    let period = TokenPeriod { number: NUMBER, from: Epoch(0), last: Epoch(3), key: key.public() };
    let batch = Batch::draw(OPERATION, &period, 2, &mut Counting(0)).expect("a batch");
    let granted = key.grant(&batch.request(0).blinded, &mut Counting(9)).expect("elements");
    let token = batch.take(&granted).expect("its tokens").remove(0);
    Made { key, batch, granted, token }
});

fuzz_target!(|data: &[u8]| {
    let Made { key, batch, granted, token } = &*MADE;
    assert!(Token::from_bytes(data).is_none_or(|token| !key.accepts(&token)));
    if let Some(request) = TokenRequest::from_bytes(data) {
        let _ = key.grant(&request.blinded, &mut Counting(1));
    }
    if let Some(TokenAnswer::Granted(granted)) = TokenAnswer::from_bytes(data) {
        assert!(batch.take(&granted).is_err());
    }
    if let Ok(stored) = minicbor::decode::<Batch>(data) {
        let _ = stored.take(granted);
        let _ = stored.request(0);
    }
    let _ = key.grant(data, &mut Counting(2));
    // Laid over them, any bytes are refused unless they change nothing.
    let mut bytes = *token.bytes();
    bytes.iter_mut().zip(data).for_each(|(byte, by)| *byte ^= by);
    let accepted = Token::from_bytes(&bytes).is_some_and(|token| key.accepts(&token));
    assert_eq!(accepted, bytes == *token.bytes());
    let mut changed = granted.clone();
    let places = changed.proof.iter_mut().chain(changed.evaluated.iter_mut());
    places.zip(data).for_each(|(byte, by)| *byte ^= by);
    assert_eq!(batch.take(&changed).is_ok(), changed == *granted);
});
