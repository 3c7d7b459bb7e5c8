//! `cowl rotate`: new keys for everyone, in an emergency.

use std::path::PathBuf;

use clap::Args;
use cowl::{operation::Operation, random::SystemRng};

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
For when keys of epochs to come may be in wrong hands: a copy of DIR/roles, say. A lost phone or a stolen laptop is revoked \
instead, which costs nobody else anything. Against someone who has authority.key, or all of DIR, it does not help: make a new \
operation.

From the next epoch on all roots, the relays' and the beacons' keys are new. `cowl serve` publishes that, and every member that is \
not revoked asks for its new keys by itself, spread over the rest of the epoch; until it has them it sends nothing in the new \
epoch. What was sealed before opens as it would have, and whoever has the old keys opens it too. People who are not enrolled need \
the new manifest, from the broker or from you.";

/// The arguments of `cowl rotate`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Rotate {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Do it; without this, say what it would cost
    #[arg(long)]
    yes: bool,
}

impl Rotate {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut operation = Operation::open(&self.folder)?;
        let mut rng = SystemRng::new();
        let now = machine::now();
        let epoch = operation.epoch_now(now)?;
        operation.refresh(epoch, &mut rng)?;
        let rotation =
            if self.yes { operation.rotate(now, &mut rng)? } else { operation.would_rotate(epoch) };
        let from = machine::date(operation.manifest().calendar.start_of(rotation.from));
        let tense = if self.yes { "are" } else { "would be" };
        printer.note(&format!("all keys {tense} new from epoch {} on, {from}", rotation.from.0));
        printer.note(&format!(
            "{} devices, gateways and relays must ask before that, in band; {} responders get theirs with the next bundle",
            rotation.senders, rotation.responders
        ));
        if rotation.lost > 0 {
            printer.warning(&format!(
                "{} members were enrolled before there was renewal: enrol them again",
                rotation.lost
            ));
        }
        if self.yes {
            printer.note(
                "keep `cowl serve` at work, and give the new manifest.cowl to people who are not enrolled",
            );
        } else {
            printer.note("nothing was changed; to do it: cowl rotate DIR --yes");
        }
        Ok(Exit::Done)
    }
}
