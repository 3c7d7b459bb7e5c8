//! The local broker: one connection that publishes, whose end tells the others that this member is gone, and one that
//! listens to them.
//!
//! The will stands on the connection that publishes. So once the others hear that a member is gone, nothing more of that
//! member's can reach the broker.

use std::time::Duration;

use super::{
    config::Way,
    names::Names,
    session::{KEEP_ALIVE_S, Pen, SESSION_S},
};
use crate::transport::{
    Acks, ClientId, Error, Event, Message, Publication, Qos, Reconnect, Session, Subscriber, Subscription,
};

/// How long the broker may take to acknowledge what was published.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// Bytes that are handed over in one piece at the most, so that the system takes them at once.
const PIECE: usize = 48 << 10;

/// Both connections.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) pen: Pen,
    control: Subscriber,
    /// Whether the broker knew the session on which this member publishes.
    pub(super) is_known: bool,
}

impl Local {
    /// Connects both; what the others told meanwhile comes first.
    pub(super) async fn connect(way: &Way, names: &Names) -> Result<Self, Error> {
        let [_, listens] = names.client_ids();
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
        let (pen, is_known) = Pen::take(way, names, true).await?;
        Ok(Self { pen, control, is_known })
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
        self.pen.window()
    }

    /// How many of these messages make one piece of so many at the most.
    pub(super) fn piece<'a>(publications: impl Iterator<Item = &'a Publication>, most: usize) -> usize {
        let mut bytes = 0;
        let fits = publications.take(most.max(1)).take_while(|publication| {
            bytes += publication.payload.len() + publication.topic.as_str().len() + 16;
            bytes <= PIECE
        });
        fits.count().max(1)
    }

    /// Says goodbye on both; the others are told before that this member goes.
    pub(super) async fn leave(mut self, names: &Names) -> Result<(), Error> {
        let gone = Publication::new(names.member()?, Vec::new(), Qos::AtLeastOnce).retained();
        let told = self.pen.publish(vec![gone]).await;
        let left = self.pen.leave().await;
        self.control.disconnect().await?;
        told?;
        left
    }
}
