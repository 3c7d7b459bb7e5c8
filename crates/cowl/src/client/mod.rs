//! Sending and receiving: a keyring on one side, a broker on the other.
//!
//! - [`Topics`]: where an operation's messages go.
//! - [`Outbox`]: publishes sealed reports, and seals again what a lost connection left open.
//! - [`Delayed`]: holds reports back for a random time.
//! - [`Wrapper`]: wraps what was sealed for a relay.
//! - [`Notices`]: the newest manifest and beacon, as the broker retains them.
//! - [`fetch_tokens`]: asks the operation's service for tokens to connect with.
//! - [`renew`]: asks the operation's service for further keys; [`say_help`]: says that help is coming.
//! - [`Identities`]: which identity of a gateway a reporter behind it gets.
//! - [`anonymous_options`]: what a publisher may say of itself under the preset `cowl`.

mod asking;
mod confirming;
mod delay;
mod helping;
mod identities;
mod notices;
mod outbox;
mod topics;
mod wrap;

pub use asking::{AskError, Asker, TokenAskError, fetch_tokens, renew};
pub use confirming::{Confirmation, Obeyed, confirm, confirm_always};
pub use delay::Delayed;
pub use helping::{SayError, say_help};
pub use identities::Identities;
pub use notices::{Notice, Notices};
pub use outbox::{Delivered, Outbox, OutboxError, Retry};
pub use topics::Topics;
pub use wrap::{Outgoing, Wrapped, Wrapper};

use cowl_core::{Login, Manifest};

use crate::transport::{self, Options, Version};

/// The options of every connection of an operation: a fresh client id, the policy's keep-alive, a login that is
/// shared by all of a kind, and nothing else that tells one client from another (spec §7.2).
pub fn anonymous_options(
    manifest: &Manifest,
    login: Option<&Login>,
    version: Version,
) -> Result<Options, transport::Error> {
    let login = login
        .map(|login| {
            transport::Login::new(login.user.clone(), Some(login.password.clone().into_bytes().into()))
        })
        .transpose()?;
    let keep_alive_s = manifest.policy.transport.keep_alive_seconds;
    Ok(Options { version, login, keep_alive_s, ..Options::default() })
}
