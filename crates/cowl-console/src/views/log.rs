//! The log: what the operation wrote down of itself, and whether it is as the authority signed it.

use std::collections::HashMap;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, StatusCode},
    routing::get,
};
use cowl::{
    log::{Blinded, Entry, Event, Finding, SignedCheckpoint},
    operation::{Kind, Operation, OperationError},
};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    desk,
    layout::{self, Nav},
    posted::{Asked, PostedFiles, address},
    server,
    session::{Authority, Session},
    shared::Shared,
    words::Words,
};

/// Entries on a page.
const ROWS: u64 = 100;
/// Findings that are listed.
const FINDINGS: usize = 100;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/log", get(show))
        .route("/log/verify", axum::routing::post(verify))
        .route("/log/checkpoint", get(checkpoint))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range {
    /// The newest entry that is shown; none: the newest there is.
    newest: Option<u64>,
}

/// One entry, as it is shown.
#[derive(Debug)]
struct Row {
    index: u64,
    /// `None`: a kind that is not known here.
    entry: Option<Entry>,
    name: Option<String>,
}

/// What is shown of a log.
#[derive(Debug)]
struct Shown {
    size: u64,
    root: String,
    key: String,
    rows: Vec<Row>,
}

async fn show(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Asked(range): Asked<Range>,
) -> Response<Body> {
    let done = desk::work(&shared, move |desk| look(&desk.operation, range.newest)).await;
    let shown = match done {
        Ok(shown) => shown,
        Err(error) => return layout::failed(&session, Nav::Log, &error),
    };
    let words = session.words();
    let body = match shown {
        None => html! { p { (words.say("log-none")) } },
        Some(shown) => html! {
            p { (words.say("log-what")) }
            (verify_form(&session))
            h2 { (words.say("log-checkpoint")) }
            dl .facts {
                dt { (words.say("log-size")) } dd { (shown.size) }
                dt { (words.say("log-root")) } dd dir="ltr" { code { (shown.root) } }
                dt { (words.say("log-key")) } dd dir="ltr" { code { (shown.key) } }
            }
            p { a href="/log/checkpoint" { (words.say("log-keep")) } }
            h2 { (words.say("log-entries")) }
            (table(words, &shown.rows))
            (pager(words, &shown))
        },
    };
    layout::page(&session, words, Nav::Log, &words.say("frame-nav-log"), body)
}

fn look(operation: &Operation, newest: Option<u64>) -> Result<Option<Shown>, OperationError> {
    let Some(log) = operation.log()? else { return Ok(None) };
    let checkpoint = log.checkpoint()?;
    let size = checkpoint.unverified().size;
    let end = newest.map_or(size, |newest| newest.saturating_add(1).min(size));
    let names = names(operation)?;
    let start = end.saturating_sub(ROWS);
    let mut rows = Vec::new();
    for (index, bytes) in (start..end).zip(log.entries(start..end)) {
        let entry = Entry::parse(&bytes?);
        let name = entry
            .as_ref()
            .and_then(|entry| member(&entry.event))
            .and_then(|member| names.get(&member).cloned());
        rows.push(Row { index, entry, name });
    }
    rows.reverse();
    let root = hex::encode(checkpoint.unverified().root.0);
    Ok(Some(Shown { size, root, key: operation.log_key().to_string(), rows }))
}

fn names(operation: &Operation) -> Result<HashMap<Blinded, String>, OperationError> {
    let members = operation.register().members().iter();
    members.map(|member| Ok((operation.blind(&member.name)?, member.name.clone()))).collect()
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

fn table(words: &Words, rows: &[Row]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(words.say("log-entries")) {
            table {
                thead {
                    tr {
                        th scope="col" { (words.say("log-number")) }
                        th scope="col" { (words.say("log-time")) }
                        th scope="col" { (words.say("log-event")) }
                        th scope="col" { (words.say("log-who")) }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { (row.index) }
                            td { @if let Some(entry) = &row.entry { (layout::time(entry.time)) } @else { "–" } }
                            td {
                                @if let Some(entry) = &row.entry { (event(words, &entry.event)) }
                                @else { (words.say("log-unknown")) }
                            }
                            td { @if let Some(name) = &row.name { bdi { (name) } } @else { "–" } }
                        }
                    }
                }
            }
        }
    }
}

/// What happened, in words: also for whoever looks at one entry.
pub(crate) fn event(words: &Words, event: &Event) -> String {
    let number = |id: &str, n: u64| words.with(id, &[("n", n.into())]);
    let text = |id: &str, text: String| words.with(id, &[("what", text.into())]);
    match event {
        Event::Created => words.say("log-created"),
        Event::Begun { members } => number("log-begun", *members),
        Event::Repaired { entries } => number("log-repaired", *entries),
        Event::Manifest { version, .. } => number("log-manifest", u64::from(*version)),
        Event::Enrolled { kind, .. } => words.say(match kind {
            Kind::Device => "log-enrolled-device",
            Kind::Responder => "log-enrolled-responder",
            Kind::Gateway => "log-enrolled-gateway",
            Kind::Relay => "log-enrolled-relay",
        }),
        Event::Retracted { .. } => words.say("log-retracted"),
        Event::Joined { .. } => words.say("log-joined"),
        Event::Revoked { kind, .. } => words.say(match kind {
            Kind::Device => "log-revoked-device",
            Kind::Responder => "log-revoked-responder",
            Kind::Gateway => "log-revoked-gateway",
            Kind::Relay => "log-revoked-relay",
        }),
        Event::Rotated => words.say("log-rotated"),
        Event::TokenKey { period, .. } => number("log-token-key", *period),
        Event::Command { number: n } => number("log-command", *n),
        Event::GlassRequested { request, .. } => text("log-glass-requested", request.to_string()),
        Event::GlassApproved { request } => text("log-glass-approved", request.to_string()),
        Event::GlassOpened { request } => text("log-glass-opened", request.to_string()),
        Event::Exported { what } => text("log-exported", what.to_string()),
        Event::Erased { how } => text("log-erased", how.to_string()),
        Event::Shares { m, n } => {
            words.with("log-shares", &[("m", u64::from(*m).into()), ("n", u64::from(*n).into())])
        }
        Event::Restored => words.say("log-restored"),
        Event::Closed => words.say("log-closed"),
        _ => words.say("log-unknown"),
    }
}

