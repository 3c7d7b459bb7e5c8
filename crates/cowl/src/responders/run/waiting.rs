//! Messages that wait for their device to turn up: on this member's disk, and on others'.

use std::collections::{BTreeMap, HashSet};

use minicbor::bytes::ByteVec;

use super::{Gateway, Halt};
use crate::keyring::News;
use crate::responders::RespondersError;
use crate::responders::group::{MemberId, Seen};

/// Bytes of messages that wait, in one word to the others.
const KEPT: usize = 48 << 10;

impl Gateway<'_> {
    /// Reads what waits on this disk, and tells the others again that it does: not all of them may know.
    ///
    /// Only once all is heard that was said meanwhile: another member may have taken it over.
    pub(super) async fn read_waiting(&mut self) -> Result<(), Halt> {
        let now = (self.clock)();
        let mut waiting = Vec::new();
        for message in self.store.waiting()? {
            if self.custody.is_kept(&message) {
                continue;
            }
            if self.desk.reader.is_waiting(&message) || self.desk.read(&message, now)? {
                waiting.push(message);
            }
        }
        if waiting.is_empty() || self.ownership.members().len() == 1 {
            return Ok(());
        }
        self.tell_kept(&waiting, &News::default()).await
    }

    /// A member says that messages wait on its disk, so they wait nowhere else any more.
    pub(super) fn kept_by(&mut self, member: MemberId, kept: &[ByteVec]) -> Result<(), RespondersError> {
        if member == self.me || kept.is_empty() {
            return Ok(());
        }
        let most = self.most_waiting();
        let theirs: HashSet<&[u8]> = kept.iter().map(|message| message.as_slice()).collect();
        for message in kept {
            self.custody.claim(member, message, most);
            self.desk.reader.drop_waiting(message);
        }
        if self.store.count_waiting() > 0 {
            self.store.retain_waiting(|message| !theirs.contains(message))?;
        }
        Ok(())
    }

    /// Goes on with what waits on the disks of members that are gone: the first of those that are there does.
    pub(super) async fn inherit(&mut self) -> Result<(), Halt> {
        if !self.ownership.is_first() {
            return Ok(());
        }
        let members = self.ownership.members();
        let left = self.custody.of(|member| !members.contains(member));
        if left.is_empty() {
            return Ok(());
        }
        let now = (self.clock)();
        let mut waiting = Vec::new();
        for (_, message) in left {
            self.custody.release(&message);
            if self.desk.read(&message, now)? {
                waiting.push(message);
            }
        }
        self.store_waiting(&waiting)?;
        if waiting.is_empty() || self.ownership.members().len() == 1 {
            return Ok(());
        }
        self.tell_kept(&waiting, &News::default()).await
    }

    /// What waits, and on whose disk.
    pub(super) fn all_kept(&self) -> Result<BTreeMap<MemberId, Vec<Vec<u8>>>, RespondersError> {
        let mut all: BTreeMap<MemberId, Vec<Vec<u8>>> = BTreeMap::new();
        for (keeper, message) in self.custody.of(|_| true) {
            all.entry(keeper).or_default().push(message);
        }
        let mine = self.store.waiting()?.into_iter().filter(|message| self.desk.reader.is_waiting(message));
        all.entry(self.me).or_default().extend(mine);
        all.retain(|_, kept| !kept.is_empty());
        Ok(all)
    }

    pub(super) fn store_waiting(&mut self, waiting: &[Vec<u8>]) -> Result<(), RespondersError> {
        if !waiting.is_empty() {
            let messages: Vec<&[u8]> = waiting.iter().map(Vec::as_slice).collect();
            self.desk.counters.given_up += self.store.keep_waiting(&messages, self.most_waiting())? as u64;
        }
        Ok(())
    }

    /// If this member ends for good, another one goes on with what waits here. In words of a size that every broker takes.
    pub(super) async fn tell_kept(&mut self, waiting: &[Vec<u8>], news: &News) -> Result<(), Halt> {
        let mut words = Vec::new();
        for kept in pieces(waiting) {
            let kept = kept.iter().cloned().map(Into::into).collect();
            words.push(self.seen(&Seen { news: news.clone(), kept, ..Seen::nothing(self.run) })?);
        }
        self.say(words).await
    }

    fn most_waiting(&self) -> usize {
        usize::try_from(self.desk.policy().windows.waiting).unwrap_or(usize::MAX)
    }
}

/// Messages in pieces of [`KEPT`] bytes or of one message; one empty piece if there are none.
pub(super) fn pieces(messages: &[Vec<u8>]) -> Vec<&[Vec<u8>]> {
    let mut pieces = Vec::new();
    let mut rest = messages;
    loop {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|message| {
            bytes += message.len();
            bytes <= KEPT
        });
        let count = fits.count().max(1).min(rest.len());
        let (piece, later) = rest.split_at(count);
        pieces.push(piece);
        rest = later;
        if rest.is_empty() {
            return pieces;
        }
    }
}
