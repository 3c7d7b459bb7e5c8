//! What a slot holds: a device's keys, or an epoch's.

use cowl_core::{Epoch, Secret};
use rand_core::Rng as _;

use crate::{
    consent::WithdrawalCode,
    random::SystemRng,
    state::slots::{Slot, TEXT, Text},
};

/// What names a device's key in what waits: it is drawn with the key and goes with it, so that afterwards nothing says
/// whose it was.
pub(super) type KeyId = [u8; 8];

/// Kinds of slots.
const LIVE: u8 = 1;
const CLOSED: u8 = 2;
const AGE: u8 = 3;

/// A device: `kind ‖ key id: 8 ‖ since: u32 ‖ key: 32 ‖ code: 16`. A closed one has zeros behind its kind.
pub(super) struct Device {
    pub(super) id: KeyId,
    pub(super) key: Secret,
    /// Since when it has this code.
    pub(super) since: Epoch,
    code: Option<WithdrawalCode>,
    seed: Secret,
}

/// An epoch: `kind ‖ epoch: u32 ‖ key: 32`.
pub(super) struct Age {
    pub(super) epoch: Epoch,
    pub(super) key: Secret,
}

impl Device {
    pub(super) fn draw(since: Epoch, code: WithdrawalCode) -> Self {
        // Keys are seen by nobody outside: they need not come again in a simulation.
        let mut rng = SystemRng::new();
        let mut id = KeyId::default();
        rng.fill_bytes(&mut id);
        Self { id, key: rng.secret(), since, seed: code.seed(), code: Some(code) }
    }

    /// One that was withdrawn.
    pub(super) fn closed() -> Self {
        let nothing = || Secret::new([0; 32]);
        Self { id: KeyId::default(), key: nothing(), since: Epoch(0), code: None, seed: nothing() }
    }

    pub(super) fn read(text: &Text) -> Self {
        Self::live(text.as_slice()).unwrap_or_else(Self::closed)
    }

    pub(super) fn write(&self) -> Text {
        let mut text = Text::new([0; TEXT]);
        let Some(code) = &self.code else {
            put(&mut text, 0, &[CLOSED]);
            return text;
        };
        put(&mut text, 0, &[LIVE]);
        put(&mut text, 1, &self.id);
        put(&mut text, 9, &self.since.0.to_be_bytes());
        put(&mut text, 13, self.key.expose());
        put(&mut text, 45, code.expose());
        text
    }

    pub(super) const fn is_live(&self) -> bool {
        self.code.is_some()
    }

    pub(super) fn into_code(self) -> Option<WithdrawalCode> {
        self.code
    }

    /// Of the erasure handles.
    pub(super) fn seed(&self) -> Secret {
        Secret::new(*self.seed.expose())
    }

    fn live(text: &[u8]) -> Option<Self> {
        let (kind, rest) = text.split_first()?;
        (*kind == LIVE).then_some(())?;
        let (id, rest) = rest.split_first_chunk()?;
        let (since, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let code = WithdrawalCode::from_bytes(*rest.first_chunk()?);
        Some(Self {
            id: *id,
            key: Secret::new(*key),
            since: Epoch(u32::from_be_bytes(*since)),
            seed: code.seed(),
            code: Some(code),
        })
    }
}

impl Age {
    pub(super) fn draw(epoch: Epoch) -> Self {
        Self { epoch, key: SystemRng::new().secret() }
    }

    pub(super) fn read(slot: &Slot) -> Option<Self> {
        let Slot::Text(text) = slot else { return None };
        let (kind, rest) = text.split_first()?;
        (*kind == AGE).then_some(())?;
        let (epoch, rest) = rest.split_first_chunk()?;
        Some(Self { epoch: Epoch(u32::from_be_bytes(*epoch)), key: Secret::new(*rest.first_chunk()?) })
    }

    pub(super) fn write(&self) -> Text {
        let mut text = Text::new([0; TEXT]);
        put(&mut text, 0, &[AGE]);
        put(&mut text, 1, &self.epoch.0.to_be_bytes());
        put(&mut text, 5, self.key.expose());
        text
    }
}

fn put(text: &mut Text, at: usize, bytes: &[u8]) {
    if let Some(into) = text.get_mut(at..at + bytes.len()) {
        into.copy_from_slice(bytes);
    }
}
