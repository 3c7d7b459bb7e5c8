//! The people behind devices: what each needs to withdraw, who did, and taking one up again.

use std::path::Path;

use cowl_core::{Credential, Epoch};

use super::{
    Device, GatewayError, Standing,
    secrets::{open_queue, roster, vault_key, vault_path},
    vault::Vault,
};
use crate::{consent::WithdrawalCode, keyring::load_credential, random::SystemRng};

/// The devices of a gateway and how they stand, also while it runs.
pub fn standings(credential: &Path) -> Result<Vec<Standing>, GatewayError> {
    let held = load_credential(credential)?;
    let codes = Vault::codes(&vault_path(credential), &vault_key(&held))?;
    let standing = |device: Device| {
        let is_withdrawn = codes.get(device.identity).is_some_and(Option::is_none);
        Standing { device, is_withdrawn }
    };
    Ok(roster(credential)?.into_iter().map(standing).collect())
}

/// The withdrawal code that a gateway keeps for a device, also while it runs: for the person who reports by it, and nobody else.
/// `None`: the device was withdrawn.
pub fn withdrawal_code(credential: &Path, name: &str) -> Result<Option<WithdrawalCode>, GatewayError> {
    let (held, identity) = find(credential, name)?;
    let mut codes = Vault::codes(&vault_path(credential), &vault_key(&held))?;
    Ok(if identity < codes.len() { codes.swap_remove(identity) } else { None })
}

/// Takes a device up again whose person withdrew and then agreed anew: with another code. The gateway must not run.
pub fn admit(credential: &Path, name: &str, rng: &mut SystemRng) -> Result<(), GatewayError> {
    let (held, identity) = find(credential, name)?;
    // Who has the queue runs, and holds the vault.
    let queue = open_queue(credential)?;
    let identity = u32::try_from(identity).map_err(|_| GatewayError::NoSuchDevice)?;
    let vault = Vault::open(&vault_path(credential), &vault_key(&held), identity + 1, Epoch(0), rng)?;
    vault.admit(identity, rng)?;
    drop(queue);
    Ok(())
}

fn find(credential: &Path, name: &str) -> Result<(Credential, usize), GatewayError> {
    let held = load_credential(credential)?;
    let device = roster(credential)?.into_iter().find(|device| device.name == name);
    Ok((held, device.ok_or(GatewayError::NoSuchDevice)?.identity))
}
