//! Devices whose credential is in use twice: how the authority knows them, and what it calls them in beacons.

use std::sync::Arc;

use cowl_core::{CloneMark, Epoch, Place, Places};

use super::{Operation, OperationError};

impl Operation {
    /// Writes down that whoever had this place sends from two machines. Gives the device's number in the register if that
    /// is news.
    pub fn note_clone(&mut self, epoch: Epoch, place: Place) -> Result<Option<u32>, OperationError> {
        let Some(device) = self.places_of(epoch).device(place) else { return Ok(None) };
        if self.register.clones().contains(&device) {
            return Ok(None);
        }
        let _lock = self.exclusive()?;
        Ok(self.register.note_clone(device)?.then_some(device))
    }

    /// By what the devices that are in use twice know themselves in an epoch. None without a census, which is what would
    /// have noticed; none whose keys have ended.
    pub fn clone_marks(&mut self, epoch: Epoch) -> Vec<CloneMark> {
        self.places.forget_before(epoch);
        let held = |device: &u32| self.register.holds_keys(*device, epoch);
        let devices: Vec<_> = self.register.clones().iter().copied().filter(held).collect();
        let Some(census) = self.manifest.policy.census().filter(|_| !devices.is_empty()) else {
            return Vec::new();
        };
        let Some(root) = self.secrets.root(census, epoch) else { return Vec::new() };
        let (places, operation) = (self.places_of(epoch), self.manifest.operation);
        let places = devices.into_iter().filter_map(|device| places.place(device));
        places.map(|place| root.device(operation, census, epoch, place).clone_mark()).collect()
    }

    pub(super) fn places_of(&mut self, epoch: Epoch) -> Arc<Places> {
        let Self { places, secrets, manifest, .. } = self;
        places.get(epoch, manifest.policy.places, || secrets.places(manifest, epoch))
    }
}
