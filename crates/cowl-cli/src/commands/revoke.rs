//! `cowl revoke`: a member gets no keys any more, and is heard no more; and what is exposed all the same.

use std::path::PathBuf;

use clap::Args;
use cowl::operation::{Exposure, Kind, Operation};
use cowl_core::Epoch;
use serde_json::json;

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
It takes effect with the next bundle of `cowl serve`, which every responder takes: from then on all refuse what a revoked device \
sends, and a revoked responder gets no keys of an epoch that begins later. Nobody else has to do anything. What was already in \
its hands stays there, and is printed.

The broker's logins are shared by all members of a kind, so they still let it connect; it then reads nothing and is heard by \
nobody, but can send junk until the logins are replaced.

Examples:
  cowl revoke ops phone-7
  cowl revoke ops ward-gateway --identity 3
  cowl revoke ops anne --json";

/// The arguments of `cowl revoke`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Revoke {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The member, as it was enrolled
    #[arg(value_name = "NAME")]
    name: String,

    /// Only this identity of a gateway, from 0
    #[arg(long, value_name = "N")]
    identity: Option<u32>,

    /// Print what is exposed as JSON
    #[arg(long)]
    json: bool,
}

impl Revoke {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut operation = Operation::open(&self.folder)?;
        let exposure = operation.revoke(&self.name, self.identity, machine::now())?;
        if self.json {
            printer.data(document(&operation, &exposure).to_string())?;
        } else {
            for line in lines(&operation, &exposure) {
                printer.data(line)?;
            }
        }
        printer.flush()?;
        Ok(Exit::Done)
    }
}

fn lines(operation: &Operation, exposure: &Exposure) -> Vec<String> {
    let kind = kind(exposure.kind);
    let what = exposure
        .identity
        .map_or_else(|| kind.to_owned(), |identity| format!("identity {identity} of a {kind}"));
    let since = if exposure.is_new { "now" } else { "before" };
    let mut lines = vec![format!("revoked {since}: {what}, since {}", machine::date(exposure.at))];
    if let Some(by) = exposure.refused_by {
        lines.push(format!(
            "it can still send until receivers take the next bundle: by {} if `cowl serve` is at work",
            machine::date(by)
        ));
    }
    if let Some(until) = exposure.keys_until {
        lines.push(match exposure.kind {
            Kind::Relay => format!(
                "it can still take the wrap off what phones hand to it, and sees their addresses, until {}; it reads no report",
                end_of(operation, until)
            ),
            _ => format!(
                "its keys last until {}, and nobody who took the bundle accepts what it seals with them; it reads no report",
                end_of(operation, until)
            ),
        });
    }
    if let Some(until) = exposure.tokens_until {
        lines.push(format!("its unspent tokens live until {}, and it gets no more", machine::date(until)));
    }
    if exposure.kind == Kind::Responder {
        if let (Some(first), Some(last)) = (exposure.opens.first(), exposure.opens.last()) {
            let epochs: Vec<_> = exposure.opens.iter().map(|epoch| epoch.0.to_string()).collect();
            lines.push(format!(
                "its disk opens the epochs {}: reports from {} to {}",
                epochs.join(", "),
                start_of(operation, *first),
                end_of(operation, *last)
            ));
        } else {
            lines.push("its disk opens nothing: it never got keys".to_owned());
        }
        if let Some(from) = exposure.opens_from {
            lines.push(format!(
                "if it was last at work earlier, or was copied, also what somebody recorded since then, at the most from {} on",
                start_of(operation, from)
            ));
        }
        lines.push("nothing that begins later".to_owned());
    }
    let login = if operation.manifest().policy.tokens.is_some() {
        "the broker's login is shared and still lets it ask and listen, and not send"
    } else {
        "the broker's login is shared and still lets it connect"
    };
    lines.push(format!("nobody else is touched or has to do anything; {login}"));
    lines
}

fn document(operation: &Operation, exposure: &Exposure) -> serde_json::Value {
    let time = cowl_core::rfc3339;
    let epochs = |epoch: &Epoch| json!({ "epoch": epoch.0, "from": start_of(operation, *epoch), "to": end_of(operation, *epoch) });
    json!({
        "kind": kind(exposure.kind),
        "identity": exposure.identity,
        "revoked": time(exposure.at),
        "new": exposure.is_new,
        "refused_by": exposure.refused_by.map(time),
        "tokens_until": exposure.tokens_until.map(time),
        "keys_until": exposure.keys_until.map(|epoch| end_of(operation, epoch)),
        "opens": exposure.opens.iter().map(epochs).collect::<Vec<_>>(),
        "opens_recorded_from": exposure.opens_from.map(|epoch| start_of(operation, epoch)),
    })
}

/// What a member is, in a word.
pub(super) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Device => "device",
        Kind::Responder => "responder",
        Kind::Gateway => "gateway",
        Kind::Relay => "relay",
    }
}

fn start_of(operation: &Operation, epoch: Epoch) -> String {
    cowl_core::rfc3339(operation.manifest().calendar.start_of(epoch))
}

/// When an epoch ends.
pub(super) fn end_of(operation: &Operation, epoch: Epoch) -> String {
    start_of(operation, epoch.plus(1))
}
