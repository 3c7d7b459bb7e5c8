//! One shard of the mailbox: a session on the uplink's broker that outlives its owner.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::transport::{
    Acks, Endpoint, Error, Event, Filter, Message, Options, Qos, Reconnect, Session, Subscriber, Subscription,
};

/// The waits between attempts to connect again.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A connection that lived so long was a good one: the next wait is the first again. A shorter one may have been taken by
/// another owner whose broker cannot say so (MQTT 3.1.1), and two that take it from each other get slower and slower.
const GOOD: Duration = Duration::from_mins(1);

/// A shard that is read here, or is being left.
#[derive(Debug)]
pub(super) struct Shard {
    /// Tells this connection's messages from those of an earlier one to the same shard.
    pub(super) generation: u64,
    pub(super) is_connected: bool,
    leave: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// A message of the mailbox.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) shard: u16,
    pub(super) generation: u64,
    pub(super) message: Message,
}

/// What became of a shard's connection.
#[derive(Debug)]
pub(super) struct News {
    pub(super) shard: u16,
    pub(super) generation: u64,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// The session is there.
    Connected,
    /// The connection is lost, and made again after a wait.
    Lost { error: Error, retry_in: Duration },
    /// Another owner has the session now.
    Evicted,
    /// The session is closed, as asked.
    Left,
    /// It cannot be had.
    Failed(Error),
}

/// Where to tell of it.
#[derive(Debug, Clone)]
pub(super) struct Ears {
    pub(super) messages: mpsc::Sender<Arrived>,
    pub(super) news: mpsc::UnboundedSender<News>,
}

/// What to resume.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) shard: u16,
    pub(super) generation: u64,
    pub(super) endpoint: Endpoint,
    /// With the session's client id.
    pub(super) options: Options,
    pub(super) filter: Filter,
    pub(super) expiry_s: u32,
}

impl Shard {
    pub(super) fn start(wanted: Wanted, ears: Ears) -> Self {
        let generation = wanted.generation;
        let (leave, left) = oneshot::channel();
        let task = tokio::spawn(read(wanted, ears, left));
        Self { generation, is_connected: false, leave: Some(leave), task }
    }

    /// Closes the session; [`What::Left`] tells when. What was acknowledged before is told to the broker first.
    pub(super) fn leave(&mut self) {
        // Dropping it tells.
        self.leave = None;
    }

    /// Whether it was asked to close.
    pub(super) const fn is_leaving(&self) -> bool {
        self.leave.is_none()
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        if self.leave.is_some() {
            self.task.abort();
        }
    }
}

async fn read(wanted: Wanted, ears: Ears, mut leave: oneshot::Receiver<()>) {
    let (shard, generation) = (wanted.shard, wanted.generation);
    // Nobody listens any more only when the gateway ends.
    let tell = |what| drop(ears.news.send(News { shard, generation, what }));
    let mut subscription = Subscription::new(wanted.filter, Qos::AtLeastOnce);
    subscription.session = Session::Resume { expiry_s: wanted.expiry_s };
    subscription.acks = Acks::Manual;
    subscription.reconnect = Reconnect::Never;
    let mut wait = FIRST_WAIT;
    loop {
        let connecting = Subscriber::connect(&wanted.endpoint, &wanted.options, subscription.clone());
        let connected = tokio::select! {
            connected = connecting => connected,
            _ = &mut leave => return tell(What::Left),
        };
        let error = match connected {
            Err(error) => error,
            Ok(mut subscriber) => {
                tell(What::Connected);
                let begin = Instant::now();
                let ended = tokio::select! {
                    error = pass_on(&mut subscriber, shard, generation, &ears.messages) => Some(error),
                    _ = &mut leave => None,
                };
                let Some(error) = ended else {
                    // It lives or it does not: what was not acknowledged is the next owner's either way.
                    let _ = subscriber.disconnect().await;
                    return tell(What::Left);
                };
                if error.is_taken_over() {
                    return tell(What::Evicted);
                }
                if begin.elapsed() >= GOOD {
                    wait = FIRST_WAIT;
                }
                error
            }
        };
        if !error.is_transient() {
            return tell(What::Failed(error));
        }
        tell(What::Lost { error, retry_in: wait });
        tokio::select! {
            () = sleep(wait) => {}
            _ = &mut leave => return tell(What::Left),
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn pass_on(
    subscriber: &mut Subscriber,
    shard: u16,
    generation: u64,
    messages: &mpsc::Sender<Arrived>,
) -> Error {
    loop {
        match subscriber.next_event().await {
            Ok(Event::Message(message)) => {
                if messages.send(Arrived { shard, generation, message }).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
            Ok(Event::Lost { .. } | Event::Restored { .. }) => {}
            Err(error) => return error,
        }
    }
}
