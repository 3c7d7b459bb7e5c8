//! Any bytes as what people and devices report: JSON, `key: value` text, CSV, lines of them; then reduced.

#![no_main]

use cowl_core::Surroundings;
use cowl_fuzz::{
    POLICY,
    formats::{Readings, StreamFormat, parse},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let around = Surroundings { counts: None, now: 1_263_254_400 };
    let readings = parse(data).into_iter();
    let lines = [StreamFormat::Lines, StreamFormat::Csv]
        .into_iter()
        .flat_map(|format| Readings::new(data, format).filter_map(Result::ok));
    for reading in readings.chain(lines).take(64) {
        if let Ok(reduced) = POLICY.reduce(reading, &around) {
            for (role, body) in reduced.parts() {
                cowl_core::Body::decode(&POLICY, role, body).expect("what was reduced is read");
            }
        }
    }
});
