//! The eavesdropper: what came last, as it came, in a ring that never grows.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cowl::transport::{Event, Message, Qos, Subscriber, Subscription};
use tokio::sync::watch;

use super::{
    Exposed, SidesConfig,
    figures::{Figures, Tally},
};
use crate::clock;

/// Messages that are kept.
const MOST: usize = 64;
/// Bytes that are kept of one, for the dump.
const HEAD: usize = 512;
/// Different sizes and topics that are counted; more are not told apart.
const SHAPES: usize = 256;
/// How long until the broker is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// A message as the eavesdropper has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Counts up from 1.
    pub(crate) number: u64,
    /// When it came, in Unix seconds.
    pub(crate) at: u64,
    pub(crate) topic: String,
    /// The whole payload's length in bytes.
    pub(crate) size: usize,
    /// Its first bytes.
    pub(crate) head: Vec<u8>,
    pub(crate) exposed: Exposed,
    /// Whether it is the authority's, for everybody.
    pub(crate) is_notice: bool,
}

/// What all messages so far have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    pub(crate) messages: u64,
    /// Different topics.
    pub(crate) topics: usize,
    /// Different sizes.
    pub(crate) sizes: usize,
    /// Reports, or whatever else is no notice, whose payload says something without a key.
    pub(crate) telling: u64,
    /// Whether there is a connection.
    pub(crate) is_listening: bool,
}

/// What was heard.
#[derive(Debug)]
pub(crate) struct Ear {
    state: Mutex<State>,
    news: watch::Sender<u64>,
}

/// Since when something is listened to, and for the how many-th time: what is heard is taken for this time or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Since {
    /// Unix seconds.
    pub(crate) at: u64,
    time: u64,
}

#[derive(Debug)]
struct State {
    since: Since,
    ring: VecDeque<Heard>,
    topics: HashSet<String>,
    sizes: HashSet<usize>,
    shape: Shape,
    tally: Tally,
    /// What was counted while nothing was taken away.
    whole: Option<Figures>,
}

impl Heard {
    fn new(topic: &str, payload: &[u8], exposed: Exposed, is_notice: bool, at: u64) -> Self {
        let head = payload.get(..HEAD).unwrap_or(payload).to_vec();
        Self { number: 0, at, topic: topic.to_owned(), size: payload.len(), head, exposed, is_notice }
    }
}

impl Ear {
    /// Nothing was heard yet; `at`: now, in Unix seconds.
    pub(crate) fn new(at: u64) -> Self {
        Self { state: Mutex::new(State::new(Since { at, time: 0 })), news: watch::Sender::new(0) }
    }

    /// Takes a message, unless what was listened to is forgotten since. Its number is given here.
    pub(crate) fn hear(&self, since: Since, heard: Heard) {
        let mut state = self.state();
        if state.since.time != since.time {
            return;
        }
        let is_telling = !heard.is_notice && heard.exposed.fields.iter().any(|told| told.span.is_some());
        state.shape.messages += 1;
        state.shape.telling += u64::from(is_telling);
        if state.topics.len() < SHAPES {
            state.topics.insert(heard.topic.clone());
        }
        if state.sizes.len() < SHAPES {
            state.sizes.insert(heard.size);
        }
        if state.ring.len() >= MOST {
            state.ring.pop_front();
        }
        let number = state.shape.messages;
        if !heard.is_notice {
            let told = heard.exposed.fields.iter().filter(|told| told.span.is_some());
            let kinds = told.map(|told| told.kind.as_str());
            state.tally.hear(heard.at, &heard.topic, heard.size, &heard.head, kinds);
        }
        state.ring.push_back(Heard { number, ..heard });
        drop(state);
        self.tell();
    }

    /// Forgets what was heard, and begins anew. `was_whole`: nothing had been taken away, so its figures are kept to compare with.
    pub(crate) fn forget(&self, at: u64, was_whole: bool) {
        let mut state = self.state();
        let is_listening = state.shape.is_listening;
        let heard = Some(state.tally.figures()).filter(|heard| was_whole && heard.messages > 0);
        // What was heard for longer says more.
        let whole = [state.whole.take(), heard].into_iter().flatten().max_by_key(|figures| figures.messages);
        *state = State::new(Since { at, time: state.since.time + 1 });
        state.shape.is_listening = is_listening;
        state.whole = whole;
        drop(state);
        self.tell();
    }

    /// Since when what is here was heard.
    pub(crate) fn since(&self) -> Since {
        self.state().since
    }

    /// The newest messages, newest first.
    pub(crate) fn last(&self, most: usize) -> Vec<Heard> {
        self.state().ring.iter().rev().take(most).cloned().collect()
    }

