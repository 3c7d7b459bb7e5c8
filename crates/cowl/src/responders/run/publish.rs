//! From the mailbox to the local broker: opened, published, written down, acknowledged.

use tokio::time::Instant;

use super::{Gateway, Halt, MANY, Phase, QUIET, SOON, TICK, Trial};
use crate::responders::group::Seen;
use crate::responders::local::Local;
use crate::responders::retained::Whose;
use crate::responders::store::Retained;
use crate::responders::{Event, RespondersError, discovery};
use crate::transport::{Publication, Topic};

/// Reports that stand between two words to the others.
const TOGETHER: usize = 4;
/// Unacknowledged messages at which a pause is used to write the state. Below the 20 at which mosquitto waits for
/// acknowledgements unless told otherwise.
const FEW: usize = 16;
/// Words of the others at which it is used likewise.
const FEW_WORDS: usize = 8;

impl Gateway<'_> {
    pub(super) async fn tidy(&mut self) -> Result<(), Halt> {
        let now = Instant::now();
        if self.local.is_some() {
            self.join().await?;
            self.take_over().await?;
            let actions = self.ownership.decide(self.begin.elapsed());
            self.act(actions).await?;
            self.let_go().await?;
        }
        if let Some(manifest) = self.next_manifest.take_if(|_| self.desk.pending().is_empty()) {
            self.follow(&manifest).await?;
        }
        if self.until_beacon.is_some_and(|until| until <= now) && self.phase == Phase::Joined {
            self.until_beacon = None;
            (self.tell)(Event::NoBeacon);
        }
        if self.until_sure.is_some_and(|until| until <= now || self.desk.pending().is_empty()) {
            self.until_sure = None;
        }
        self.publish().await?;
        let is_quiet = now.saturating_duration_since(self.taken) >= QUIET;
        self.desk.look(is_quiet, (self.clock)());
        let (open, ready) = self.desk.open();
        let passed = now.saturating_duration_since(self.written);
        let is_due = match (ready, self.words.len()) {
            (MANY.., _) => true,
            (FEW.., _) | (_, FEW_WORDS..) if self.messages.is_empty() => true,
            _ => passed >= SOON && (open > 0 || !self.words.is_empty() || !self.desk.reader.is_committed()),
        };
        if is_due && self.phase == Phase::Joined {
            self.settle(false).await?;
        }
        if self.phase != Phase::Joined && self.words.len() >= FEW_WORDS {
            // The broker sends no more than so many words ahead, and what it waits for may stand behind them.
            self.desk.reader.commit_learned()?;
            self.words.drain(..).for_each(|mut word| word.ack());
        }
        if now.saturating_duration_since(self.ticked) >= TICK {
            self.ticked = now;
            self.tick().await?;
        }
        self.report().await
    }

    /// Publishes what is pending, piece by piece, each with the word to the others at its end.
    pub(super) async fn publish(&mut self) -> Result<(), Halt> {
        while !self.desk.pending().is_empty()
            && self.phase == Phase::Joined
            && self.until_sure.is_none()
            && self.next_inheritance().is_none()
        {
            let Some(local) = &self.local else { return Ok(()) };
            let is_once = self.trial == Trial::Good;
            // With room for the words between them.
            let room = local.window() / (TOGETHER + 1) + 1;
            let most = if is_once { local.pen.exact_window() } else { local.window().saturating_sub(room) };
            let count = Local::piece(self.desk.pending().iter().map(|out| &out.publication), most);
            if is_once {
                self.publish_once(count).await?;
            } else {
                self.publish_piece(count).await?;
            }
        }
        self.close_piece().await
    }

    pub(super) async fn publish_piece(&mut self, count: usize) -> Result<(), Halt> {
        let mut reports: Vec<Publication> =
            self.desk.pending().iter().take(count).map(|out| out.publication.clone()).collect();
        let whose = self.desk.pending().iter().take(count).map(|out| out.whose.clone()).collect();
        let (sensors, retained) = self.retain(&mut reports, whose)?;
        if !sensors.is_empty() {
            self.say(sensors).await?;
        }
        // Word stands behind every few reports: a broker that sees this process die reads no further, so no more than these
        // few are published without it.
        let mut piece = Vec::with_capacity(count + count.div_ceil(TOGETHER));
        let mut retained = Some(retained);
        for (number, report) in (1..).zip(reports) {
            piece.push((Some(number - 1), report));
            if number == count || number % TOGETHER == 0 {
                let retained = retained.take_if(|_| number == count).unwrap_or_default();
                let (retained, whose) =
                    retained.into_iter().map(|one| ((one.topic, one.until), one.whose)).unzip();
                let news = self.desk.news(number);
                let seen =
                    Seen { run: self.run, news, retained, kept: Vec::new(), whose: Some(whose), open: None };
                piece.push((None, self.seen(&seen)?));
            }
        }
        let (numbers, piece): (Vec<_>, Vec<_>) = piece.into_iter().unzip();
        let Some(local) = &mut self.local else { return Ok(()) };
        let not_taken = local.pen.publish(piece).await.map_err(Halt::Lost)?;
        let mut again = Vec::new();
        let mut lost = 0;
        for problem in not_taken {
            let number = numbers.get(problem.index).copied().flatten();
            let out = number.and_then(|number| self.desk.pending().get(number));
            match out {
                Some(_) if problem.is_too_large => lost += 1,
                Some(out) => match &out.fallback {
                    // It is the report's own topic that the broker does not like.
                    Some(topic) => {
                        let mut publication = out.publication.clone();
                        publication.topic = topic.clone();
                        again.push(publication);
                    }
                    None => return Err(RespondersError::Refused(problem.why).into()),
                },
                None => return Err(RespondersError::Refused(problem.why).into()),
            }
        }
        let counters = &mut self.desk.counters;
        counters.too_large += lost;
        counters.topics_not_allowed += again.len() as u64;
        if !again.is_empty() {
            self.say(again).await?;
        }
        let done: Vec<bool> = self.desk.pending_mut().drain(..count).map(|out| out.is_walk_in).collect();
        let counters = &mut self.desk.counters;
        counters.published += (done.len() as u64).saturating_sub(lost);
        counters.at_least_once += done.len() as u64;
        counters.walk_ins += done.iter().filter(|is_walk_in| **is_walk_in).count() as u64;
        Ok(())
    }

    /// Notes how long the topics of a piece are retained; messages that make new ones known to Home Assistant.
    pub(super) fn retain(
        &mut self,
        piece: &mut [Publication],
        whose: Vec<Whose>,
    ) -> Result<(Vec<Publication>, Vec<Retained>), Halt> {
        let publish = &self.config.publish;
        if !publish.retain && publish.home_assistant.is_none() {
            return Ok((Vec::new(), Vec::new()));
        }
        let retention = self.desk.retention();
        let until = (self.clock)().saturating_add(retention.into());
        let topics: Vec<Topic> = piece.iter().map(|publication| publication.topic.clone()).collect();
        let note = |(topic, whose): (&Topic, Whose)| Retained {
            topic: topic.as_str().to_owned(),
            until,
            whose: Some(whose),
        };
        let notes: Vec<Retained> = topics.iter().zip(whose).map(note).collect();
        let is_new: Vec<bool> = notes.iter().map(|note| !self.store.has(&note.topic)).collect();
        let allowed = self.store.retain(&notes)?;
        let mut sensors = Vec::new();
        let mut retained = Vec::new();
        for ((((publication, topic), note), is_new), is_allowed) in
            piece.iter_mut().zip(&topics).zip(notes).zip(is_new).zip(allowed)
        {
            if !is_allowed {
                publication.retain = false;
                self.desk.counters.not_retained += 1;
                if !std::mem::replace(&mut self.told_full, true) {
                    (self.tell)(Event::TooManyTopics);
                }
                continue;
            }
            retained.push(note);
            if let Some(prefix) = publish.home_assistant.as_deref().filter(|_| is_new) {
                sensors.extend(discovery::sensors(
                    prefix,
                    self.desk.policy(),
                    self.desk.role(),
                    topic,
                    retention,
                ));
            }
        }
        let sensors = sensors.into_iter().map(|sensor| self.expiring(sensor, retention)).collect();
        Ok((sensors, retained))
    }

    /// In this order, so that nothing is lost at whatever instant the power fails: the reports are published and the others
    /// know it, what was read is written down, and then the brokers may forget it. Says whether it came to that: not while reports
    /// wait to be published.
    pub(super) async fn settle(&mut self, is_last: bool) -> Result<bool, Halt> {
        let now = (self.clock)();
        if is_last {
            self.desk.last_look(now);
        }
        self.publish().await?;
        if !self.desk.pending().is_empty() {
            return Ok(false);
        }
        let overdue = self.desk.overdue(is_last);
        let news = self.desk.news(0);
        // Here first: what the others hear of it holds then.
        self.store_waiting(&overdue)?;
        let is_heard = self.ownership.members().len() > 1;
        if is_heard && self.local.is_some() && !(news.is_empty() && overdue.is_empty()) {
            self.tell_kept(&overdue, &news).await?;
        }
        self.desk.reader.commit()?;
        self.desk.acknowledge();
        for mut word in self.words.drain(..) {
            word.ack();
        }
        self.written = Instant::now();
        Ok(true)
    }
}
