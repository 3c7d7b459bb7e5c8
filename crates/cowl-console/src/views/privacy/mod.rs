//! Privacy: what attackers could do before and after, each number with its evidence; and what the plan's slots cost and give.

mod card;
mod evidence;
mod slider;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, StatusCode, Uri},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use cowl::{operation::Operation, policy_file::PolicyFile};
use cowl_core::Policy;
use maud::html;
use serde::Deserialize;

use crate::{
    layout::{self, Nav},
    posted::Posted,
    session::Session,
    shared::Shared,
};

/// How a scorecard is made.
const HOW: &str = "cowl simulate --configuration plain --configuration cowl -o DIR\n\
    cowl audit score DIR/plain.trace DIR/cowl.trace --json > scorecard.json\n\
    cowl console --scorecard scorecard.json …";

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route(Nav::Privacy.path(), get(show))
        .route("/privacy/evidence", get(evidence::show))
        .route("/privacy/measure", post(measure))
}

/// What is looked at: two scorecards by their numbers, and a slot in milliseconds.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
struct Asked {
    before: Option<usize>,
    after: Option<usize>,
    /// The slider's position, or nothing: the policy's own slot.
    slot: Option<usize>,
}

async fn show(State(shared): State<Shared>, session: Session, uri: Uri) -> Response<Body> {
    if !session.is_desk() {
        return layout::refused(&session, &shared, StatusCode::FORBIDDEN, "frame-not-this-seat");
    }
    // What is not understood there is as if it were not there.
    let asked: Asked = serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    let words = session.words();
    let privacy = shared.privacy();
    let last = privacy.cards.all().len().saturating_sub(1);
    let before = asked.before.filter(|index| *index <= last).unwrap_or(0);
    let after = asked.after.filter(|index| *index <= last).unwrap_or(last);
    let (policy, own) = policy(&shared).await;
    let body = html! {
        section aria-labelledby="card" {
            h2 #card { (words.say("privacy-card")) }
            p { (words.say("privacy-card-what")) }
            @if privacy.cards.all().is_empty() {
                p role="note" { (words.say("privacy-card-none")) }
                pre dir="ltr" tabindex="0" { code { (HOW) } }
            }
            (card::table(words, privacy, before, after))
        }
        section aria-labelledby="plan" {
            h2 #plan { (words.say("privacy-plan")) }
            p { (words.say("privacy-plan-what")) }
            @if !own {
                p .trouble role="note" { (words.say("privacy-plan-default")) }
            }
            @if let Some(policy) = policy {
                (slider::form(&session, words, &privacy.plan, &policy, asked.slot))
            }
        }
    };
    layout::page(&session, words, Nav::Privacy, &words.say("frame-nav-privacy"), body)
}

#[derive(Debug, Deserialize)]
struct Slot {
    slot: usize,
}

/// Begins to measure a schedule: a minute of this machine's time, so only when somebody asks.
async fn measure(State(shared): State<Shared>, Posted { session, form }: Posted<Slot>) -> Response<Body> {
    if !session.is_desk() {
        return layout::refused(&session, &shared, StatusCode::FORBIDDEN, "frame-not-this-seat");
    }
    let Slot { slot } = form;
    if let (Some(policy), _) = policy(&shared).await
        && let Some(slot_ms) = slider::slots(&policy).get(slot)
    {
        shared.privacy().plan.ask(&policy, *slot_ms);
    }
    Redirect::to(&format!("/privacy?slot={slot}#plan")).into_response()
}

/// The operation's policy, and whether it is that: a console without the operation's folder compares by the default's.
async fn policy(shared: &Shared) -> (Option<Policy>, bool) {
    let Some(folder) = shared.operation().map(ToOwned::to_owned) else {
        return (PolicyFile::default_policy().ok().map(|file| file.policy), false);
    };
    let opened = tokio::task::spawn_blocking(move || {
        Operation::open(&folder).ok().map(|operation| operation.manifest().policy.clone())
    });
    (opened.await.ok().flatten(), true)
}
