//! What callers and the connection's task share: one lock, held for the time of encoding a packet, and as
//! few wake-ups as possible: one when work appears, none for each further message.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::connection::LINGER;
use super::error::{Error, Kind};
use super::machine::{Arrival, Machine};

/// Bytes of messages that wait for the caller before we stop reading, so that TCP slows the broker down.
const INBOX: usize = 1 << 20;

/// Accounted for each waiting message besides its bytes.
const OVERHEAD: usize = 64;

#[derive(Debug)]
pub(super) struct Link {
    state: Mutex<State>,
    changed: Notify,
}

pub(super) struct State {
    pub(super) machine: Machine,
    phase: Phase,
    inbox: VecDeque<Item>,
    inbox_bytes: usize,
    /// Whether somebody waits for `changed`.
    watched: bool,
    driver: Option<Waker>,
    /// Whether the driver has nothing more to write.
    hungry: bool,
}

/// What the connection's task has for the caller.
pub(super) enum Item {
    Message(Arrival),
    Lost { error: Error, retry_in: Duration },
    Restored { session_present: bool },
}

#[derive(Clone, Debug)]
enum Phase {
    Open,
    /// The goodbye is encoded.
    Leaving,
    Ended(Error),
}

impl Link {
    pub(super) fn new(machine: Machine) -> Self {
        Self {
            state: Mutex::new(State {
                machine,
                phase: Phase::Open,
                inbox: VecDeque::new(),
                inbox_bytes: 0,
                watched: false,
                driver: None,
                hungry: false,
            }),
            changed: Notify::new(),
        }
    }

    /// A panic of another holder leaves at worst an unsent packet.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `check` gives something. It is asked at once and after each change.
    pub(super) async fn until<T>(&self, mut check: impl FnMut(&mut State) -> Option<T>) -> T {
        if let Some(found) = check(&mut self.lock()) {
            return found;
        }
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            {
                let mut state = self.lock();
                if let Some(found) = check(&mut state) {
                    return found;
                }
                state.watched = true;
            }
            changed.await;
        }
    }

    /// Tells those who wait, if any, that the state has changed.
    pub(super) fn announce(&self, state: &mut State) {
        if std::mem::take(&mut state.watched) {
            self.changed.notify_waiters();
        }
    }

    /// Ends the connection now, without a goodbye; the first reason stays.
    pub(super) fn end(&self, error: Error) {
        let mut state = self.lock();
        if state.ended().is_none() {
            state.phase = Phase::Ended(error);
        }
        state.wake();
        self.announce(&mut state);
    }

    /// Says goodbye and waits for the end.
    pub(super) async fn leave(&self) -> Result<(), Error> {
        {
            let mut state = self.lock();
            if matches!(state.phase, Phase::Open) {
                state.machine.goodbye();
                state.phase = Phase::Leaving;
                state.wake();
                self.announce(&mut state);
            }
        }
        // Twice the time for the farewell itself: the goodbye may stand behind bytes that nobody takes.
        match timeout(2 * LINGER, self.until(|state| state.ended())).await {
            Ok(error) if error.is_closed() => Ok(()),
            Ok(error) => Err(error),
            Err(_elapsed) => {
                let error = Error::new(Kind::Silent(2 * LINGER.as_secs()));
                self.end(error.clone());
                Err(error)
            }
        }
    }
}

impl State {
    /// For callers that want to send.
    pub(super) fn usable(&self) -> Result<(), Error> {
        match &self.phase {
            Phase::Open => Ok(()),
            Phase::Leaving => Err(Kind::Closed.into()),
            Phase::Ended(error) => Err(error.clone()),
        }
    }

    pub(super) fn ended(&self) -> Option<Error> {
        match &self.phase {
            Phase::Open | Phase::Leaving => None,
            Phase::Ended(error) => Some(error.clone()),
        }
    }

    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving)
    }

    /// Something was encoded.
    pub(super) fn feed(&mut self) {
        if self.hungry {
            self.wake();
        }
    }

    pub(super) fn wake(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.wake();
        }
    }

    /// The driver has written and read what it can.
    pub(super) fn park(&mut self, driver: Waker, hungry: bool) {
        self.driver = Some(driver);
        self.hungry = hungry;
    }

    /// The driver is at work and will look for itself.
    pub(super) fn unpark(&mut self) {
        self.driver = None;
        self.hungry = false;
    }

    pub(super) fn put(&mut self, item: Item) {
        if let Item::Message(Arrival { delivery, .. }) = &item {
            self.inbox_bytes += OVERHEAD + delivery.topic.as_str().len() + delivery.payload.len();
        }
        self.inbox.push_back(item);
    }

    /// Whether there is room for more messages.
    pub(super) fn is_listening(&self) -> bool {
        self.inbox_bytes < INBOX
    }

    /// Takes all that waits, in exchange for an empty queue.
    pub(super) fn take_inbox(&mut self, empty: &mut VecDeque<Item>) -> bool {
        std::mem::swap(&mut self.inbox, empty);
        if !self.is_listening() {
            self.wake();
        }
        self.inbox_bytes = 0;
        !empty.is_empty()
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("phase", &self.phase).finish_non_exhaustive()
    }
}
