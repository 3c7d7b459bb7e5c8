//! `cowl erase`: the authority orders that something be made unreadable everywhere, and looks whether it was.

mod status;
mod verify;

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use cowl::{
    files::{self, Access},
    operation::Operation,
};
use cowl_core::{Epoch, Erasure, ErasureHandle, Pseudonym};

use super::{archive::time, withdraw::HEAD};
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest withdrawal that is read.
const LIMIT: u64 = 1 << 20;

/// What it does beyond its first line.
const MORE: &str = "\
The order goes out, signed, with the next beacon of `cowl serve`, and with each one until nothing of what it names can be left. \
Archives, gateways of responders and gateways of devices obey by themselves, and say so to `cowl serve` once in an epoch, order or not. An \
order cannot be taken back. What it cannot reach yet is listed with its date (--status): members that have not said so, and messages on the \
way, whose keys live until the epoch's close and the lateness that the policy allows.

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
        let orders = self.orders(&operation)?;
        if !orders.is_empty() {
            let new = operation.erase(&orders, now)?;
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
        if self.list || !orders.is_empty() {
            left(&operation, now, printer)?;
        }
        if self.status {
            status::tell(&operation, now, printer)?;
        }
        printer.flush()?;
        Ok(Exit::Done)
    }

    fn orders(&self, operation: &Operation) -> Result<Vec<Erasure>, Failure> {
        let mut orders: Vec<Erasure> = self.handles.iter().copied().map(Erasure::Handle).collect();
        if let Some(path) = &self.withdrawal {
            orders.extend(withdrawn(path, operation)?);
        }
        orders.extend(
            self.pseudonym.zip(self.epoch).map(|(name, epoch)| Erasure::Pseudonym(name, Epoch(epoch))),
        );
        orders.extend(self.before.map(|time| Erasure::Before(operation.epoch_at(time))));
        Ok(orders)
    }
}

/// What cannot be reached yet.
fn left(operation: &Operation, now: u64, printer: &mut Printer) -> Result<(), Failure> {
    let orders = operation.erasures(now)?;
    printer.data(format!("orders that stand: {}", orders.len()))?;
    if let Some(until) = orders.iter().map(|order| order.until).max() {
        printer.data(format!("nothing of them can be left anywhere from {}", machine::date(until)))?;
        let manifest = operation.manifest();
        let close = manifest.calendar.end_of(operation.epoch_at(now));
        let open = close.saturating_add(u64::from(manifest.policy.lateness_seconds));
        printer.data(format!(
            "messages of this epoch that are on the way, walk-ins among them, can be opened until {}",
            machine::date(open)
        ))?;
    }
    for member in operation.unconfirmed(now)? {
        printer.data(format!(
            "not confirmed: {} ({} orders); it may hold something of them until {}",
            member.name,
            member.orders,
            machine::date(member.until)
        ))?;
    }
    Ok(())
}

fn withdrawn(path: &Path, operation: &Operation) -> Result<Vec<Erasure>, Failure> {
    let refused = |why: &str| Failure::new(Exit::Keys, format!("{} is not accepted: {why}", path.display()));
    let bytes = files::read(path, LIMIT)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| refused("it is no withdrawal"))?;
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return Err(refused("it is no withdrawal").hint("`cowl withdraw` makes one of the twelve words"));
    }
    if lines.next() != Some(operation.manifest().operation.to_string().as_str()) {
        return Err(refused("it is of another operation"));
    }
    lines.map(|line| handle(line).map(Erasure::Handle).map_err(|_| refused("a line is no handle"))).collect()
}

fn handle(text: &str) -> Result<ErasureHandle, &'static str> {
    let wrong = "a handle is 32 hexadecimal digits, not all zero";
    let bytes: [u8; 16] = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(wrong)?;
    Some(ErasureHandle(bytes)).filter(|handle| *handle != ErasureHandle::NONE).ok_or(wrong)
}

fn pseudonym(text: &str) -> Result<Pseudonym, String> {
    text.parse().map_err(|error: cowl_core::NotAPseudonym| error.to_string())
}
