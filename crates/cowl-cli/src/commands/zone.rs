//! `cowl zone`: where a place lies, and what a zone's name means.

use std::path::PathBuf;

use clap::Args;
use cowl::{keyring::load_credential, policy_file::PolicyFile, zones::meant};
use cowl_core::{Ladder, LevelIndex, Position, ZoneExtent};
use serde_json::{Value, json};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
`cowl zone 18.54 -72.34` prints the zone of each level; `cowl zone Ouest` or `cowl zone 18QYF8051` what such a name \
may mean, with its centre, radius and area. Nothing is sent or kept.";

/// The arguments of `cowl zone`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct ZoneCommand {
    /// Latitude and longitude in degrees; or a polygon's name, an MGRS reference or an H3 index
    #[arg(value_name = "LAT LON | NAME", required = true, num_args = 1.., allow_negative_numbers = true)]
    place: Vec<String>,

    /// Take the zones of the operation in this folder [default: those of the policy that `cowl init` writes]
    #[arg(long, value_name = "DIR", group = "source")]
    operation: Option<PathBuf>,

    /// Take the zones of this policy file
    #[arg(long, value_name = "FILE", group = "source")]
    policy: Option<PathBuf>,

    /// Take the zones of this member's credential
    #[arg(long, value_name = "FILE", group = "source")]
    credential: Option<PathBuf>,

    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// A line of the answer.
struct Row<'a> {
    level: &'a str,
    /// `None`: the level has no zone there.
    extent: Option<ZoneExtent>,
}

impl ZoneCommand {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let zones = self.zones()?;
        let rows = match position(&self.place)? {
            Some(position) => around(&zones, position),
            None => named(&zones, &self.place.join(" "))?,
        };
        let width = |of: fn(&Row<'_>) -> usize| rows.iter().map(of).max().unwrap_or(0);
        let widths = (width(|row| row.level.chars().count()), width(|row| row.label().chars().count()));
        for row in &rows {
            printer.data(if self.json { row.to_json().to_string() } else { row.to_text(widths) })?;
        }
        printer.flush()?;
        Ok(Exit::Done)
    }

    fn zones(&self) -> Result<Ladder, Failure> {
        if let Some(credential) = &self.credential {
            return Ok(load_credential(credential)?.manifest.policy.zones.clone());
        }
        let file = match (&self.operation, &self.policy) {
            (Some(folder), _) => PolicyFile::load(&folder.join("policy.toml"))?,
            (None, Some(path)) => PolicyFile::load(path)?,
            (None, None) => PolicyFile::default_policy()?,
        };
        Ok(file.policy.zones.clone())
    }
}

/// Two numbers are a position; `18.54,-72.34` is, too. Anything else is a name.
fn position(place: &[String]) -> Result<Option<Position>, Failure> {
    let split: Vec<&str> = match place {
        [one] => one.split(',').map(str::trim).collect(),
        more => more.iter().map(|part| part.trim_end_matches(',')).collect(),
    };
    let numbers: Option<Vec<f64>> = split.iter().map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([latitude, longitude]) => {
            match Position::new(*latitude, *longitude) {
                Ok(position) => Ok(Some(position)),
                Err(error) => Err(Failure::usage(error.to_string())
                    .hint("first the latitude, then the longitude, in degrees")),
            }
        }
        Some(_) => Err(Failure::usage("a position is two numbers").hint("such as: cowl zone 18.54 -72.34")),
        None => Ok(None),
    }
}

/// The zone of each level.
fn around(zones: &Ladder, position: Position) -> Vec<Row<'_>> {
    let levels = (0_u8..).map(LevelIndex).zip(zones.levels());
    levels
        .map(|(index, level)| Row {
            level: &level.name,
            extent: zones.locate(position, index).and_then(|zone| zones.extent(&zone)),
        })
        .collect()
}

/// All that a name may mean.
fn named<'a>(zones: &'a Ladder, name: &str) -> Result<Vec<Row<'a>>, Failure> {
    let level = |extent: &ZoneExtent| zones.levels().get(usize::from(extent.zone.level.0));
    let rows: Vec<_> = zones
        .find(name)
        .into_iter()
        .filter_map(|extent| Some(Row { level: &level(&extent)?.name, extent: Some(extent) }))
        .collect();
    if rows.is_empty() {
        return Err(Failure::new(Exit::Input, "no zone of that name").hint(hint(zones, name)));
    }
    Ok(rows)
}

/// What to write instead of a name that no zone has.
fn hint(zones: &Ladder, name: &str) -> String {
    if let Some(near) = meant(zones, name) {
        return format!("did you mean `{}`?", near.as_str());
    }
    let levels: Vec<_> = zones.levels().iter().map(|level| level.name.as_str()).collect();
    format!("the levels are {}: a grid reference must be as fine as its level", levels.join(", "))
}

impl Row<'_> {
    fn label(&self) -> &str {
        self.extent.as_ref().map_or("-", |extent| extent.zone.label.as_str())
    }

    fn to_text(&self, (level_width, label_width): (usize, usize)) -> String {
        let front = format!("{:<level_width$}  {:<label_width$}", self.level, self.label());
        let Some(extent) = &self.extent else { return format!("{front}  outside all zones of this level") };
        let (centre, radius, area) = (extent.centre, length(extent.radius_m), area(extent.area_km2));
        let (latitude, longitude) = (centre.latitude(), centre.longitude());
        format!("{front}  centre {latitude:.5} {longitude:.5}  radius {radius}  area {area}")
    }

    fn to_json(&self) -> Value {
        let Some(extent) = &self.extent else { return json!({ "level": self.level, "zone": null }) };
        let round = |number: f64, scale: f64| (number * scale).round() / scale;
        let (centre, bounds) = (extent.centre, extent.bounds);
        json!({
            "level": self.level,
            "zone": self.label(),
            "latitude": round(centre.latitude(), 1e6),
            "longitude": round(centre.longitude(), 1e6),
            "radius_m": round(extent.radius_m, 10.0),
            "area_km2": round(extent.area_km2, 1e6),
            "bounds": {
                "south": round(bounds.south, 1e6),
                "west": round(bounds.west, 1e6),
                "north": round(bounds.north, 1e6),
                "east": round(bounds.east, 1e6),
            },
        })
    }
}

fn length(metres: f64) -> String {
    if metres < 10_000.0 { format!("{metres:.0} m") } else { format!("{:.1} km", metres / 1_000.0) }
}

fn area(square_km: f64) -> String {
    if square_km < 0.1 {
        format!("{:.0} m²", square_km * 1e6)
    } else if square_km < 100.0 {
        format!("{square_km:.2} km²")
    } else {
        format!("{square_km:.0} km²")
    }
}
