//! What decoding any bytes may cost in memory: in proportion to them, whatever lengths they claim.
//!
//! Alone in its file, because it counts what the whole process allocates.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

mod reference;

use std::alloc::System;

use cap::Cap;
use cowl_core::WalkInSuite;
use reference::{
    decoders::{decode_all, decode_signed, valid},
    numbers::Numbers,
    world,
};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes of memory for each byte of input, at most. One byte of CBOR can stand for an empty list of 24 bytes or a
/// value of 56, vectors double, several decoders run one after another, and a signature needs copies.
const FACTOR: usize = 256;
/// Bytes of memory that any input may cost.
const BASE: usize = 512 << 10;

#[test]
fn memory_is_bounded_by_the_input() {
    let policy = world::policy(WalkInSuite::X25519);
    let mut rng = Numbers::new("memory");
    let valid = valid();
    for round in 0..3_000_usize {
        let mut input = valid[round % valid.len()].clone();
        for _ in 0..=rng.number(3) {
            let at = usize::try_from(rng.number(input.len() as u64)).unwrap();
            let claim = [0x9a, 0xba, 0x5a, 0x7a][usize::try_from(rng.number(4)).unwrap()];
            // 2^28 entries: reserved at once they would be gigabytes, and more than the limit.
            let claim = [claim, 0x10, 0, 0, 0];
            input.splice(at..=at, claim);
        }
        MEMORY.set_limit(MEMORY.allocated() + BASE + FACTOR * input.len()).unwrap();
        // Beyond the limit an allocation fails, which ends the process.
        decode_all(&input, &policy);
        if round % 100 == 0 {
            decode_signed(&input);
        }
        MEMORY.set_limit(usize::MAX).unwrap();
    }
}
