//! The broker's logins: few, shared by all of a kind, so that they name nobody (DESIGN: on the broker).

use std::path::Path;

use cowl_core::Login;
use serde::{Deserialize, Serialize};

use super::OperationError;
use crate::{
    files::{self, Access},
    random::SystemRng,
};

/// The largest file of logins that is read, in bytes.
const LIMIT: u64 = 64 << 10;

/// One login for each kind of client.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logins {
    /// Publishes manifest and beacons, and manages the broker.
    pub operator: OperationLogin,
    /// May read everything, for audits, and write nothing.
    pub observer: OperationLogin,
    /// Gateways, relays and responders: publishes and subscribes.
    pub node: OperationLogin,
    /// All enrolled devices of a period: publishes reports, reads manifest and beacons.
    pub device: OperationLogin,
    /// Everyone else: publishes reports, reads manifest and beacons.
    pub walk_in: OperationLogin,
}

/// A user name and a password of 128 random bits.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationLogin {
    /// The MQTT user name: says the kind, nothing else.
    pub user: String,
    /// The MQTT password.
    pub password: String,
}

impl Logins {
    /// Draws new passwords.
    pub(super) fn draw(rng: &mut SystemRng) -> Self {
        let mut login = |user: &str| OperationLogin { user: user.to_owned(), password: rng.password() };
        Self {
            operator: login("operator"),
            observer: login("observer"),
            node: login("node"),
            device: login("device"),
            walk_in: login("walk-in"),
        }
    }

    pub(super) fn create(&self, path: &Path) -> Result<(), OperationError> {
        let text = toml::to_string(self).map_err(|_| OperationError::Damaged {
            path: path.to_owned(),
            what: "the logins do not encode",
        })?;
        let text = format!(
            "# The broker's logins, made by `cowl init`. Whoever has one can connect as that kind.\n{text}"
        );
        Ok(files::create(path, text.as_bytes(), Access::Owner)?)
    }

    pub(super) fn load(path: &Path) -> Result<Self, OperationError> {
        let bytes = files::read_secret(path, LIMIT)?;
        let damaged =
            || OperationError::Damaged { path: path.to_owned(), what: "it does not decode as logins" };
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
        toml::from_str(text).map_err(|_| damaged())
    }
}

impl OperationLogin {
    /// As a credential carries it.
    pub fn to_credential(&self) -> Login {
        Login { user: self.user.clone(), password: self.password.clone() }
    }
}

impl Drop for OperationLogin {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.password);
    }
}

impl std::fmt::Debug for Logins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Logins(…)")
    }
}

impl std::fmt::Debug for OperationLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OperationLogin(…)")
    }
}
