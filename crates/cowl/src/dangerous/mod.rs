//! The study's four configurations, so that what they expose can be measured. Nobody should run an operation on them.
//!
//! - [`DangerousPreset`] takes a reading to what its preset publishes, [`Exposed`], and back to the fields that
//!   travelled. It exists only for an operation whose signed manifest names a dangerous preset.
//! - [`warning`] is what a command prints before it does so.
//! - [`FernetKeys`] are the keys of the two encrypted presets, in the form and with the meaning that they have in
//!   Python's `cryptography` (`Fernet`, `MultiFernet`).
//!
//! | preset | on the wire |
//! |---|---|
//! | `plain` | the report's names and values as they came, as JSON |
//! | `fernet` | the same in a Fernet token |
//! | `minimised` | `{"severity":"high","zone":"Ouest","token":"V-001"}` |
//! | `fernet-minimised` | the same in a Fernet token |

mod cipher;
mod error;
mod exposed;
mod fernet;
mod key;
mod minimised;
mod plain;
mod preset;
mod token;
mod warning;

pub use error::{ExposeError, FernetKeysError, NotAKey, NotDecrypted, ReadError, SetupError};
pub use exposed::{DEFAULT_TOPIC, Exposed};
pub use fernet::{FernetKeys, Freshness, MAX_KEYS, dangerous_time_of};
pub use key::FernetKey;
pub use preset::DangerousPreset;
pub use token::FixedToken;
pub use warning::warning;
