//! Any text as a file of zones.

#![no_main]

use cowl_core::{Ladder, Level, Position, System};
use cowl_fuzz::zones::polygons_from_geojson;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(polygons) = polygons_from_geojson(text, None) else { return };
    let bytes = minicbor::to_vec(&polygons).expect("it was checked");
    assert!(minicbor::decode::<cowl_core::Polygons>(&bytes).expect("it was encoded") == polygons);
    let level = Level { name: "zones".into(), system: System::Polygons(polygons) };
    let ladder = Ladder::new(vec![level]).expect("one level");
    for (latitude, longitude) in [(0.0, 0.0), (18.54, -72.34), (90.0, 180.0), (-90.0, -180.0)] {
        if let Ok(position) = Position::new(latitude, longitude) {
            for zone in ladder.locate_all(position) {
                // None for a ring that crosses itself and encloses as much one way round as the other.
                let _ = ladder.extent(&zone);
            }
        }
    }
});
