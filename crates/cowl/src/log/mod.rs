//! The operation's tamper-evident log: what was done with its keys, in the order in which it was done (spec §14).
//!
//! Whoever enrols a spy, opens a sealed message or exports an archive leaves an entry, and an entry cannot be edited,
//! removed or shown to some and not to others without anyone being able to see it:
//! - the entries are the leaves of a Merkle tree (RFC 6962), in the folder `log/` in the layout of C2SP's tlog-tiles,
//!   which any file server can hand out ([`Reader`]);
//! - each change of it ends in a checkpoint signed by the authority ([`SignedCheckpoint`], C2SP signed-note);
//! - a proof of a few hundred bytes shows to someone who has only the authority's public key that an entry is in the log
//!   ([`Inclusion`], C2SP tlog-proof), or that a log only grew ([`Growth`], as a C2SP witness takes it);
//! - a [`Witness`] elsewhere co-signs what it saw, and refuses a log that was rewritten (C2SP tlog-cosignature).
//!
//! What a log cannot do: it records what the authority's own program did. Who copies the keys and uses them elsewhere
//! writes nothing.
//!
//! No entry names a person. A member is [`Blinded`]: an HMAC of its name under a key of the operation's that lies in a
//! file of its own; without that file nobody can tell any more whose entry it was.

mod blind;
mod checkpoint;
mod error;
mod event;
mod inspect;
mod note;
mod proof;
mod reader;
mod repair;
mod tree;
mod vkey;
mod whole;
mod witness;
mod writer;

pub use blind::{Blinded, BlindingKey};
pub(crate) use checkpoint::log_key;
pub use checkpoint::{Checkpoint, SignedCheckpoint, origin};
pub use error::{LogError, NoteError};
pub use event::{Digest, Entry, Event, Id, Word};
pub use inspect::{Finding, Inspection};
pub use note::{Note, NoteSignature};
pub use proof::{Growth, Inclusion};
pub use reader::Reader;
pub use repair::Repaired;
pub use tree::{MAX_ENTRIES, Root};
pub use vkey::{KeyKind, VerifierKey};
pub use witness::{Cosigned, Refusal, Witness};
pub use writer::Writer;

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
