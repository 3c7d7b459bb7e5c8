//! From a reading to what may leave: reduced and under its report id, or exposed as a dangerous preset has it.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use cowl::{
    dangerous::{DangerousPreset, Exposed},
    random::SystemRng,
};
use cowl_core::{
    ErasureHandle, FieldIndex, Header, Notices, Policy, Problem as Trouble, Reading, ReduceError, Report,
    ReportId, Secret, Surroundings,
};

use super::{
    member::{Member, Protection, Whose},
    sealer::World,
};

/// What readings become.
#[derive(Debug)]
pub(super) enum Outcome {
    /// To be sealed as this identity.
    Report(usize, Report),
    /// To be published as it is.
    Exposed(Exposed),
}

/// Reduces readings by the newest world.
#[derive(Debug)]
pub(super) struct Reducer {
    law: Law,
    whose: Arc<Whose>,
    rng: SystemRng,
    /// The fields, of those that are off by default, that the person chose to send.
    chosen: Vec<FieldIndex>,
    /// What her withdrawal code comes to.
    withdrawal: Option<Secret>,
}

#[derive(Debug)]
enum Law {
    Policy { newest: Newest, world: Arc<World> },
    Dangerous(Arc<DangerousPreset>),
}

/// Where the newest world lies, for those who reduce on another thread.
#[derive(Debug, Clone)]
pub(super) struct Newest(Arc<Mutex<Arc<World>>>);

/// Why a reading became nothing, and what to do about it. Holds nothing of what was read.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) text: String,
    pub(super) hint: Option<Cow<'static, str>>,
}

/// A reading that became something, and what was left out of it.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) outcome: Outcome,
    pub(super) notices: Notices,
    /// Whether an input was dropped that only said whose the reading is.
    pub(super) identity_dropped: bool,
}

impl Newest {
    /// The first one.
    pub(super) fn new(world: Arc<World>) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// Replaces it.
    pub(super) fn set(&self, world: Arc<World>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = world;
    }

    fn get(&self) -> Arc<World> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reducer {
    /// What can be done without a connection: by the manifest at hand, with nobody counted.
    pub(super) fn offline(member: &Member) -> Self {
        let whose = Arc::clone(&member.whose);
        match &member.protection {
            Protection::Dangerous(preset) => Self::new(Law::Dangerous(Arc::clone(preset)), whose),
            Protection::Enrolled(_) | Protection::WalkIn => {
                let world = World { manifest: member.manifest.clone(), counts: None };
                Self::by_policy(Newest::new(world.into()), whose)
            }
        }
    }

    /// Under preset `cowl`.
    pub(super) fn by_policy(newest: Newest, whose: Arc<Whose>) -> Self {
        let world = newest.get();
        Self::new(Law::Policy { newest, world }, whose)
    }

    fn new(law: Law, whose: Arc<Whose>) -> Self {
        Self { law, whose, rng: SystemRng::new(), chosen: Vec::new(), withdrawal: None }
    }

    /// What a person chose of what is off by default, and the seed of her withdrawal code.
    pub(super) fn choose(&mut self, chosen: &[FieldIndex], withdrawal: Option<Secret>) {
        self.chosen = chosen.to_vec();
        self.withdrawal = withdrawal;
    }

    /// Takes over the newest world. Once for each batch is enough.
    pub(super) fn refresh(&mut self) {
        if let Law::Policy { newest, world } = &mut self.law {
            *world = newest.get();
        }
    }

    /// Makes of a reading what may leave, or says why not.
    pub(super) fn take(&mut self, reading: Reading, topic: Option<&str>) -> Result<Taken, Problem> {
        let reading = match topic {
            Some(topic) => reading.on_topic(topic),
            None => reading,
        }
        .choosing(self.chosen.iter().copied());
        let identity = self
            .whose
            .of(&reading)
            .map_err(|nobody| Problem::of(&nobody, "every report needs that field"))?;
        match &self.law {
            Law::Policy { world, .. } => {
                let policy = &world.manifest.policy;
                let identity_dropped = self.whose.field().is_some_and(|field| !policy.reads_input(field));
                let around = Surroundings { counts: world.counts.as_ref(), now: unix_seconds() };
                let reduced =
                    policy.reduce(reading, &around).map_err(|error| Problem::reduced(&error, policy))?;
                let notices = *reduced.notices();
                let report = ReportId(self.rng.id());
                let policy = world.manifest.policy_version;
                let header = Header { report, handle: ErasureHandle::NONE, policy };
                let mut report = Report::new(header, reduced);
                if let Some(seed) = &self.withdrawal {
                    report = report.withdrawable(seed.clone());
                }
                let outcome = Outcome::Report(identity, report);
                Ok(Taken { outcome, notices, identity_dropped })
            }
            Law::Dangerous(preset) => {
                let identity = u32::try_from(identity).unwrap_or(u32::MAX);
                let exposed = preset
                    .expose(reading, identity, unix_seconds())
                    .map_err(|error| Problem { text: error.to_string(), hint: None })?;
                let notices = *exposed.notices();
                Ok(Taken { outcome: Outcome::Exposed(exposed), notices, identity_dropped: false })
            }
        }
    }
}

impl Problem {
    fn of(what: &dyn std::fmt::Display, hint: &'static str) -> Self {
        Self { text: what.to_string(), hint: Some(hint.into()) }
    }

    fn reduced(error: &ReduceError, policy: &Policy) -> Self {
        let hint = match error {
            ReduceError::Empty => {
                let names: Vec<_> = policy.fields.iter().map(|field| field.name.as_str()).collect();
                return Self {
                    text: error.to_string(),
                    hint: Some(format!("the policy knows: {}", names.join(", ")).into()),
                };
            }
            ReduceError::DoesNotFit { .. } => {
                "every message has the same size, so the report must be shorter"
            }
            ReduceError::Field { problem, .. } => match problem {
                Trouble::Missing => "the policy wants it in every report",
                Trouble::NotANumber => "write a plain number, such as 36.6, without its unit",
                Trouble::NotFinite => "leave it out if it was not measured",
                Trouble::OutOfRange { .. } => "is it in the policy's unit?",
                Trouble::NoChoice { .. } => "use one of the policy's words",
                Trouble::NotAFlag => "write true or false",
                Trouble::NotText => "write it as text",
                Trouble::TooLong { .. } => "shorten it",
                Trouble::NotAPosition | Trouble::HalfPosition | Trouble::OffEarth(_) => {
                    "give latitude and longitude, in degrees, in that order"
                }
                Trouble::NotATime => "write it like 2010-01-12T21:53:10Z",
            },
        };
        Self::of(error, hint)
    }
}

/// For readings that say no time, and the tokens of Fernet. Decides nothing.
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
