//! Evidence of what no trace shows (`spec/evidence.md`): what people were told before they reported, and whether a third party can tell the
//! authority's commands from others.
//!
//! What people were told is what the notice of the operation's policy names, no more: each role's fields, and that the network and the
//! server see that a device connects and from where. What a thief or another device gets is in no notice, and so not here.
//!
//! The commands are real: an operation gives them, and a third party, who has the authority's public key and what a role's responder would
//! show him, verifies each. The others are altered, cut, signed by somebody who holds a role's keys and not the authority's, made for
//! another purpose, or of another operation.

use std::collections::BTreeSet;
use std::io::Write;

use cowl::operation::Operation;
use cowl::random::SystemRng;
use cowl_audit::evidence::{CommandTrial, Cover, Given, Head, Line, Notice, Party, Recipient};
use cowl_core::policy::{FieldKind, Precision, Role, RoleKind};
use cowl_core::{
    Addressee, Alert, AlertKeys, AuthorityKey, Bulletin, Dispatch, DispatchDraft, LaneKey, Policy, RoleIndex,
};
use rand_core::Rng as _;

use crate::error::SimulationError;
use crate::plan::START;
use crate::run::Simulation;

/// Commands that the authority gives, and as many that it does not.
const COMMANDS: u32 = 120;
/// The notice's name in the file.
const NOTICE: &str = "default-policy";
/// The role whose responder shows the third party what he was told.
const ROLE: RoleIndex = RoleIndex(1);

impl Simulation {
    /// Writes the evidence for this simulation's people under preset `cowl`. Commands are drawn anew each time.
    ///
    /// # Errors
    /// [`SimulationError`]; what was written is then of no use.
    pub fn evidence(&self, out: &mut dyn Write) -> Result<(), SimulationError> {
        let mut rng = SystemRng::new();
        let folder = tempfile::tempdir()?;
        let operation = Operation::create(&folder.path().join("operation"), START, &mut rng)?;
        let other = Operation::create(&folder.path().join("other"), START, &mut rng)?;
        let mut write = |line: &Line| -> Result<(), SimulationError> {
            serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from)?;
            Ok(out.write_all(b"\n")?)
        };
        write(&Line::Evidence(Head { version: 1, until: self.plan.settings.length_us() }))?;
        write(&Line::Notice(notice(&operation.manifest().policy)))?;
        for (number, person) in self.plan.crisis.people().iter().enumerate() {
            if self.plan.uses(number) {
                let given = Given { person: person.id.0, notice: NOTICE.to_owned(), at: 0, until: None };
                write(&Line::Given(given))?;
            }
        }
        for number in 0..COMMANDS {
            let court = Court { operation: &operation, other: &other, now: START + u64::from(number) * 10 };
            let (genuine, forged) = court.trial(number, &mut rng)?;
            for (kind, genuine, accepted) in [("given", true, genuine), ("not-given", false, forged)] {
                let command = format!("{kind}-{number}");
                write(&Line::Command(CommandTrial { command, genuine, accepted }))?;
            }
        }
        Ok(())
    }
}

/// What the notice of a policy names, in the fields of the truth.
fn notice(policy: &Policy) -> Notice {
    let roles = policy.roles.iter().filter(|role| role.kind == RoleKind::Reports);
    let mut covers: Vec<Cover> = roles
        .map(|role| Cover {
            fields: fields(policy, role),
            recipients: vec![Recipient::Role(role.name.clone())],
        })
        .collect();
    covers.push(Cover {
        fields: vec!["address".to_owned()],
        recipients: vec![Recipient::Party(Party::Network), Recipient::Party(Party::Broker)],
    });
    Notice { notice: NOTICE.to_owned(), covers }
}

fn fields(policy: &Policy, role: &Role) -> Vec<String> {
    let mut names = BTreeSet::new();
    for read in &role.reads {
        let Some(field) = policy.field(read.field) else { continue };
        let is_place = matches!(field.kind, FieldKind::Position);
        match read.precision {
            Precision::Level { .. } => drop(names.insert("zone")),
            // Who is told the place is told the zone that it lies in.
            _ if is_place => names.extend(["lat", "lon", "zone"]),
            _ => drop(names.insert(field.name.as_str())),
        }
    }
    names.into_iter().map(str::to_owned).collect()
}

