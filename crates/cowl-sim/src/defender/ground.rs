//! An operation in a folder of its own, and its members' keys.

use std::path::PathBuf;
use std::sync::Arc;

use cowl::client::anonymous_options;
use cowl::dangerous::DangerousPreset;
use cowl::files;
use cowl::keyring::store_new;
use cowl::operation::Operation;
use cowl::policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME};
use cowl::random::SystemRng;
use cowl::transport::{Options, Version};
use cowl_core::{Credential, Epoch, Login, Preset, SignedManifest, policy::RoleKind};
use tempfile::TempDir;

use crate::error::SimulationError;
use crate::plan::{START, Settings};

/// Devices that a search looks at, and how far ahead for each.
const SEARCH: (&str, &str) = ("256", "4");
/// The fewest places.
const PLACES: u32 = 64;

/// An operation and its members.
pub(crate) struct Ground {
    folder: TempDir,
    pub(crate) manifest: SignedManifest,
    /// The credential of all phones: an identity each.
    pub(crate) phones: PathBuf,
    /// The same before any key of it is deleted, for those who steal one.
    stolen: Option<Credential>,
    /// The roles that read reports, and their responders' credentials.
    pub(crate) roles: Vec<(String, PathBuf)>,
    /// The study's preset, if it is one.
    pub(crate) dangerous: Option<Arc<DangerousPreset>>,
    device: Login,
    operator: Login,
}

impl Ground {
    /// Makes it as `cowl init` and `cowl enrol` do.
    ///
    /// Phones are enrolled as one gateway with an identity each: the same keys and bytes as of so many devices, but one file and
    /// one clock. The policy is the default one but for `places`, which are as many as there are people; `keys_ahead`, which is as long as
    /// the simulation and no longer; and `search_budget` and `search_marks`: forged messages wait at every receiver that cannot open them, and each
    /// search for their sender would look at every device (half a second, every five minutes, at each of four receivers). Nothing
    /// that an adversary sees depends on these.
    pub(crate) fn new(
        preset: Preset,
        settings: &Settings,
        rng: &mut SystemRng,
    ) -> Result<(Self, Operation), SimulationError> {
        let folder = folder()?;
        let path = |name: &str| folder.path().join(name);
        let mut operation = Operation::create_with(&path("operation"), START, rng, |folder| {
            let write = |name: &str, text: &str| {
                files::create(&folder.join(name), text.as_bytes(), files::Access::All)
            };
            write(HAITI_DEPARTMENTS_NAME, HAITI_DEPARTMENTS)?;
            write("policy.toml", &policy(preset, settings))
        })?;
        let phones = path("phones.cowl");
        let enrolled = operation.enrol_gateway("phones", settings.people, Epoch(0), rng)?;
        store_new(&phones, &enrolled.credential, enrolled.first)?;
        let stolen = enrolled.credential;
        let policy = &operation.manifest().policy;
        let reads = policy.roles.iter().filter(|role| role.kind == RoleKind::Reports);
        let names: Vec<String> = reads.map(|role| role.name.clone()).collect();
        let mut roles = Vec::new();
        for role in names {
            let file = path(&format!("{role}.cowl"));
            let enrolled = operation.enrol_responder(&role, std::slice::from_ref(&role), Epoch(0), rng)?;
            store_new(&file, &enrolled.credential, enrolled.first)?;
            roles.push((role, file));
        }
        let manifest = operation.manifest().clone();
        let dangerous = match &stolen.dangerous {
            Some(keys) => Some(Arc::new(DangerousPreset::of(&manifest, keys)?)),
            None => None,
        };
        let (device, operator) =
            (operation.logins().device.to_credential(), operation.logins().operator.to_credential());
        let stolen = Some(stolen);
        Ok((Self { folder, manifest, phones, stolen, roles, dangerous, device, operator }, operation))
    }

    /// The phones' keys, for those who steal one; once.
    pub(crate) fn take_stolen(&mut self) -> Result<Credential, SimulationError> {
        self.stolen.take().ok_or(SimulationError::Fault("the keys were stolen before"))
    }

    /// What a phone says of itself.
    pub(crate) fn phone_options(&self) -> Result<Options, SimulationError> {
        Ok(anonymous_options(&self.manifest, Some(&self.device), Version::V5)?)
    }

    /// What the authority says of itself.
    pub(crate) fn authority_options(&self) -> Result<Options, SimulationError> {
        Ok(anonymous_options(&self.manifest, Some(&self.operator), Version::V5)?)
    }
}

impl std::fmt::Debug for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

/// In memory where the system has such a place: nothing of a simulation outlives it, so no disk has to be waited for.
fn folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("cowl-sim-");
    builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir())
}

fn policy(preset: Preset, settings: &Settings) -> String {
    let places = PLACES.max(settings.people.next_power_of_two());
    let places = places.to_string();
    let days = format!("\"{} days\"", settings.days + 2);
    let change = |text: String, name: &str, from: &str, to: &str| {
        text.replacen(&format!("\n{name} = {from}\n"), &format!("\n{name} = {to}\n"), 1)
    };
    let text = change(DEFAULT_POLICY.to_owned(), "places", "4096", &places);
    let text = change(text, "keys_ahead", "\"28 days\"", &days);
    let text = change(text, "search_budget", "65536", SEARCH.0);
    let text = change(text, "search_marks", "256", SEARCH.1);
    if !preset.is_dangerous() {
        return text;
    }
    let text = text.replacen("\npreset = \"cowl\"\n", "\n", 1);
    format!("{text}\n[dangerous]\npreset = \"{}\"\n", preset.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_the_default_one_but_for_these_lines() {
        let settings = Settings { people: 10_000, days: 3, seed: 1, timed: false };
        let text = policy(Preset::Plain, &settings);
        let changed: Vec<_> =
            text.lines().filter(|line| !DEFAULT_POLICY.lines().any(|other| other == *line)).collect();
        assert_eq!(
            changed,
            [
                "keys_ahead = \"5 days\"",
                "places = 16384",
                "search_budget = 256",
                "search_marks = 4",
                "[dangerous]",
                "preset = \"plain\""
            ]
        );
    }
}
