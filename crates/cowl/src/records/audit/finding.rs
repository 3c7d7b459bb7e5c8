//! One finding of the auditor's, with all that its outcome asks for and nothing else.

use serde::Deserialize;

use super::names::{Adversary, Attack};

/// What came of one attack by one adversary.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawFinding")]
pub struct Finding {
    /// Which attack.
    pub attack: Attack,
    /// By whom.
    pub adversary: Adversary,
    /// Which form of it, in the auditor's words.
    pub variant: String,
    /// Whether it counts in the scorecard's cell; others stand beside it.
    pub headline: bool,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attack.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A figure whose controls passed.
    Measured(Box<Figure>),
    /// No figure that could be believed, and why.
    NotMeasured(String),
    /// What would be measured does not exist: what is missing.
    NoMechanism(String),
    /// The adversary is not there.
    NotApplicable,
}

/// An estimate with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// 2.5 % bound.
    pub low: f64,
    /// 97.5 % bound.
    pub high: f64,
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

/// A number with everything that is needed to believe it. One whose control failed is read too, so that nothing else passes for
/// one, and not shown.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What the estimate is measured in.
    pub unit: Unit,
    /// The estimate, in that unit.
    pub estimate: Interval,
    /// What guessing would reach, in that unit.
    pub chance: f64,
    /// 0 is guessing, 1 is certainty.
    pub advantage: Interval,
    /// Cases tested.
    pub n: u64,
    /// People behind them.
    pub people: u64,
    /// What training, split and bootstrap were drawn from.
    pub seed: u64,
    /// A planted leak, which had to be found.
    pub positive: Control,
    /// Shuffled labels, in which nothing was to be found.
    pub negative: Control,
}

/// What an estimate is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "said by their names")]
pub enum Unit {
    Auc,
    Share,
    Bits,
    Metres,
    Hours,
    Seconds,
    Count,
}

/// A check of the attack itself.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What the attack measured under it.
    pub measured: Interval,
    /// Whether that is as it must be.
    pub passed: bool,
}

impl TryFrom<RawFinding> for Finding {
    type Error = &'static str;

    fn try_from(raw: RawFinding) -> Result<Self, &'static str> {
        let plain = |symbol: char| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '-';
        if raw.variant.is_empty() || !raw.variant.chars().all(plain) {
            return Err("a variant is of small letters, digits and dashes");
        }
        let measured = raw.outcome == OutcomeName::Measured;
        let rest = (raw.unit, raw.estimate, raw.chance, raw.n, raw.people, raw.seed);
        let none = matches!(rest, (None, None, None, None, None, None));
        let outcome = match (rest, raw.advantage, raw.positive, raw.negative) {
            (
                (Some(unit), Some(estimate), Some(chance), Some(n), Some(people), Some(seed)),
                Some(advantage),
                Some(positive),
                Some(negative),
            ) if measured => {
                if raw.reason.is_some() || raw.figure.is_some() {
                    return Err("what was measured has no reason why not");
                }
                if !positive.passed || !negative.passed {
                    return Err("a control failed, so it was not measured");
                }
                if advantage.low > advantage.high {
                    return Err("the bounds of the advantage are the wrong way round");
                }
                let figure =
                    Figure { unit, estimate, chance, advantage, n, people, seed, positive, negative };
                Outcome::Measured(Box::new(figure))
            }
            (_, None, None, None) if !measured && none => {
                let reason = raw.reason.clone().filter(|reason| !reason.is_empty());
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
        let RawFinding { attack, adversary, variant, headline, .. } = raw;
        Ok(Self { attack, adversary, variant, headline, outcome })
    }
}
