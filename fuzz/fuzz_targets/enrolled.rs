//! Any bytes of an enrolled message's size, and any plaintext that a key holder seals.

#![no_main]

use cowl_fuzz::{LENGTHS, enrolled, now, read, receiver};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((role, bytes)) = data.split_first() else { return };
    let mut receiver = receiver(*role);
    let mut reports = Vec::new();
    let mut message = bytes.to_vec();
    message.resize(LENGTHS[0], 0);
    let _ = receiver.receive(bytes, 0, &mut reports);
    let _ = receiver.receive(&message, 0, &mut reports);
    receiver.search(&mut reports);
    let place = u32::from(*role) >> 4;
    let _ = receiver.receive(&enrolled(now(), place, 0, bytes), 0, &mut reports);
    read(*role, &reports);
});
