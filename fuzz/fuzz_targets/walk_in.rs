//! Any bytes of a walk-in message's size, and any plaintext that somebody seals.

#![no_main]

use cowl_fuzz::{LENGTHS, now, read, receiver, walk_in};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((role, bytes)) = data.split_first() else { return };
    let mut receiver = receiver(*role);
    let mut reports = Vec::new();
    let mut message = bytes.to_vec();
    message.resize(LENGTHS[1], 0);
    let _ = receiver.receive(&message, 0, &mut reports);
    let _ = receiver.receive(&walk_in(now(), u32::from(*role) >> 4, bytes), 1, &mut reports);
    read(*role, &reports);
});
