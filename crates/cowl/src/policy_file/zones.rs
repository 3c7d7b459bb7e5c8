//! `[[zone]]`: the levels, fine to coarse.

use std::io;

use cowl_core::{H3Resolution, Ladder, Level, LevelIndex, MgrsGrain, System};

use super::error::PolicyFileError;
use super::reader::{Node, Table, nearest};
use crate::zones::{NAME, polygons_from_geojson};

pub(super) fn read(
    root: &Table<'_>,
    files: &dyn Fn(&str) -> io::Result<String>,
) -> Result<Ladder, PolicyFileError> {
    let list = root.required("zone")?;
    let levels = list.list()?.iter().map(|node| level(node, files)).collect::<Result<_, _>>()?;
    Ladder::new(levels).map_err(|error| list.error(error.to_string(), None))
}

/// A zone level whose outlines lie in a file of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneFile {
    /// The level.
    pub level: String,
    /// The file, as the policy names it: its path from the policy's folder.
    pub file: String,
    /// The property of a feature that holds the zone's name.
    pub property: String,
}

/// The zone files that a policy names, in its order. What is no policy names none.
pub fn zone_files(policy: &str) -> Vec<ZoneFile> {
    #[derive(serde::Deserialize)]
    struct Levels {
        zone: Vec<Named>,
    }
    #[derive(serde::Deserialize)]
    struct Named {
        name: String,
        polygons: Option<String>,
        property: Option<String>,
    }
    let Ok(Levels { zone }) = toml::from_str(policy) else { return Vec::new() };
    let file = |Named { name, polygons, property }: Named| {
        let property = property.unwrap_or_else(|| NAME.to_owned());
        Some(ZoneFile { level: name, file: polygons?, property })
    };
    zone.into_iter().filter_map(file).collect()
}

/// The level that a name stands for.
pub(super) fn named(zones: &Ladder, node: &Node<'_>) -> Result<LevelIndex, PolicyFileError> {
    let name = node.text()?;
    zones.level(name).ok_or_else(|| {
        let known = zones.levels().iter().map(|level| level.name.as_str());
        node.error(format!("there is no zone level `{name}`"), nearest(name, known))
    })
}

fn level(node: &Node<'_>, files: &dyn Fn(&str) -> io::Result<String>) -> Result<Level, PolicyFileError> {
    let table = node.table()?;
    let name = table.required("name")?.text()?.to_owned();
    let (mgrs, h3, polygons) = (table.get("mgrs"), table.get("h3"), table.get("polygons"));
    let property = table.get("property").map(|node| node.text()).transpose()?;
    table.finish()?;
    let system = match (mgrs, h3, polygons) {
        (Some(grain), None, None) => System::Mgrs(match grain.text()? {
            "100m" => MgrsGrain::M100,
            "1km" => MgrsGrain::Km1,
            "10km" => MgrsGrain::Km10,
            _ => return Err(grain.error("MGRS is cut at `100m`, `1km` or `10km`", None)),
        }),
        (None, Some(resolution), None) => {
            let resolution = H3Resolution::try_from(resolution.whole::<u8>()?)
                .map_err(|error| node.error(error.to_string(), None))?;
            System::H3(resolution)
        }
        (None, None, Some(file)) => {
            let name = file.text()?;
            let text = files(name).map_err(|error| {
                let hint = "the path is taken from the folder of the policy".to_owned();
                file.error(format!("`{name}` cannot be read: {error}"), Some(hint))
            })?;
            let polygons = polygons_from_geojson(&text, property)
                .map_err(|error| file.error(format!("`{name}`: {error}"), Some(error.hint.clone())))?;
            System::Polygons(polygons)
        }
        _ => {
            let hint = "write one of `mgrs = \"1km\"`, `h3 = 7`, `polygons = \"file.geojson\"`".to_owned();
            return Err(table.error("a level has one system of zones", Some(hint)));
        }
    };
    Ok(Level { name, system })
}
