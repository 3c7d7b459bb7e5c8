//! From a reading to what a dangerous preset publishes, and back.

use std::fmt;

use cowl_core::{DangerousKeys, MAX_LINE, Notices, Preset, Reading, SignedManifest};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::error::{ExposeError, NotDecrypted, ReadError, SetupError};
use super::exposed::{DEFAULT_TOPIC, Exposed};
use super::fernet::FernetKeys;
use super::minimised::{Minimised, Minimiser};
use super::plain::{self, Form};
use super::token::FixedToken;
use super::warning::warning;
use crate::formats;
use crate::random::{self, SystemRng};
use crate::transport::Topic;

/// The longest token: that of [`MAX_LINE`] bytes, with version, time, IV, padding and HMAC, in base64.
const MAX_TOKEN: usize = (1 + 8 + 16 + MAX_LINE + 16 + 32_usize).div_ceil(3) * 4;

/// One of the study's configurations, ready to send and to read.
pub struct DangerousPreset {
    preset: Preset,
    first: FixedToken,
    /// `None`: the report goes as it came.
    minimiser: Option<Minimiser>,
    /// `None`: in clear.
    keys: Option<FernetKeys>,
}

impl DangerousPreset {
    /// The preset that an operation's authority signed for. Refused if that is `cowl`.
    pub fn of(manifest: &SignedManifest, keys: &DangerousKeys) -> Result<Self, SetupError> {
        let preset = manifest.preset;
        let (minimised, encrypted) = match preset {
            Preset::Cowl => return Err(SetupError::NotDangerous),
            Preset::Plain => (false, false),
            Preset::Fernet => (false, true),
            Preset::Minimised => (true, false),
            Preset::FernetMinimised => (true, true),
        };
        let fernet = || FernetKeys::from_texts(keys.fernet.iter().map(String::as_str));
        Ok(Self {
            preset,
            first: FixedToken::of(keys, 0),
            minimiser: minimised.then(|| Minimiser::of(&manifest.policy)).transpose()?,
            keys: encrypted.then(fernet).transpose()?,
        })
    }

    /// Which one it is.
    pub const fn preset(&self) -> Preset {
        self.preset
    }

    /// What to print before it starts.
    pub const fn warning(&self) -> &'static str {
        match warning(self.preset) {
            Some(text) => text,
            None => "",
        }
    }

    /// A reading as this preset publishes it, on the topic that it came for or [`DEFAULT_TOPIC`]. `identity` is 0 for
    /// a device and counts those behind a gateway. `now`, in seconds since 1970 UTC, stands in clear in a token.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an exposed reading is gone: nothing else may be sent of it"
    )]
    pub fn expose(&self, reading: Reading, identity: u32, now: u64) -> Result<Exposed, ExposeError> {
        self.expose_under(&reading, identity, now, random::block)
    }

    /// The same with the token's IV from a generator of the caller's, for simulations.
    #[expect(clippy::needless_pass_by_value, reason = "as above")]
    pub fn hazmat_expose_with(
        &self,
        reading: Reading,
        identity: u32,
        now: u64,
        rng: &mut SystemRng,
    ) -> Result<Exposed, ExposeError> {
        self.expose_under(&reading, identity, now, || rng.id())
    }

    fn expose_under(
        &self,
        reading: &Reading,
        identity: u32,
        now: u64,
        iv: impl FnOnce() -> [u8; 16],
    ) -> Result<Exposed, ExposeError> {
        if reading.members().is_empty() {
            return Err(ExposeError::Empty);
        }
        let topic = Topic::new(reading.topic().unwrap_or(DEFAULT_TOPIC)).map_err(|_| ExposeError::Topic)?;
        let Minimised { fields, notices } = match &self.minimiser {
            Some(minimiser) => {
                let token = FixedToken(self.first.0.saturating_add(identity));
                minimiser.minimise(reading, token, now)?
            }
            None => {
                Minimised { fields: plain::fields(reading, Form::of(reading))?, notices: Notices::default() }
            }
        };
        let clear = Value::Object(fields).to_string();
        if clear.len() > MAX_LINE {
            return Err(ExposeError::TooLong);
        }
        let payload = match &self.keys {
            Some(keys) => keys.seal(Zeroizing::new(clear).as_bytes(), now, iv()),
            None => clear,
        };
        Ok(Exposed::new(topic, payload.into_bytes(), notices))
    }

    /// The fields of a payload as they travelled. Takes the study's `name: value` text as well as JSON.
    pub fn read(&self, payload: &[u8]) -> Result<Map<String, Value>, ReadError> {
        let Some(keys) = &self.keys else { return fields(payload) };
        let token = Some(payload).filter(|payload| payload.len() <= MAX_TOKEN).ok_or(NotDecrypted)?;
        let token = str::from_utf8(token).map_err(|_| NotDecrypted)?;
        fields(&keys.decrypt(token, None)?)
    }
}

impl fmt::Debug for DangerousPreset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DangerousPreset").field("preset", &self.preset).finish_non_exhaustive()
    }
}

fn fields(clear: &[u8]) -> Result<Map<String, Value>, ReadError> {
    let text = clear.strip_prefix(b"\xef\xbb\xbf").unwrap_or(clear);
    let typed = text.trim_ascii_start().starts_with(b"{");
    let form = if typed { Form::Typed } else { Form::Untyped };
    let reading = formats::parse(clear).map_err(|_| ReadError::NotAReport)?;
    plain::fields(&reading, form).map_err(|_| ReadError::NotAReport)
}

#[cfg(test)]
#[path = "preset_tests.rs"]
mod tests;
