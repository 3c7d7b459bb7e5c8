//! `policy.toml`: the one file that an operation is made from. Every error names file, line and column, and says what
//! to write instead.

mod custody;
mod device;
mod duration;
mod error;
mod field;
mod knobs;
mod notice;
mod preset;
mod reader;
mod role;
mod traffic;
mod zones;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use cowl_core::policy::{PolicyProblem, Subject};
use cowl_core::{Draft, FieldIndex, Policy, PolicyError, Preset, RoleIndex};

pub use error::PolicyFileError;
use reader::{File, Table};
pub use zones::{ZoneFile, zone_files};

/// The policy that `cowl init` writes: disaster relief, every knob explained.
pub const DEFAULT_POLICY: &str = include_str!("../../assets/policy.toml");
/// The zones that [`DEFAULT_POLICY`] names, under [`HAITI_DEPARTMENTS_NAME`]: Haiti's departments, from Natural Earth
/// (public domain).
pub const HAITI_DEPARTMENTS: &str = include_str!("../../assets/zones/haiti-departments.geojson");
/// The file name of [`HAITI_DEPARTMENTS`], beside the policy.
pub const HAITI_DEPARTMENTS_NAME: &str = "haiti-departments.geojson";
/// A policy for devices that cannot change: `OwnTracks`, Tasmota, the study's sensor.
pub const DEVICES_POLICY: &str = include_str!("../../assets/examples/devices.toml");
/// A policy for incident reports as CSV: `time,lat,lon,category_code,category,name,phone`.
pub const INCIDENTS_POLICY: &str = include_str!("../../assets/examples/incidents.toml");

/// What a policy file says.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    /// How messages are protected.
    pub preset: Preset,
    /// The checked policy.
    pub policy: Policy,
}

impl PolicyFile {
    /// Reads a policy file; zone files that it names are looked for beside it.
    pub fn load(path: &Path) -> Result<Self, PolicyFileError> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| PolicyFileError::unreadable(&name, &error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, &name, &|file| fs::read_to_string(folder.join(file)))
    }

    /// Reads a policy from its text. `name` stands in errors; `files` reads the zone files.
    pub fn parse(
        text: &str,
        name: &str,
        files: &dyn Fn(&str) -> io::Result<String>,
    ) -> Result<Self, PolicyFileError> {
        let file = File { name, text };
        let root = file.parse()?;
        let root = Table::new(file, 0..0, root.get_ref());
        let mut places = Places::default();
        let preset = preset::read(&root)?;
        let zones = zones::read(&root, files)?;
        let fields = field::read(&root, &mut places)?;
        let roles = role::read(&root, &fields, &zones, &mut places)?;
        let traffic = traffic::read(&root, &fields, &mut places)?;
        let mut draft = knobs::read(&root, fields, roles, zones, &mut places)?;
        traffic.complete(&mut draft);
        draft.devices = device::read(&root, &draft.fields, &mut places)?;
        draft.custody = custody::read(&root, &draft.fields, &draft.zones, &mut places)?;
        draft.notice = notice::read(&root, &draft.fields, &mut places)?;
        root.finish()?;
        let policy = draft.clone().check().map_err(|error| places.error(file, &draft, error))?;
        Ok(Self { preset, policy })
    }

    /// The default policy.
    pub fn default_policy() -> Result<Self, PolicyFileError> {
        Self::parse(DEFAULT_POLICY, "policy.toml", &shipped)
    }
}

/// Seconds of a duration as the policy file writes them: `"6h"`, `"28 days"`. `None`: it is none.
pub fn parse_duration(text: &str) -> Option<u64> {
    duration::parse(text)
}

/// The zone files that ship with Cowl, by name: the `files` of [`PolicyFile::parse`] where there is no folder.
pub fn shipped(name: &str) -> io::Result<String> {
    if name == HAITI_DEPARTMENTS_NAME {
        Ok(HAITI_DEPARTMENTS.into())
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Where in the file each thing stands that the check may find wrong.
#[derive(Debug, Default)]
struct Places {
    knobs: HashMap<&'static str, Range<usize>>,
    fields: Vec<Range<usize>>,
    roles: Vec<Range<usize>>,
    reads: HashMap<(RoleIndex, FieldIndex), Range<usize>>,
    families: Vec<Range<usize>>,
    custody: HashMap<FieldIndex, Range<usize>>,
}

impl Places {
    fn error(&self, file: File<'_>, draft: &Draft, error: PolicyError) -> PolicyFileError {
        let field =
            |index: FieldIndex| draft.fields.get(usize::from(index.0)).map_or("", |field| &field.name);
        let role = |index: RoleIndex| draft.roles.get(usize::from(index.0)).map_or("", |role| &role.name);
        let (span, subject) = match error.subject {
            Subject::Knob(name) => (self.knobs.get(name), format!("`{name}`")),
            Subject::Field(index) => {
                (self.fields.get(usize::from(index.0)), format!("field `{}`", field(index)))
            }
            Subject::Role(index) => (self.roles.get(usize::from(index.0)), format!("role `{}`", role(index))),
            Subject::Family(index) => {
                let name = draft.devices.get(usize::from(index)).map_or("", |family| &family.name);
                (self.families.get(usize::from(index)), format!("device `{name}`"))
            }
            Subject::Custody(index) => {
                (self.custody.get(&index), format!("custody, field `{}`", field(index)))
            }
            Subject::Read(index, read) => {
                (self.reads.get(&(index, read)), format!("role `{}`, field `{}`", role(index), field(read)))
            }
        };
        let message = format!("{subject}: {}", error.problem);
        file.error(span.cloned().unwrap_or(0..0), message, hint(error.subject, error.problem))
    }
}

fn hint(subject: Subject, problem: PolicyProblem) -> Option<String> {
    match problem {
        PolicyProblem::Size { all, .. } if subject == Subject::Knob("custody_size") => {
            Some(format!("write `custody_size = {all}`: every message grows by it"))
        }
        PolicyProblem::Size { all, .. } => Some(format!("write `size = {all}`: every message grows by it")),
        PolicyProblem::Budget { fits_ms, .. } => {
            Some(format!("write `slot = \"{}s\"`, or allow more with `daily_bytes`", fits_ms.div_ceil(1_000)))
        }
        PolicyProblem::NeverFiner => {
            Some("add a role with `kind = \"census\"`, or ask for the fallback level".into())
        }
        PolicyProblem::SameInput => Some("set `from` so that each input belongs to one field".into()),
        PolicyProblem::WithoutPosition => {
            Some("let the role read the position too, or drop this field for it".into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod policy_file_tests;
