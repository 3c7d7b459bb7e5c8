//! Those who listen: responders of each role, and the eavesdropper.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cowl::{
    client::Topics,
    dangerous::DangerousPreset,
    formats,
    keyring::{KeyringError, Reader},
    transport::{Filter, Message, Qos, Subscriber, Subscription, Topic},
};
use cowl_core::BundleError;
use serde_json::{Map, Value};

use super::{
    authority::Announced,
    ground::{Ground, Who},
    patience,
};
use crate::failure::Failure;

/// A responder of one role.
pub(super) struct Desk {
    pub(super) role: String,
    subscriber: Subscriber,
    eyes: Eyes,
    messages: usize,
    /// Reports read.
    pub(super) read: usize,
    /// From payload to fields.
    pub(super) times: Vec<Duration>,
    /// What it read of the report that is shown.
    pub(super) example: Option<Map<String, Value>>,
}

/// What a responder reads with.
enum Eyes {
    Role { reader: Box<Reader>, beacon: Topic, manifest: Topic, bundle: Topic },
    Everyone(Arc<DangerousPreset>),
}

/// Subscribed to `#` with the observer's login: has no key.
pub(super) struct Eavesdropper {
    subscriber: Subscriber,
    prefix: String,
    got: Eavesdropped,
}

/// What an eavesdropper has in the end.
#[derive(Default)]
pub(super) struct Eavesdropped {
    /// Topic and payload of every report.
    pub(super) heard: Vec<(Vec<u8>, Vec<u8>)>,
    /// Everything else that came: manifests and beacons.
    pub(super) notices: Vec<Vec<u8>>,
}

impl Desk {
    /// Connects with the responder's login.
    pub(super) async fn new(
        ground: &Ground,
        dangerous: Option<&Arc<DangerousPreset>>,
        number: usize,
    ) -> Result<Self, Failure> {
        let (role, credential) =
            ground.roles.get(number).ok_or_else(|| Failure::internal("the policy has no such role"))?;
        let mut wanted = Subscription::new(ground.reports()?, Qos::AtLeastOnce);
        let eyes = if let Some(preset) = dangerous {
            Eyes::Everyone(Arc::clone(preset))
        } else {
            let topics = Topics::of(&ground.manifest);
            let (beacon, manifest, bundle) = (topics.beacon()?, topics.manifest()?, topics.bundle()?);
            for notice in [&manifest, &bundle, &beacon] {
                wanted.filters.push((Filter::new(notice.as_str())?, Qos::AtLeastOnce));
            }
            Eyes::Role { reader: Box::new(Reader::open(credential, role, None)?), beacon, manifest, bundle }
        };
        let options = ground.options(Who::Node)?;
        let subscriber = Subscriber::connect(&ground.endpoint(), &options, wanted).await?;
        Ok(Self {
            role: role.clone(),
            subscriber,
            eyes,
            messages: 0,
            read: 0,
            times: Vec::new(),
            example: None,
        })
    }

    /// Listens until the newest beacon has come.
    pub(super) async fn hear(&mut self, announced: &Announced, now: u64) -> Result<(), Failure> {
        while let Eyes::Role { .. } = self.eyes {
            let message = patience(&self.role, self.subscriber.next()).await?;
            self.take(&message, now, None)?;
            if message.payload == announced.beacon {
                break;
            }
        }
        Ok(())
    }

    /// Reads until so many messages have come in all.
    pub(super) async fn read(
        &mut self,
        messages: usize,
        now: u64,
        example: Option<&[u8]>,
    ) -> Result<(), Failure> {
        while self.messages < messages {
            let message = patience(&self.role, self.subscriber.next()).await?;
            self.take(&message, now, example)?;
        }
        Ok(())
    }

    /// Writes down what was read and hangs up, so that a visitor can go on with this credential.
    pub(super) async fn leave(mut self) -> Result<(), Failure> {
        if let Eyes::Role { reader, .. } = &mut self.eyes {
            reader.commit()?;
        }
        Ok(self.subscriber.disconnect().await?)
    }

    fn take(&mut self, message: &Message, now: u64, example: Option<&[u8]>) -> Result<(), Failure> {
        let fields = match &mut self.eyes {
            Eyes::Role { reader, beacon, .. } if message.topic == *beacon => {
                // The one that was retained may come twice.
                let _ = reader.hear(&message.payload, now);
                return Ok(());
            }
            Eyes::Role { reader, bundle, .. } if message.topic == *bundle => {
                // The one that was retained may come twice.
                match reader.take_bundle(&message.payload) {
                    Err(KeyringError::Bundle(BundleError::Replayed)) => {}
                    taken => drop(taken?),
                }
                return Ok(());
            }
            Eyes::Role { reader, manifest, .. } if message.topic == *manifest => {
                reader.follow(&message.payload)?;
                return Ok(());
            }
            Eyes::Role { reader, .. } => {
                let mut reports = Vec::new();
                let begun = Instant::now();
                reader.read(&message.payload, now, &mut reports)?;
                self.times.push(begun.elapsed());
                let policy = &reader.manifest().policy;
                let bodies = reports.iter().filter_map(|report| report.body.as_ref().ok());
                bodies.map(|body| formats::to_json(policy, body)).collect::<Vec<_>>()
            }
            Eyes::Everyone(preset) => {
                let begun = Instant::now();
                let fields = preset.read(&message.payload);
                self.times.push(begun.elapsed());
                fields.into_iter().collect()
            }
        };
        self.messages += 1;
        self.read += fields.len();
        if example.is_some_and(|payload| message.payload == payload) {
            self.example = fields.into_iter().next();
        }
        Ok(())
    }
}

impl Eavesdropper {
    /// Connects.
    pub(super) async fn new(ground: &Ground) -> Result<Self, Failure> {
        let options = ground.options(Who::Observer)?;
        let wanted = Subscription::new(Filter::new("#")?, Qos::AtLeastOnce);
        let subscriber = Subscriber::connect(&ground.endpoint(), &options, wanted).await?;
        Ok(Self { subscriber, prefix: ground.prefix(), got: Eavesdropped::default() })
    }

    /// Listens until so many reports have come in all.
    pub(super) async fn listen(&mut self, messages: usize) -> Result<(), Failure> {
        while self.got.heard.len() < messages {
            let message = patience("the eavesdropper", self.subscriber.next()).await?;
            if message.topic.as_str().starts_with(&self.prefix) {
                self.got.heard.push((message.topic.as_str().as_bytes().to_vec(), message.payload.to_vec()));
            } else {
                self.got.notices.push(message.payload.to_vec());
            }
        }
        Ok(())
    }

    /// Hangs up with what it got.
    pub(super) async fn leave(self) -> Result<Eavesdropped, Failure> {
        self.subscriber.disconnect().await?;
        Ok(self.got)
    }
}
