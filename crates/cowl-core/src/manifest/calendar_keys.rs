//! Public keys of the coming epochs: the roles', for walk-ins, and the relays'.

use alloc::vec::Vec;

use minicbor::{Decode, Decoder, Encode, Encoder, bytes::ByteVec};

use crate::{Epoch, RelayPublicKey, WalkInPublicKey};

/// One public key per epoch and role that reads walk-ins, from some epoch on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalkInKeys {
    /// The first epoch that there are keys for.
    pub first: Epoch,
    /// For each epoch from the first on: one key per role that reads walk-ins, in the order of the roles.
    pub epochs: Vec<Vec<WalkInPublicKey>>,
}

impl WalkInKeys {
    /// The keys of an epoch.
    pub fn of(&self, epoch: Epoch) -> Option<&[WalkInPublicKey]> {
        let index = usize::try_from(epoch.0.checked_sub(self.first.0)?).ok()?;
        self.epochs.get(index).map(Vec::as_slice)
    }

    /// The epochs that there are keys for.
    pub fn range(&self) -> impl Iterator<Item = Epoch> + '_ {
        (self.first.0..).map(Epoch).take(self.epochs.len())
    }
}

impl<C> Encode<C> for WalkInKeys {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?.u32(self.first.0)?;
        e.array(self.epochs.len() as u64)?;
        for keys in &self.epochs {
            e.array(keys.len() as u64)?;
            for key in keys {
                e.bytes(key.bytes())?;
            }
        }
        e.ok()
    }
}

impl<'b, C> Decode<'b, C> for WalkInKeys {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.array()? != Some(2) {
            return Err(minicbor::decode::Error::message("walk-in keys are an array of two"));
        }
        let first = Epoch(d.u32()?);
        let epochs = Vec::<Vec<ByteVec>>::decode(d, ctx)?
            .into_iter()
            .map(|keys| keys.into_iter().map(|key| WalkInPublicKey(key.into())).collect())
            .collect();
        Ok(Self { first, epochs })
    }
}

/// One public key per epoch, of all relays, from some epoch on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelayKeys {
    /// The first epoch that there is a key for.
    pub first: Epoch,
    /// For each epoch from the first on.
    pub keys: Vec<RelayPublicKey>,
}

impl RelayKeys {
    /// The key of an epoch.
    pub fn of(&self, epoch: Epoch) -> Option<&RelayPublicKey> {
        self.keys.get(usize::try_from(epoch.0.checked_sub(self.first.0)?).ok()?)
    }
}

impl<C> Encode<C> for RelayKeys {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?.u32(self.first.0)?;
        e.array(self.keys.len() as u64)?;
        for key in &self.keys {
            e.bytes(key.bytes())?;
        }
        e.ok()
    }
}

impl<'b, C> Decode<'b, C> for RelayKeys {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.array()? != Some(2) {
            return Err(minicbor::decode::Error::message("relay keys are an array of two"));
        }
        let first = Epoch(d.u32()?);
        let keys =
            Vec::<ByteVec>::decode(d, ctx)?.into_iter().map(|key| RelayPublicKey(key.into())).collect();
        Ok(Self { first, keys })
    }
}
