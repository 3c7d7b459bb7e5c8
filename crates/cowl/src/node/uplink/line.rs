//! One connection of an uplink, through all its losses.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use cowl_core::Sealed;

use super::{Loss, Patience, ready::Ready};
use crate::{
    node::{EntryId, Queue},
    transport::{Error, Message, Publication, Publisher, Qos, Subscriber, Topic},
};

/// How many messages are in flight on a new connection before the first answer, without slots.
const FIRST_FLIGHT: usize = 16;

/// A connection, or the wait for one, and what was handed to it.
#[derive(Debug)]
pub(super) struct Line {
    state: State,
    flight: VecDeque<InFlight>,
    /// Refused by the broker and not yet given back, because something before them is unanswered.
    refused: BTreeSet<u64>,
    next: u64,
    wait: Duration,
    patience: Patience,
}

#[derive(Debug)]
enum State {
    Down { until: Instant },
    Opening(Opening),
    Up(Box<Up>),
}

/// Dropping it gives the attempt up.
#[derive(Debug)]
struct Opening(JoinHandle<Result<(Publisher, Subscriber), Error>>);

#[derive(Debug)]
struct Up {
    publisher: Publisher,
    subscriber: Subscriber,
    since: Instant,
    /// Answers seen so far, and when the last one was, or when one was first due again.
    answers: u64,
    progress: Instant,
    /// After a refusal: no more before this, where there are no slots that keep the pace.
    paused_until: Option<Instant>,
}

/// A message whose fate is unknown; without an entry it is a cover.
#[derive(Debug)]
struct InFlight {
    sequence: u64,
    entry: Option<EntryId>,
    number: u64,
    /// As it was sent, where it cannot be sealed anew.
    kept: Option<Sealed>,
    since: Instant,
}

/// What happens to a line.
#[derive(Debug)]
pub(super) enum Step {
    /// It is time to connect.
    Due,
    /// An attempt ended.
    Opened(Result<(Publisher, Subscriber), Error>),
    /// The operation said something.
    Message(Message),
    /// The broker answered, or a pause is over.
    Answered,
    /// The connection is over.
    Ended(Loss),
}

/// What became of messages.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// Real ones that the broker has.
    pub(super) delivered: u64,
    /// Real ones that are in the queue again.
    pub(super) given_back: u64,
    /// Refused by the broker, covers included, and what it said of the first.
    pub(super) refused: usize,
    pub(super) why: Option<&'static str>,
    /// The first of the messages that were lost with a connection, cover too, where they are sealed anew.
    pub(super) first_lost: Option<u64>,
    /// To be sent again as they were, the last one first.
    pub(super) again: Vec<Ready>,
}

impl Line {
    /// One that connects at once.
    pub(super) fn new(patience: Patience) -> Self {
        let state = State::Down { until: Instant::now() };
        let (flight, refused) = (VecDeque::new(), BTreeSet::new());
        Self { state, flight, refused, next: 0, wait: patience.first, patience }
    }

    /// What happens next. Cancelling it loses nothing.
    pub(super) async fn step(&mut self) -> Step {
        match &mut self.state {
            State::Down { until } => {
                sleep_until(*until).await;
                Step::Due
            }
            State::Opening(opening) => match (&mut opening.0).await {
                Ok(opened) => Step::Opened(opened),
                Err(_) => Step::Ended(Loss::GivenUp),
            },
            State::Up(up) => {
                let due = self.flight.front().map(|first| {
                    (up.progress + self.patience.answer).min(first.since + 10 * self.patience.answer)
                });
                let Up { publisher, subscriber, answers, paused_until, .. } = &mut **up;
                tokio::select! {
                    biased;
                    answered = publisher.answers_beyond(*answers), if due.is_some() => match answered {
                        Ok(_) => Step::Answered,
                        Err(error) => Step::Ended(error.into()),
                    },
                    message = subscriber.next() => match message {
                        Ok(message) => Step::Message(message),
                        Err(error) => Step::Ended(error.into()),
                    },
                    () = at(due) => Step::Ended(Loss::NoAnswer(self.patience.answer)),
                    () = at(*paused_until) => {
                        *paused_until = None;
                        Step::Answered
                    }
                }
            }
        }
    }

    /// Begins an attempt to connect.
    pub(super) fn open(&mut self, attempt: JoinHandle<Result<(Publisher, Subscriber), Error>>) {
        self.state = State::Opening(Opening(attempt));
    }

    /// It succeeded.
    pub(super) fn opened(&mut self, (publisher, subscriber): (Publisher, Subscriber)) {
        let now = Instant::now();
        let up = Up { publisher, subscriber, since: now, answers: 0, progress: now, paused_until: None };
        self.state = State::Up(Box::new(up));
        self.next = 0;
    }

    /// Whether it takes one more message now.
    pub(super) fn has_room(&self) -> bool {
        match &self.state {
            State::Up(up) => up.paused_until.is_none() && up.publisher.has_room(Qos::AtLeastOnce),
            State::Down { .. } | State::Opening(_) => false,
        }
    }

    /// Whether it takes one more without slots: a new connection begins with few in flight and allows one more with each answer,
    /// so that a link that breaks often wastes little on what it must carry again.
    pub(super) fn is_eager(&self) -> bool {
        let answers = match &self.state {
            State::Up(up) => usize::try_from(up.answers).unwrap_or(usize::MAX),
            State::Down { .. } | State::Opening(_) => return false,
        };
        self.flight.len() < answers.saturating_add(FIRST_FLIGHT) && self.has_room()
    }

