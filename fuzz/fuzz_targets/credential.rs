//! Any bytes as a credential file.

#![no_main]

use cowl_core::{Credential, Epoch, Member};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Credential::from_bytes(data);
    let with_name = [b"cowl credential 1\n", data].concat();
    let Ok(credential) = Credential::from_bytes(&with_name) else {
        return;
    };
    assert!(credential.to_bytes().is_ok());
    match credential.member {
        Member::Device(mut keyring) => {
            if let Some((first, _)) = keyring.range() {
                assert!(keyring.roots(first).is_some() && keyring.beacon_key(first).is_some());
                keyring.forget_before(first.plus(1));
                assert!(keyring.roots(first).is_none());
            }
        }
        Member::Responder(keyrings) => {
            for mut keyring in keyrings {
                keyring.forget_before(Epoch(10));
                assert!(keyring.root(Epoch(9)).is_none());
            }
        }
        Member::Gateway(_) => {}
    }
});
