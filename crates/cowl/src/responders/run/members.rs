//! The local broker, and the others who share a role there.

use std::time::Duration;

use tokio::time::Instant;

use super::waiting::pieces;
use super::{FIRST_WAIT, Gateway, Halt, LONGEST_WAIT, Phase, local_failed};
use crate::responders::group::{Action, Hello, MemberId, Past, Seen, Word};
use crate::responders::local::Local;
use crate::responders::names::About;
use crate::responders::store::Retained;
use crate::responders::{Event, RespondersError};
use crate::transport::{self, Message, Publication, Qos, Topic};

/// How long the broker may take to send what it retains after all that was queued has come.
const GRACE: Duration = Duration::from_millis(200);
/// How long the others may take to tell what was missed.
const PAST: Duration = Duration::from_secs(5);
/// How long reports that were opened before the local broker was lost wait for word from who took their shard over.
const DOUBT: Duration = Duration::from_secs(10);

impl Gateway<'_> {
    pub(super) async fn connect_local(&mut self) -> Result<(), Halt> {
        self.try_out().await?;
        let local = Local::connect(&self.config.local, &self.names).await.map_err(Halt::Lost)?;
        let local = self.resume(local).await?;
        let mut mark = [0; 8];
        getrandom::fill(&mut mark).map_err(|_| RespondersError::Random)?;
        self.local = Some(local);
        self.phase = Phase::Hearing { mark };
        let hello = self.hello(false)?;
        let mark = self.sealed(self.names.word().map_err(local_failed)?, &Word::Mark(mark))?;
        self.say(vec![hello, mark]).await
    }

    pub(super) fn local_lost(&mut self, error: transport::Error) -> Result<(), RespondersError> {
        self.local = None;
        if std::mem::replace(&mut self.phase, Phase::Away) != Phase::Away {
            self.desk.counters.local_lost += 1;
        }
        // They come again with the next connection.
        self.words.clear();
        self.ownership.part();
        if !error.is_transient() && !error.is_taken_over() {
            return Err(RespondersError::Local(error));
        }
        self.doubt_pending();
        (self.tell)(Event::LocalLost { error, retry_in: self.wait });
        self.retry_at = Instant::now() + self.wait;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        Ok(())
    }

    /// What is pending may be published by somebody else now: it waits for word of that.
    pub(super) fn doubt_pending(&mut self) {
        if !self.desk.pending().is_empty() {
            self.until_sure = Some(Instant::now() + DOUBT);
        }
    }

    /// Goes on with joining when it is time.
    pub(super) async fn join(&mut self) -> Result<(), Halt> {
        let now = Instant::now();
        match self.phase {
            Phase::Grace { until } if now >= until => {
                if self.ownership.begins() {
                    self.joined().await?;
                } else {
                    self.phase = Phase::Asking { until: now + PAST };
                    self.ask().await?;
                }
            }
            Phase::Asking { until } if now >= until => self.joined().await?,
            _ => {}
        }
        Ok(())
    }

    async fn ask(&mut self) -> Result<(), Halt> {
        let ask = self.sealed(self.names.word().map_err(local_failed)?, &Word::Ask(self.me))?;
        self.say(vec![ask]).await
    }

    /// The word that this member is there.
    fn hello(&self, joined: bool) -> Result<Publication, Halt> {
        let hello = Hello { run: self.run, joined: Some(joined) };
        Ok(self.sealed(self.names.member().map_err(local_failed)?, &hello)?.retained())
    }

    pub(super) async fn joined(&mut self) -> Result<(), Halt> {
        self.phase = Phase::Joined;
        self.wait = FIRST_WAIT;
        self.ownership.join();
        self.desk.reader.share();
        self.told_members = self.ownership.members().len();
        // Who reads all alone need not wait for anybody's word.
        if self.told_members == 1 {
            self.until_sure = None;
        }
        (self.tell)(Event::Joined { members: self.told_members });
        self.read_waiting().await?;
        self.inherit().await?;
        // Who asks now hears of all this.
        let hello = self.hello(true)?;
        self.say(vec![hello]).await
    }

    pub(super) async fn word(&mut self, message: Message) -> Result<(), Halt> {
        let now = (self.clock)();
        let topic = message.topic.as_str();
        match self.names.about(topic) {
            Some(About::Member(member)) => {
                let hello: Option<Hello> = self.cipher.open(topic, &message.payload);
                let is_gone = message.payload.is_empty();
                if member != self.me {
                    if hello.is_some() || is_gone {
                        self.ownership.member(member, hello.is_some());
                        let is_ready = hello.is_some_and(|hello| hello.joined.unwrap_or(true));
                        let is_new = self.ownership.ready(member, is_ready);
                        if is_gone {
                            self.inherit().await?;
                        } else if is_new && is_ready && matches!(self.phase, Phase::Asking { .. }) {
                            self.ask().await?;
                        }
                    }
                } else if is_gone {
                    // The will of an earlier connection of this member came late.
                    let again = self.hello(self.phase == Phase::Joined)?;
                    self.say(vec![again]).await?;
                } else if hello.is_some_and(|hello| hello.run != self.run) && self.phase == Phase::Joined {
                    return Err(RespondersError::Copied.into());
                }
            }
            Some(About::Owner(shard)) => {
                if let Some(claim) = self.cipher.open(topic, &message.payload) {
                    let passed = self.begin.elapsed();
                    if let Some(action) = self.ownership.claim(shard, claim, passed) {
                        self.act(vec![action]).await?;
                    }
                }
            }
            Some(About::Word) => match self.cipher.open(topic, &message.payload) {
                Some(Word::Released(shard, claim)) => {
                    self.ownership.released(shard, claim, self.begin.elapsed());
                }
                Some(Word::Ask(member)) => self.answer(member).await?,
                Some(Word::Mark(mark)) if self.phase == (Phase::Hearing { mark }) => {
                    self.phase = Phase::Grace { until: Instant::now() + GRACE };
                }
                _ => {}
            },
            Some(About::Seen(member)) => {
                if let Some(seen) = self.cipher.open::<Seen>(topic, &message.payload) {
                    self.note_in_flight(member, &seen);
                    let Seen { run, news, retained, kept, whose, .. } = seen;
                    if member == self.me && run == self.run {
                        // It reached the broker, so what stood before it did.
                        self.desk.was_published(&news);
                    } else {
                        self.desk.learn(&news, now);
                        let whose = whose.unwrap_or_default().into_iter().chain(std::iter::repeat(None));
                        let topics: Vec<_> = retained
                            .into_iter()
                            .zip(whose)
                            .map(|((topic, until), whose)| Retained { topic, until, whose })
                            .collect();
                        self.store.retain(&topics)?;
                        self.kept_by(member, &kept)?;
                    }
                }
            }
            Some(About::Past) => match self.cipher.open(topic, &message.payload) {
                Some(Past::News(news)) => self.desk.learn(&news, now),
                Some(Past::Kept(member, kept)) => self.kept_by(member, &kept)?,
                Some(Past::End) => {
                    if matches!(self.phase, Phase::Asking { .. }) {
                        self.joined().await?;
                    }
                }
                None => {}
            },
            None => {}
        }
        self.words.push(message);
        Ok(())
    }

    /// Tells a member what it missed; one of those that are there does.
    pub(super) async fn answer(&mut self, member: MemberId) -> Result<(), Halt> {
        if !self.ownership.answers(member) {
            return Ok(());
        }
        // What is not on disk yet was told live to whoever is there, and the asker is.
        let topic = self.names.past(member).map_err(local_failed)?;
        let mut words = Vec::new();
        for news in self.desk.reader.all_news()? {
            words.push(self.sealed(topic.clone(), &Past::News(news))?);
        }
        for (keeper, kept) in self.all_kept()? {
            for kept in pieces(&kept) {
                let kept = kept.iter().cloned().map(Into::into).collect();
                words.push(self.sealed(topic.clone(), &Past::Kept(keeper, kept))?);
            }
        }
        words.push(self.sealed(topic, &Past::End)?);
        self.say(words).await
    }

    /// Publishes words of the group.
    pub(super) async fn say(&mut self, words: Vec<Publication>) -> Result<(), Halt> {
        let Some(local) = &mut self.local else { return Ok(()) };
        match local.pen.publish(words).await.map_err(Halt::Lost)?.first() {
            None => Ok(()),
            Some(not_taken) => Err(RespondersError::Refused(not_taken.why).into()),
        }
    }

    pub(super) fn sealed(&self, topic: Topic, word: &impl minicbor::Encode<()>) -> Result<Publication, Halt> {
        let payload = self.cipher.seal(topic.as_str(), word).ok_or(RespondersError::Random)?;
        Ok(Publication::new(topic, payload, Qos::AtLeastOnce))
    }

    // ── Shards ──────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) async fn act(&mut self, actions: Vec<Action>) -> Result<(), Halt> {
        let mut words = Vec::new();
        for action in actions {
            match action {
                Action::Claim { shard, claim } => {
                    let topic = self.names.owner(shard).map_err(local_failed)?;
                    words.push(self.sealed(topic, &claim)?.retained());
                }
                Action::Release { shard, claim } => {
                    let topic = self.names.word().map_err(local_failed)?;
                    words.push(self.sealed(topic, &Word::Released(shard, claim))?);
                }
                Action::Connect { shard } => self.connect(shard)?,
                Action::Leave { shard } => {
                    self.leaving.insert(shard);
                }
            }
        }
        if words.is_empty() { Ok(()) } else { self.say(words).await }
    }

    /// Lets go of the shards that others claimed, once all that was opened of them is published and the others know it: what is not
    /// acknowledged by then goes to the next owner, who would publish it again.
    pub(super) async fn let_go(&mut self) -> Result<(), Halt> {
        if self.leaving.is_empty() || self.phase != Phase::Joined || !self.settle(false).await? {
            return Ok(());
        }
        let mut words = Vec::new();
        for shard in std::mem::take(&mut self.leaving) {
            self.desk.let_go(shard);
            match self.shards.get_mut(&shard) {
                Some(connection) => connection.leave(),
                None => words.extend(self.left(shard)?),
            }
        }
        if words.is_empty() { Ok(()) } else { self.say(words).await }
    }
}
