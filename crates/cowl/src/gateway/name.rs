//! What a device is called: by its family's word for it, the same in every run.

use cowl_core::Reading;
use cowl_core::policy::{Family, Who};

use super::{Caller, Refusal, lookup};

/// The longest name, in bytes: what a record of the roster has room for.
pub(super) const MAX_DEVICE_NAME: usize = 236;

/// `family:one/two`; a `/` within a piece is `%2f`, so that no two devices have one name.
pub(super) fn device(family: &Family, caller: &Caller<'_>, reading: &Reading) -> Result<String, Refusal> {
    let mut name = family.name.clone();
    for (at, who) in family.device.iter().enumerate() {
        let said = match who {
            Who::User => caller.user.map(str::to_owned),
            Who::Client => Some(caller.client_id.to_owned()),
            Who::Said(source) => lookup::at(reading, source, 0).and_then(|value| lookup::word(&value)),
        };
        let said = said.as_deref().map(str::trim).filter(|said| !said.is_empty()).ok_or(Refusal::NoDevice)?;
        name.push(if at == 0 { ':' } else { '/' });
        if said.contains(['%', '/']) {
            name.push_str(&said.replace('%', "%25").replace('/', "%2f"));
        } else {
            name.push_str(said);
        }
    }
    if name.len() > MAX_DEVICE_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::DeviceName);
    }
    Ok(name)
}
