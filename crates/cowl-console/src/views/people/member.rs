//! One member: how it stands, and what whoever has its machine can do.

use axum::{Router, body::Body, extract::State, http::Response, routing::get};
use cowl::operation::{Exposure, Kind, Operation};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Shown, date, end_of, failed, kind, nobody, page, standing};
use crate::{
    desk::{self, DeskError},
    layout,
    posted::{Asked, address},
    session::Authority,
    shared::Shared,
    words::Words,
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/people/member", get(show))
}

/// Which member.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Who {
    pub(super) name: String,
}

/// A member and what is exposed with it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) shown: Shown,
    pub(super) exposure: Exposed,
}

/// What whoever has the machine can do, in times.
#[derive(Debug)]
pub(super) struct Exposed {
    exposure: Exposure,
    keys_until: Option<u64>,
    opens: Option<(u64, u64)>,
    opens_from: Option<u64>,
    tokens: bool,
}

impl Exposed {
    fn of(operation: &Operation, exposure: Exposure) -> Self {
        let start = |epoch| operation.manifest().calendar.start_of(epoch);
        let first = exposure.opens.first().map(|epoch| start(*epoch));
        let last = exposure.opens.last().map(|epoch| end_of(operation, *epoch));
        Self {
            keys_until: exposure.keys_until.map(|epoch| end_of(operation, epoch)),
            opens: first.zip(last),
            opens_from: exposure.opens_from.map(start),
            tokens: operation.manifest().policy.tokens.is_some(),
            exposure,
        }
    }

    /// One line each.
    pub(super) fn lines(&self, words: &Words) -> Vec<String> {
        let mut lines = Vec::new();
        let mut say = |id: &str, time: u64| lines.push(words.with(id, &[("time", date(time).into())]));
        if let Some(by) = self.exposure.refused_by {
            say("people-exposed-sends", by);
        }
        if let Some(until) = self.keys_until {
            let id = if self.exposure.kind == Kind::Relay {
                "people-exposed-relay"
            } else {
                "people-exposed-keys"
            };
            say(id, until);
        }
        if let Some(until) = self.exposure.tokens_until {
            say("people-exposed-tokens", until);
        }
        if self.exposure.kind == Kind::Responder {
            match self.opens {
                Some((first, last)) => lines.push(words.with(
                    "people-exposed-opens",
                    &[("from", date(first).into()), ("to", date(last).into())],
                )),
                None => lines.push(words.say("people-exposed-nothing")),
            }
            if let Some(from) = self.opens_from {
                lines.push(words.with("people-exposed-copied", &[("time", date(from).into())]));
            }
            lines.push(words.say("people-exposed-later"));
        }
        lines.push(words.say(if self.tokens {
            "people-exposed-login-tokens"
        } else {
            "people-exposed-login"
        }));
        lines
    }
}

/// Looks a member up; `None` if nobody has the name.
pub(super) async fn find(shared: &Shared, name: String) -> Result<Option<Member>, DeskError> {
    desk::work(shared, move |desk| {
        let Some(entry) = desk.operation.register().member(&name) else { return Ok(None) };
        let shown = Shown::of(&desk.operation, entry, desk.epoch);
        let exposure = desk.operation.exposure_of(&name, desk.time)?;
        Ok(Some(Member { shown, exposure: Exposed::of(&desk.operation, exposure) }))
    })
    .await
}

async fn show(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Asked(who): Asked<Who>,
) -> Response<Body> {
    let member = match find(&shared, who.name).await {
        Ok(Some(member)) => member,
        Ok(None) => return nobody(&session),
        Err(error) => return failed(&session, &error),
    };
    let words = session.words();
    let is_revoked = matches!(member.shown.entry.standing, cowl::operation::Standing::Revoked { .. });
    let named = [("name", member.shown.entry.name.as_str())];
    let body = html! {
        (facts(words, &member.shown))
        h2 {
            (words.say(if is_revoked { "people-exposed-still" } else { "people-exposed-if" }))
        }
        ul { @for line in member.exposure.lines(words) { li { (line) } } }
        @if is_revoked {
            p { a href=(again(&member.shown)) { (words.say("people-enrol-again")) } }
        } @else {
            p { a href=(address("/people/revoke", &named)) { (words.say("people-revoke")) } }
        }
    };
    page(&session, "people-member", body)
}

/// What is known of it.
pub(super) fn facts(words: &Words, shown: &Shown) -> Markup {
    let entry = &shown.entry;
    html! {
        dl .facts {
            dt { (words.say("people-name")) } dd { bdi { (entry.name) } }
            dt { (words.say("people-what")) } dd { (kind(words, entry.kind)) }
            @if !entry.roles.is_empty() { dt { (words.say("people-roles")) } dd { (shown.roles()) } }
            @if entry.kind == Kind::Gateway { dt { (words.say("people-identities")) } dd { (entry.devices) } }
            dt { (words.say("people-standing")) } dd { (standing(words, entry)) }
            @if let Some(asked) = shown.asked { dt { (words.say("people-asked")) } dd { (layout::time(asked)) } }
            @if let Some(until) = shown.keys_until { dt { (words.say("people-keys")) } dd { (layout::time(until)) } }
            @if shown.clone { dt { (words.say("people-note")) } dd { (words.say("people-twice-help")) } }
        }
    }
}

/// The form to enrol somebody in its place, filled in: its name is taken for ever.
pub(super) fn again(shown: &Shown) -> String {
    let entry = &shown.entry;
    let name: String = entry.name.chars().take(40).collect();
    let kind = match entry.kind {
        Kind::Device => "device",
        Kind::Responder => "responder",
        Kind::Gateway => "gateway",
        Kind::Relay => "relay",
    };
    let devices = entry.devices.saturating_sub(1).max(1).to_string();
    let name = format!("{name}-2");
    let mut query = vec![("name", name.as_str()), ("kind", kind), ("devices", devices.as_str())];
    query.extend(entry.roles.iter().map(|role| ("role", role.as_str())));
    address("/people/enrol", &query)
}
