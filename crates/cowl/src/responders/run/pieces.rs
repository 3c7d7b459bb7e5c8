//! Reports that go to the local broker exactly once: this member's, those of its last process, and those of members that are gone.

use std::time::Duration;

use tokio::time::Instant;

use super::{Gateway, Halt, InFlight, Phase, Trial, local_failed};
use crate::responders::group::{MemberId, Seen};
use crate::responders::local::Local;
use crate::responders::names::Names;
use crate::responders::piece::{Carried, Item, Piece, Stopped, carry};
use crate::responders::session::{Kept, Pen, Twice, Writing, kept, may_be_its_answer, trial, word};
use crate::responders::{Event, RespondersError};
use crate::transport::Publication;

/// How often a trial may end with the connection before that is taken for the broker's answer.
const TRIALS: u32 = 3;
/// Between two attempts to go on with the piece of a member that is gone: it may be back and do so itself.
const AGAIN: Duration = Duration::from_secs(3);
/// How long nothing is published while nobody manages to go on with such a piece.
const INHERITANCE: Duration = Duration::from_mins(1);

impl From<Stopped> for Halt {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Lost(error) => Self::Lost(error),
            Stopped::TooLarge => {
                Self::Failed(RespondersError::Refused("the word of what is on its way is too large"))
            }
            Stopped::Failed(error) => Self::Failed(error),
        }
    }
}

