//! One finding of the auditor's, with all that its outcome asks for and nothing else.

use serde::Deserialize;

use super::names::{Adversary, Attack};

/// What came of one attack by one adversary.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawFinding")]
pub(super) struct Finding {
    pub(super) attack: Attack,
    pub(super) adversary: Adversary,
    pub(super) headline: bool,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    Measured(Interval),
    /// With the advantage whose control failed, where there is one.
    NotMeasured(String),
    NoMechanism(String),
    NotApplicable,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Interval {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A finding as it stands there: what belongs to one outcome only is optional here, and asked for below.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFinding {
    attack: Attack,
    adversary: Adversary,
    variant: String,
    headline: bool,
    outcome: OutcomeName,
    reason: Option<String>,
    figure: Option<Figure>,
    unit: Option<Unit>,
    estimate: Option<Interval>,
    chance: Option<f64>,
    advantage: Option<Interval>,
    n: Option<u64>,
    people: Option<u64>,
    seed: Option<u64>,
    positive: Option<Control>,
    negative: Option<Control>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum OutcomeName {
    Measured,
    NotMeasured,
    NoMechanism,
    NotApplicable,
}

/// A figure that could not be believed: read, so that nothing else passes for one, and not shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to refuse what is none")]
struct Figure {
    unit: Unit,
    estimate: Interval,
    chance: f64,
    advantage: Interval,
    n: u64,
    people: u64,
    seed: u64,
    positive: Control,
    negative: Control,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Auc,
    Share,
    Bits,
    Metres,
    Hours,
    Seconds,
    Count,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    #[serde(rename = "measured")]
    _measured: Interval,
    passed: bool,
}

impl TryFrom<RawFinding> for Finding {
    type Error = &'static str;

    fn try_from(raw: RawFinding) -> Result<Self, &'static str> {
        let plain = |symbol: char| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '-';
        if raw.variant.is_empty() || !raw.variant.chars().all(plain) {
            return Err("a variant is of small letters, digits and dashes");
        }
        let measured = raw.outcome == OutcomeName::Measured;
        let figure = (raw.unit, raw.estimate, raw.chance, raw.n, raw.people, raw.seed);
        let some = matches!(figure, (Some(_), Some(_), Some(_), Some(_), Some(_), Some(_)));
        let none = matches!(figure, (None, None, None, None, None, None));
        let outcome = match (raw.advantage, raw.positive, raw.negative) {
            (Some(advantage), Some(positive), Some(negative)) if measured && some => {
                if raw.reason.is_some() || raw.figure.is_some() {
                    return Err("what was measured has no reason why not");
                }
                if !positive.passed || !negative.passed {
                    return Err("a control failed, so it was not measured");
                }
                if advantage.low > advantage.high {
                    return Err("the bounds of the advantage are the wrong way round");
                }
                Outcome::Measured(advantage)
            }
            (None, None, None) if !measured && none => {
                let reason = raw.reason.filter(|reason| !reason.is_empty());
                let reason = reason.ok_or("what was not measured needs a reason")?;
                match raw.outcome {
                    OutcomeName::NotMeasured => Outcome::NotMeasured(reason),
                    _ if raw.figure.is_some() => {
                        return Err("only what was not measured has a figure beside it");
                    }
                    OutcomeName::NoMechanism => Outcome::NoMechanism(reason),
                    _ => Outcome::NotApplicable,
                }
            }
            _ if measured => return Err("a measured finding lacks a part of its figure"),
            _ => return Err("a finding without a figure has a part of one"),
        };
        Ok(Self { attack: raw.attack, adversary: raw.adversary, headline: raw.headline, outcome })
    }
}
