//! Any bytes as a dispatch, and as one that the authority signed: nothing of it is a member's, and nobody finds help in it by chance.

#![no_main]

use cowl_core::{Alert, Dispatch, HelpKey, HelpRequest, LaneKey, RoleIndex, Secret, schedule::RoleRoot};
use cowl_fuzz::{authority, operation, signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes();
    let framed = signed(b"cowl/1 dispatch", &[&length[..], data].concat());
    for bytes in [data.to_vec(), signed(b"cowl/1 dispatch", data), framed] {
        if let Ok(dispatch) = Dispatch::verify(&bytes, authority(), operation(), None) {
            let (key, root) = (Secret::new([0; 32]), RoleRoot::new(Secret::new([0; 32])));
            assert!(dispatch.alerts(&LaneKey::Members(&key)).is_err());
            assert!(dispatch.alerts(&LaneKey::Role(RoleIndex(1), &root)).is_err());
            let _ = dispatch.alerts(&LaneKey::Everybody(authority()));
            let _ = dispatch.says_help(&HelpKey::from_bytes([0; 32]));
        }
    }
    if let Ok(alert) = minicbor::decode::<Alert>(data) {
        let _ = alert.check();
    }
    if let Some(request) = HelpRequest::from_bytes(data) {
        assert!(request.keys.len() <= HelpRequest::MOST);
    }
});
