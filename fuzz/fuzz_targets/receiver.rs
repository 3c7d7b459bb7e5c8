//! A receiver over its life: messages of devices in any order, altered, replayed; epochs come and go.
//!
//! Beyond not panicking: a message that was opened is never opened again while its keys are held.

#![no_main]

use std::collections::BTreeSet;

use cowl_core::{Epoch, Place, Received};
use cowl_fuzz::{enrolled, hold, now, read, receiver};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((role, script)) = data.split_first() else { return };
    let mut receiver = receiver(*role);
    let mut reports = Vec::new();
    let mut opened = BTreeSet::new();
    let mut forgotten = Epoch(0);
    for step in script.chunks_exact(4).take(64) {
        let &[kind, who, high, low] = step else { return };
        let epoch = Epoch((now().0 + u32::from(who >> 4)).saturating_sub(4));
        let (place, number) = (u32::from(who & 15), u16::from_be_bytes([high, low]));
        match kind % 8 {
            0..=2 => {
                let message = enrolled(epoch, place, number.into(), &number.to_be_bytes());
                let before = reports.len();
                let answer = receiver.receive(&message, 0, &mut reports);
                assert_eq!(answer == Ok(Received::Opened), reports.len() > before);
                assert_ne!(answer, Ok(Received::Clone), "one message for each counter");
            }
            3 => {
                let number = u16::from(low);
                let mut message = enrolled(epoch, place, number.into(), &number.to_be_bytes());
                let at = usize::from(high) * message.len() / 256;
                message[at] ^= kind | 1;
                // In another role's part it goes unnoticed, and is no clone.
                assert_ne!(receiver.receive(&message, 0, &mut reports), Ok(Received::Clone));
            }
            4 => {
                receiver.search(&mut reports);
            }
            5 => receiver.enter(epoch),
            6 => {
                receiver.forget_before(epoch);
                forgotten = forgotten.max(epoch);
            }
            // Keys that were deleted do not come back: with them their counters would begin anew.
            _ if epoch < forgotten => {}
            _ => {
                hold(&mut receiver, *role, epoch);
                if low & 1 == 1 {
                    receiver.resume(epoch, Place(place), number.into());
                }
            }
        }
        for report in reports.drain(..) {
            read(*role, std::slice::from_ref(&report));
            let cowl_core::Sender::Enrolled { place, .. } = report.sender else { continue };
            let id = [&report.header.report.0[..], &report.body].concat();
            assert!(opened.insert((report.epoch, place, id)), "opened twice");
        }
    }
    let _ = receiver.progress().count();
});
