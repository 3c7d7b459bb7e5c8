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
use cowl_core::{Credential, Epoch, Login, SignedManifest, policy::RoleKind};
use tempfile::TempDir;

use crate::configuration::{Configuration, Link, Nodes, Schedule};
use crate::error::SimulationError;
use crate::plan::{START, Settings};

/// Devices that a search looks at, and how far ahead for each.
const SEARCH: (&str, &str) = ("256", "4");
/// Minutes' worth of walk-ins that enter at once.
const BURST: u32 = 4;
/// The fewest places.
const PLACES: u32 = 64;

/// An operation and its members.
pub(crate) struct Ground {
    folder: TempDir,
    pub(crate) manifest: SignedManifest,
    /// The credential of all phones: an identity each; where phones are ordinary devices, of one phone that only listens.
    pub(crate) phones: PathBuf,
    /// The credentials of gateways or relays.
    pub(crate) nodes: Vec<PathBuf>,
    /// The same before any key of it is deleted, for those who steal one.
    stolen: Option<Credential>,
    /// The roles that read reports, and their responders' credentials.
    pub(crate) roles: Vec<(String, PathBuf)>,
    /// The study's preset, if it is one.
    pub(crate) dangerous: Option<Arc<DangerousPreset>>,
    device: Login,
    node: Login,
    walk_in: Login,
    operator: Login,
}

impl Ground {
    /// Makes it as `cowl init` and `cowl enrol` do.
    ///
    /// Phones are enrolled as one gateway with an identity each: the same keys and bytes as of so many devices, but one file and
    /// one clock. The policy is the default one but for `places`, which are as many as there are people; `keys_ahead`, which is as long as
    /// the simulation and no longer; and `search_budget` and `search_marks`: forged messages wait at every receiver that cannot open them, and each
    /// search for their sender would look at every device (half a second, every five minutes, at each of four receivers), unless nodes lose connections on purpose. Nothing
    /// that an adversary sees depends on these. Slots and delay are the configuration's.
    ///
    /// `behind` says how many people each gateway is for; it has one identity more, for its covers.
    pub(crate) fn new(
        configuration: &Configuration,
        settings: &Settings,
        behind: &[u32],
        rng: &mut SystemRng,
    ) -> Result<(Self, Operation), SimulationError> {
        let folder = folder()?;
        let path = |name: &str| folder.path().join(name);
        let mut operation = Operation::create_with(&path("operation"), START, rng, |folder| {
            let write = |name: &str, text: &str| {
                files::create(&folder.join(name), text.as_bytes(), files::Access::All)
            };
            write(HAITI_DEPARTMENTS_NAME, HAITI_DEPARTMENTS)?;
            write("policy.toml", &policy(configuration, settings))
        })?;
        // Relays first: what others get names their keys.
        let mut nodes = Vec::new();
        for (number, people) in behind.iter().enumerate() {
            let (name, file) = (format!("node-{number}"), path(&format!("node-{number}.cowl")));
            let enrolled = match configuration.nodes() {
                Nodes::Relays(_) => operation.enrol_relay(&name, Epoch(0), rng)?,
                Nodes::None | Nodes::Page | Nodes::Gateways(_) => {
                    operation.enrol_gateway(&name, people + 1, Epoch(0), rng)?
                }
            };
            store_new(&file, &enrolled.credential, enrolled.first)?;
            nodes.push(file);
        }
        let phones = path("phones.cowl");
        let count = match configuration.nodes() {
            Nodes::Gateways(_) => 1,
            Nodes::None | Nodes::Page | Nodes::Relays(_) => settings.people,
        };
        let enrolled = operation.enrol_gateway("phones", count, Epoch(0), rng)?;
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
        let logins = operation.logins();
        let ground = Self {
            folder,
            manifest,
            phones,
            nodes,
            stolen: Some(stolen),
            roles,
            dangerous,
            device: logins.device.to_credential(),
            node: logins.node.to_credential(),
            walk_in: logins.walk_in.to_credential(),
            operator: logins.operator.to_credential(),
        };
        Ok((ground, operation))
    }

