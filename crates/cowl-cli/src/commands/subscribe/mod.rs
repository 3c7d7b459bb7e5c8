//! `cowl sub`: reports come in, as a role may read them.
//!
//! One file each: `arguments` and `habits` are the command line; `mailbox` reads sealed reports and `exposed` those of
//! the dangerous presets; `desk` opens, `search` finds devices again, `topics` chooses; `line`, `json` and `template`
//! print; `keeper` archives; `stop` ends; `summary` tells.

mod arguments;
mod desk;
mod exposed;
mod habits;
mod json;
mod keeper;
mod line;
mod mailbox;
mod search;
mod stop;
mod summary;
mod template;
mod topics;

pub(crate) use arguments::Subscribe;
pub(crate) use keeper::tell as tell_erased;

use std::{
    env,
    future::Future as _,
    path::{Path, PathBuf},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cowl::{
    keyring::{KeyringError, load_credential},
    rest::{self, Identities},
    transport::{Error, Event, Reconnect, Subscriber},
};
use cowl_core::{Credential, Member, RoleIndex};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// How a lost connection is made again: until it works.
const RECONNECT: Reconnect =
    Reconnect::Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

impl Subscribe {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let path = self.who.credential.clone().or_else(|| env::var_os("COWL_CREDENTIAL").map(PathBuf::from));
        let path = path.ok_or_else(|| {
            Failure::usage("nobody is named to read as").hint("use --credential FILE, of a responder")
        })?;
        if let Some(path) = &self.who.identity {
            rest::use_identities(Identities::load(path)?);
        }
        let credential = load_credential(&path)?;
        let role = role(&path, &credential, self.who.role.as_deref())?;
        let dangerous = credential.manifest.preset.is_dangerous();
        self.pointless.refuse(dangerous)?;
        if dangerous && self.output.archive.is_some() {
            return Err(Failure::usage("--archive is refused: what travels in clear cannot be erased")
                .hint("archives are of operations with preset `cowl`"));
        }
        if dangerous {
            Box::pin(exposed::read(&self, &path, credential, printer)).await
        } else {
            Box::pin(mailbox::read(&self, &path, credential, role, printer)).await
        }
    }
}

/// The role that is asked for, or the only one.
fn role(path: &Path, credential: &Credential, asked: Option<&str>) -> Result<RoleIndex, Failure> {
    let found = match &credential.member {
        Member::Responder(_) => None,
        Member::Device(_) => Some("device"),
        Member::Gateway(_) => Some("gateway"),
        Member::Relay { .. } => Some("relay"),
    };
    if let Some(found) = found {
        let failure: Failure =
            KeyringError::OtherKind { path: path.to_owned(), found, wanted: "responder" }.into();
        return Err(
            failure.hint("devices read nobody's reports; `cowl enrol` makes credentials of responders")
        );
    }
    let policy = &credential.manifest.policy;
    let held: Vec<_> = match &credential.member {
        Member::Responder(keyrings) => keyrings.iter().map(|keyring| keyring.role).collect(),
        Member::Device(_) | Member::Gateway(_) | Member::Relay { .. } => Vec::new(),
    };
    let names = || {
        let names = held.iter().filter_map(|role| policy.role(*role)).map(|role| role.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    match asked {
        None => match held.as_slice() {
            [only] => Ok(*only),
            _ => Err(Failure::usage("this credential reads several roles")
                .hint(format!("choose one with --role: {}", names()))),
        },
        Some(name) => policy.role_index(name).filter(|role| held.contains(role)).ok_or_else(|| {
            let failure: Failure = KeyringError::OtherRole(name.to_owned()).into();
            failure.hint(format!("it reads: {}", names()))
        }),
    }
}

/// What is here already, without waiting: a `select` for each of many messages would cost more than to open it.
fn ready_event(subscriber: &mut Subscriber) -> Option<Result<Event, Error>> {
    let next = pin!(subscriber.next_event());
    match next.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(event) => Some(event),
        Poll::Pending => None,
    }
}
