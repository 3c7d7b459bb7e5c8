//! `cowl erase`: the authority orders that something be made unreadable everywhere, and looks whether it was.

mod status;
mod verify;
mod withdrawal;

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use cowl::{
    files::{self, Access},
    operation::Operation,
};
use cowl_core::{Epoch, Erasure, ErasureHandle, Pseudonym};

use super::archive::time;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What it does beyond its first line.
const MORE: &str = "\
The order goes out, signed, with the next beacon of `cowl serve`, and with each one until nothing of what it names can be left. \
Archives, gateways of responders and gateways of devices obey by themselves, and say so to `cowl serve` once in an epoch, order or not. An \
order cannot be taken back. What it cannot reach is listed with its date (--list, --status): members that have not said so; messages on the \
way and at relays, whose keys live until their epoch's close and the lateness that the policy allows; by pseudonym, what waits at gateways of \
devices, which gets one when it is sent and is then erased where it arrives; and files of a responders' gateway's local broker that is not its own.
--confirm is for responders whose archive cannot say so itself; gateways of devices always do.

With --verify, it looks whether what was erased still opens: from databases, disk images and backups from before, with every \
store key that lies in any of them. The truth is an export (`cowl archive export`) from before the erasure.

Examples:
  cowl erase ops --withdrawal withdrawal.txt
  cowl erase ops --pseudonym V-1B30-J8ZR --epoch 12
  cowl erase ops --before 2026-10-01
  cowl erase ops --list
  cowl erase ops --status
  cowl erase --verify desk.archive --backup monday.db --image disk.img --truth before.jsonl";

/// The arguments of `cowl erase`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
#[command(group = ArgGroup::new("what").args(["handles", "withdrawal", "pseudonym", "before", "list", "status", "confirm", "verify", "out"]).required(true).multiple(true))]
pub(crate) struct Erase {
    /// The operation's folder
    #[arg(value_name = "DIR", required_unless_present = "verify")]
    folder: Option<PathBuf>,

    /// What bears this handle, as 32 hexadecimal digits; may be repeated
    #[arg(long = "handle", value_name = "HANDLE", value_parser = handle)]
    handles: Vec<ErasureHandle>,

    /// A person's withdrawal, as `cowl withdraw` wrote it
    #[arg(long, value_name = "FILE")]
    withdrawal: Option<PathBuf>,

    /// What this pseudonym sent
    #[arg(long, value_name = "V-…", requires = "epoch", value_parser = pseudonym)]
    pseudonym: Option<Pseudonym>,

    /// The epoch of the pseudonym
    #[arg(long, value_name = "EPOCH", requires = "pseudonym")]
    epoch: Option<u32>,

    /// All that was sealed in epochs that ended before
    #[arg(long, value_name = "TIME", value_parser = time)]
    before: Option<u64>,

    /// Write the signed list to a file too, for machines that are offline: `cowl archive erase --list FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// List the orders that stand, and who has not said to have obeyed them
    #[arg(long)]
    list: bool,

    /// List each order with who carried it out, and who was not reached yet
    #[arg(long)]
    status: bool,

    /// This member said which list it obeyed (`cowl archive status`), where it could not say so itself
    #[arg(long, value_name = "NAME", requires = "obeyed")]
    confirm: Option<String>,

    /// The list that it said
    #[arg(long, value_name = "NUMBER", requires = "confirm")]
    obeyed: Option<u64>,

    #[command(flatten)]
    verify: verify::VerifyArgs,
}

impl Erase {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        if !self.verify.verify.is_empty() {
            return self.verify.run(printer);
        }
        let folder = self.folder.as_deref().ok_or_else(|| Failure::usage("name the operation's folder"))?;
        let operation = Operation::open(folder)?;
        let now = machine::now();
        if let (Some(name), Some(list)) = (&self.confirm, self.obeyed) {
            operation.confirm_erasure(name, list)?;
        }
        let new = self.order(&operation, now)?;
        if let Some(new) = new {
            let every = operation.manifest().policy.beacon_seconds;
            printer.note(&format!(
                "orders: {new} new; they go out within {every} s, with the next beacon of `cowl serve`"
            ));
        }
        if let Some(path) = &self.out {
            files::create(
                path,
                &operation.erasure_list(now, &mut cowl::random::SystemRng::new())?,
                Access::All,
            )?;
        }
        if self.list || new.is_some() {
            status::list(&operation, now, printer)?;
        }
        if self.status {
            status::tell(&operation, now, printer)?;
        }
        printer.flush()?;
        Ok(Exit::Done)
    }

    /// Gives the orders. Says how many are new; `None` if there were none to give.
    fn order(&self, operation: &Operation, now: u64) -> Result<Option<usize>, Failure> {
        let mut orders: Vec<Erasure> = self.handles.iter().copied().map(Erasure::Handle).collect();
        orders.extend(
            self.pseudonym.zip(self.epoch).map(|(name, epoch)| Erasure::Pseudonym(name, Epoch(epoch))),
        );
        orders.extend(self.before.map(|time| Erasure::Before(operation.epoch_at(time))));
        let handles = self.withdrawal.as_deref().map(|path| withdrawal::read(path, operation)).transpose()?;
        let mut new = None;
        if let Some(handles) = handles {
            new = Some(operation.withdraw(&handles, now)?);
        }
        if !orders.is_empty() {
            new = Some(new.unwrap_or(0) + operation.erase(&orders, now)?);
        }
        Ok(new)
    }
}

fn handle(text: &str) -> Result<ErasureHandle, &'static str> {
    let wrong = "a handle is 32 hexadecimal digits, not all zero";
    let bytes: [u8; 16] = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(wrong)?;
    Some(ErasureHandle(bytes)).filter(|handle| *handle != ErasureHandle::NONE).ok_or(wrong)
}

fn pseudonym(text: &str) -> Result<Pseudonym, String> {
    text.parse().map_err(|error: cowl_core::NotAPseudonym| error.to_string())
}