    /// The phones' keys, for those who steal one; once.
    pub(crate) fn take_stolen(&mut self) -> Result<Credential, SimulationError> {
        self.stolen.take().ok_or(SimulationError::Fault("the keys were stolen before"))
    }

    /// What a phone says of itself.
    pub(crate) fn phone_options(&self) -> Result<Options, SimulationError> {
        Ok(anonymous_options(&self.manifest, Some(&self.device), Version::V5)?)
    }

    /// What somebody says of herself who is not enrolled.
    pub(crate) fn walk_in_options(&self) -> Result<Options, SimulationError> {
        Ok(anonymous_options(&self.manifest, Some(&self.walk_in), Version::V5)?)
    }

    /// What a gateway or relay says of itself.
    pub(crate) fn node_options(&self) -> Result<Options, SimulationError> {
        Ok(anonymous_options(&self.manifest, Some(&self.node), Version::V5)?)
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

fn policy(configuration: &Configuration, settings: &Settings) -> String {
    let count = settings.people + 1 + u32::from(configuration.node_count());
    let places = PLACES.max(count.next_power_of_two()).to_string();
    let days = format!("\"{} days\"", settings.days + 2);
    let change = |text: String, name: &str, from: &str, to: &str| {
        text.replacen(&format!("\n{name} = {from}\n"), &format!("\n{name} = {to}\n"), 1)
    };
    let text = change(DEFAULT_POLICY.to_owned(), "places", "4096", &places);
    let text = change(text, "keys_ahead", "\"28 days\"", &days);
    // Where connections are lost on purpose, gateways leave gaps that only a search bridges.
    let text = if configuration.is_hostile() || configuration.link() == Link::Radio {
        text
    } else {
        let text = change(text, "search_budget", "65536", SEARCH.0);
        change(text, "search_marks", "256", SEARCH.1)
    };
    let preset = configuration.preset();
    if preset.is_dangerous() {
        let text = text.replacen("\npreset = \"cowl\"\n", "\n", 1);
        return format!("{text}\n[dangerous]\npreset = \"{}\"\n", preset.name());
    }
    let Schedule { slot_ms, walk_in_slots, phone_delay_seconds } = configuration.schedule();
    let slot = if slot_ms == 0 { "\"off\"".to_owned() } else { format!("\"{slot_ms}ms\"") };
    let text = change(text, "slot", "\"10s\"", &slot);
    let text = change(text, "walk_in_slots", "6", &walk_in_slots.to_string());
    let text = change(text, "phone_delay", "\"0s\"", &format!("\"{phone_delay_seconds}s\""));
    // Walk-ins enter about as fast as their slots carry them, so that it is seen what the limit does: receivers open as much, from all nodes.
    let text = if configuration.has_walk_ins() && configuration.node_count() > 0 {
        let round_ms = slot_ms.saturating_mul(walk_in_slots.max(1).into()).max(1);
        let a_minute = (60_000 / round_ms).max(1) * u32::from(configuration.node_count()) + 1;
        let text = change(text, "per_minute", "600", &a_minute.to_string());
        change(text, "burst", "600", &(a_minute * BURST).to_string())
    } else {
        text
    };
    // What it costs is measured here, and not refused.
    change(text, "daily_bytes", "21000000", "1000000000000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_the_default_one_but_for_these_lines() {
        let settings =
            Settings { people: 10_000, days: 3, seed: 1, victims: Settings::VICTIMS, timed: false };
        let text = policy(&Configuration::named("plain").unwrap(), &settings);
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
        let text = policy(&Configuration::named("cowl-delay").unwrap(), &settings);
        let changed: Vec<_> =
            text.lines().filter(|line| !DEFAULT_POLICY.lines().any(|other| other == *line)).collect();
        assert_eq!(
            changed,
            [
                "keys_ahead = \"5 days\"",
                "places = 16384",
                "slot = \"10000ms\"",
                "walk_in_slots = 0",
                "phone_delay = \"600s\"",
                "daily_bytes = 1000000000000",
                "search_budget = 256",
                "search_marks = 4",
            ]
        );
    }
}
