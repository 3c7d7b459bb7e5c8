//! The auditor's figures: the JSON that `cowl audit score --json` prints (`spec/audit.schema.json`), read strictly. The auditor
//! shares no line with what it judges, so its form is read here anew.

mod finding;
mod names;

use serde::{Deserialize, de::IgnoredAny};

use super::RecordsError;
pub use finding::{Control, Figure, Finding, Interval, Outcome, Unit};
pub use names::{Adversary, Attack, Category};

/// The largest file that is read, in bytes: some 100 scorecards.
pub const AUDIT_LIMIT: u64 = 64 << 20;
/// The version of the form that is known here.
const VERSION: u32 = 1;

/// What an audit measured.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Audit {
    /// One scorecard for each configuration.
    pub scorecards: Vec<Scorecard>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    scorecards: Vec<Scorecard>,
    /// Differences of the scorecards: nothing that they do not say.
    #[serde(rename = "comparisons")]
    _comparisons: Vec<IgnoredAny>,
}

/// What was measured on one configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scorecard {
    /// The configuration, as whoever recorded it called it.
    pub configuration: String,
    seed: u64,
    hours: f64,
    people: u64,
    messages: u64,
    #[serde(rename = "attacks")]
    attacks: Vec<(Attack, u32)>,
    findings: Vec<Finding>,
    #[serde(rename = "cost")]
    _cost: Ignored,
    utility: Utility,
}

/// What no record shows.
#[derive(Debug, Clone, PartialEq)]
struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Utility {
    #[serde(rename = "urgent")]
    _urgent: u64,
    urgent_seen: Option<f64>,
    urgent_median_s: Option<f64>,
    urgent_worst_s: Option<f64>,
    zone_coarsened: Option<f64>,
    zone_withheld: Option<f64>,
    roles: Vec<RoleFields>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleFields {
    role: String,
    #[serde(rename = "reports")]
    _reports: u64,
    #[serde(rename = "carried")]
    _carried: Ignored,
}

/// The worst that an adversary can do in a category, as the auditor's own scorecard says it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// All headline attacks were measured; the worst by its upper bound.
    Measured {
        /// The attack, as the auditor calls it.
        attack: &'static str,
        /// Its advantage: 0 is guessing, 1 is certainty.
        value: f64,
        /// 2.5 % bound.
        low: f64,
        /// 97.5 % bound.
        high: f64,
    },
    /// At least one was not measured.
    NotMeasured {
        /// Why.
        reason: String,
        /// The upper bound of the worst of those that were.
        leak: Option<f64>,
    },
    /// What would be measured does not exist.
    NoMechanism {
        /// What is missing.
        reason: String,
    },
    /// The adversary is not there.
    NotApplicable,
}

impl Audit {
    /// Reads what `cowl audit score --json` printed. Anything else is refused with its place; `name` stands in errors.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, RecordsError> {
        serde_json::from_slice(bytes).map_err(|error| {
            let text = error.to_string();
            let (line, column) = (error.line(), error.column());
            let message = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
            // What is quoted there is cut: a file that is none of the auditor's may hold anything.
            let message: String = crate::consent::printable(message).chars().take(160).collect();
            RecordsError::Audit { file: name.to_owned(), line, column, message }
        })
    }
}

impl TryFrom<Raw> for Audit {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        if raw.version != VERSION {
            return Err(format!("version {} of the form is not known here, only {VERSION}", raw.version));
        }
        if raw.scorecards.is_empty() {
            return Err("there is no scorecard in it".to_owned());
        }
        Ok(Self { scorecards: raw.scorecards })
    }
}

