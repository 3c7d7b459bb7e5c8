//! Everything that a demo found, as one document: `cowl demo --json`.

use std::time::Duration;

use cowl_audit::{brute_force_assumption, counting_rule};
use serde::Serialize;

use super::{day::Day, findings::Findings, study};
use crate::failure::Failure;

/// The document. Its form is stable within a `version`.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    version: u32,
    pub(super) crisis: Crisis,
    pub(super) presets: Vec<Findings>,
    pub(super) study: Study,
    counting_rule: &'static str,
    brute_force_assumption: &'static str,
    /// How long the demo took.
    pub(super) seconds: f64,
}

/// What was simulated.
#[derive(Debug, Serialize)]
pub(super) struct Crisis {
    pub(super) seed: u64,
    pub(super) people: usize,
    /// Those who report at all.
    pub(super) reporters: usize,
    pub(super) reports: usize,
    hours: u32,
    /// Seconds since the beginning.
    aftershocks: Vec<u64>,
}

/// The study's figures, held against those of its own message in this run.
#[derive(Debug, Serialize)]
pub(super) struct Study {
    message: &'static str,
    pub(super) fields_before: u32,
    pub(super) fields_after: u32,
    /// Whether preset `plain` exposes as many as the study says; nothing if it did not run.
    pub(super) agrees_before: Option<bool>,
    /// Whether preset `minimised` does.
    pub(super) agrees_after_minimised: Option<bool>,
    /// Whether preset `fernet-minimised` does.
    pub(super) agrees_after_both: Option<bool>,
}

impl Document {
    /// Puts it together.
    pub(super) fn new(day: &Day, presets: Vec<Findings>, took: Duration) -> Self {
        let scenario = day.crisis.scenario();
        Self {
            version: 1,
            crisis: Crisis {
                seed: scenario.seed,
                people: day.crisis.people().len(),
                reporters: day.reporters(),
                reports: day.reports.len(),
                hours: scenario.hours,
                aftershocks: scenario.aftershocks.clone(),
            },
            study: Study::of(&presets),
            presets,
            counting_rule: counting_rule(),
            brute_force_assumption: brute_force_assumption(),
            seconds: took.as_secs_f64(),
        }
    }

    /// Everything that must not be.
    pub(super) fn faults(&self) -> Vec<String> {
        self.presets.iter().flat_map(Findings::faults).collect()
    }

    /// The text of it.
    pub(super) fn to_json(&self) -> Result<String, Failure> {
        serde_json::to_string_pretty(self)
            .map_err(|error| Failure::internal("the document cannot be written").because(&error))
    }
}

impl Study {
    fn of(presets: &[Findings]) -> Self {
        let fields = |preset: &str| {
            let findings = presets.iter().find(|findings| findings.preset == preset)?;
            Some(findings.study_message.exact + findings.study_message.coarse)
        };
        let agrees = |preset: &str, says: u32| fields(preset).map(|fields| fields == says);
        Self {
            message: study::MESSAGE,
            fields_before: study::FIELDS_BEFORE,
            fields_after: study::FIELDS_AFTER,
            agrees_before: agrees("plain", study::FIELDS_BEFORE),
            agrees_after_minimised: agrees("minimised", study::FIELDS_AFTER),
            agrees_after_both: agrees("fernet-minimised", study::FIELDS_AFTER),
        }
    }
}
