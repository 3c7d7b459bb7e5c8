//! The connection that publishes as one member, on a session that the local broker keeps; and what the broker makes of such sessions.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    config::Way,
    error::RespondersError,
    group::Cipher,
    local::ANSWER,
    names::Names,
    piece::{Piece, Stopped, Wire},
};
use crate::transport::{
    ClientId, Error, Filter, NotHeld, Options, Publication, Publisher, Qos, Subscriber, Subscription,
    Version, Will,
};

/// Seconds of silence before a ping; half as long again, and the broker tells the others that this member is gone.
pub(super) const KEEP_ALIVE_S: u16 = 5;
/// How long the broker keeps a session while its member is away, in seconds: a day.
pub(super) const SESSION_S: u32 = 86_400;
/// How long the session of a trial lasts, in seconds.
const TRIAL_S: u32 = 60;
/// How long a broker may take to hand out what it retains, before it is taken for gone.
const KEPT: Duration = Duration::from_secs(10);

/// The connection that publishes.
#[derive(Debug)]
pub(super) struct Pen {
    publisher: Publisher,
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

/// Why reports can come twice at this broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twice {
    /// It is the gateway's own, and dies with it.
    Own,
    /// It does not take `QoS` 2.
    NoQos2,
    /// It keeps no session.
    NoSession,
    /// It passes on again what comes again on a resumed session.
    Forgets,
}

/// What the broker retains of a piece.
#[derive(Debug)]
pub(super) enum Kept {
    Piece(Box<Piece>),
    /// It is altered, or a later version's.
    Unreadable,
    Nothing,
}

impl Pen {
    /// Takes the member's session, from whoever has it; a new one if there is none. Says which.
    ///
    /// With a `will`, the broker tells the others when this connection ends.
    pub(super) async fn take(way: &Way, names: &Names, will: bool) -> Result<(Self, bool), Error> {
        let mut options = way.options.clone();
        let [publishes, _] = names.client_ids();
        options.client_id = ClientId::named(publishes)?;
        options.keep_alive_s = KEEP_ALIVE_S;
        if will {
            let gone = Publication::new(names.member()?, Vec::new(), Qos::AtLeastOnce).retained();
            options.will = Some(Will { publication: gone, delay_s: 0 });
        }
        let (publisher, is_known) = Publisher::keeping(&way.endpoint, &options, SESSION_S).await?;
        Ok((Self { publisher, sequence: 0 }, is_known))
    }

    /// Has the broker forget the member's session, and what it holds of it and was not released.
    pub(super) async fn discard(way: &Way, names: &Names) -> Result<(), Error> {
        let [publishes, _] = names.client_ids();
        discard(way, publishes).await
    }

    /// How many messages of `QoS` 1 go out in one piece at the most.
    pub(super) fn window(&self) -> usize {
        self.publisher.window()
    }

    /// How many messages go out at `QoS` 2 in one piece at the most: half of what the broker takes, as some count what they have of
    /// a session a second time when it is resumed.
    pub(super) fn exact_window(&self) -> usize {
        (self.publisher.exact_window() / 2).clamp(1, usize::from(Publisher::HELD) / 2)
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

    /// Says goodbye; the session stays.
    pub(super) async fn leave(self) -> Result<(), Error> {
        self.publisher.disconnect().await
    }

    async fn send(&self, messages: Vec<(u16, Publication)>, again: bool) -> Result<Vec<NotHeld>, Error> {
        let sent = timeout(ANSWER, self.publisher.send_held(messages, again)).await;
        sent.unwrap_or_else(|_elapsed| Err(Error::silent(ANSWER.as_secs())))
    }

    async fn release(&self, numbers: &[u16]) -> Result<(), Error> {
        let released = timeout(ANSWER, self.publisher.release_held(numbers)).await;
        released.unwrap_or_else(|_elapsed| Err(Error::silent(ANSWER.as_secs())))
    }
}

/// A pen that writes down what it does.
pub(super) struct Writing<'a> {
    pub(super) pen: &'a mut Pen,
    pub(super) cipher: &'a Cipher,
    pub(super) names: &'a Names,
}

