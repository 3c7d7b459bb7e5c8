//! What a responder's machine does with every message of the mailbox (spec §4.5, §5.4).

mod cache;
mod enrolled;
mod lane;
mod recent;
mod tags;
mod waiting;
mod walk_in;
mod windows;

use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize as _, ZeroizeOnDrop};

pub use enrolled::Receiver;
pub use walk_in::{WalkInLimits, WalkInMark};
pub use windows::Windows;

use crate::{Epoch, Header, HelpKey, Place, Pseudonym, custody::CustodyEnvelope};

/// A part that was opened: the sender is known, the body is not yet read.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Names the report; a second message with the same one is a second copy.
    pub header: Header,
    /// The epoch in which it was sealed.
    pub epoch: Epoch,
    /// Who sent it, as far as anyone can know.
    pub sender: Sender,
    /// The encoded body, for [`crate::Policy`] to read.
    pub body: Vec<u8>,
    /// What custodians could open of the message, if the operation's messages have such a part.
    pub custody: Option<CustodyEnvelope>,
    /// By what the role says that help is coming to a walk-in (spec §12.4); an enrolled sender's follows from its place, with
    /// [`crate::schedule::DeviceRoot::help_key`].
    pub help: Option<HelpKey>,
}

impl Opened {
    /// Whether it is cover: sent so that nobody sees when reports are. It is counted, and neither shown nor kept
    /// (spec §4.3).
    pub const fn is_cover(&self) -> bool {
        self.body.is_empty()
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // As slices, which are wiped at the speed of memory; a vector would be byte by byte.
        self.body.as_mut_slice().zeroize();
        self.body.spare_capacity_mut().zeroize();
    }
}

impl ZeroizeOnDrop for Opened {}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// Who sent a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// An enrolled device, by its name of this epoch.
    Enrolled {
        /// Its place: for the receiver's own state, never shown.
        place: Place,
        /// What responders call it.
        pseudonym: Pseudonym,
    },
    /// Someone without enrolment: unverified, weighs nothing in any count.
    WalkIn {
        /// What a receiver keeps so that this message is not opened again after a restart.
        mark: WalkInMark,
    },
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Received {
    /// Its part was opened and stands first among the new reports.
    Opened,
    /// Opened, but this tag was used before for something else: the device's state lives twice (a clone or a
    /// restored copy), and it must be enrolled again.
    Clone,
}

/// Why a message was not opened. Counted by name, never fatal, and the same for everyone who sends junk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Refused {
    /// Neither an enrolled nor a walk-in message of this operation: cut short, or of another operation.
    #[error("not a message of this operation's sizes")]
    Size,
    /// No live device is expected to use this tag now. Kept for a while: it is opened when its device turns
    /// up. Old epochs, other operations, revoked devices and junk end here.
    #[error("from no device that is expected now; kept for later")]
    Unknown,
    /// This very message was opened before.
    #[error("a replay")]
    Replayed,
    /// Altered on the way, or put together from pieces of several messages.
    #[error("altered")]
    NotAuthentic,
    /// Walk-ins are opened within a budget, and it is used up for now.
    #[error("beyond the budget for walk-in messages")]
    WalkInBudget,
    /// The record of walk-in messages of this epoch is full; nothing is forgotten to make room.
    #[error("the record of walk-in messages is full")]
    WalkInRecordFull,
    /// A walk-in message for an epoch or policy version whose keys are not held.
    #[error("a walk-in message for keys that are not held")]
    WalkInKeys,
    /// This role does not read walk-in messages.
    #[error("a walk-in message, which this role does not read")]
    WalkInRole,
}