fn pager(words: &Words, shown: &Shown) -> Markup {
    let (newest, oldest) = (shown.rows.first().map(|row| row.index), shown.rows.last().map(|row| row.index));
    let to = |newest: u64| address("/log", &[("newest", &newest.to_string())]);
    html! {
        p .pager {
            @if let Some(newest) = newest.filter(|newest| newest.saturating_add(1) < shown.size) {
                a href=(to(newest.saturating_add(ROWS))) rel="prev" { (words.say("log-newer")) } " "
            }
            @if let Some(oldest) = oldest.filter(|oldest| *oldest > 0) {
                a href=(to(oldest - 1)) rel="next" { (words.say("log-older")) }
            }
        }
    }
}

fn verify_form(session: &Session) -> Markup {
    let words = session.words();
    html! {
        form .panel method="post" action="/log/verify" enctype="multipart/form-data" {
            (layout::token(session))
            div .field {
                label for="kept" { (words.say("log-kept")) }
                input #kept type="file" name="kept" aria-describedby="kept-help";
                p #kept-help .hint { (words.say("log-kept-help")) }
            }
            button type="submit" { (words.say("log-verify")) }
        }
    }
}

/// What was found, for the page.
#[derive(Debug)]
struct Verified {
    size: u64,
    unsigned: u64,
    findings: Vec<Finding>,
    compared: Option<u64>,
}

async fn verify(State(shared): State<Shared>, posted: PostedFiles) -> Response<Body> {
    let session = &posted.session;
    if !session.authority {
        return layout::not_authority(session, &shared);
    }
    let kept = match posted.content("kept") {
        [] => None,
        bytes => match SignedCheckpoint::parse(bytes) {
            Ok(kept) => Some(kept),
            Err(_) => {
                return layout::refused(
                    session,
                    &shared,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "log-not-checkpoint",
                );
            }
        },
    };
    let done = desk::work(&shared, move |desk| {
        let Some(log) = desk.operation.log()? else { return Ok(None) };
        let key = desk.operation.log_key();
        let mut found = log.inspect(&key)?;
        if let Some(kept) = &kept {
            found.compare(&key, kept);
        }
        let compared = kept.map(|kept| kept.unverified().size);
        Ok(Some(Verified { size: found.size, unsigned: found.unsigned, findings: found.findings, compared }))
    });
    let found = match done.await {
        Ok(Some(found)) => found,
        Ok(None) => return layout::refused(session, &shared, StatusCode::NOT_FOUND, "log-none"),
        Err(error) => return layout::failed(session, Nav::Log, &error),
    };
    let words = session.words();
    let body = html! {
        @if found.findings.is_empty() {
            p .done role="status" { (words.with("log-good", &[("n", found.size.into())])) }
            @if let Some(size) = found.compared {
                p { (words.with("log-grew", &[("n", size.into())])) }
            }
        } @else {
            p .trouble role="alert" {
                (words.with("log-bad", &[("n", u64::try_from(found.findings.len()).unwrap_or(u64::MAX).into())]))
            }
            ul { @for finding in found.findings.iter().take(FINDINGS) { li { (finding_words(words, finding)) } } }
            p { (words.say("log-bad-help")) }
        }
        @if found.unsigned > 0 { p { (words.with("log-unsigned", &[("n", found.unsigned.into())])) } }
        p { a href="/log" { (words.say("log-back")) } }
    };
    layout::page(session, words, Nav::Log, &words.say("log-verified"), body)
}

fn finding_words(words: &Words, finding: &Finding) -> String {
    let text = |id: &str, text: String| words.with(id, &[("what", text.into())]);
    let number = |id: &str, n: u64| words.with(id, &[("n", n.into())]);
    match finding {
        Finding::Checkpoint(cause) | Finding::Kept(cause) => text("log-bad-checkpoint", cause.to_string()),
        Finding::File { path, .. } => text("log-bad-file", path.display().to_string()),
        Finding::Entry { index, .. } => number("log-bad-entry", *index),
        Finding::Hashes { path } => text("log-bad-hashes", path.display().to_string()),
        Finding::Root { size } => number("log-bad-root", *size),
        Finding::Stray { path } => text("log-bad-stray", path.display().to_string()),
        Finding::Cut { had, has } => {
            words.with("log-bad-cut", &[("had", (*had).into()), ("has", (*has).into())])
        }
        Finding::Fork { size } => number("log-bad-fork", *size),
        Finding::NotWitnessed(cause) => text("log-bad-witness", cause.to_string()),
    }
}

/// The newest checkpoint, to be kept elsewhere: whoever has it can see that nothing was cut off since.
async fn checkpoint(State(shared): State<Shared>, Authority(session): Authority) -> Response<Body> {
    let done = desk::work(&shared, |desk| {
        let Some(log) = desk.operation.log()? else { return Ok(None) };
        Ok(Some(log.checkpoint()?.to_string()))
    });
    let text = match done.await {
        Ok(Some(text)) => text,
        Ok(None) => return server::plain(StatusCode::NOT_FOUND, ""),
        Err(error) => return layout::failed(&session, Nav::Log, &error),
    };
    server::download("checkpoint", text.into_bytes())
}
