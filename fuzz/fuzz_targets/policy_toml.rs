//! Any text as a policy file.

#![no_main]

use cowl_fuzz::policy_file::{PolicyFile, shipped};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    match PolicyFile::parse(text, "policy.toml", &shipped) {
        Ok(file) => {
            let bytes = minicbor::to_vec(&file.policy).expect("it was checked");
            assert!(minicbor::decode::<cowl_core::Policy>(&bytes).is_ok());
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
});
