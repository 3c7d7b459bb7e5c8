//! A member's side: its credential, its durable state, and what it may do with both.
//!
//! [`Sender`] seals what an enrolled device or a gateway reports; [`WalkInSender`] does so with nothing but a
//! manifest; [`Reader`] opens what a role may read. State lies beside the credential, in `NAME.state`.

mod error;
mod heard;
mod moment;
mod pace;
mod reader;
mod renewal;
mod search;
mod sender;
mod state;
mod store;
mod walk_in;

pub use cowl_core::EpochClock;
pub use error::KeyringError;
pub use heard::{Ear, Heard, Lane, Moment};
pub use pace::{Rest, SearchPace};
pub use reader::{News, ReadReport, Reader};
pub use renewal::{Progress, Renewal, RenewalError, Renewed};
pub use search::Search;
pub use sender::{AwaitedReport, SealedReport, Sender};
pub use store::{Enrolment, load_credential, state_path, store_new, store_new_for};
pub use walk_in::WalkInSender;

/// Says whether a state file is sound and belongs to a credential's instance; writes nothing.
pub(crate) fn examine_state(path: &std::path::Path, instance: [u8; 16]) -> Result<(), KeyringError> {
    state::State::examine(path, instance).map(drop)
}

/// What kind of member a credential is for, in words.
pub(crate) const fn member_kind(member: &cowl_core::Member) -> &'static str {
    store::kind(member)
}

/// What a member's state knows of time and of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StateOfTime {
    /// The newest epoch that a beacon told.
    pub(crate) epoch: Option<cowl_core::Epoch>,
    /// Whether any beacon was heard yet.
    pub(crate) heard: bool,
    /// Whether it was restored, and waits for a beacon.
    pub(crate) restored: bool,
    /// Whether a beacon said that the credential is in use twice.
    pub(crate) cloned: bool,
}

/// What a state file remembers; writes nothing.
pub(crate) fn remembered(path: &std::path::Path, instance: [u8; 16]) -> Result<StateOfTime, KeyringError> {
    let known = state::State::examine(path, instance)?;
    Ok(StateOfTime {
        epoch: known.epoch,
        heard: known.beacon.is_some(),
        restored: known.counters_from.is_none(),
        cloned: known.cloned,
    })
}