    pub(crate) fn shape(&self) -> Shape {
        let state = self.state();
        Shape { topics: state.topics.len(), sizes: state.sizes.len(), ..state.shape.clone() }
    }

    /// What can be counted in what came since.
    pub(crate) fn figures(&self) -> Figures {
        self.state().tally.figures()
    }

    /// The same of a time before, in which nothing had been taken away.
    pub(crate) fn whole(&self) -> Option<Figures> {
        self.state().whole.clone()
    }

    /// Changes whenever something does.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn listening(&self, is_listening: bool) {
        self.state().shape.is_listening = is_listening;
        self.tell();
    }

    fn tell(&self) {
        self.news.send_modify(|number| *number += 1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(since: Since) -> Self {
        Self {
            since,
            ring: VecDeque::new(),
            topics: HashSet::new(),
            sizes: HashSet::new(),
            shape: Shape::default(),
            tally: Tally::new(since.at),
            whole: None,
        }
    }
}

/// Listens for ever.
pub(super) async fn listen(ear: &Ear, config: &SidesConfig) {
    loop {
        if let Some(mut subscriber) = connect(config).await {
            ear.listening(true);
            while let Ok(event) = subscriber.next_event().await {
                match event {
                    Event::Message(message) => take(ear, config, &message),
                    Event::Lost { .. } => ear.listening(false),
                    Event::Restored { .. } => ear.listening(true),
                }
            }
        }
        ear.listening(false);
        tokio::time::sleep(RETRY).await;
    }
}

async fn connect(config: &SidesConfig) -> Option<Subscriber> {
    let mut filters = config.filters.iter().cloned();
    let mut wanted = Subscription::new(filters.next()?, Qos::AtMostOnce);
    wanted.filters.extend(filters.map(|filter| (filter, Qos::AtMostOnce)));
    Subscriber::connect(&config.endpoint, &config.options, wanted).await.ok()
}

fn take(ear: &Ear, config: &SidesConfig, message: &Message) {
    // Asked for before the stage is: whoever chooses between the two another protection makes this one void.
    let since = ear.since();
    if config.stage.as_ref().is_some_and(|stage| stage.is_over(&message.payload)) {
        return;
    }
    let topic = message.topic.as_str();
    let look =
        |outsider: &std::sync::Arc<dyn super::Outsider>| outsider.look(topic.as_bytes(), &message.payload);
    let exposed = config.outsider.as_ref().map(look).unwrap_or_default();
    let is_notice = config.notices.contains(&message.topic);
    ear.hear(since, Heard::new(topic, &message.payload, exposed, is_notice, clock::now()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sides::Told;

    #[test]
    fn the_ring_is_bounded_and_newest_first() {
        let ear = Ear::new(5);
        let (watch, since) = (ear.watch(), ear.since());
        let told =
            |span| Exposed { form: String::new(), fields: vec![Told { kind: "name".to_owned(), span }] };
        let heard = |number: usize, exposed, is_notice| {
            Heard::new(&format!("t/{number}"), &vec![0; 4_096 + number], exposed, is_notice, 7)
        };
        for number in 0..997 {
            ear.hear(since, heard(number, Exposed::default(), false));
        }
        // What the topic says, and what everybody is told, is no leak; what a report says is one.
        ear.hear(since, heard(997, told(None), false));
        ear.hear(since, heard(998, told(Some(0..4)), true));
        ear.hear(since, heard(999, told(Some(0..4)), false));
        let last = ear.last(1_000);
        assert_eq!((last.len(), last[0].number, last[0].topic.as_str()), (MOST, 1_000, "t/999"));
        assert!(last.iter().all(|heard| heard.head.len() == HEAD && heard.size >= 4_096));
        let shape = ear.shape();
        assert_eq!((shape.messages, shape.telling, shape.topics, shape.sizes), (1_000, 1, SHAPES, SHAPES));
        assert!(watch.has_changed().unwrap());
        let figures = ear.figures();
        assert_eq!((figures.messages, figures.kinds.len(), figures.longest), (999, 1, 4_096 + 999));
        ear.forget(9, true);
        // On its way when all was forgotten.
        ear.hear(since, heard(0, Exposed::default(), false));
        assert_eq!((ear.last(9).len(), ear.shape(), ear.since().at), (0, Shape::default(), 9));
        assert_eq!((ear.figures(), ear.whole()), (Figures::default(), Some(figures.clone())));
        // A short time and one in which something was taken away do not replace it.
        for was_whole in [false, true] {
            ear.hear(ear.since(), heard(1, Exposed::default(), false));
            ear.forget(10, was_whole);
            assert_eq!(ear.whole(), Some(figures.clone()));
        }
    }
}
