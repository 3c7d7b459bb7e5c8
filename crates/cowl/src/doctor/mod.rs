//! What a volunteer would wish to know of a machine and an operation before others depend on them: each finding with its
//! remedy.
//!
//! [`machine`] looks at the machine alone, [`place`] at a folder or file of ours, [`configuration`] at a mosquitto.conf,
//! [`broker::examine`] at a broker from outside. Nothing is written, nothing is sent to anybody but to the named broker, and
//! nobody who reports is named.
//!
//! ```
//! use std::path::Path;
//! use cowl::{doctor::{self, Level, Machine}, operation::Operation, random::SystemRng};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let ops = folder.path().join("ops");
//! let machine = Machine::now(1_800_000_000);
//! # Operation::create(&ops, 1_800_000_000, &mut SystemRng::new())?;
//! let found = doctor::place(&ops, &machine).section;
//! let worst = &found.findings[0]; // the worst comes first
//! println!("{}: {}", worst.level.name(), worst.what);
//! assert!(worst.remedy.is_some() || worst.level == Level::Ok);
//! # Ok(())
//! # }
//! ```

mod archive;
pub mod broker;
mod certificate;
mod clock;
mod finding;
mod keys;
mod leaks;
mod mosquitto;
mod permissions;
mod place;
mod queue;
mod randomness;
mod room;
mod state;
mod words;

#[cfg(test)]
mod testing;

use std::path::{Path, PathBuf};

use cowl_core::SignedManifest;

pub use finding::{Finding, Level, Section, Topic};
pub use place::{Party, Place, place};

use clock::Watch;

/// Clients that a broker is asked to hold unless told otherwise.
const CLIENTS: u64 = 1_000;

/// What is taken from the machine: its clock, and where the kernel tells of itself.
#[derive(Debug)]
pub struct Machine {
    /// Unix seconds.
    now: u64,
    /// What stands for `/`: another folder in tests.
    root: PathBuf,
    watch: Watch,
}

impl Machine {
    /// This machine, whose clock says so many Unix seconds.
    pub fn now(now: u64) -> Self {
        Self { now, root: PathBuf::from("/"), watch: Watch::start() }
    }

    /// Another one, as far as it is told below this folder (`proc`, `sys`).
    pub fn at(root: &Path, now: u64) -> Self {
        Self { root: root.to_owned(), ..Self::now(now) }
    }
}

/// The machine alone: clock, randomness, where keys may end, room.
pub fn machine(machine: &Machine) -> Section {
    let mut findings = vec![clock::alone(machine.now)];
    findings.extend(randomness::source(&machine.root));
    findings.extend(randomness::leftovers(&machine.root));
    findings.extend(room::machine(&machine.root, Some(CLIENTS), None));
    findings.push(machine.watch.stop());
    Section::new("this machine", findings)
}

/// A mosquitto.conf, read and not run; `manifest` says what the operation needs of a broker.
pub fn configuration(path: &Path, manifest: Option<&SignedManifest>) -> std::io::Result<Section> {
    let needs = manifest.map(|manifest| mosquitto::Needs {
        packet: broker::largest(manifest),
        keep_alive: manifest.policy.transport.keep_alive_seconds.into(),
    });
    let findings = mosquitto::Configuration::read(path)?.check(needs);
    Ok(Section::new(format!("{}: a configuration of mosquitto", path.display()), findings))
}
