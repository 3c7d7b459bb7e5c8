//! Zones from elsewhere: another outline file for a level of the policy, checked as a whole before it replaces the old one.

use std::fs;

use cowl_core::Epoch;
use serde_json::{Map, Value};

use super::{Issued, Operation, OperationError, issue::Custodians, names, policy_copy::POLICY_LIMIT};
use crate::{
    files::{self, Access},
    policy_file::{PolicyFile, ZoneFile, zone_files},
    random::SystemRng,
    zones::polygons_from_geojson,
};

/// The largest zone file that is taken over, in bytes. A manifest holds far less of it.
pub const ZONES_LIMIT: usize = 2 << 20;

/// What was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedZones {
    /// How many zones the level has now.
    pub zones: usize,
    /// Whether a new manifest tells everyone of them.
    pub issued: Issued,
}

impl Operation {
    /// The levels of the policy whose zones are outlines in a file, fine to coarse.
    pub fn zone_files(&self) -> Result<Vec<ZoneFile>, OperationError> {
        // Said with its place in the file if it is no policy.
        self.policy_file()?;
        Ok(zone_files(&self.policy_text()?))
    }

    /// Replaces the outlines of a zone level by those of a GeoJSON text ([`polygons_from_geojson`]), whose property `property` names the
    /// zones (`None`: the one that the policy names), and signs a manifest with them. Nothing is changed where they cannot be used, or do
    /// not fit into the manifest. What was reported before keeps the zones of its own policy version.
    pub fn import_zones(
        &mut self,
        level: &str,
        geojson: &str,
        property: Option<&str>,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<ImportedZones, OperationError> {
        let lock = self.exclusive()?;
        let known = self.zone_files()?;
        let Some(of) = known.iter().find(|file| file.level == level) else {
            let levels: Vec<_> = known.into_iter().map(|file| file.level).collect();
            return Err(OperationError::NoZoneFile(levels.join(", ")));
        };
        let polygons = polygons_from_geojson(geojson, property.or(Some(&of.property)))?;
        let text = renamed(geojson, property, &of.property);
        let read = |name: &str| {
            if name == of.file { Ok(text.clone()) } else { fs::read_to_string(self.folder.join(name)) }
        };
        let name = self.folder.join(names::POLICY).display().to_string();
        let PolicyFile { policy, preset } = PolicyFile::parse(&self.policy_text()?, &name, &read)?;
        let changed = self.policy_changed(&policy, preset, Custodians::Stay)?;
        let file = self.folder.join(&of.file);
        let before = files::read(&file, u64::MAX)?;
        // The file first: should the machine stop now, the next manifest has the new zones all the same.
        files::replace(&file, text.as_bytes(), Access::All)?;
        match self.issue(&lock, policy, changed, now, rng) {
            Ok(issued) => Ok(ImportedZones { zones: polygons.zones().len(), issued }),
            Err(error) => {
                files::replace(&file, &before, Access::All)?;
                Err(error)
            }
        }
    }

    fn policy_text(&self) -> Result<String, OperationError> {
        let text = files::read(&self.folder.join(names::POLICY), POLICY_LIMIT)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// The same outlines under the property that the policy reads names from; untouched where it is the same one.
fn renamed(geojson: &str, from: Option<&str>, to: &str) -> String {
    let Some(from) = from.filter(|from| *from != to) else { return geojson.to_owned() };
    // It was read before; what is not there now never was.
    let mut root: Value = serde_json::from_str(geojson.trim_start_matches('\u{feff}')).unwrap_or_default();
    let rename = |feature: &mut Value| {
        let Some(feature) = feature.as_object_mut() else { return };
        let name = feature.get("properties").and_then(|properties| properties.get(from)).cloned();
        let only = Map::from_iter([(to.to_owned(), name.unwrap_or_default())]);
        feature.insert("properties".to_owned(), Value::Object(only));
    };
    match root.get_mut("features").and_then(Value::as_array_mut) {
        Some(features) => features.iter_mut().for_each(rename),
        None => rename(&mut root),
    }
    root.to_string()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    /// Zones with so many corners each.
    fn zones(names: &[&str], corners: u32) -> String {
        let ring = |shift: usize| {
            let mut ring = String::new();
            for corner in (0..corners).chain([0]) {
                let angle = std::f64::consts::TAU * f64::from(corner) / f64::from(corners);
                let (lat, lon) =
                    (18.0 + angle.sin(), f64::from(u32::try_from(shift).unwrap()) * 3.0 + angle.cos());
                let comma = if ring.is_empty() { "" } else { "," };
                write!(ring, "{comma}[{lon:.5},{lat:.5}]").unwrap();
            }
            ring
        };
        let features: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(at, name)| {
                format!(
                    r#"{{"type":"Feature","properties":{{"name":"{name}","pcode":"HT{at}"}},"geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
                    ring(at)
                )
            })
            .collect();
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
    }

    #[test]
    fn the_next_manifest_has_them_or_nothing_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut rng, path) = (SystemRng::new(), folder.path().join("ops"));
        let mut operation = Operation::create(&path, NOW, &mut rng).unwrap();
        let known = operation.zone_files().unwrap();
        let [ZoneFile { level, file, property }] = known.as_slice() else { panic!("{known:?}") };
        assert_eq!((level.as_str(), property.as_str()), ("department", "name"));
        let (file, now) = (path.join(file), operation.epoch_at(NOW));
        let before = (fs::read(&file).unwrap(), operation.manifest().version);
        // It is zones, and no manifest of this operation holds them.
        let large: Vec<_> = (0..30).map(|zone| format!("zone {zone}")).collect();
        let large: Vec<_> = large.iter().map(String::as_str).collect();
        let refused = operation.import_zones("department", &zones(&large, 2_000), None, now, &mut rng);
        assert!(refused.as_ref().is_err_and(OperationError::is_input), "{refused:?}");
        for (level, text, property) in [
            ("10km", zones(&["A"], 4), None),
            ("department", zones(&["A"], 4), Some("no such property")),
            ("department", "{}".to_owned(), None),
        ] {
            let refused = operation.import_zones(level, &text, property, now, &mut rng);
            assert!(refused.as_ref().is_err_and(OperationError::is_input), "{refused:?}");
        }
        assert_eq!((fs::read(&file).unwrap(), operation.manifest().version), before);
        let good = zones(&["A", "B"], 12);
        let imported = operation.import_zones("department", &good, Some("pcode"), now, &mut rng).unwrap();
        assert_eq!(imported, ImportedZones { zones: 2, issued: Issued::Manifest });
        // What lies in the folder gives the same policy again: nothing is left to be told.
        let mut again = Operation::open(&path).unwrap();
        assert_eq!(again.manifest().version, before.1 + 1);
        assert_eq!(again.refresh(now, &mut rng).unwrap(), Issued::Nothing);
        let imported = again.import_zones("department", &good, None, now, &mut rng).unwrap();
        assert_eq!(imported.issued, Issued::Manifest, "they are called otherwise now");
    }
}
