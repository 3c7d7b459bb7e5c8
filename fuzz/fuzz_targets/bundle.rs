//! Any bytes as a responders' bundle, and as one that the authority signed: nothing of it opens without a seat.

#![no_main]

use cowl_core::{Bundle, Epoch, ResponderKeyring, RoleIndex, Secret, schedule::ChainKey};
use cowl_fuzz::{PLACES, authority, operation, signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes();
    let framed = signed(b"cowl/1 bundle", &[&length[..], data].concat());
    for bytes in [data.to_vec(), signed(b"cowl/1 bundle", data), framed] {
        if let Ok(bundle) = Bundle::verify(&bytes, authority(), operation(), None) {
            let chain = ChainKey::new(Secret::new([0; 32]));
            // The chain is walked to the bundle's epoch, which only the authority can name: a small part of them here.
            let start = Epoch(bundle.epoch.0.saturating_sub(1_000));
            let mut keyring = ResponderKeyring::new(RoleIndex(1), start, &chain, start, &[]);
            assert!(keyring.take(&bundle, PLACES).is_err());
        }
    }
    if let Ok(keyring) = minicbor::decode::<ResponderKeyring>(data) {
        let _ = (keyring.range(), keyring.live(Epoch(7)), keyring.root(Epoch(7)).is_some());
    }
});
