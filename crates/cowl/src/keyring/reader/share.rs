//! Several readers of one credential and role that share the mailbox by its shards: what each tells the others, so that
//! a report is opened once and a device is found whichever of them its messages reach.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use cowl_core::{Epoch, Place, ReportId, WalkInMark};
use minicbor::{Decode, Encode};

use super::{ReadReport, Reader, SESSION_NAME, apart};
use crate::keyring::{
    KeyringError,
    state::{Batch, piece_of, seen_in},
};

/// Separates the name of a shard's session from all else that may come of an instance secret.
const SHARD_CONTEXT: &[u8] = b"cowl responder shard session v1";
/// Separates what the readers of one credential and role share from all else that may come of an instance secret.
const GROUP_CONTEXT: &[u8] = b"cowl responder group v1";
/// Separates the name before the service.
const NAME_CONTEXT: &[u8] = b"cowl responder store name v1";
/// Separates the key of files beside a credential.
const STORE_CONTEXT: &[u8] = b"cowl responders store v1";
/// Reports that one piece of news names at the most, 20 bytes each.
const PIECE: usize = 1_000;
/// Devices and walk-ins that one piece of news names at the most.
const PIECE_DEVICES: usize = 2_000;

/// What readers of one role tell one another. It holds report ids and places, and so goes out sealed only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct News {
    /// Ids and epochs of reports, 20 bytes each.
    #[cbor(n(0), with = "minicbor::bytes")]
    seen: Vec<u8>,
    /// (epoch, place, next counter).
    #[n(1)]
    progress: Vec<(u32, u32, u32)>,
    /// Epoch and mark of walk-in messages, 20 bytes each.
    #[cbor(n(2), with = "minicbor::bytes")]
    walk_ins: Vec<u8>,
}

impl News {
    /// Whether there is nothing to tell.
    pub const fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.progress.is_empty() && self.walk_ins.is_empty()
    }

    /// The reports that are told of, as [`Reader::known_as`] names them.
    pub fn reports(&self) -> impl Iterator<Item = ReportId> {
        seen_in(&self.seen).into_iter().map(|(id, _)| id)
    }
}

impl Reader {
    /// The client id under which a broker keeps one shard of the mailbox for this role: the same for every reader of
    /// this credential, so that whoever takes a shard over continues where its last owner stopped.
    pub fn shard_session_name(&self, shard: u16) -> String {
        let mut context = SHARD_CONTEXT.to_vec();
        context.extend_from_slice(&shard.to_be_bytes());
        let mut name = hex::encode(self.derive(&context));
        name.truncate(SESSION_NAME);
        name
    }

    /// A secret that only readers of this credential and role have.
    pub fn group_secret(&self) -> zeroize::Zeroizing<[u8; 32]> {
        self.derive(GROUP_CONTEXT)
    }

    /// What closes files of this role beside the credential.
    pub fn store_secret(&self) -> zeroize::Zeroizing<[u8; 32]> {
        self.derive(STORE_CONTEXT)
    }

    /// What this reader is called before the operation's service.
    pub fn store_name(&self) -> [u8; 16] {
        self.derive(NAME_CONTEXT).first_chunk().copied().unwrap_or_default()
    }

    /// What was read since the last [`Self::commit`]: to be told to the others before the broker may forget it. Reports
    /// that `is_held` still holds back are not told of: nobody else would show them if this reader ends now.
    pub fn news(&self, is_held: impl Fn(ReportId) -> bool) -> News {
        let told: Vec<_> = self.batch.seen.iter().copied().filter(|(id, _)| !is_held(*id)).collect();
        // A walk-in message cannot be told from its mark, so the marks wait for all. So does how far devices are: whoever hears that
        // opens what waits of them, and has to know which of it was published.
        let is_all = told.len() == self.batch.seen.len();
        let walk_ins = if is_all { self.batch.walk_ins.as_slice() } else { &[] };
        let moved = self.moved.iter().filter(|_| is_all).filter_map(|(epoch, place)| {
            Some((epoch.0, place.0, self.receiver.next_counter(*epoch, *place)?))
        });
        News {
            seen: piece_of(&told),
            progress: moved.collect(),
            walk_ins: walk_ins.iter().flat_map(|(_, epoch, mark)| marked(*epoch, mark)).collect(),
        }
    }

