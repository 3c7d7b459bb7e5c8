//! `cowl log show`: the entries, for people or for programs.

use std::{collections::HashMap, path::PathBuf};

use clap::Args;
use cowl::{
    log::{Blinded, Entry, Event},
    operation::Operation,
};

use super::keys;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The arguments of `cowl log show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// An operation's folder, or a copy of its log
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Leave out the entries before this one
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,

    /// One JSON object a line
    #[arg(long)]
    json: bool,

    /// Put members' names in place of what the log calls them; needs the operation's folder
    #[arg(long)]
    names: bool,

    /// Print the log's verifier key and end: what others verify the log and its proofs by
    #[arg(long, conflicts_with_all = ["json", "names", "from"])]
    key: bool,
}

impl Show {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        if self.key {
            printer.data(Operation::open(&self.folder)?.log_key().to_string())?;
            return Ok(Exit::Done);
        }
        let names = if self.names { names(&Operation::open(&self.folder)?)? } else { HashMap::new() };
        let log = keys::open(&self.folder)?;
        for (index, entry) in (self.from..).zip(log.entries(self.from..u64::MAX)) {
            let entry = entry?;
            printer.data(if self.json {
                as_json(index, &entry, &names)
            } else {
                as_text(index, &entry, &names)
            })?;
        }
        printer.flush()?;
        Ok(Exit::Done)
    }
}

fn names(operation: &Operation) -> Result<HashMap<Blinded, String>, Failure> {
    let members = operation.register().members().iter();
    members.map(|member| Ok((operation.blind(&member.name)?, member.name.clone()))).collect()
}

fn as_json(index: u64, entry: &[u8], names: &HashMap<Blinded, String>) -> String {
    let value: serde_json::Value = match serde_json::from_slice(entry) {
        Ok(value) => value,
        Err(_) => serde_json::json!({ "hex": hex::encode(entry) }),
    };
    let mut line = serde_json::json!({ "index": index, "entry": value });
    let name = Entry::parse(entry).and_then(|entry| names.get(&member(&entry.event)?));
    if let (Some(name), Some(line)) = (name, line.as_object_mut()) {
        line.insert("name".to_owned(), name.as_str().into());
    }
    printable(&line.to_string())
}

fn as_text(index: u64, bytes: &[u8], names: &HashMap<Blinded, String>) -> String {
    let Some(Entry { time, event, .. }) = Entry::parse(bytes) else {
        return format!(
            "{index:>6}  an entry of a kind that is not known here: {}",
            printable(&String::from_utf8_lossy(bytes))
        );
    };
    let who = member(&event).map(|member| names.get(&member).cloned().unwrap_or_else(|| member.to_string()));
    let who = who.unwrap_or_default();
    let what = match event {
        Event::Created => "the operation is made".to_owned(),
        Event::Begun { members } => format!("the log begins, with {members} members enrolled before it"),
        Event::Repaired { entries } => {
            format!(
                "the {entries} entries before this one were written, and not signed, when the machine stopped"
            )
        }
        Event::Manifest { version, hash } => format!("manifest {version}, SHA-256 {hash}"),
        Event::Enrolled { kind, .. } => format!("enrolled {} {who}", kind_name(kind)),
        Event::Retracted { .. } => format!("enrolment taken back of {who}"),
        Event::Joined { .. } => format!("joined {who}"),
        Event::Revoked { kind, .. } => format!("revoked {} {who}", kind_name(kind)),
        Event::Rotated => "the keys of all roles replaced".to_owned(),
        Event::TokenKey { period, hash } => format!("token key of period {period}, SHA-256 {hash}"),
        Event::Command { number } => format!("command {number}"),
        Event::GlassRequested { request, .. } => format!("break glass: request {request}"),
        Event::GlassApproved { request } => format!("break glass: a custodian agrees to {request}"),
        Event::GlassOpened { request } => format!("break glass: opened by {request}"),
        Event::Exported { what } => format!("exported: {}", printable(&what.to_string())),
        Event::Erased { how } => format!("erased: {}", printable(&how.to_string())),
        Event::Shares { m, n } => {
            format!("the authority's secrets split into {n} shares, {m} of which bring them back")
        }
        Event::Restored => "rebuilt from shares or a backup".to_owned(),
        Event::Closed => "the operation is over".to_owned(),
        other => printable(&serde_json::to_string(&other).unwrap_or_default()),
    };
    format!("{index:>6}  {}  {what}", machine::date(time))
}

const fn member(event: &Event) -> Option<Blinded> {
    match event {
        Event::Enrolled { member, .. }
        | Event::Retracted { member }
        | Event::Joined { member }
        | Event::Revoked { member, .. } => Some(*member),
        _ => None,
    }
}

const fn kind_name(kind: cowl::operation::Kind) -> &'static str {
    use cowl::operation::Kind;
    match kind {
        Kind::Device => "device",
        Kind::Responder => "responder",
        Kind::Gateway => "gateway",
        Kind::Relay => "relay",
    }
}

/// A log may be anyone's: nothing of it moves the cursor or hides what stands beside it.
fn printable(text: &str) -> String {
    text.chars()
        .map(|symbol| {
            if symbol.is_ascii_graphic() || symbol == ' ' {
                symbol.to_string()
            } else {
                symbol.escape_unicode().to_string()
            }
        })
        .collect()
}
