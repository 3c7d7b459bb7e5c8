//! What a machine keeps of a joining until it has its credential (spec §10.3).

use std::{
    fs,
    path::{Path, PathBuf},
};

use cowl_core::Ticket;
use zeroize::Zeroizing;

use super::JoinError;
use crate::{
    files::{self, Access},
    random::SystemRng,
};

/// What the file begins with.
const MAGIC: &[u8] = b"cowl joining 1\n";
/// Bytes of the whole file: magic, the ticket's id, what the machine drew.
const LEN: usize = MAGIC.len() + 16 + 32;

/// A joining that has begun: on disk before the service is asked, so that the same machine can ask again.
#[derive(Debug)]
pub(super) struct Attempt {
    path: PathBuf,
    machine: Zeroizing<[u8; 32]>,
}

impl Attempt {
    /// Begins one beside `output`, or goes on with the one that was begun there.
    pub(super) fn begin(output: &Path, ticket: &Ticket, rng: &mut SystemRng) -> Result<Self, JoinError> {
        let path = path(output);
        if path.exists() {
            return Self::resume(path, ticket);
        }
        let machine = Zeroizing::new(*rng.secret().expose());
        let mut bytes = Zeroizing::new(Vec::with_capacity(LEN));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&ticket.id());
        bytes.extend_from_slice(machine.as_slice());
        files::create(&path, &bytes, Access::Owner)?;
        Ok(Self { path, machine })
    }

    /// What proves that it is the same machine.
    pub(super) fn machine(&self) -> Zeroizing<[u8; 32]> {
        self.machine.clone()
    }

    /// The credential is on disk. Should the file stay, it is of no use to anyone.
    pub(super) fn end(self) {
        let _ = fs::remove_file(&self.path);
    }

    fn resume(path: PathBuf, ticket: &Ticket) -> Result<Self, JoinError> {
        let bytes = files::read_secret(&path, LEN as u64)?;
        let read = bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first_chunk::<16>);
        let Some((id, machine)) = read.and_then(|(id, rest)| Some((id, <[u8; 32]>::try_from(rest).ok()?)))
        else {
            return Err(JoinError::Attempt { path, what: "damaged" });
        };
        if *id != ticket.id() {
            return Err(JoinError::Attempt {
                path,
                what: "of a joining with another ticket that did not end",
            });
        }
        Ok(Self { path, machine: Zeroizing::new(machine) })
    }
}

fn path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".joining");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use cowl_core::{Fingerprint, Token};

    use super::*;

    fn ticket(n: u8) -> Ticket {
        let authority = Fingerprint::from_bytes([1; 16]);
        Ticket { address: None, authority, lowest: 0, token: Token::new([n; 16]) }
    }

    #[test]
    fn goes_on_with_what_was_begun_for_the_same_ticket_only() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("member.cowl");
        let rng = &mut SystemRng::new();
        let first = Attempt::begin(&output, &ticket(1), rng).unwrap();
        let again = Attempt::begin(&output, &ticket(1), rng).unwrap();
        assert_eq!(first.machine(), again.machine());
        assert!(matches!(Attempt::begin(&output, &ticket(2), rng), Err(JoinError::Attempt { .. })));
        first.end();
        assert_ne!(Attempt::begin(&output, &ticket(2), rng).unwrap().machine(), again.machine());
    }

    /// The form of the file, as it lies on disks since it was introduced; and whatever else may lie there.
    #[test]
    fn the_form_is_fixed_and_every_other_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("member.cowl");
        let held = path(&output);
        let mut good = b"cowl joining 1\n".to_vec();
        good.extend_from_slice(&ticket(1).id());
        good.extend_from_slice(&[7; 32]);
        let begin = |bytes: &[u8]| {
            let _ = fs::remove_file(&held);
            files::create(&held, bytes, Access::Owner).unwrap();
            Attempt::begin(&output, &ticket(1), &mut SystemRng::new())
        };
        assert_eq!(*begin(&good).unwrap().machine(), [7; 32]);
        for length in 0..good.len() {
            assert!(begin(&good[..length]).is_err(), "{length}");
        }
        assert!(begin(&[&good[..], &[0]].concat()).is_err());
        for index in 0..31 {
            let mut bytes = good.clone();
            bytes[index] ^= 1;
            assert!(begin(&bytes).is_err(), "{index}");
        }
    }
}