/// One hearing.
struct Court<'a> {
    operation: &'a Operation,
    other: &'a Operation,
    now: u64,
}

impl Court<'_> {
    /// Whether a command that was given is believed, and whether one that was not is.
    fn trial(&self, number: u32, rng: &mut SystemRng) -> Result<(bool, bool), SimulationError> {
        let text = format!("team {number} to the school");
        if number % 3 == 2 {
            return self.of_bulletin(&text, rng);
        }
        let given = self.operation.alert(Addressee::Role(ROLE), &text, self.now, 5)?;
        let bytes = self.operation.dispatch(self.now, rng)?;
        let forged = match number % 4 {
            0 => altered(&bytes, rng),
            1 => self.by_a_responder(given, &text, rng)?,
            2 => self.operation.bulletin(self.now)?,
            _ => {
                self.other.alert(Addressee::Role(ROLE), &text, self.now, 5)?;
                self.other.dispatch(self.now, rng)?
            }
        };
        Ok((self.believes(&bytes, given), self.believes(&forged, given)))
    }

    fn of_bulletin(&self, text: &str, rng: &mut SystemRng) -> Result<(bool, bool), SimulationError> {
        self.operation.command("siren", text.as_bytes(), false, self.now, 5)?;
        let bytes = self.operation.bulletin(self.now)?;
        let manifest = self.operation.manifest();
        let believes =
            |bytes: &[u8]| Bulletin::verify(bytes, manifest.authority(), manifest.operation, None).is_ok();
        let forged = if rng.next_u32().is_multiple_of(2) {
            altered(&bytes, rng)
        } else {
            self.other.bulletin(self.now)?
        };
        Ok((believes(&bytes), believes(&forged)))
    }

    /// The third party: what bears the authority's signature and holds this alert, is the authority's.
    fn believes(&self, bytes: &[u8], number: u64) -> bool {
        let manifest = self.operation.manifest();
        let epoch = self.operation.epoch_at(self.now);
        let Some(root) = self.operation.role_root(ROLE, epoch) else { return false };
        let read = Dispatch::verify(bytes, manifest.authority(), manifest.operation, None);
        let alerts = read.and_then(|dispatch| dispatch.alerts(&LaneKey::Role(ROLE, &root)));
        alerts.is_ok_and(|alerts| alerts.iter().any(|alert| alert.number == number))
    }

    /// By one who holds the keys of a role, and none that signs.
    fn by_a_responder(
        &self,
        number: u64,
        text: &str,
        rng: &mut SystemRng,
    ) -> Result<Vec<u8>, SimulationError> {
        let manifest = self.operation.manifest();
        let epoch = self.operation.epoch_at(self.now);
        let none = SimulationError::Fault("a role has no keys");
        let root = self.operation.role_root(ROLE, epoch).ok_or(none)?;
        let roles = vec![root; manifest.policy.roles.len()];
        let alerts = [Alert {
            number,
            to: Addressee::Role(ROLE),
            given: self.now,
            until: self.now + 5,
            text: text.to_owned(),
        }];
        let (own, beacon) = (AuthorityKey::new(&rng.secret()), rng.secret());
        let draft = DispatchDraft {
            operation: manifest.operation,
            sequence: self.now,
            epoch,
            time: self.now,
            alerts: &alerts,
            help: &[],
        };
        let keys = AlertKeys { beacon: &beacon, roles: &roles };
        Dispatch::issue(&draft, &own, &keys, manifest.policy.sizes.beacon, rng)
            .map_err(|_| SimulationError::Fault("a forged dispatch cannot be made"))
    }
}

/// One bit flipped, or the end cut off.
fn altered(bytes: &[u8], rng: &mut SystemRng) -> Vec<u8> {
    let mut altered = bytes.to_vec();
    let at = usize::try_from(rng.next_u32()).unwrap_or(0) % altered.len().max(1);
    if rng.next_u32().is_multiple_of(4) {
        altered.truncate(at);
    } else if let Some(byte) = altered.get_mut(at) {
        *byte ^= 1 << (rng.next_u32() % 8);
    }
    altered
}
