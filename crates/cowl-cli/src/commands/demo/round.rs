//! One preset, a whole day: everything that is sent, seen and read.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use cowl::dangerous::DangerousPreset;
use cowl_core::Preset;
use cowl_sim::HOUR;
use serde_json::{Map, Value};

use super::{
    authority::Authority,
    day::Day,
    desk::{Desk, Eavesdropped, Eavesdropper},
    ground::Ground,
    packets::{self, Published},
    phone::{Phones, dangerous},
    study,
    tap::Tap,
};
use crate::failure::Failure;

/// What a day under one preset left behind.
pub(super) struct Round {
    pub(super) preset: Preset,
    pub(super) sent: usize,
    /// Role, reports read.
    pub(super) read: Vec<(String, usize)>,
    /// What the eavesdropper with `#` has of each report: topic and payload.
    pub(super) heard: Vec<(Vec<u8>, Vec<u8>)>,
    /// And of manifests and beacons: payloads.
    pub(super) notices: Vec<Vec<u8>>,
    /// What the broker has of each connection of a phone.
    pub(super) connections: Vec<Connection>,
    pub(super) protect: Vec<Duration>,
    pub(super) open: Vec<Duration>,
    pub(super) left_out: cowl_core::Notices,
    pub(super) example: Example,
    /// The study's own message as this preset publishes it: topic and payload.
    pub(super) study: (Vec<u8>, Vec<u8>),
    /// Reports of the person and epoch that had most: so many one key opens.
    pub(super) most_under_a_key: usize,
}

/// A phone's connection in the broker's eyes.
pub(super) struct Connection {
    pub(super) from: IpAddr,
    pub(super) client_id: Vec<u8>,
    pub(super) user_name: Option<Vec<u8>>,
    pub(super) published: Vec<Published>,
    /// Every byte that came.
    pub(super) raw: Vec<u8>,
}

/// One report in everyone's eyes.
#[derive(Default)]
pub(super) struct Example {
    pub(super) payload: Vec<u8>,
    pub(super) topic: Vec<u8>,
    pub(super) client_id: Vec<u8>,
    pub(super) from: Option<IpAddr>,
    /// Role, fields.
    pub(super) read: Vec<(String, Map<String, Value>)>,
}

/// What goes on after a round with `--keep`.
pub(super) struct Rest {
    pub(super) ground: Ground,
    pub(super) service: Option<cowl::service::Service>,
}

/// Lives through the day.
pub(super) async fn run(preset: Preset, day: &Day) -> Result<(Round, Rest), Failure> {
    let (ground, operation) = Ground::prepare(preset, day).await?;
    let dangerous = dangerous(&ground)?;
    let mut authority = match dangerous {
        None => Some(Box::pin(Authority::new(operation, &ground, day.start)).await?),
        Some(_) => None,
    };
    let mut listeners = Listeners::new(&ground, dangerous.as_ref()).await?;
    let mut phones = Phones::new(&ground, dangerous.as_ref(), day).await?;
    let epoch_seconds = u64::from(ground.manifest.policy.epoch_seconds).max(1);
    let mut example = Example::default();
    let (mut sent, mut under_keys) = (0, HashMap::<(usize, u64), usize>::new());

    for hour in 0..u64::from(day.crisis.scenario().hours) {
        let (begins, ends) = (hour * HOUR, (hour + 1) * HOUR);
        let now = day.start + begins;
        if begins.is_multiple_of(epoch_seconds) {
            phones.hang_up().await?;
        }
        if let Some(authority) = &mut authority {
            let announced = authority.announce(now).await?;
            phones.hear(&announced, now).await?;
            for desk in &mut listeners.desks {
                desk.hear(&announced, now).await?;
            }
        }
        let before = sent;
        for (number, report) in day.reports.iter().enumerate() {
            if !(begins..ends).contains(&report.at) {
                continue;
            }
            let payload = phones.send(report, day.start + report.at).await?;
            if number == day.example {
                example.payload = payload;
            }
            *under_keys.entry((report.person, begins / epoch_seconds)).or_default() += 1;
            sent += 1;
        }
        phones.flush().await?;
        let last = day.start + ends - 1;
        if let Some(authority) = &mut authority {
            authority.count(sent - before, last).await?;
        }
        listeners.read(sent, last, &example.payload).await?;
    }

    phones.hang_up().await?;
    let study = phones.protect(0, study::MESSAGE.as_bytes(), day.start + day.crisis.scenario().end() - 1)?;
    let study = (study.topic.as_str().as_bytes().to_vec(), study.payload.to_vec());
    let connections = connections(&phones)?;
    complete(&mut example, &connections);
    let (protect, left_out) = (std::mem::take(&mut phones.times), phones.left_out);
    drop(phones);
    let service = match authority {
        Some(authority) => Some(authority.leave().await?),
        None => None,
    };
    let Harvest { read, open, overheard } = listeners.leave(&mut example).await?;
    let most_under_a_key = under_keys.into_values().max().unwrap_or(0);
    let round = Round {
        preset,
        sent,
        read,
        heard: overheard.heard,
        notices: overheard.notices,
        connections,
        protect,
        open,
        left_out,
        example,
        study,
        most_under_a_key,
    };
    Ok((round, Rest { ground, service }))
}

