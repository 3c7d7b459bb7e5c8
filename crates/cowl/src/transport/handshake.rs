//! From a stream of bytes to a connection that the broker has accepted.

use std::num::NonZeroU16;

use bytes::BytesMut;
use tokio::time::timeout;
use zeroize::Zeroize as _;

use super::connection::Connection;
use super::dial::{Stream, dial};
use super::error::{Error, Kind};
use super::wire::{ConnAck, Incoming, LARGEST, Reader, Refusal, Writer};
use super::{Endpoint, Options, Session, Subscription};

/// Where connections come from.
pub(super) enum Source {
    Endpoint(Endpoint),
    /// One stream made by the caller.
    Stream(Option<Box<dyn Stream>>),
}

pub(super) struct Accepted {
    pub(super) connection: Connection,
    pub(super) ack: ConnAck,
}

/// Connects, and subscribes if there is something to subscribe to, all within the time limit.
pub(super) async fn establish(
    source: &mut Source,
    options: &Options,
    session: Session,
    subscription: Option<&Subscription>,
    reconnecting: bool,
) -> Result<Accepted, Error> {
    let peer = match source {
        Source::Endpoint(endpoint) => endpoint.authority(),
        Source::Stream(_) => "the broker".to_owned(),
    };
    if let Some(pass) = &options.pass {
        pass.ready().map_err(|none| Error::new(Kind::NoPass(none)))?;
    }
    let whole = async {
        let io = match source {
            Source::Endpoint(endpoint) => dial(endpoint).await?,
            Source::Stream(io) => io.take().ok_or_else(|| Error::new(Kind::Lost("the stream is used up")))?,
        };
        let mut accepted = greet(io, options, session).await?;
        match subscription {
            // The broker still has it, and asking again would bring retained messages again.
            Some(_) if reconnecting && accepted.ack.session_present => {}
            Some(subscription) => subscribe(&mut accepted.connection, options, subscription).await?,
            None => {}
        }
        Ok(accepted)
    };
    timeout(options.connect_timeout, whole).await.unwrap_or_else(|_elapsed| {
        Err(Kind::ConnectTimeout { peer, seconds: options.connect_timeout.as_secs() }.into())
    })
}

pub(super) async fn greet(
    io: Box<dyn Stream>,
    options: &Options,
    session: Session,
) -> Result<Accepted, Error> {
    if options.client_id.is_fresh() && session != Session::Clean {
        return Err(Kind::Usage("a session to be resumed needs a client id that stays").into());
    }
    let admitted;
    let options = match &options.pass {
        None => options,
        Some(pass) => {
            let login = pass.take().map_err(|none| Error::new(Kind::NoPass(none)))?;
            admitted = Options { login: Some(login), ..options.clone() };
            &admitted
        }
    };
    let mut connection = Connection::new(io, Reader::new(options.version, options.max_packet));
    let mut packet = BytesMut::new();
    Writer::new(options.version, LARGEST).connect(
        options,
        options.client_id.draw()?,
        session,
        &mut packet,
    )?;
    let sent = connection.send(&packet).await;
    packet.as_mut().zeroize();
    sent?;
    let ack = connection
        .expect(|packet| match packet {
            Incoming::ConnAck(ack) => Ok(Ok(ack)),
            // The broker speaks first with CONNACK, or not at all (MQTT 5 §3.2).
            Incoming::Disconnect { why } => Err(Incoming::Disconnect { why }),
            _ => Ok(Err(Error::new(Kind::Protocol("its first packet is no answer to the greeting")))),
        })
        .await??;
    match ack.refusal {
        None => Ok(Accepted { connection, ack }),
        Some(Refusal { why, login: true }) if options.pass.is_some() => Err(Kind::PassRefused(why).into()),
        Some(Refusal { why, login: true }) => Err(Kind::Auth(why).into()),
        Some(Refusal { why, login: false }) => Err(Kind::Rejected(why).into()),
    }
}

async fn subscribe(
    connection: &mut Connection,
    options: &Options,
    subscription: &Subscription,
) -> Result<(), Error> {
    let of = subscription.filters.len();
    if of == 0 {
        return Err(Kind::Usage("there is nothing to subscribe to").into());
    }
    let mut packet = BytesMut::new();
    // Nothing else is in flight in our direction, so the first identifier is free.
    Writer::new(options.version, LARGEST).subscribe(subscription, NonZeroU16::MIN, &mut packet)?;
    connection.send(&packet).await?;
    let refused = connection
        .expect(|packet| match packet {
            Incoming::SubAck { refused } => Ok(refused),
            other => Err(other),
        })
        .await?;
    if refused.len() != of {
        return Err(Kind::Protocol("not as many answers as subscriptions").into());
    }
    match refused.into_iter().enumerate().find_map(|(place, why)| Some((place, why?))) {
        None => Ok(()),
        Some((place, why)) => Err(Kind::SubscriptionRefused { place: place + 1, of, why }.into()),
    }
}
