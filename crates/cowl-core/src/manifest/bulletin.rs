//! Bulletins: the authority's commands to devices behind gateways (spec §6.4). One goes out with every beacon, of one size,
//! sealed anew, whether there is a command or not: that there is one does not show.

use alloc::{string::String, vec::Vec};
use core::fmt;

use minicbor::{Decode, Decoder, Encode};

use super::frame::{self, FRAME_LEN, NotFramed};
use crate::{
    Authority, BeaconSecrets, Epoch, NotSigned, OperationId, Secret,
    schedule::{self, BULLETIN_CONTEXT, COMMANDS_CONTEXT},
    siv::{AUTH_LEN, SivKey},
};

/// The most commands of one bulletin.
pub const MAX_COMMANDS: usize = 64;
/// The longest topic of a command, in bytes.
const MAX_TOPIC: usize = 256;

/// Why bytes are not a bulletin to act on, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BulletinError {
    /// Too short, too long, or not of the form.
    #[error("not a bulletin, or cut short")]
    Malformed,
    /// Not the trusted authority's.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// Of another operation.
    #[error("of another operation")]
    OtherOperation,
    /// Not newer than the one accepted before: a replay.
    #[error("not newer than the bulletin accepted before")]
    Replayed,
    /// The commands do not open with this epoch's key.
    #[error("the commands do not open")]
    Commands,
    /// More than a bulletin holds.
    #[error("the commands do not fit the bulletin; raise `beacon_size`, or wait until older ones are over")]
    TooLarge,
    /// A command that no device may be sent.
    #[error(
        "a command's topic is 1 to {MAX_TOPIC} bytes without wildcards and NUL, and does not begin with `$`"
    )]
    Topic,
}

/// What the gateways are to publish to their own devices.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Command {
    /// Grows with every command of the operation: none is acted on twice, and none after a later one.
    #[n(0)]
    pub number: u64,
    /// The topic that the devices listen to.
    #[n(1)]
    pub topic: String,
    /// What they are told.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub payload: Vec<u8>,
    /// Whether devices that come later are told too.
    #[n(3)]
    pub retain: bool,
}

/// What a bulletin says. The commands are sealed to enrolled members.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Bulletin {
    /// The operation.
    #[n(0)]
    pub operation: OperationId,
    /// Grows with every bulletin of the operation, across restarts of the service.
    #[n(1)]
    pub sequence: u64,
    /// The epoch whose key it is sealed with.
    #[n(2)]
    pub epoch: Epoch,
    /// The commands, sealed; always as long as the bulletin allows.
    #[cbor(n(3), with = "minicbor::bytes")]
    sealed: Vec<u8>,
}

/// Bytes of a bulletin that are not commands: the frame, and the CBOR of the other fields at their longest.
const OVERHEAD: usize = FRAME_LEN + 44;

impl Bulletin {
    /// Makes a signed bulletin of the policy's beacon size. The commands' numbers ascend.
    pub fn issue(
        operation: OperationId,
        sequence: u64,
        epoch: Epoch,
        commands: &[Command],
        secrets: &BeaconSecrets<'_>,
    ) -> Result<Vec<u8>, BulletinError> {
        check(commands)?;
        let size = usize::try_from(secrets.size).map_err(|_| BulletinError::TooLarge)?;
        let room = size.checked_sub(OVERHEAD + AUTH_LEN).ok_or(BulletinError::TooLarge)?;
        let mut sealed = minicbor::to_vec(commands).map_err(|_| BulletinError::TooLarge)?;
        if sealed.len() > room {
            return Err(BulletinError::TooLarge);
        }
        sealed.resize(room, 0);
        let auth = SivKey::new(schedule::bulletin_key(secrets.key).expose())
            .seal(&nonce(sequence), &binding(operation, epoch, sequence), &mut sealed)
            .map_err(|_| BulletinError::Commands)?;
        sealed.extend_from_slice(&auth);
        let bulletin = Self { operation, sequence, epoch, sealed };
        let cbor = minicbor::to_vec(&bulletin).map_err(|_| BulletinError::TooLarge)?;
        frame::seal(secrets.authority, BULLETIN_CONTEXT, &cbor, size).ok_or(BulletinError::TooLarge)
    }

