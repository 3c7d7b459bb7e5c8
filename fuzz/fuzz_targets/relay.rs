//! Any bytes of a wrapped message's size at a relay, and any message that somebody wraps.

#![no_main]

use cowl_fuzz::{LENGTHS, now, relay, wrapped};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((class, bytes)) = data.split_first() else { return };
    let (relay, class) = (relay(), usize::from(class & 1));
    let inside: Vec<u8> = bytes.iter().copied().chain(std::iter::repeat(0)).take(LENGTHS[class]).collect();
    let mut outer = wrapped(now(), class, &inside);
    let opened = relay.open(&outer).expect("wrapped as it should be");
    assert_eq!(opened.bytes, inside);
    // Laid over it, any bytes are refused unless they change nothing.
    let whole = outer.clone();
    outer.iter_mut().zip(bytes).for_each(|(byte, by)| *byte ^= by);
    assert_eq!(relay.open(&outer).is_ok(), outer == whole);
    let _ = relay.open(bytes);
});