impl Scorecard {
    /// What an adversary can do in a category.
    pub fn cell(&self, category: Category, adversary: Adversary) -> Cell {
        let (mut worst, mut unmeasured, mut missing) = (None::<(Attack, Interval)>, None, None);
        let in_cell = |finding: &&Finding| {
            finding.headline && finding.adversary == adversary && finding.attack.category() == category
        };
        for finding in self.findings.iter().filter(in_cell) {
            match &finding.outcome {
                Outcome::Measured(figure) => {
                    if worst.is_none_or(|(_, known)| figure.advantage.high > known.high) {
                        worst = Some((finding.attack, figure.advantage));
                    }
                }
                Outcome::NotMeasured(reason) => unmeasured = unmeasured.or(Some(reason)),
                Outcome::NoMechanism(reason) => missing = missing.or(Some(reason)),
                Outcome::NotApplicable => {}
            }
        }
        match (unmeasured, worst, missing) {
            (Some(reason), worst, _) => {
                Cell::NotMeasured { reason: reason.clone(), leak: worst.map(|(_, advantage)| advantage.high) }
            }
            (None, Some((attack, Interval { value, low, high })), _) => {
                Cell::Measured { attack: attack.name(), value, low, high }
            }
            (None, None, Some(reason)) => Cell::NoMechanism { reason: reason.clone() },
            (None, None, None) => Cell::NotApplicable,
        }
    }

    /// Everything that the cell of a category and an adversary rests on, and what stands beside it.
    pub fn findings(&self, category: Category, adversary: Adversary) -> impl Iterator<Item = &Finding> {
        let of_cell =
            move |finding: &&Finding| finding.adversary == adversary && finding.attack.category() == category;
        self.findings.iter().filter(of_cell)
    }

    /// How long the recording lasts, in hours.
    pub const fn hours(&self) -> f64 {
        self.hours
    }

    /// People who used the service.
    pub const fn people(&self) -> u64 {
        self.people
    }

    /// Messages of the recording.
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// What the attacks drew from.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether an attack of this category ran.
    pub(super) fn covers(&self, category: Category) -> bool {
        self.attacks.iter().any(|(attack, _)| attack.category() == category)
    }

    /// The worst over all adversaries that were measured, by the upper bound.
    pub(super) fn worst(&self, category: Category) -> Option<(Adversary, Cell)> {
        let bound = |cell: &Cell| match cell {
            Cell::Measured { high, .. } | Cell::NotMeasured { leak: Some(high), .. } => Some(*high),
            _ => None,
        };
        let cells = Adversary::ALL.into_iter().map(|adversary| (adversary, self.cell(category, adversary)));
        let measured = cells.filter_map(|(adversary, cell)| Some((bound(&cell)?, adversary, cell)));
        measured.max_by(|(a, ..), (b, ..)| a.total_cmp(b)).map(|(_, adversary, cell)| (adversary, cell))
    }

    /// How it was measured, in a line.
    pub(super) fn basis(&self) -> String {
        format!(
            "{:.0} hours, {} people, {} messages, seed {}, configuration “{}”",
            self.hours,
            self.people,
            self.messages,
            self.seed,
            crate::consent::printable(&self.configuration)
        )
    }

    /// The roles that it speaks of.
    pub(super) fn roles(&self) -> impl Iterator<Item = &str> {
        self.utility.roles.iter().map(|role| role.role.as_str())
    }

    /// What protection costs the work: each with its figure, where it was measured.
    pub(super) fn usefulness(&self) -> Vec<(&'static str, String)> {
        let Utility { urgent_seen, urgent_median_s, urgent_worst_s, zone_coarsened, zone_withheld, .. } =
            &self.utility;
        let share = |share: &Option<f64>| share.map(|share| format!("{:.1} %", share * 100.0));
        let seconds = |seconds: &Option<f64>| seconds.map(|seconds| format!("{seconds:.1} s"));
        let all = [
            ("Urgent reports that a responder saw", share(urgent_seen)),
            ("From writing an urgent report to the first responder, median", seconds(urgent_median_s)),
            ("The same, worst 5 %", seconds(urgent_worst_s)),
            ("Reports whose zone was coarser than the policy wishes", share(zone_coarsened)),
            ("Reports whose zone was withheld", share(zone_withheld)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}