impl Wire for Writing<'_> {
    async fn keep(&mut self, piece: &Piece) -> Result<(), Stopped> {
        let word = word(self.cipher, self.names, piece)?;
        match self.pen.publish(vec![word]).await.map_err(Stopped::Lost)?.first() {
            None => Ok(()),
            Some(problem) if problem.is_too_large => Err(Stopped::TooLarge),
            Some(problem) => Err(Stopped::Failed(RespondersError::Refused(problem.why))),
        }
    }

    async fn send(
        &mut self,
        messages: Vec<(u16, Publication)>,
        again: bool,
    ) -> Result<Vec<NotHeld>, Stopped> {
        self.pen.send(messages, again).await.map_err(Stopped::Lost)
    }

    async fn release(&mut self, numbers: &[u16]) -> Result<(), Stopped> {
        self.pen.release(numbers).await.map_err(Stopped::Lost)
    }
}

/// The word of a piece, as the broker is to retain it: for ever, or as long as the session stays.
pub(super) fn word(cipher: &Cipher, names: &Names, piece: &Piece) -> Result<Publication, Stopped> {
    let topic = names.piece().map_err(Stopped::Lost)?;
    let payload = cipher.seal(topic.as_str(), piece).ok_or(Stopped::Failed(RespondersError::Random))?;
    Ok(Publication::new(topic, payload, Qos::AtLeastOnce).retained())
}

/// What the broker retains of the member's last piece. Asked for once the session is taken: nobody else writes it then.
pub(super) async fn kept(way: &Way, cipher: &Cipher, names: &Names) -> Result<Kept, Error> {
    let topic = names.piece()?;
    let wanted = Subscription::new(Filter::new(topic.as_str())?, Qos::AtLeastOnce);
    let mut subscriber = Subscriber::connect(&way.endpoint, &way.options, wanted).await?;
    let Ok(message) = timeout(KEPT, subscriber.next()).await else { return Ok(Kept::Nothing) };
    let message = message?;
    // It has said what it has to say, however it takes the goodbye.
    let _ = subscriber.disconnect().await;
    Ok(match cipher.open::<Piece>(topic.as_str(), &message.payload) {
        Some(piece) if piece.is_known() => Kept::Piece(Box::new(piece)),
        _ => Kept::Unreadable,
    })
}

/// Tries whether the broker does with a session what MQTT says: a message that is sent, and sent again on the next connection, must
/// come out once. Brokers are known that forget what they had. `Err`: the connection was lost on the way.
pub(super) async fn trial(way: &Way, names: &Names) -> Result<Option<Twice>, Error> {
    let (topic, client) = (names.trial()?, names.trial_client());
    let wanted = Subscription::new(Filter::new(topic.as_str())?, Qos::AtLeastOnce);
    let mut listener = Subscriber::connect(&way.endpoint, &way.options, wanted).await?;
    discard(way, client.clone()).await?;
    let mut options = way.options.clone();
    options.client_id = ClientId::named(client.clone())?;
    let message = Publication::new(topic.clone(), b"once".to_vec(), Qos::ExactlyOnce);
    let (publisher, _) = Publisher::keeping(&way.endpoint, &options, TRIAL_S).await?;
    let mut pen = Pen { publisher, sequence: 0 };
    if pen.publisher.max_qos() < Qos::ExactlyOnce {
        return Ok(Some(Twice::NoQos2));
    }
    if !pen.send(vec![(0, message.clone())], false).await?.is_empty() {
        return Ok(Some(Twice::NoQos2));
    }
    drop(pen);
    let (publisher, is_known) = Publisher::keeping(&way.endpoint, &options, TRIAL_S).await?;
    if !is_known {
        return Ok(Some(Twice::NoSession));
    }
    pen = Pen { publisher, sequence: 0 };
    pen.send(vec![(0, message)], true).await?;
    pen.release(&[0]).await?;
    // It stands behind the others.
    pen.publish(vec![Publication::new(topic, b"end".to_vec(), Qos::AtLeastOnce)]).await?;
    let mut came = 0_u32;
    loop {
        let next = timeout(ANSWER, listener.next()).await;
        let message = next.unwrap_or_else(|_elapsed| Err(Error::silent(ANSWER.as_secs())))?;
        if message.payload.as_ref() == b"end" {
            break;
        }
        came += 1;
    }
    drop(pen);
    discard(way, client).await?;
    Ok((came != 1).then_some(Twice::Forgets))
}

/// Whether a broker that ends the connection when it is tried may do so because of what it was asked: MQTT 3.1.1 has no other way to
/// say that it does not take `QoS` 2.
pub(super) const fn may_be_its_answer(options: &Options) -> bool {
    matches!(options.version, Version::V311)
}

async fn discard(way: &Way, client: String) -> Result<(), Error> {
    let mut options = way.options.clone();
    options.client_id = ClientId::named(client)?;
    Publisher::connect(&way.endpoint, &options).await?.disconnect().await
}
