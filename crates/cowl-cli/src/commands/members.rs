//! `cowl members`: who was enrolled, and how each stands.

use std::path::PathBuf;

use clap::Args;
use cowl::operation::{Entry, Kind, Operation, Standing};
use cowl_core::{Epoch, rfc3339};
use serde_json::json;

use super::revoke::{end_of, kind};
use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The arguments of `cowl members`.
#[derive(Debug, Args)]
pub(crate) struct Members {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Members {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let operation = Operation::open(&self.folder)?;
        for entry in operation.register().members() {
            let line = if self.json {
                json!({
                    "name": entry.name,
                    "kind": kind(entry.kind),
                    "roles": entry.roles,
                    "identities": entry.devices,
                    "keys_until": keys_until(&operation, entry),
                    "standing": standing(entry),
                    "revoked_identities": entry.revoked.iter().map(|one| one.identity).collect::<Vec<_>>(),
                })
                .to_string()
            } else {
                let keys = keys_until(&operation, entry).unwrap_or_else(|| "-".to_owned());
                let roles = if entry.roles.is_empty() { "-".to_owned() } else { entry.roles.join(",") };
                let kind = kind(entry.kind);
                format!("{}\t{kind}\t{roles}\t{keys}\t{}", entry.name, standing(entry))
            };
            printer.data(line)?;
        }
        printer.flush()?;
        Ok(Exit::Done)
    }
}

/// Responders get keys by bundles, as long as they are members; what they hold now ends with its epoch.
fn keys_until(operation: &Operation, entry: &Entry) -> Option<String> {
    let has_keys = entry.membership.is_some() || entry.last_epoch > 0;
    let by_bundles = entry.kind == Kind::Responder && entry.membership.is_some();
    (has_keys && !by_bundles).then(|| end_of(operation, Epoch(entry.last_epoch)))
}

fn standing(entry: &Entry) -> String {
    match entry.standing {
        Standing::Member => "member".to_owned(),
        Standing::Invited { until, .. } => format!("invited until {}", rfc3339(until)),
        Standing::Revoked { at, .. } => format!("revoked {}", rfc3339(at)),
    }
}
