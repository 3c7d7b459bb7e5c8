//! What protects the data, as far as the operation's own files show it: what is on, and what is not.

use cowl_core::Preset;

use super::{Records, document::Text, words};
use crate::{log::Event, rest};

/// One measure.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) name: &'static str,
    pub(super) on: bool,
    pub(super) what: Text,
}

impl Measure {
    fn new(name: &'static str, on: bool, what: impl Into<Text>) -> Self {
        Self { name, on, what: what.into() }
    }

    /// As a line of a table.
    pub(super) fn row(self) -> [Text; 3] {
        [self.name.into(), if self.on { "on" } else { "off" }.into(), self.what]
    }
}

impl Records<'_> {
    /// All measures, on or off.
    pub(super) fn measures(&self) -> Vec<Measure> {
        let mut all = self.in_transit();
        all.extend(self.of_traffic());
        all.extend(self.of_members());
        all.extend(self.at_the_authority());
        all
    }

    /// What a message is protected by.
    fn in_transit(&self) -> Vec<Measure> {
        let (manifest, policy, words) = (self.manifest(), self.policy(), self.words());
        let preset = manifest.preset;
        let encryption = match preset {
            Preset::Cowl => format!(
                "each of the {} roles has a part of its own in every message, under a key of its own (AES-256-GCM-SIV); the broker has \
                 no key",
                policy.roles.len()
            ),
            Preset::Fernet | Preset::FernetMinimised => {
                "one key (Fernet) that every member holds: one lost device opens everything, past messages too".to_owned()
            }
            Preset::Plain | Preset::Minimised => "none: reports pass in clear".to_owned(),
        };
        let reduced = words::is_reduced(preset);
        let reduction = match preset {
            Preset::Cowl => {
                "what the policy does not name never leaves the device; each role gets its own precision, reduced on the device"
            }
            Preset::Minimised | Preset::FernetMinimised => {
                "all reports are cut to severity, zone and a token that never changes"
            }
            Preset::Plain | Preset::Fernet => "none: the report goes as it came, whatever the policy says",
        };
        let epoch = words.duration(policy.epoch_seconds.into());
        let late = words.duration(policy.lateness_seconds.into());
        let pseudonyms = if reduced {
            format!(
                "a new pseudonym and new keys every {epoch}; keys are deleted {late} after their epoch has ended"
            )
        } else {
            "none: what is sent of one device can be followed".to_owned()
        };
        let k = policy.anonymity.k;
        let crowd = match (reduced, policy.census()) {
            (true, Some(_)) => format!(
                "zones are given out only where at least {k} people report, else a coarser one, or none"
            ),
            (true, None) => {
                "nobody counts, so zones that ask for a crowd stay at the coarsest level of the policy"
                    .to_owned()
            }
            (false, _) => "no".to_owned(),
        };
        let deniable = if reduced {
            "every manifest, beacon and command is signed (Ed25519); whoever reads a report could have written it, so its content proves \
             nothing against its sender"
        } else {
            "manifest and beacons are signed (Ed25519); what is sent can be held against its sender"
        };
        vec![
            Measure::new("Encryption to each role, end to end", reduced, encryption),
            Measure::new(
                "Data minimisation on the device",
                preset != Preset::Plain && preset != Preset::Fernet,
                reduction,
            ),
            Measure::new("Pseudonyms and deleted keys", reduced, pseudonyms),
            Measure::new("k-anonymity of zones", reduced && policy.census().is_some(), crowd),
            Measure::new("Signed instructions, deniable reports", reduced, deniable),
        ]
    }

    /// What traffic is protected by.
    fn of_traffic(&self) -> Vec<Measure> {
        let (policy, words) = (self.policy(), self.words());
        let reduced = words::is_reduced(self.manifest().preset);
        let traffic = &policy.traffic;
        let slots = if traffic.has_slots() {
            format!(
                "gateways and relays send one message every {} seconds, a report or cover that nobody can tell from one",
                f64::from(traffic.slot_ms) / 1000.0
            )
        } else {
            "reports leave at once, and their times tell".to_owned()
        };
        let delay = u64::from(traffic.phone_delay_seconds);
        let delays = if delay > 0 {
            format!(
                "phones that send by themselves wait a random time, {} in the mean",
                words.duration(delay)
            )
        } else {
            "phones that send by themselves send at once: whoever sees their connection sees that something was reported".to_owned()
        };
        let nodes = self.members.gateways.members + self.members.relays.members;
        vec![
            Measure::new(
                "One size and one mailbox for all reports",
                reduced,
                if reduced { "neither size nor topic tells who, what or how urgent" } else { "no" },
            ),
            Measure::new(
                "Cover traffic in slots",
                reduced && traffic.has_slots() && nodes > 0,
                if nodes > 0 { slots } else { format!("{slots}; there is no gateway and no relay yet") },
            ),
            Measure::new("Delayed sending", reduced && delay > 0, delays),
        ]
    }

    /// What concerns those who take part.
    fn of_members(&self) -> Vec<Measure> {
        let (manifest, policy, words) = (self.manifest(), self.policy(), self.words());
        let tokens = policy.tokens.is_some();
        let custody = match (&policy.custody, &manifest.custody) {
            (Some(custody), Some(_)) => format!(
                "{} of {} custodians together open it, of one report at a time, with a reason, and an entry in the log before; opened so far: \
                 {}",
                custody.threshold,
                custody.custodians,
                self.log.count(|event| matches!(event, Event::GlassOpened { .. }))
            ),
            (Some(_), None) => "it is in the policy, and no custodians are appointed".to_owned(),
            (None, _) => "no role and nobody else has a way to more than the roles read".to_owned(),
        };
        let bundle = words.duration(policy.responders.bundle_seconds.into());
        let languages = manifest.notices.len();
        let revoked =
            [self.members.devices, self.members.gateways, self.members.relays, self.members.responders]
                .map(|kind| kind.revoked)
                .iter()
                .sum::<u64>();
        vec![
            Measure::new(
                "Break glass by custodians",
                policy.custody.is_some() && manifest.custody.is_some(),
                custody,
            ),
            Measure::new(
                "Revocation",
                true,
                format!(
                    "a lost device or laptop is refused at the latest {bundle} after it was revoked, and a copied credential is told to stop; revoked \
                 so far: {revoked}, copied: {}",
                    self.members.clones
                ),
            ),
            Measure::new(
                "Blind tokens for connections",
                tokens,
                if tokens {
                    "each connection of a sender spends a token that cannot be linked to whom it was given to"
                } else {
                    "members of a kind share a login of the broker"
                },
            ),
            Measure::new(
                "Notice signed with the manifest",
                languages > 0,
                if languages > 0 {
                    format!(
                        "what people are told is signed in {languages} languages and shown before they send"
                    )
                } else {
                    "the manifest signs no notice: receipts say that the organisation has not confirmed it"
                        .to_owned()
                },
            ),
        ]
    }

    /// What concerns the authority's own machine.
    fn at_the_authority(&self) -> Vec<Measure> {
        let locked = self.operation.folder().join(rest::LOCK).exists();
        let shares = self.log.entries.iter().rev().find_map(|(_, entry)| match entry.event {
            Event::Shares { m, n } => Some((m, n)),
            _ => None,
        });
        let log = match (self.log.size, self.log.findings) {
            (0, _) => "there is none yet".to_owned(),
            (size, 0) => format!("{}; it verifies", words::count(size, "entry", "entries")),
            (size, findings) => format!(
                "{}; {findings} findings: it does not verify, see cowl log verify",
                words::count(size, "entry", "entries")
            ),
        };
        vec![
            Measure::new(
                "Keys at rest under a passphrase",
                locked,
                if locked {
                    "the keys in the operation's folder are closed (age)"
                } else {
                    "whoever reads the operation's folder has its keys: cowl lock closes them"
                },
            ),
            Measure::new(
                "Recovery by shares",
                shares.is_some(),
                match shares {
                    Some((m, n)) => format!("{m} of {n} shares bring the operation back"),
                    None => "losing the operation's folder ends the operation: cowl shares make".to_owned(),
                },
            ),
            Measure::new("Tamper-evident log", self.log.size > 0 && self.log.findings == 0, log),
            Measure::new(
                "Witnesses of the log",
                self.log.is_witnessed,
                if self.log.is_witnessed {
                    "a checkpoint is co-signed by somebody elsewhere"
                } else {
                    "nobody elsewhere signs the log's growth: cowl log witness"
                },
            ),
        ]
    }
}
