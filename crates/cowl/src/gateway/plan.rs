//! The policy made ready for devices' messages: which family takes one, and what of it becomes which field.

use std::sync::Arc;

use cowl_core::policy::{Consent, Family, Field, FieldKind, PayloadForm, Pick};
use cowl_core::{Members, Policy, RawValue, Reading};

use super::lookup::{self, Picked};
use super::{Caller, Offered, Refusal, consent::json_topic, name};
use crate::formats::{self, Form};

/// A policy's families, with the places of every field.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) policy: Arc<Policy>,
    families: Vec<Mapped>,
}

#[derive(Debug)]
struct Mapped {
    family: Family,
    /// The fields that the family gives, by name, and where they are.
    fields: Vec<Wanted>,
}

/// A field that a family gives.
#[derive(Debug)]
struct Wanted {
    field: String,
    from: Vec<Pick>,
    /// A longer topic is left out: that it is long is nobody's fault who reports.
    topic_bytes: usize,
}

/// A message as the policy means it: members by field, and who sent it.
#[derive(Debug)]
pub(super) struct Understood {
    pub(super) device: String,
    pub(super) members: Members,
}

/// What a message's topic says of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// This family's report.
    Report(usize),
    /// The protobuf form of a report that comes as JSON too.
    Envelope,
    /// No family's.
    None,
}

impl Plan {
    pub(super) fn new(policy: Arc<Policy>) -> Self {
        let families = policy.devices.iter().map(|family| Mapped::new(family, &policy)).collect();
        Self { policy, families }
    }

    pub(super) fn kind(&self, topic: &str) -> Kind {
        if let Some(index) = self.family(topic, |_| true) {
            return Kind::Report(index);
        }
        let meshtastic = |family: &Family| family.consent == Consent::Meshtastic;
        match json_topic(topic).and_then(|topic| self.family(&topic, meshtastic)) {
            Some(_) => Kind::Envelope,
            None => Kind::None,
        }
    }

    fn family(&self, topic: &str, is: impl Fn(&Family) -> bool) -> Option<usize> {
        let takes = |family: &Family| is(family) && family.topics.iter().any(|filter| filter.matches(topic));
        self.families.iter().position(|mapped| takes(&mapped.family))
    }

    /// Reads a message of a family; `now` in Unix seconds.
    pub(super) fn understand(
        &self,
        family: usize,
        caller: &Caller<'_>,
        offered: &Offered<'_>,
        consents: &dyn Fn(&Reading) -> Option<bool>,
        now: u64,
    ) -> Result<Understood, Refusal> {
        let mapped = self.families.get(family).ok_or(Refusal::Topic)?;
        let family = &mapped.family;
        let reading = parse(&family.payload, offered)?.on_topic(offered.topic);
        refuse_by_rule(family, &reading, now)?;
        if family.consent != Consent::Given {
            let agreed = consents(&reading);
            if agreed != Some(true) {
                return Err(Refusal::Consent { wanted: family.consent, agreed });
            }
        }
        let device = name::device(family, caller, &reading)?;
        let members = mapped.map(&reading, now)?;
        Ok(Understood { device, members })
    }
}

impl Mapped {
    fn new(family: &Family, policy: &Policy) -> Self {
        let own = |input: &cowl_core::policy::Input| Pick { input: input.clone(), times: None, plus: None };
        let fields = if family.fields.is_empty() {
            policy.fields.iter().map(|field| wanted(field, field.from.iter().map(own).collect())).collect()
        } else {
            family
                .fields
                .iter()
                .filter_map(|mapping| Some(wanted(policy.field(mapping.field)?, mapping.from.clone())))
                .collect()
        };
        Self { family: family.clone(), fields }
    }

    /// What the family gives of a message; all else is dropped here.
    fn map(&self, reading: &Reading, now: u64) -> Result<Members, Refusal> {
        let mut members = Members::new();
        let mut said = false;
        for Wanted { field, from, topic_bytes } in &self.fields {
            let mut half = false;
            for pick in from {
                match lookup::pick(reading, pick, now) {
                    Picked::Nothing => {}
                    Picked::Value(RawValue::Text(topic))
                        if lookup::is_topic(&pick.input) && topic.len() > *topic_bytes => {}
                    Picked::Half => half = true,
                    Picked::Value(value) => {
                        said |= pick.input.sources().any(lookup::is_said);
                        half = false;
                        // Fields' names differ, and there are fewer than members may be.
                        let _ = members.push(field, value);
                        break;
                    }
                }
            }
            if half {
                return Err(Refusal::HalfPosition);
            }
        }
        // The topic and the time are there with every message: they alone are no report.
        if said { Ok(members) } else { Err(cowl_core::ReduceError::Empty.into()) }
    }
}

fn wanted(field: &Field, from: Vec<Pick>) -> Wanted {
    let topic_bytes = if let FieldKind::Text { max } = field.kind { usize::from(max) } else { usize::MAX };
    Wanted { field: field.name.clone(), from, topic_bytes }
}

fn parse(payload: &PayloadForm, offered: &Offered<'_>) -> Result<Reading, Refusal> {
    let form = match payload {
        PayloadForm::Auto => Form::Auto,
        PayloadForm::Json => Form::Json,
        PayloadForm::Text => Form::Text,
        PayloadForm::Csv(columns) => Form::Csv(columns),
        PayloadForm::Value(None) => Form::Value(VALUE),
        PayloadForm::Value(Some(level)) => {
            Form::Value(offered.topic.split('/').nth(usize::from(*level)).ok_or(Refusal::Topic)?)
        }
    };
    // Where in the payload it is wrong says something of the payload.
    formats::parse_as(form, offered.payload).map_err(|error| Refusal::Payload(error.problem))
}

/// What a value alone is called.
const VALUE: &str = "value";

fn refuse_by_rule(family: &Family, reading: &Reading, now: u64) -> Result<(), Refusal> {
    for rule in &family.refuse {
        let word = lookup::at(reading, &rule.value, now).as_ref().and_then(lookup::word);
        let is_one = word.is_some_and(|word| rule.words.contains(&word));
        if is_one != rule.unless {
            return Err(Refusal::Rule(rule.because.clone()));
        }
    }
    Ok(())
}
