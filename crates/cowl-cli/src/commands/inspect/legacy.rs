//! Fernet tokens, with the keys of the study's presets or with keys of one's own.

use std::path::Path;

use cowl::{
    dangerous::{FernetKeys, dangerous_time_of},
    files,
};
use cowl_core::Credential;
use serde_json::Value;

use super::{clear, page::Page};
use crate::{exit::Exit, failure::Failure};

/// The largest key file that is read, in bytes.
const LIMIT: u64 = 64 << 10;

pub(super) fn describe(
    payload: &[u8],
    credential: Option<&Credential>,
    key_file: Option<&Path>,
    page: &mut Page,
) -> Result<(), Failure> {
    let given = key_file.map(keys_of).transpose()?;
    let token =
        std::str::from_utf8(payload).map(str::trim).ok().filter(|token| dangerous_time_of(token).is_some());
    let Some(token) = token else {
        if given.is_some() {
            page.section("fernet", "With the Fernet keys");
            page.entry("result", "not a Fernet token");
        }
        return Ok(());
    };
    let held = credential.and_then(|credential| credential.dangerous.as_ref());
    let held = held.and_then(|keys| FernetKeys::from_texts(keys.fernet.iter().map(String::as_str)).ok());
    if given.is_none() && held.is_none() {
        return Ok(());
    }
    page.section("fernet", "With the Fernet keys");
    let Some(clear) = given.iter().chain(&held).find_map(|keys| keys.decrypt(token, None).ok()) else {
        page.entry("result", "does not open: of another key, or altered");
        return Ok(());
    };
    page.entry("result", "opened and authentic; whoever holds the key could have written it");
    page.entry("bytes inside", clear.len());
    match std::str::from_utf8(&clear) {
        Ok(text) => page.entry("inside", serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into())),
        Err(_) => page.entry("inside", hex::encode(&*clear)),
    }
    clear::describe(&clear, None, page);
    Ok(())
}

fn keys_of(path: &Path) -> Result<FernetKeys, Failure> {
    let bytes = files::read_secret(path, LIMIT)?;
    let failed = |why: &dyn std::fmt::Display| Failure::new(Exit::Keys, format!("{}: {why}", path.display()));
    let text = std::str::from_utf8(&bytes).map_err(|_| failed(&"not a file of Fernet keys"))?;
    FernetKeys::parse(text).map_err(|error| failed(&error))
}