    /// Verifies a bulletin of this operation; `newest` is the sequence of the one accepted before.
    pub fn verify(
        bytes: &[u8],
        authority: Authority,
        operation: OperationId,
        newest: Option<u64>,
    ) -> Result<Self, BulletinError> {
        let cbor = frame::open(bytes, authority, BULLETIN_CONTEXT).map_err(|error| match error {
            NotFramed::Malformed => BulletinError::Malformed,
            NotFramed::NotSigned(error) => error.into(),
        })?;
        let mut decoder = Decoder::new(cbor);
        let bulletin: Self = decoder.decode().map_err(|_| BulletinError::Malformed)?;
        if decoder.position() != cbor.len() {
            return Err(BulletinError::Malformed);
        }
        if bulletin.operation != operation {
            return Err(BulletinError::OtherOperation);
        }
        if newest.is_some_and(|newest| bulletin.sequence <= newest) {
            return Err(BulletinError::Replayed);
        }
        Ok(bulletin)
    }

    /// Opens the commands with the epoch's beacon key, which enrolled members hold. Their numbers ascend.
    pub fn commands(&self, beacon_key: &Secret) -> Result<Vec<Command>, BulletinError> {
        let mut sealed = self.sealed.clone();
        let text = SivKey::new(schedule::bulletin_key(beacon_key).expose())
            .open(&nonce(self.sequence), &binding(self.operation, self.epoch, self.sequence), &mut sealed)
            .map_err(|_| BulletinError::Commands)?;
        let mut decoder = Decoder::new(text);
        let count = decoder.array().ok().flatten().ok_or(BulletinError::Malformed)?;
        if count > MAX_COMMANDS as u64 {
            return Err(BulletinError::Malformed);
        }
        let mut commands = Vec::new();
        for _ in 0..count {
            commands.push(decoder.decode().map_err(|_| BulletinError::Malformed)?);
        }
        let padding = text.get(decoder.position()..).unwrap_or_default();
        if padding.iter().any(|byte| *byte != 0) || check(&commands).is_err() {
            return Err(BulletinError::Malformed);
        }
        Ok(commands)
    }
}

impl Command {
    /// Whether it may be published by a gateway.
    pub fn check(&self) -> Result<(), BulletinError> {
        let topic = &self.topic;
        let sound = (1..=MAX_TOPIC).contains(&topic.len()) && !topic.starts_with('$');
        if sound && !topic.contains(['+', '#', '\0']) { Ok(()) } else { Err(BulletinError::Topic) }
    }
}

fn check(commands: &[Command]) -> Result<(), BulletinError> {
    if commands.len() > MAX_COMMANDS {
        return Err(BulletinError::TooLarge);
    }
    let ascend = commands.iter().zip(commands.iter().skip(1)).all(|(one, next)| one.number < next.number);
    if !ascend {
        return Err(BulletinError::Malformed);
    }
    commands.iter().try_for_each(Command::check)
}

/// The sequence never repeats under one key; should a restored service repeat one, the AEAD forgives it.
fn nonce(sequence: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    if let Some(end) = nonce.last_chunk_mut::<8>() {
        *end = sequence.to_be_bytes();
    }
    nonce
}

fn binding(operation: OperationId, epoch: Epoch, sequence: u64) -> Vec<u8> {
    let mut aad = COMMANDS_CONTEXT.to_vec();
    aad.extend_from_slice(&operation.0);
    aad.extend_from_slice(&epoch.0.to_be_bytes());
    aad.extend_from_slice(&sequence.to_be_bytes());
    aad
}

// What devices are told says what goes on.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("number", &self.number)
            .field("retain", &self.retain)
            .finish_non_exhaustive()
    }
}
