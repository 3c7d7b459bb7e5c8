//! Any bytes as a role's body.

#![no_main]

use cowl_core::{Body, RoleIndex};
use cowl_fuzz::{POLICY, ROLES, formats::to_json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for role in 0..ROLES {
        let Ok(body) = Body::decode(&POLICY, RoleIndex(role), data) else { continue };
        let _ = serde_json::to_string(&to_json(&POLICY, &body));
        for (field, value) in body.iter() {
            let bytes = minicbor::to_vec(value).expect("it was decoded");
            assert!(minicbor::decode::<cowl_core::Value>(&bytes).expect("it was encoded") == *value);
            assert!(body.get(field).is_some());
        }
    }
});
