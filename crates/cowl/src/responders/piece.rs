//! A few reports that go to the local broker exactly once, whoever dies at whatever instant.
//!
//! They go at `QoS` 2 on a session that the broker keeps (MQTT 5 §4.3.3, §4.4), under numbers that are written down before. What is
//! written down lies where the session lies: retained by the same broker, sealed. So both are there or neither is, and another member
//! can go on with them as well as the next process of this one.
//!
//! ```text
//! word: send 0, 1, 2 ─▶ PUBLISH 0, 1, 2 ─▶ PUBREC 0, 1, 2 ─▶ word: release 0, 1, 2 ─▶ PUBREL 0, 1, 2 ─▶ PUBCOMP 0, 1, 2
//!                       └ after a death: again, with DUP ┘                            └ after a death: again ┘
//! ```
//!
//! A broker passes a message on with its PUBLISH or with its PUBREL, as it likes. Until it has the PUBREL it takes a second PUBLISH
//! under the same number for the first one; after that there is none, because the word says so before. Who has the session has the
//! pen: words are published on its connection only, so whoever is thrown out of the session cannot write any more.

use minicbor::{Decode, Encode};

use super::{error::RespondersError, group::Seen, retained::Whose};
use crate::transport::{Error, NotHeld, Properties, Publication, Qos, Topic};

/// The form of the word.
const FORM: u8 = 1;

/// The word: what is to be done on the session, in this order, so that each report is published once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Piece {
    #[n(0)]
    form: u8,
    /// Numbers of messages that the broker has, to be released; it may have been done.
    #[n(1)]
    release: Vec<u16>,
    /// Messages to be sent; some or all of them may have been.
    #[n(2)]
    pub(super) items: Vec<Item>,
    /// What the members are told when all is done.
    #[n(3)]
    pub(super) seen: Seen,
}

/// A report on its way.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Item {
    /// Its number on the session.
    #[n(0)]
    number: u16,
    #[n(1)]
    topic: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    payload: Vec<u8>,
    #[n(3)]
    retain: bool,
    #[n(4)]
    expiry_s: Option<u32>,
    /// The topic by the template, where the report keeps its own.
    #[n(5)]
    fallback: Option<String>,
    #[n(6)]
    whose: Whose,
}

/// What the work needs of the local broker. Each call returns once the broker has answered.
pub(super) trait Wire {
    /// Has the broker retain the word.
    async fn keep(&mut self, piece: &Piece) -> Result<(), Stopped>;
    /// Sends messages, as [`crate::transport::Publisher::send_held`] does.
    async fn send(&mut self, messages: Vec<(u16, Publication)>, again: bool)
    -> Result<Vec<NotHeld>, Stopped>;
    /// Releases messages, as [`crate::transport::Publisher::release_held`] does.
    async fn release(&mut self, numbers: &[u16]) -> Result<(), Stopped>;
}

/// Why a piece went no further. Whoever has the session goes on with it.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The connection is lost.
    Lost(Error),
    /// The word is larger than the broker takes: nothing was sent.
    TooLarge,
    Failed(RespondersError),
}

/// What became of a piece.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Carried {
    /// Reports that are too large for the broker.
    pub(super) too_large: u64,
    /// Reports that went under the template's topic, because the broker refused their own.
    pub(super) diverted: u64,
}

impl Piece {
    pub(super) fn new(items: Vec<Item>, seen: Seen) -> Self {
        Self { form: FORM, release: Vec::new(), items, seen }
    }

    /// Nothing is on its way.
    pub(super) fn nothing(run: [u8; 8]) -> Self {
        Self::new(Vec::new(), Seen::nothing(run))
    }

    /// Whether there is nothing to be done, and nothing to be told.
    pub(super) const fn is_nothing(&self) -> bool {
        self.release.is_empty() && self.items.is_empty()
    }

    /// How many reports are on their way.
    pub(super) fn len(&self) -> u64 {
        (self.release.len() + self.items.len()) as u64
    }

    /// Whether this version knows its form.
    pub(super) const fn is_known(&self) -> bool {
        self.form == FORM
    }

    /// Takes out what an order to erase names, unless it is the broker's already. Says how much that was.
    pub(super) fn obey(&mut self, is_named: impl Fn(&Whose) -> bool) -> usize {
        let before = self.items.len();
        self.items.retain(|item| !is_named(&item.whose));
        before - self.items.len()
    }

    /// After the broker answered all: what it has is to be released, and what it refused goes under another topic.
    fn after(&self, not_held: &[NotHeld], carried: &mut Carried) -> Result<Self, Stopped> {
        let mut next = Self { release: Vec::new(), items: Vec::new(), ..self.clone() };
        let mut number = self.items.iter().map(|item| item.number).max().unwrap_or(0);
        for item in &self.items {
            let Some(problem) = not_held.iter().find(|problem| problem.number == item.number) else {
                next.release.push(item.number);
                continue;
            };
            if problem.is_too_large {
                carried.too_large += 1;
                continue;
            }
            // It is the report's own topic that the broker does not like.
            let Some(topic) = item.fallback.clone() else {
                return Err(Stopped::Failed(RespondersError::Refused(problem.why)));
            };
            carried.diverted += 1;
            number += 1;
            next.items.push(Item { number, topic, fallback: None, ..item.clone() });
        }
        Ok(next)
    }
}

impl Item {
    pub(super) fn new(
        number: u16,
        publication: &Publication,
        fallback: Option<&Topic>,
        whose: Whose,
    ) -> Self {
        let expiry_s = publication.properties.as_ref().and_then(|properties| properties.expiry_s);
        Self {
            number,
            topic: publication.topic.as_str().to_owned(),
            payload: publication.payload.to_vec(),
            retain: publication.retain,
            expiry_s: expiry_s.map(std::num::NonZeroU32::get),
            fallback: fallback.map(|topic| topic.as_str().to_owned()),
            whose,
        }
    }

    /// The same bytes each time: brokers compare them.
    fn publication(&self) -> Result<Publication, Error> {
        let topic = Topic::new(self.topic.as_str())?;
        let publication = Publication::new(topic, self.payload.clone(), Qos::ExactlyOnce);
        let publication = if self.retain { publication.retained() } else { publication };
        Ok(match self.expiry_s.and_then(std::num::NonZeroU32::new) {
            None => publication,
            expiry_s => publication.with_properties(Properties { expiry_s, ..Properties::default() }),
        })
    }
}

/// Does what the word says, to the end. The broker retains the word already; `again`: somebody may have begun with it.
pub(super) async fn carry<W: Wire>(wire: &mut W, piece: Piece, again: bool) -> Result<Carried, Stopped> {
    let mut carried = Carried::default();
    let (mut piece, mut again) = (piece, again);
    loop {
        if !piece.release.is_empty() {
            wire.release(&piece.release).await?;
        }
        if piece.items.is_empty() {
            return Ok(carried);
        }
        let messages = piece.items.iter().map(|item| Ok((item.number, item.publication()?)));
        let messages = messages.collect::<Result<_, Error>>().map_err(Stopped::Lost)?;
        let not_held = wire.send(messages, again).await?;
        piece = piece.after(&not_held, &mut carried)?;
        wire.keep(&piece).await?;
        again = false;
    }
}

// A report in clear: only its size is shown.
impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Item")
            .field("number", &self.number)
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "piece_tests.rs"]
mod tests;
