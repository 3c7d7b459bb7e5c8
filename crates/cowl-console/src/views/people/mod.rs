//! People and keys: who is a member, how each stands, and what the authority does about it.
//!
//! One file each: `list` and `member` show, `enrol` invites, `revoke` and `lost` take keys away, `rotate` draws all anew, `reads` says who
//! could read what.

mod enrol;
mod list;
mod lost;
mod member;
mod reads;
mod revoke;
mod rotate;

use axum::{
    Router,
    body::Body,
    http::{Response, StatusCode},
};
use cowl::operation::{Entry, Kind, Operation, Standing};
use cowl_core::{Epoch, rfc3339};
use maud::{Markup, html};

pub(crate) use enrol::{NewTicket, leave};

use crate::{
    desk::DeskError,
    layout::{self, Nav},
    session::Session,
    shared::Shared,
    words::Words,
};

/// Where all of it is.
const PATH: &str = "/people";

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .merge(list::routes())
        .merge(member::routes())
        .merge(enrol::routes())
        .merge(revoke::routes())
        .merge(rotate::routes())
        .merge(lost::routes())
        .merge(reads::routes())
}

/// A page of this view; `title` is the id of a message.
fn page(session: &Session, title: &str, body: Markup) -> Response<Body> {
    let words = session.words();
    layout::page(session, words, Nav::People, &words.say(title), body)
}

/// That a deed was not done, and why.
fn failed(session: &Session, error: &DeskError) -> Response<Body> {
    layout::failed(session, Nav::People, error)
}

/// That there is no such member.
fn nobody(session: &Session) -> Response<Body> {
    let words = session.words();
    let body = html! {
        p role="alert" .trouble { (words.say("people-nobody")) }
        p { a href=(PATH) { (words.say("people-all")) } }
    };
    layout::page_with(session, words, Nav::People, &words.say("frame-refused"), StatusCode::NOT_FOUND, body)
}

/// What a member is, in a word.
fn kind(words: &Words, kind: Kind) -> String {
    words.say(match kind {
        Kind::Device => "people-device",
        Kind::Responder => "people-responder",
        Kind::Gateway => "people-gateway",
        Kind::Relay => "people-relay",
    })
}

/// How it stands, in words and with its date.
fn standing(words: &Words, entry: &Entry) -> Markup {
    match entry.standing {
        Standing::Member => html! { (words.say("people-is-member")) },
        Standing::Invited { until, .. } => {
            html! { (words.say("people-is-invited")) " " (layout::time(until)) }
        }
        Standing::Revoked { at, .. } => {
            html! { strong { (words.say("people-is-revoked")) " " (layout::time(at)) } }
        }
    }
}

/// The last epoch of its keys. Responders get theirs by bundles as long as they are members.
fn last_keys(entry: &Entry) -> Option<Epoch> {
    let has_keys = entry.membership.is_some() || entry.last_epoch > 0;
    let by_bundles = entry.kind == Kind::Responder && entry.membership.is_some();
    (has_keys && !by_bundles && !entry.standing.is_invited()).then_some(Epoch(entry.last_epoch))
}

/// When it last asked for keys, or got its first: the operation hears nothing else of a member by name. The start of that epoch.
fn last_asked(operation: &Operation, entry: &Entry) -> Option<u64> {
    let last = last_keys(entry)?;
    let ahead = u32::from(operation.manifest().policy.keys_ahead);
    let asked = last.minus(ahead).max(Epoch(entry.first_epoch));
    Some(operation.manifest().calendar.start_of(asked))
}

/// When an epoch ends, in Unix seconds.
fn end_of(operation: &Operation, epoch: Epoch) -> u64 {
    operation.manifest().calendar.start_of(epoch.plus(1))
}

/// A member as pages show it: nothing of its keys leaves the desk.
#[derive(Debug, Clone)]
struct Shown {
    entry: Entry,
    keys_until: Option<u64>,
    asked: Option<u64>,
    /// Whether its keys end within the next two epochs, and it did not ask for more.
    expires: bool,
    /// Whether it was seen to send from two machines.
    clone: bool,
}

impl Shown {
    fn of(operation: &Operation, entry: &Entry, now: Epoch) -> Self {
        let mut entry = entry.clone();
        // Not for pages: what it proves itself by.
        let last = last_keys(&entry);
        let asked = last_asked(operation, &entry);
        entry.membership = None;
        let clones = operation.register().clones();
        let mut own = (0..entry.devices).map(|index| entry.first_device.saturating_add(index));
        Self {
            keys_until: last.map(|last| end_of(operation, last)),
            asked,
            expires: entry.standing.is_member() && last.is_some_and(|last| last < now.plus(2)),
            clone: own.any(|device| clones.contains(&device)),
            entry,
        }
    }

    /// Its name, leading to its page.
    fn link(&self) -> Markup {
        let to = crate::posted::address("/people/member", &[("name", &self.entry.name)]);
        html! { a href=(to) { bdi { (self.entry.name) } } }
    }

    fn roles(&self) -> String {
        if self.entry.roles.is_empty() { "–".to_owned() } else { self.entry.roles.join(", ") }
    }
}

/// A time for people: `2026-11-03 14:05 UTC`.
fn date(unix_seconds: u64) -> String {
    let text = rfc3339(unix_seconds);
    format!("{} UTC", text.get(..16).unwrap_or(&text).replacen('T', " ", 1))
}
