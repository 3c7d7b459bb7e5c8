//! Any bytes as a beacon, and as one that the authority signed.

#![no_main]

use cowl_core::{Beacon, Counts, Secret};
use cowl_fuzz::{authority, beacon, operation, signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for bytes in [data.to_vec(), signed(b"cowl/1 beacon", data), beacon(data)] {
        if let Ok(beacon) = Beacon::verify(&bytes, authority(), operation(), None) {
            let _ = beacon.news(&Secret::new([0; 32]));
        }
    }
    if let Ok(counts) = minicbor::decode::<Counts>(data) {
        let bytes = minicbor::to_vec(&counts).expect("it was decoded");
        assert!(minicbor::decode::<Counts>(&bytes).expect("it was encoded") == counts);
    }
});