/// All who listen to reports.
struct Listeners {
    desks: Vec<Desk>,
    eavesdropper: Eavesdropper,
}

/// What they took with them.
struct Harvest {
    read: Vec<(String, usize)>,
    open: Vec<Duration>,
    overheard: Eavesdropped,
}

impl Listeners {
    async fn new(ground: &Ground, dangerous: Option<&Arc<DangerousPreset>>) -> Result<Self, Failure> {
        let mut desks = Vec::new();
        for number in 0..ground.roles.len() {
            desks.push(Desk::new(ground, dangerous, number).await?);
        }
        Ok(Self { desks, eavesdropper: Eavesdropper::new(ground).await? })
    }

    /// Waits until everyone has had so many messages in all.
    async fn read(&mut self, messages: usize, now: u64, example: &[u8]) -> Result<(), Failure> {
        let example = Some(example).filter(|payload| !payload.is_empty());
        for desk in &mut self.desks {
            desk.read(messages, now, example).await?;
        }
        self.eavesdropper.listen(messages).await
    }

    async fn leave(self, example: &mut Example) -> Result<Harvest, Failure> {
        let (mut read, mut open) = (Vec::new(), Vec::new());
        for mut desk in self.desks {
            read.push((desk.role.clone(), desk.read));
            open.append(&mut desk.times);
            example.read.extend(desk.example.take().map(|fields| (desk.role.clone(), fields)));
            desk.leave().await?;
        }
        Ok(Harvest { read, open, overheard: self.eavesdropper.leave().await? })
    }
}

/// What the broker was shown, read from the bytes.
fn connections(phones: &Phones) -> Result<Vec<Connection>, Failure> {
    let of = |tap: &Arc<Tap>| {
        let raw = tap.bytes();
        let seen = packets::read(&raw)?;
        let (client_id, user_name, published) = (seen.client_id, seen.user_name, seen.published);
        Some(Connection { from: tap.from, client_id, user_name, published, raw })
    };
    phones
        .taps
        .iter()
        .map(|tap| of(tap).ok_or_else(|| Failure::internal("a phone sent what is not MQTT 5")))
        .collect()
}

/// Finds the report that is shown among what the broker was shown.
fn complete(example: &mut Example, connections: &[Connection]) {
    for connection in connections {
        let published = connection.published.iter().find(|published| published.payload == example.payload);
        if let Some(published) = published {
            example.topic.clone_from(&published.topic);
            example.client_id.clone_from(&connection.client_id);
            example.from = Some(connection.from);
        }
    }
}
