//! Cowl with layers taken away, so that one sees what each is for. Of made-up people only: keys and operation exist in this process and
//! nowhere else, no member could open or send any of it, and nothing outside the demo can make it. What is left of Cowl is Cowl's own: the
//! policy's reduction, the envelope with its tags, the AEAD.

use std::{ops::Range, sync::Arc};

use cowl::{
    formats,
    random::SystemRng,
    transport::{Publication, Qos, Topic},
};
use cowl_core::{
    Body, Counter, DeviceKeys, Epoch, FieldIndex, Layout, OperationId, Place, Policy, PolicyError, Reading,
    ReduceError, Reduced, Report, RoleIndex, RolePart, Sealed, Surroundings,
    policy::{Precision, Read, RoleKind, Traffic},
    schedule::RoleRoot,
};
use serde_json::{Map, Value, json};

use super::super::ground::STUDY_TOPICS;
use crate::failure::Failure;

/// The most that a role's body may take: more than all fields at their longest.
const ROOM: u16 = 4_096;
/// What is not sealed is filled up to a multiple of this, if it is filled up.
const CLEAR_ROOM: usize = 4_096;
/// The one epoch that there is.
const EPOCH: Epoch = Epoch(0);
/// What a sender counts who never changes its tags.
const STILL: u32 = 0;

/// Which layers are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a layer by itself, and every combination can be chosen"
)]
pub(super) struct Layers {
    /// All messages are equally long.
    pub(super) padding: bool,
    /// One message a second, a report or cover.
    pub(super) slots: bool,
    /// No tag comes twice.
    pub(super) tags: bool,
    /// All send on one topic.
    pub(super) topics: bool,
    /// Each role gets what the policy gives it.
    pub(super) reducing: bool,
    /// Only who has a role's key reads its part.
    pub(super) sealing: bool,
}

/// Makes the messages that lack a layer, and reads them.
pub(super) struct Weak {
    usual: Policy,
    /// Every role reads everything in it, exactly.
    whole: Policy,
    operation: OperationId,
    roots: Vec<RoleRoot>,
    counter: u32,
    rng: SystemRng,
}

/// What only its sender knows of a sealed message: a receiver could not find the parts of one whose lengths are not fixed.
#[derive(Debug, Clone)]
pub(super) struct Clue {
    person: usize,
    counters: Range<u32>,
    layout: Arc<Layout>,
}

/// A message on its way.
pub(super) struct Made {
    pub(super) publication: Publication,
    pub(super) clue: Clue,
}

/// Each role's fields.
pub(super) type Parts = Vec<(String, Map<String, Value>)>;

impl Layers {
    /// Nothing is taken away.
    pub(super) const ALL: Self =
        Self { padding: true, slots: true, tags: true, topics: true, reducing: true, sealing: true };

    /// Their names, and whether they are there.
    pub(super) fn named(mut self) -> [(&'static str, bool); 6] {
        NAMES.map(|name| (name, self.layer(name).is_some_and(|layer| *layer)))
    }

    /// One of them, by name.
    pub(super) fn layer(&mut self, name: &str) -> Option<&mut bool> {
        match name {
            "padding" => Some(&mut self.padding),
            "slots" => Some(&mut self.slots),
            "tags" => Some(&mut self.tags),
            "topics" => Some(&mut self.topics),
            "reducing" => Some(&mut self.reducing),
            "sealing" => Some(&mut self.sealing),
            _ => None,
        }
    }

    /// Whether every message is one of the operation's, whenever it leaves.
    pub(super) fn leave_messages_alone(self) -> bool {
        Self { slots: true, ..self } == Self::ALL
    }
}

const NAMES: [&str; 6] = ["padding", "slots", "tags", "topics", "reducing", "sealing"];

impl Weak {
    /// With keys that are drawn now.
    pub(super) fn new(policy: &Policy) -> Result<Self, PolicyError> {
        let mut rng = SystemRng::new();
        let roots = policy.roles.iter().map(|_| RoleRoot::new(rng.secret())).collect();
        let operation = OperationId(rng.id());
        Ok(Self { usual: policy.clone(), whole: whole(policy)?, operation, roots, counter: STILL, rng })
    }

    /// What leaves of a reading: by the policy, or everything for everybody.
    pub(super) fn reduce(
        &self,
        layers: Layers,
        reading: Reading,
        around: &Surroundings<'_>,
    ) -> Result<Reduced, ReduceError> {
        self.policy(layers).reduce(reading, around)
    }

    /// A person's report, or cover, as it goes out.
    pub(super) fn make(&mut self, layers: Layers, person: usize, report: &Report) -> Result<Made, Failure> {
        let fault =
            |error: &dyn std::error::Error| Failure::internal("a weak message is not made").because(error);
        self.counter += 1;
        let counter = if layers.tags { self.counter } else { STILL };
        let layout = Arc::new(self.layout(layers, report.reduced()));
        let clue = Clue { person, counters: counter..counter + 1, layout };
        let sealed =
            self.keys(&clue)?.seal(Counter(counter), report, &mut self.rng).map_err(|error| fault(&error))?;
        let payload = if layers.sealing { sealed.into_bytes() } else { self.clear(layers, &sealed, report)? };
        let topic = if layers.topics {
            format!("{STUDY_TOPICS}/reports")
        } else {
            format!("{STUDY_TOPICS}/phone-{person}")
        };
        let publication = Publication::new(Topic::new(topic)?, payload, Qos::AtLeastOnce);
        Ok(Made { publication, clue })
    }

