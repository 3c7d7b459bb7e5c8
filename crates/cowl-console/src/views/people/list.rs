//! The members, some at a time: an operation may have a hundred thousand.

use axum::{Router, body::Body, extract::State, http::Response, routing::get};
use cowl::operation::{Kind, Standing};
use maud::{Markup, html};
use serde::Deserialize;

use super::{PATH, Shown, failed, kind, page, standing};
use crate::{
    desk, layout,
    posted::{Asked, address},
    session::Authority,
    shared::Shared,
    words::Words,
};

/// Members on a page.
const ROWS: usize = 100;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route(PATH, get(show))
}

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Search {
    /// Part of a name.
    q: String,
    /// A kind, or how one stands; empty: all.
    what: String,
    /// From 0.
    from: usize,
}

/// What the register says, counted.
#[derive(Debug, Default)]
struct Counts {
    members: [u64; 4],
    invited: u64,
    revoked: u64,
    expiring: u64,
    late: u64,
    clones: u64,
}

const KINDS: [Kind; 4] = [Kind::Device, Kind::Responder, Kind::Gateway, Kind::Relay];

impl Search {
    fn fits(&self, shown: &Shown, time: u64) -> bool {
        let standing = shown.entry.standing;
        let what = match self.what.as_str() {
            "device" => shown.entry.kind == Kind::Device,
            "responder" => shown.entry.kind == Kind::Responder,
            "gateway" => shown.entry.kind == Kind::Gateway,
            "relay" => shown.entry.kind == Kind::Relay,
            "invited" => standing.is_invited(),
            "revoked" => matches!(standing, Standing::Revoked { .. }),
            "expiring" => shown.expires,
            "late" => matches!(standing, Standing::Invited { until, .. } if until <= time),
            "twice" => shown.clone,
            _ => true,
        };
        what && shown.entry.name.to_lowercase().contains(&self.q.trim().to_lowercase())
    }
}

impl Counts {
    fn add(&mut self, shown: &Shown, time: u64) {
        match shown.entry.standing {
            Standing::Member => {
                let at = KINDS.iter().position(|kind| *kind == shown.entry.kind);
                at.and_then(|at| self.members.get_mut(at)).into_iter().for_each(|count| *count += 1);
            }
            Standing::Invited { until, .. } => {
                self.invited += 1;
                self.late += u64::from(until <= time);
            }
            Standing::Revoked { .. } => self.revoked += 1,
        }
        self.expiring += u64::from(shown.expires);
        self.clones += u64::from(shown.clone);
    }
}

async fn show(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Asked(search): Asked<Search>,
) -> Response<Body> {
    let wanted = search.clone();
    let done = desk::work(&shared, move |desk| {
        let (mut counts, mut rows, mut found) = (Counts::default(), Vec::new(), 0_usize);
        for entry in desk.operation.register().members() {
            let shown = Shown::of(&desk.operation, entry, desk.epoch);
            counts.add(&shown, desk.time);
            if wanted.fits(&shown, desk.time) {
                if found >= wanted.from && rows.len() < ROWS {
                    rows.push(shown);
                }
                found += 1;
            }
        }
        Ok((counts, rows, found))
    });
    let (counts, rows, found) = match done.await {
        Ok(done) => done,
        Err(error) => return failed(&session, &error),
    };
    let words = session.words();
    let body = html! {
        nav .deeds aria-label=(words.say("people-deeds")) {
            ul {
                li { a href="/people/enrol" { (words.say("people-enrol")) } }
                li { a href="/people/lost" { (words.say("people-lost")) } }
                li { a href="/people/reads" { (words.say("people-reads")) } }
                li { a href="/people/rotate" { (words.say("people-rotate")) } }
            }
        }
        (summary(words, &counts))
        (finder(words, &search))
        (table(words, &rows))
        (pager(words, &search, found))
    };
    page(&session, "frame-nav-people", body)
}

fn summary(words: &Words, counts: &Counts) -> Markup {
    html! {
        h2 { (words.say("people-counts")) }
        dl .counts {
            @for (kind_of, count) in KINDS.iter().zip(counts.members) {
                div { dt { (kind(words, *kind_of)) } dd { (count) } }
            }
            div { dt { (words.say("people-invited")) } dd { (counts.invited) } }
            div { dt { (words.say("people-revoked")) } dd { (counts.revoked) } }
        }
        @let trouble = [("expiring", counts.expiring), ("late", counts.late), ("twice", counts.clones)];
        @for (what, count) in trouble.into_iter().filter(|(_, count)| *count > 0) {
            p .trouble {
                (words.with(&format!("people-{what}"), &[("n", count.into())])) " "
                a href=(address(PATH, &[("what", what)])) { (words.say("people-show-them")) }
            }
        }
    }
}

fn finder(words: &Words, search: &Search) -> Markup {
    let all = [
        ("", "people-all"),
        ("device", "people-device"),
        ("responder", "people-responder"),
        ("gateway", "people-gateway"),
        ("relay", "people-relay"),
        ("invited", "people-invited"),
        ("revoked", "people-revoked"),
        ("expiring", "people-expiring-short"),
        ("late", "people-late-short"),
        ("twice", "people-twice-short"),
    ];
    html! {
        form .finder method="get" action=(PATH) role="search" {
            div .field {
                label for="q" { (words.say("people-name")) }
                input #q type="search" name="q" value=(search.q) maxlength="100";
            }
            div .field {
                label for="what" { (words.say("people-which")) }
                select #what name="what" {
                    @for (value, label) in all {
                        option value=(value) selected[value == search.what] { (words.say(label)) }
                    }
                }
            }
            button type="submit" { (words.say("people-find")) }
        }
    }
}

fn table(words: &Words, rows: &[Shown]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(words.say("people-table")) {
            table {
                caption { (words.say("people-table")) }
                thead {
                    tr {
                        @for head in ["people-name", "people-what", "people-roles", "people-standing", "people-asked", "people-keys"] {
                            th scope="col" { (words.say(head)) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { (row.link()) }
                            td { (kind(words, row.entry.kind)) }
                            td { (row.roles()) }
                            td {
                                (standing(words, &row.entry))
                                @if row.clone { " " strong { (words.say("people-twice-short")) } }
                            }
                            td { @if let Some(asked) = row.asked { (layout::time(asked)) } @else { "–" } }
                            td {
                                @if let Some(until) = row.keys_until { (layout::time(until)) } @else { "–" }
                                @if row.expires { " " strong { (words.say("people-expiring-short")) } }
                            }
                        }
                    }
                }
            }
        }
        @if rows.is_empty() { p { (words.say("people-none-found")) } }
    }
}

fn pager(words: &Words, search: &Search, found: usize) -> Markup {
    let to =
        |from: usize| address(PATH, &[("q", &search.q), ("what", &search.what), ("from", &from.to_string())]);
    html! {
        p .pager {
            (words.with("people-found", &[("n", u64::try_from(found).unwrap_or(u64::MAX).into())]))
            @if search.from > 0 {
                " " a href=(to(search.from.saturating_sub(ROWS))) rel="prev" { (words.say("people-before")) }
            }
            @if search.from.saturating_add(ROWS) < found {
                " " a href=(to(search.from.saturating_add(ROWS))) rel="next" { (words.say("people-further")) }
            }
        }
    }
}
