//! Where a reading is from, for its own device.

use crate::{
    policy::Policy,
    position::Position,
    reading::Reading,
    reduce::{Notices, Surroundings, normal::Normal},
};

impl Policy {
    /// The position in a reading, if it has one and can be read: for the device itself, which is told what is for where it is.
    /// Nothing of it is sent by this.
    pub fn place_of(&self, reading: &Reading) -> Option<Position> {
        let fields = self.normals(reading, &Surroundings::default(), &mut Notices::default()).ok()?;
        let index = usize::from(self.position_field()?.0);
        match fields.get(index) {
            Some(Some(Normal::Position(position))) => Some(*position),
            _ => None,
        }
    }
}
