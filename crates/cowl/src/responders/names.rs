//! The topics on the local broker by which gateways of one role find one another.

use super::{
    CONTROL,
    group::{Cipher, MemberId},
};
use crate::transport::{Error, Filter, Topic};

/// The topics of one group, seen by one of its members.
#[derive(Debug, Clone)]
pub(super) struct Names {
    base: String,
    me: String,
}

/// What a message on a topic of the group is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Who is there. Retained, and taken back by the broker when the member's connection ends.
    Member(MemberId),
    /// Who reads a shard. Retained.
    Owner(u16),
    /// What all should hear.
    Word,
    /// What a member opened. Retained: the last word of one who is gone matters most.
    Seen(MemberId),
    /// What this member missed.
    Past,
}

impl Names {
    pub(super) fn new(cipher: &Cipher, me: MemberId) -> Self {
        Self { base: format!("{CONTROL}/{}", cipher.name()), me: hex::encode(me.0) }
    }

    /// The topics of the group, seen by another of its members.
    pub(super) fn of(&self, member: MemberId) -> Self {
        Self { me: hex::encode(member.0), ..self.clone() }
    }

    pub(super) fn member(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/member/{}", self.base, self.me))
    }

    pub(super) fn owner(&self, shard: u16) -> Result<Topic, Error> {
        Topic::new(format!("{}/owner/{shard:02x}", self.base))
    }

    pub(super) fn word(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/word", self.base))
    }

    pub(super) fn seen(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/seen/{}", self.base, self.me))
    }

    /// What is on its way: the word of the last piece.
    pub(super) fn piece(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/piece/{}", self.base, self.me))
    }

    /// Where the broker is tried.
    pub(super) fn trial(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/trial/{}", self.base, self.me))
    }

    pub(super) fn past(&self, member: MemberId) -> Result<Topic, Error> {
        Topic::new(format!("{}/past/{}", self.base, hex::encode(member.0)))
    }

    pub(super) fn status(&self) -> Result<Topic, Error> {
        Topic::new(format!("{}/status/{}", self.base, self.me))
    }

    /// What a member listens to.
    pub(super) fn filters(&self) -> Result<Vec<Filter>, Error> {
        let Self { base, me } = self;
        // What was opened first: nobody takes a shard over before it knows that.
        let filters = [
            format!("{base}/seen/+"),
            format!("{base}/past/{me}"),
            format!("{base}/owner/+"),
            format!("{base}/member/+"),
            format!("{base}/word"),
        ];
        filters.into_iter().map(Filter::new).collect()
    }

    /// The client id of the connection that publishes; and of the one that listens. The sessions of both are kept.
    pub(super) fn client_ids(&self) -> [String; 2] {
        ["p", "l"].map(|which| self.client_id(which))
    }

    /// The client id with which the broker is tried.
    pub(super) fn trial_client(&self) -> String {
        self.client_id("t")
    }

    /// What a topic of the group is about.
    pub(super) fn about(&self, topic: &str) -> Option<About> {
        let rest = topic.strip_prefix(self.base.as_str())?.strip_prefix('/')?;
        let member = |text: &str| {
            let mut id = [0; 8];
            hex::decode_to_slice(text, &mut id).ok().map(|()| MemberId(id))
        };
        match rest.split_once('/') {
            Some(("member", id)) => member(id).map(About::Member),
            Some(("seen", id)) => member(id).map(About::Seen),
            Some(("past", id)) => (id == self.me).then_some(About::Past),
            Some(("owner", shard)) => u16::from_str_radix(shard, 16).ok().map(About::Owner),
            None if rest == "word" => Some(About::Word),
            _ => None,
        }
    }

    fn client_id(&self, which: &str) -> String {
        // 22 characters: what every broker takes.
        let group: String = self.base.chars().rev().take(5).collect();
        format!("{group}{}{which}", self.me)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read_as_it_was_written() {
        let cipher = Cipher::new(&[1; 32]).unwrap();
        let me = MemberId([0xab; 8]);
        let names = Names::new(&cipher, me);
        let about = |topic: Topic| names.about(topic.as_str());
        assert_eq!(about(names.member().unwrap()), Some(About::Member(me)));
        assert_eq!(about(names.owner(255).unwrap()), Some(About::Owner(255)));
        assert_eq!(about(names.word().unwrap()), Some(About::Word));
        assert_eq!(about(names.seen().unwrap()), Some(About::Seen(me)));
        assert_eq!(about(names.past(me).unwrap()), Some(About::Past));
        assert_eq!(about(names.past(MemberId([1; 8])).unwrap()), None);
        assert_eq!(about(names.status().unwrap()), None);
        assert_eq!(about(names.piece().unwrap()), None);
        assert_eq!(about(names.of(MemberId([1; 8])).seen().unwrap()), Some(About::Seen(MemberId([1; 8]))));
        assert!(names.client_ids().iter().all(|id| id.len() <= 23));
    }
}