impl Gateway<'_> {
    /// Tries the local broker, once for each process.
    pub(super) async fn try_out(&mut self) -> Result<(), Halt> {
        if self.trial != Trial::None {
            return Ok(());
        }
        let found = if self.config.is_local_own {
            Some(Twice::Own)
        } else {
            match trial(&self.config.local, &self.names).await {
                Ok(found) => found,
                Err(error) if error.is_lost() || error.is_timeout() => {
                    self.trials += 1;
                    if self.trials < TRIALS || !may_be_its_answer(&self.config.local.options) {
                        return Err(Halt::Lost(error));
                    }
                    Some(Twice::NoQos2)
                }
                Err(error) => return Err(Halt::Lost(error)),
            }
        };
        self.trial = if found.is_none() { Trial::Good } else { Trial::Bad };
        (self.tell)(Event::Once(found));
        Ok(())
    }

    /// Goes on where the session stands, which may be another process's work or another member's.
    pub(super) async fn resume(&mut self, mut local: Local) -> Result<Local, Halt> {
        if self.trial != Trial::Good {
            return Ok(local);
        }
        self.closing = None;
        let way = &self.config.local;
        let found = if local.is_known {
            kept(way, &self.cipher, &self.names).await.map_err(Halt::Lost)?
        } else {
            Kept::Nothing
        };
        let dropped = match found {
            Kept::Piece(piece) if piece.is_nothing() => return Ok(local),
            Kept::Piece(piece) => self.finish(&mut local.pen, &self.names.clone(), *piece).await?,
            // Nobody knows how far the session is. What it holds goes unreleased, and the operation's broker sends it again.
            Kept::Unreadable => {
                (self.tell)(Event::InDoubt(None));
                1
            }
            Kept::Nothing => {
                self.is_in_doubt = true;
                usize::from(local.is_known)
            }
        };
        if dropped > 0 {
            drop(local);
            Pen::discard(&self.config.local, &self.names).await.map_err(Halt::Lost)?;
            local = Local::connect(&self.config.local, &self.names).await.map_err(Halt::Lost)?;
        }
        let nothing = word(&self.cipher, &self.names, &Piece::nothing(self.run))?;
        say_as(&mut local.pen, vec![nothing]).await?;
        Ok(local)
    }

    /// Does the rest of a piece on the session of a member, and tells the others. Says how many reports are not to be published any
    /// more: then the session has to go.
    async fn finish(&mut self, pen: &mut Pen, names: &Names, piece: Piece) -> Result<usize, Halt> {
        let (mut piece, reader) = (piece, &self.desk.reader);
        let age = reader.erased_before();
        let dropped = piece.obey(|whose| reader.erasures().is_some_and(|list| whose.is_named(list, age)));
        let (seen, reports) = (Seen { open: None, ..piece.seen.clone() }, piece.len());
        let mut writing = Writing { pen: &mut *pen, cipher: &self.cipher, names };
        carry(&mut writing, piece, true).await?;
        let words = self.closed(names, &seen)?;
        say_as(pen, words).await?;
        self.desk.counters.resumed += reports;
        Ok(dropped)
    }

    /// What the others are told of what a member opened, and that it has nothing on its way.
    fn closed(&self, names: &Names, seen: &Seen) -> Result<Vec<Publication>, Halt> {
        let nothing = word(&self.cipher, names, &Piece::nothing(seen.run))?;
        Ok(vec![self.seen_of(names, seen)?, nothing])
    }

    /// Publishes the first few of what is pending.
    pub(super) async fn publish_once(&mut self, count: usize) -> Result<(), Halt> {
        let outs = self.desk.pending().iter().take(count);
        let mut reports: Vec<Publication> = outs.clone().map(|out| out.publication.clone()).collect();
        let whose = outs.clone().map(|out| out.whose.clone()).collect();
        let (sensors, retained) = self.retain(&mut reports, whose)?;
        if !sensors.is_empty() {
            self.say(sensors).await?;
        }
        let (retained, whose) = retained.into_iter().map(|one| ((one.topic, one.until), one.whose)).unzip();
        let closing =
            Seen { retained, whose: Some(whose), news: self.desk.news(count), ..Seen::nothing(self.run) };
        let outs = self.desk.pending().iter().take(count);
        let items = (0..).zip(&reports).zip(outs);
        let items = items
            .map(|((number, report), out)| {
                Item::new(number, report, out.fallback.as_ref(), out.whose.clone())
            })
            .collect();
        let piece = Piece::new(items, closing.clone());
        let opening = Seen {
            news: self.desk.news(0),
            open: u32::try_from(count).ok(),
            ..self.closing.take().unwrap_or_else(|| Seen::nothing(self.run))
        };
        let words = vec![word(&self.cipher, &self.names, &piece)?, self.seen(&opening)?];
        let Some(local) = &mut self.local else { return Ok(()) };
        let not_taken = local.pen.publish(words).await.map_err(Halt::Lost)?;
        if let Some(problem) = not_taken.first() {
            if !problem.is_too_large {
                return Err(RespondersError::Refused(problem.why).into());
            }
            // The others were told that something is on its way: no more than before it.
            self.closing = Some(Seen { open: None, ..opening });
            self.close_piece().await?;
            return match count {
                // Without its word: better twice than never.
                1 => self.publish_piece(1).await,
                _ => Box::pin(self.publish_once(count / 2)).await,
            };
        }
        let mut writing = Writing { pen: &mut local.pen, cipher: &self.cipher, names: &self.names };
        let Carried { too_large, diverted } = carry(&mut writing, piece, false).await?;
        let done: Vec<bool> = self.desk.pending_mut().drain(..count).map(|out| out.is_walk_in).collect();
        let counters = &mut self.desk.counters;
        counters.too_large += too_large;
        counters.topics_not_allowed += diverted;
        counters.published += (done.len() as u64).saturating_sub(too_large);
        counters.walk_ins += done.iter().filter(|is_walk_in| **is_walk_in).count() as u64;
        self.closing = Some(closing);
        Ok(())
    }

    /// Tells the others of the last piece, where the next one has not done so.
    pub(super) async fn close_piece(&mut self) -> Result<(), Halt> {
        let Some(closing) = self.closing.take() else { return Ok(()) };
        let words = self.closed(&self.names, &closing)?;
        self.say(words).await
    }

    // ── Members that are gone ───────────────────────────────────────────────────────────────────────────────────

    /// A member said how many reports it has on their way.
    pub(super) fn note_in_flight(&mut self, member: MemberId, seen: &Seen) {
        let open = seen.open.unwrap_or(0);
        if member == self.me {
            // An earlier process said so, and its session is gone.
            if open > 0 && seen.run != self.run && std::mem::take(&mut self.is_in_doubt) {
                self.desk.counters.in_doubt += u64::from(open);
                (self.tell)(Event::InDoubt(Some(open)));
                self.closing = Some(Seen { open: None, ..seen.clone() });
            }
            return;
        }
        if open == 0 {
            self.in_flight.remove(&member);
        } else {
            let seen = seen.clone();
            self.in_flight.insert(member, InFlight { seen, since: None, next: Instant::now() });
        }
    }

    /// When to look again after reports that a member had on their way when it went; until then nothing is published here that could
    /// be one of them.
    pub(super) fn next_inheritance(&self) -> Option<Instant> {
        let members = self.ownership.members();
        let gone = self.in_flight.iter().filter(|(member, _)| !members.contains(member));
        gone.map(|(_, one)| one.next).min()
    }

    /// Goes on with what members that are gone had on their way: the first of those that are there does.
    pub(super) async fn take_over(&mut self) -> Result<(), Halt> {
        if self.phase != Phase::Joined || self.in_flight.is_empty() {
            return Ok(());
        }
        let now = Instant::now();
        let members = self.ownership.members();
        let mut due = Vec::new();
        for (member, one) in &mut self.in_flight {
            if members.contains(member) {
                one.since = None;
            } else if now >= one.next {
                let since = *one.since.get_or_insert(now);
                one.next = now + AGAIN;
                due.push((*member, one.seen.clone(), since));
            }
        }
        for (member, seen, since) in due {
            if now.saturating_duration_since(since) >= INHERITANCE {
                self.in_flight.remove(&member);
                self.doubt(&seen);
            } else if self.ownership.is_first()
                && let Err(Halt::Failed(error)) = self.take_over_from(member, seen).await
            {
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn take_over_from(&mut self, member: MemberId, seen: Seen) -> Result<(), Halt> {
        let names = self.names.of(member);
        let (mut pen, is_known) = Pen::take(&self.config.local, &names, false).await.map_err(Halt::Lost)?;
        let found = if is_known {
            kept(&self.config.local, &self.cipher, &names).await.map_err(Halt::Lost)?
        } else {
            Kept::Nothing
        };
        // What they are told comes back to this member as to all, and ends the waiting.
        let dropped = if let Kept::Piece(piece) = found {
            self.finish(&mut pen, &names, *piece).await?
        } else {
            self.doubt(&seen);
            let words = self.closed(&names, &Seen { open: None, ..seen })?;
            say_as(&mut pen, words).await?;
            1
        };
        if dropped > 0 {
            drop(pen);
            return Pen::discard(&self.config.local, &names).await.map_err(Halt::Lost);
        }
        pen.leave().await.map_err(Halt::Lost)
    }

    fn doubt(&mut self, seen: &Seen) {
        self.desk.counters.in_doubt += u64::from(seen.open.unwrap_or(0));
        (self.tell)(Event::InDoubt(seen.open));
    }

    fn seen_of(&self, names: &Names, seen: &Seen) -> Result<Publication, Halt> {
        let word = self.sealed(names.seen().map_err(local_failed)?, seen)?.retained();
        let policy = self.desk.policy();
        Ok(self.expiring(word, policy.epoch_seconds.saturating_add(policy.lateness_seconds)))
    }

    /// The word of what was opened, retained: if this is the last one, it matters most.
    pub(super) fn seen(&self, seen: &Seen) -> Result<Publication, Halt> {
        self.seen_of(&self.names, seen)
    }
}

async fn say_as(pen: &mut Pen, words: Vec<Publication>) -> Result<(), Halt> {
    match pen.publish(words).await.map_err(Halt::Lost)?.first() {
        None => Ok(()),
        Some(problem) => Err(RespondersError::Refused(problem.why).into()),
    }
}
