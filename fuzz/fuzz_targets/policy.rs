//! Any bytes as a policy in CBOR; what is accepted must be whole and come back as it went.

#![no_main]

use cowl_core::{Ladder, Layout, Policy, Position};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = minicbor::decode::<Ladder>(data);
    let Ok(policy) = minicbor::decode::<Policy>(data) else { return };
    let bytes = minicbor::to_vec(&policy).expect("it was decoded");
    let again = minicbor::decode::<Policy>(&bytes).expect("it was encoded");
    assert_eq!(minicbor::to_vec(&again).expect("it was decoded"), bytes);
    let layout = Layout::of(&policy);
    assert!(layout.enrolled_len() >= 70 * policy.roles.len());
    if let Ok(position) = Position::new(18.54, -72.34) {
        for zone in policy.zones.locate_all(position) {
            let _ = policy.zones.extent(&zone);
        }
    }
});