    /// What each role that reads reports has of a message; nothing of cover.
    pub(super) fn read(&self, layers: Layers, clue: &Clue, payload: &[u8]) -> Option<Parts> {
        let parts: Parts = if layers.sealing {
            let bodies = self.keys(clue).ok()?.hazmat_reopen(payload, clue.counters.clone());
            let of = |(role, body): (RoleIndex, Vec<u8>)| self.fields(layers, role, &body);
            bodies.into_iter().filter_map(of).collect()
        } else {
            let clear: Map<String, Value> = serde_json::from_slice(payload).ok()?;
            let parts = clear.get("parts")?.as_object()?.clone();
            let of = |(role, fields): (String, Value)| Some((role, fields.as_object()?.clone()));
            parts.into_iter().filter_map(of).collect()
        };
        (!parts.is_empty()).then_some(parts)
    }

    const fn policy(&self, layers: Layers) -> &Policy {
        if layers.reducing { &self.usual } else { &self.whole }
    }

    /// The policy's layout, or one that each part just fits into.
    fn layout(&self, layers: Layers, reduced: &Reduced) -> Layout {
        let policy = self.policy(layers);
        let fixed = Layout::of(policy);
        if layers.padding {
            return fixed;
        }
        let tight = |((_, body), (_, part)): ((RoleIndex, &[u8]), (RoleIndex, RolePart))| RolePart {
            size: u16::try_from(body.len()).unwrap_or(part.size),
            ..part
        };
        let parts = reduced.parts().zip(fixed.roles()).map(tight).collect();
        Layout::new(parts, policy.sizes.custody, fixed.suite())
    }

    fn keys(&self, clue: &Clue) -> Result<DeviceKeys, Failure> {
        let place = Place(u32::try_from(clue.person).unwrap_or(u32::MAX));
        let root = |(role, root): (RoleIndex, &RoleRoot)| root.device(self.operation, role, EPOCH, place);
        let roots: Vec<_> = (0..).map(RoleIndex).zip(&self.roots).map(root).collect();
        DeviceKeys::new(self.operation, EPOCH, Arc::clone(&clue.layout), &roots)
            .map_err(|error| Failure::internal("keys of the demo").because(&error))
    }

    /// The message as it would have been, its first tag and all parts, without the AEAD.
    fn clear(&self, layers: Layers, sealed: &Sealed, report: &Report) -> Result<Vec<u8>, Failure> {
        let tag = sealed.bytes().get(..16).unwrap_or_default();
        let parts: Map<String, Value> = report
            .reduced()
            .parts()
            .filter_map(|(role, body)| self.fields(layers, role, body))
            .map(|(role, fields)| (role, fields.into()))
            .collect();
        let clear = serde_json::to_vec(&json!({ "tag": hex::encode(tag), "parts": parts }));
        let mut clear =
            clear.map_err(|error| Failure::internal("a weak message is not made").because(&error))?;
        if layers.padding {
            clear.resize(clear.len().next_multiple_of(CLEAR_ROOM), b' ');
        }
        Ok(clear)
    }

    /// A role's name and fields; `None` where it has none, as in cover.
    fn fields(&self, layers: Layers, role: RoleIndex, body: &[u8]) -> Option<(String, Map<String, Value>)> {
        let policy = self.policy(layers);
        let body = Body::decode(policy, role, body).ok()?;
        Some((policy.role(role)?.name.clone(), formats::to_json(policy, &body)))
    }
}

/// The policy with nothing kept from any role. Nobody could sign it for an operation without being asked for each line.
fn whole(policy: &Policy) -> Result<Policy, PolicyError> {
    let mut draft = policy.as_draft().clone();
    // Slots have a budget, which these sizes pass; the demo keeps slots of its own.
    draft.traffic = Traffic { slot_ms: 0, ..draft.traffic };
    let fields = (0..draft.fields.len()).filter_map(|field| u8::try_from(field).ok());
    let reads: Vec<Read> =
        fields.map(|field| Read { field: FieldIndex(field), precision: Precision::Exact }).collect();
    for role in draft.roles.iter_mut().filter(|role| role.kind == RoleKind::Reports) {
        role.size = ROOM;
        role.reads.clone_from(&reads);
    }
    let roomy = draft.check()?;
    let longest = |role| roomy.worst_case(role).and_then(|worst| u16::try_from(worst.all).ok());
    let sizes: Vec<Option<u16>> = (0..).map(RoleIndex).map(longest).take(roomy.roles.len()).collect();
    let mut draft = roomy.into_draft();
    for (role, size) in draft.roles.iter_mut().zip(sizes) {
        role.size = size.unwrap_or(role.size);
    }
    draft.check()
}

#[cfg(test)]
#[path = "weak_tests.rs"]
mod tests;