    /// All that is remembered, in pieces: for a reader that missed news.
    pub fn all_news(&self) -> Result<Vec<News>, KeyringError> {
        let seen = self.state.seen()?;
        let progress: Vec<_> =
            self.receiver.progress().map(|(e, place, next)| (e.0, place.0, next)).collect();
        let walk_ins = self.state.walk_ins(self.role.0)?;
        let seen = seen.chunks(PIECE).map(|seen| News { seen: piece_of(seen), ..News::default() });
        let progress = progress
            .chunks(PIECE_DEVICES)
            .map(|progress| News { progress: progress.to_vec(), ..News::default() });
        let walk_ins = walk_ins.chunks(PIECE).map(|some| News {
            walk_ins: some.iter().flat_map(|(epoch, mark)| marked(*epoch, mark)).collect(),
            ..News::default()
        });
        Ok(seen.chain(walk_ins).chain(progress).collect())
    }

    /// Takes what another reader opened: it is not opened here again, and its devices are expected further on. What
    /// waited here for that is appended to `reports`. It is written down with the next [`Self::commit`].
    pub fn learn(&mut self, news: &News, reports: &mut Vec<ReadReport>) {
        for (id, epoch) in seen_in(&news.seen) {
            if self.seen.insert(id) {
                self.learned.seen.push((id, epoch));
            }
        }
        for (mark, epoch) in seen_in(&news.walk_ins) {
            self.receiver.remember_walk_in(epoch, WalkInMark(mark.0));
            self.learned.walk_ins.push((self.role.0, epoch, mark.0));
        }
        let mut opened = std::mem::take(&mut self.opened);
        for (epoch, place, next) in &news.progress {
            let (epoch, place) = (Epoch(*epoch), Place(*place));
            if self.receiver.next_counter(epoch, place).is_some_and(|known| known < *next) {
                self.receiver.follow(epoch, place, *next, &mut opened);
                self.learned.progress.push((self.role.0, epoch, place, *next));
            }
        }
        self.take(&mut opened, reports);
        self.opened = opened;
    }

    /// Writes down what others told, and nothing of what was read here: that may not be known to all yet.
    pub fn commit_learned(&mut self) -> Result<(), KeyringError> {
        if !self.learned.is_empty() {
            self.state.record(&self.learned, self.seen.limit())?;
            self.learned.clear();
        }
        Ok(())
    }

    /// Other readers take some of the messages: expects those that other shards may have overtaken, before a restart too. About
    /// 20 ms. Call it again after [`Self::follow`] said that there is a newer manifest.
    ///
    /// [`Self::commit`] does not write down what waits from now on: where it waits, and whose it is, is agreed by those who share.
    pub fn share(&mut self) {
        self.wait_elsewhere();
        self.receiver.share();
    }

    /// Whether a message waits for its device to turn up.
    pub fn is_waiting(&self, message: &[u8]) -> bool {
        self.receiver.is_waiting(message)
    }

    /// Lets go of a message that waits: another reader has it now.
    pub fn drop_waiting(&mut self, message: &[u8]) {
        self.receiver.drop_waiting(message);
    }

    /// By what a report is remembered.
    pub fn known_as(report: &ReadReport) -> ReportId {
        if report.pseudonym.is_some() { report.header.report } else { apart(report.header.report) }
    }

    /// What others told goes into the same transaction as what was read.
    pub(super) fn absorb_learned(&mut self) {
        let Batch { seen, progress, walk_ins, .. } = &mut self.learned;
        self.batch.seen.append(seen);
        self.batch.walk_ins.append(walk_ins);
        // Before the own ones: where both moved a device, the later word is the receiver's own.
        progress.append(&mut self.batch.progress);
        std::mem::swap(&mut self.batch.progress, progress);
    }

    fn derive(&self, context: &[u8]) -> zeroize::Zeroizing<[u8; 32]> {
        let mut message = context.to_vec();
        message.push(self.role.0);
        let tag = sign(&Key::new(HMAC_SHA256, &self.credential.instance), &message);
        let mut secret = zeroize::Zeroizing::new([0; 32]);
        secret.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        secret
    }
}

fn marked(epoch: Epoch, mark: &[u8; 16]) -> impl Iterator<Item = u8> + use<> {
    mark.iter().copied().chain(epoch.0.to_be_bytes()).collect::<Vec<_>>().into_iter()
}
