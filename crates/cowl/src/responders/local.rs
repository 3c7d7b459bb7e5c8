//! The local broker: one connection that publishes, whose end tells the others that this member is gone, and one that
//! listens to them.
//!
//! The will stands on the connection that publishes. So once the others hear that a member is gone, nothing more of that
//! member's can reach the broker.

use std::time::Duration;

use tokio::time::timeout;

use super::{config::Way, names::Names};
use crate::transport::{
    Acks, ClientId, Error, Event, Message, Publication, Publisher, Qos, Reconnect, Session, Subscriber,
    Subscription, Will,
};

/// Seconds of silence before a ping; half as long again, and the broker tells the others that this member is gone.
const KEEP_ALIVE_S: u16 = 5;
/// How long the broker keeps what the others tell while this member is away, in seconds: a day.
const SESSION_S: u32 = 86_400;
/// How long the broker may take to acknowledge what was published.
const ANSWER: Duration = Duration::from_secs(10);
/// Bytes that are handed over in one piece at the most, so that the system takes them at once.
const PIECE: usize = 48 << 10;

/// Both connections.
#[derive(Debug)]
pub(super) struct Local {
    publisher: Publisher,
    control: Subscriber,
    sequence: u64,
}

/// A message that the broker did not take, the connection being well.
#[derive(Debug)]
pub(super) struct NotTaken {
    /// Which of those that were given.
    pub(super) index: usize,
    /// Whether it is too large for the broker; else it refused it, and this is why.
    pub(super) is_too_large: bool,
    pub(super) why: &'static str,
}

impl Local {
    /// Connects both; what the others told meanwhile comes first.
    pub(super) async fn connect(way: &Way, names: &Names) -> Result<Self, Error> {
        let [publishes, listens] = names.client_ids();
        let mut filters = names.filters()?.into_iter();
        let Some(first) = filters.next() else { return Err(Error::usage("no topics to listen to")) };
        let mut wanted = Subscription::new(first, Qos::AtLeastOnce);
        wanted.filters.extend(filters.map(|filter| (filter, Qos::AtLeastOnce)));
        wanted.session = Session::Resume { expiry_s: SESSION_S };
        wanted.acks = Acks::Manual;
        wanted.reconnect = Reconnect::Never;
        let mut options = way.options.clone();
        options.client_id = ClientId::named(listens)?;
        options.keep_alive_s = KEEP_ALIVE_S;
        let control = Subscriber::connect(&way.endpoint, &options, wanted).await?;
        options.client_id = ClientId::named(publishes)?;
        let gone = Publication::new(names.member()?, Vec::new(), Qos::AtLeastOnce).retained();
        options.will = Some(Will { publication: gone, delay_s: 0 });
        let publisher = Publisher::connect(&way.endpoint, &options).await?;
        Ok(Self { publisher, control, sequence: 0 })
    }

    /// What the others say.
    pub(super) async fn next(&mut self) -> Result<Message, Error> {
        loop {
            if let Event::Message(message) = self.control.next_event().await? {
                return Ok(message);
            }
        }
    }

    /// How many messages go out in one piece at the most.
    pub(super) fn window(&self) -> usize {
        self.publisher.window()
    }

    /// How many of these messages make one piece, with `room` for others.
    pub(super) fn piece<'a>(
        &self,
        publications: impl Iterator<Item = &'a Publication>,
        room: usize,
    ) -> usize {
        let most = self.window().saturating_sub(room).max(1);
        let mut bytes = 0;
        let fits = publications.take(most).take_while(|publication| {
            bytes += publication.payload.len() + publication.topic.as_str().len() + 16;
            bytes <= PIECE
        });
        fits.count().max(1)
    }

    /// Publishes, and returns when the broker has acknowledged or refused everything. An error: the connection is lost,
    /// and the broker has any of them or none.
    pub(super) async fn publish(&mut self, publications: Vec<Publication>) -> Result<Vec<NotTaken>, Error> {
        let mut not_taken = Vec::new();
        let window = self.window().max(1);
        let mut rest = publications;
        let mut before = 0;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(window));
            let count = rest.len();
            let first = self.sequence;
            self.sequence += count as u64;
            let index = |sequence: u64| before + usize::try_from(sequence.saturating_sub(first)).unwrap_or(0);
            let answered = timeout(ANSWER, async {
                let left_out = self.publisher.enqueue_together(first, rest).await?;
                let answered = self.publisher.flush().await;
                Ok::<_, Error>((left_out, answered))
            });
            let (left_out, answered) = answered.await.map_err(|_| Error::silent(ANSWER.as_secs()))??;
            for (sequence, error) in left_out {
                let is_too_large = error.is_too_large();
                not_taken.push(NotTaken { index: index(sequence), is_too_large, why: "the message" });
            }
            match answered {
                Ok(()) => {}
                Err(error) if error.is_denied() => {
                    for refusal in self.publisher.take_refusals() {
                        let index = index(refusal.sequence);
                        not_taken.push(NotTaken { index, is_too_large: false, why: refusal.why });
                    }
                }
                Err(error) => return Err(error),
            }
            before += count;
            rest = later;
        }
        Ok(not_taken)
    }

    /// Says goodbye on both; the others are told before that this member goes.
    pub(super) async fn leave(mut self, names: &Names) -> Result<(), Error> {
        let gone = Publication::new(names.member()?, Vec::new(), Qos::AtLeastOnce).retained();
        let told = self.publish(vec![gone]).await;
        let left = self.publisher.disconnect().await;
        self.control.disconnect().await?;
        told?;
        left
    }
}
