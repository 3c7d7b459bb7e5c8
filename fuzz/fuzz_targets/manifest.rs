//! Any bytes as a manifest, and as one that the authority signed.

#![no_main]

use cowl_core::SignedManifest;
use cowl_fuzz::{authority, manifest, manifest_content};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let authority = authority();
    let _ = SignedManifest::verify(data, authority);
    let _ = SignedManifest::verify(&manifest_content(data), authority);
    if let Ok(read) = SignedManifest::verify(&manifest(data), authority) {
        let layout = read.layout();
        for epoch in read.walk_in.range().take(4) {
            assert!(read.walk_in_sealer(epoch, &layout).is_some());
        }
        assert!(read.succeed(read.bytes()).is_ok());
    }
});