    /// Hands a message over. If it is not taken, it comes back.
    pub(super) fn send(&mut self, topic: Topic, ready: Ready, keeps: bool) -> Result<(), Ready> {
        let now = Instant::now();
        let State::Up(up) = &mut self.state else { return Err(ready) };
        let Ready { sealed, entry, number, epoch, destroyed } = ready;
        let kept = keeps.then(|| sealed.clone());
        let publication = Publication::new(topic, sealed.bytes().to_vec(), Qos::AtLeastOnce);
        if !matches!(up.publisher.try_enqueue(self.next, publication), Ok(true)) {
            return Err(Ready { sealed, entry, number, epoch, destroyed });
        }
        if self.flight.is_empty() {
            up.progress = now;
        }
        self.flight.push_back(InFlight { sequence: self.next, entry, number, kept, since: now });
        self.next += 1;
        Ok(())
    }

    /// Settles what the broker has answered, in order.
    pub(super) fn settle(&mut self, queue: &Queue) -> Fates {
        let mut fates = Fates::default();
        let State::Up(up) = &mut self.state else { return fates };
        let answers = up.publisher.answered();
        if answers == up.answers {
            return fates;
        }
        (up.answers, up.progress) = (answers, Instant::now());
        let refusals = up.publisher.take_refusals();
        if let Some(first) = refusals.first() {
            (fates.refused, fates.why) = (refusals.len(), Some(first.why));
            up.paused_until = Some(Instant::now() + self.patience.first);
            self.refused.extend(refusals.iter().map(|refusal| refusal.sequence));
        }
        let Some(through) = up.publisher.settled_through() else { return fates };
        while let Some(first) = self.flight.pop_front_if(|first| first.sequence <= through) {
            let is_refused = self.refused.remove(&first.sequence);
            fates.count(first, is_refused, queue);
        }
        fates
    }

    /// The connection is over, or never was: what is unanswered goes back to the queue. Returns the wait before the next attempt,
    /// which nothing decides but how the attempts before went; `random` is any number.
    pub(super) fn lose(&mut self, queue: &Queue, random: u64) -> (Fates, Duration) {
        let mut fates = self.settle(queue);
        let held = match &self.state {
            State::Up(up) => {
                fates.take(give_up(&mut self.flight, &mut self.refused, &up.publisher, queue));
                up.since.elapsed() >= self.patience.longest
            }
            State::Down { .. } | State::Opening(_) => false,
        };
        let wait = if held { self.patience.first } else { self.wait };
        self.wait = (wait * 2).min(self.patience.longest);
        let half = u64::try_from(wait.as_micros() / 2).unwrap_or(u64::MAX).max(1);
        let retry_in = Duration::from_micros(half + random % half);
        self.state = State::Down { until: Instant::now() + retry_in };
        (fates, retry_in)
    }

    /// Waits until all is answered and says goodbye, both until then; what is unanswered at that time goes back to the queue.
    pub(super) async fn leave(&mut self, queue: &Queue, until: Instant) -> Fates {
        let mut fates = Fates::default();
        if let State::Up(up) = &self.state {
            // Whatever the broker answers by then is counted below; what it does not is not lost.
            let _ = tokio::time::timeout_at(until, up.publisher.flush()).await;
            fates = self.settle(queue);
        }
        if let State::Up(up) = &self.state {
            fates.take(give_up(&mut self.flight, &mut self.refused, &up.publisher, queue));
            let _ = tokio::time::timeout_at(until, up.publisher.disconnect()).await;
        }
        self.state = State::Down { until };
        fates
    }
}

/// What a connection that is over leaves: answered out of turn, or not at all.
fn give_up(
    flight: &mut VecDeque<InFlight>,
    refused: &mut BTreeSet<u64>,
    publisher: &Publisher,
    queue: &Queue,
) -> Fates {
    let mut fates = Fates::default();
    let open: BTreeSet<u64> = publisher.unsettled().unacknowledged.into_iter().collect();
    // The last one first: each goes to the front of the queue.
    for message in flight.drain(..).rev() {
        let is_back = refused.contains(&message.sequence) || open.contains(&message.sequence);
        fates.count(message, is_back, queue);
    }
    refused.clear();
    fates
}

impl Fates {
    fn count(&mut self, message: InFlight, is_back: bool, queue: &Queue) {
        let InFlight { entry, number, kept, .. } = message;
        if is_back && kept.is_none() {
            self.first_lost = Some(self.first_lost.map_or(number, |first| first.min(number)));
        }
        self.delivered += u64::from(entry.is_some() && !is_back);
        self.given_back += u64::from(entry.is_some() && is_back);
        match (is_back, kept, entry) {
            (true, Some(sealed), entry) => {
                self.again.push(Ready { sealed, entry, number, epoch: None, destroyed: 0 });
            }
            (true, None, Some(entry)) => queue.give_back(entry),
            (false, _, Some(entry)) => queue.settle(entry),
            (_, None, None) | (false, Some(_), None) => {}
        }
    }

    fn take(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.given_back += other.given_back;
        self.refused += other.refused;
        self.why = self.why.or(other.why);
        self.first_lost = [self.first_lost, other.first_lost].into_iter().flatten().min();
        self.again.extend(other.again);
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A moment that may never come.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
