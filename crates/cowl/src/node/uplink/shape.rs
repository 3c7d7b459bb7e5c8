//! What the newest manifest says of messages.

use cowl_core::{Mode, policy::Traffic};

use crate::{
    client::Topics,
    node::{Lane, Load},
    transport::{Error, Filter, Qos, Topic},
};

/// What the newest manifest says of messages.
pub(super) struct Shape {
    pub(super) version: u32,
    pub(super) topics: Topics,
    pub(super) manifest: Option<Topic>,
    pub(super) beacon: Option<Topic>,
    pub(super) bulletin: Option<Topic>,
    pub(super) erasures: Option<Topic>,
    pub(super) dispatch: Option<Topic>,
    enrolled: usize,
    walk_in: usize,
    pub(super) traffic: Traffic,
}

impl Shape {
    pub(super) fn of(load: &impl Load) -> Self {
        let manifest = load.manifest();
        let (topics, layout) = (Topics::of(manifest), manifest.layout());
        Self {
            version: manifest.version,
            manifest: topics.manifest().ok(),
            beacon: topics.beacon().ok(),
            bulletin: load.wants_bulletins().then(|| topics.bulletin().ok()).flatten(),
            erasures: load.wants_erasures().then(|| topics.erasures().ok()).flatten(),
            dispatch: load.wants_dispatches().then(|| topics.dispatch().ok()).flatten(),
            topics,
            enrolled: layout.enrolled_len(),
            walk_in: layout.walk_in_len(),
            traffic: manifest.policy.traffic.clone(),
        }
    }

    /// The size classes that nodes carry.
    pub(super) fn lanes(&self) -> impl Iterator<Item = Lane> + use<> {
        let carries_walk_ins = self.traffic.walk_in_slots > 0;
        Lane::ALL.into_iter().filter(move |lane| *lane == Lane::Enrolled || carries_walk_ins)
    }

    pub(super) const fn size(&self, lane: Lane) -> usize {
        match lane {
            Lane::Enrolled => self.enrolled,
            Lane::WalkIn => self.walk_in,
        }
    }

    /// What the first connection listens to: always all of it. Manifests are not among it, see [`super::fetch`].
    pub(super) fn filters(&self) -> Result<Vec<(Filter, Qos)>, Error> {
        let topics = [&self.beacon, &self.bulletin, &self.erasures, &self.dispatch].into_iter().flatten();
        topics.map(|topic| Ok((Filter::new(topic.as_str())?, Qos::AtLeastOnce))).collect()
    }
}

pub(super) const fn mode(lane: Lane) -> Mode {
    match lane {
        Lane::Enrolled => Mode::Enrolled,
        Lane::WalkIn => Mode::WalkIn,
    }
}
