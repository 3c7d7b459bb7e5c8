//! What waits, for a caller that stores it: a restart must not lose messages that the broker has forgotten already.

use super::Receiver;
use crate::block::TAG_LEN;

impl Receiver {
    /// Messages that wait, as they came, with numbers above this one, in ascending order. Numbers begin at 1 in each
    /// receiver and are never used twice.
    pub fn waiting_after(&self, number: u64) -> impl Iterator<Item = (u64, &[u8])> {
        self.waiting.after(number)
    }

    /// Says that all that waits up to this number is stored. Returns which of those that were stored before wait no more
    /// (opened, displaced or dropped), each once.
    pub fn waiting_stored(&mut self, through: u64) -> alloc::vec::Vec<u64> {
        self.waiting.stored(through)
    }

    /// Lets a message wait again that waited before a restart, and returns its number; `None` if it is none of this
    /// operation's, or nothing may wait. It is opened when its device turns up, or by a search.
    pub fn wait_again(&mut self, message: &[u8]) -> Option<u64> {
        let tag: [u8; TAG_LEN] = *self.tag_of(message)?;
        let before = self.waiting.newest();
        self.waiting.keep(tag, message);
        Some(self.waiting.newest()).filter(|number| *number > before)
    }

    /// Lets go of all that waits up to this number: no keys are held any more that could open it.
    pub fn drop_waiting_through(&mut self, number: u64) {
        self.waiting.drop_through(number);
    }
}
