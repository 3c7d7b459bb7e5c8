//! What stands out in a survey: each thing with a stable id, who sees it, how bad it is, what shows it, and what would help.

mod content;
mod identifiers;
mod patterns;
mod transport;

use serde::Serialize;

use crate::score::Category;
use crate::view::Adversary;

use super::core::Core;
use super::report::Report;

/// How bad a finding is. It says what an adversary gains, not how likely he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Names, places or follows people by itself.
    High,
    /// Does so together with little else.
    Medium,
    /// Narrows down, or helps another attack.
    Low,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 4] = [Self::High, Self::Medium, Self::Low, Self::Note];

    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Note => "note",
        }
    }

    /// A sign that does not depend on colour.
    pub const fn sign(self) -> char {
        match self {
            Self::High => '■',
            Self::Medium => '▲',
            Self::Low => '·',
            Self::Note => 'i',
        }
    }
}

/// One thing that stands out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leak {
    /// Stable name, such as `will-names`.
    pub id: &'static str,
    /// The category of threat that it serves.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in a sentence without its full stop.
    pub what: String,
    /// Where it stands: a field, a topic level, a header.
    pub place: String,
    /// Who sees it.
    pub seen_by: Vec<Adversary>,
    /// What shows it: numbers, and a masked example where there is one.
    pub evidence: String,
    /// What would help.
    pub advice: &'static str,
    /// Messages, connections or topics that show it.
    pub count: u64,
}

/// What is worst comes first, then what is most frequent.
pub(super) fn all(core: &Core, report: &Report) -> Vec<Leak> {
    let mut found = Vec::new();
    transport::find(core, report, &mut found);
    content::find(core, report, &mut found);
    identifiers::find(core, report, &mut found);
    patterns::find(core, report, &mut found);
    found.sort_by(|one, other| {
        one.severity.cmp(&other.severity).then(other.count.cmp(&one.count)).then(one.id.cmp(other.id))
    });
    found
}

/// Whoever reads MQTT packets with their connections.
const READERS: [Adversary; 2] = [Adversary::Network, Adversary::Broker];
/// Whoever reads messages.
const MESSAGE_READERS: [Adversary; 3] = [Adversary::Network, Adversary::Broker, Adversary::Subscriber];
/// Whoever sees connections, TLS or not.
const WATCHERS: [Adversary; 3] = [Adversary::Network, Adversary::NetworkTls, Adversary::Broker];

/// Those of them who see this traffic: where all is under TLS, nobody on the path reads packets.
fn among(all: &[Adversary], report: &Report) -> Vec<Adversary> {
    let clear = report.encryption.clear_share > 0.0;
    all.iter().copied().filter(|who| clear || *who != Adversary::Network).collect()
}

/// A share as whole per cent.
fn percent(share: f64) -> String {
    match share * 100.0 {
        none if none <= 0.0 => "0 %".to_owned(),
        little if little < 1.0 => "under 1 %".to_owned(),
        most if (99.5..100.0).contains(&most) => "over 99 %".to_owned(),
        per_cent => format!("{per_cent:.0} %"),
    }
}
