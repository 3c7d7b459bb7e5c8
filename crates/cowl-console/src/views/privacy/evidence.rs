//! What one cell of the scorecard rests on: interval, cases, controls, command, and what the attack is.

use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode, Uri},
};
use cowl::records::{
    Adversary, Attack, Category, Control, Figure, Finding, Interval, Outcome, Scorecard, Unit,
};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    layout::{self, Nav},
    privacy::{PARTS, part, title},
    session::Session,
    shared::Shared,
    words::Words,
};

#[derive(Debug, Deserialize)]
struct Which {
    card: usize,
    category: String,
    adversary: String,
}

pub(super) async fn show(State(shared): State<Shared>, session: Session, uri: Uri) -> Response<Body> {
    if !session.is_desk() {
        return layout::refused(&session, &shared, StatusCode::FORBIDDEN, "frame-not-this-seat");
    }
    let words = session.words();
    let Ok(which) = serde_urlencoded::from_str::<Which>(uri.query().unwrap_or_default()) else {
        return layout::refused(&session, &shared, StatusCode::NOT_FOUND, "frame-nothing-here");
    };
    let card = shared.privacy().cards.get(which.card);
    let category = Category::ALL.into_iter().find(|category| category.name() == which.category);
    let adversary = Adversary::ALL.into_iter().find(|adversary| adversary.name() == which.adversary);
    let (Some(card), Some(category), Some(adversary)) = (card, category, adversary) else {
        return layout::refused(&session, &shared, StatusCode::NOT_FOUND, "frame-nothing-here");
    };
    let heading = format!(
        "{} · {}",
        words.say(&format!("privacy-{}", category.name())),
        words.say(&format!("privacy-by-{}", adversary.name()))
    );
    let findings: Vec<&Finding> = card.card.findings(category, adversary).collect();
    let mut attacks: Vec<Attack> = Vec::new();
    for finding in &findings {
        if !attacks.contains(&finding.attack) {
            attacks.push(finding.attack);
        }
    }
    let body = html! {
        p { a href="/privacy" { (words.say("privacy-back")) } }
        p { (basis(words, &card.card)) }
        @for finding in &findings { (one(words, finding)) }
        @for attack in &attacks {
            section .panel lang="en" dir="ltr" {
                h2 { (attack.name()) ": " (title(*attack)) }
                @for wanted in PARTS {
                    h3 { (wanted) }
                    @for paragraph in part(*attack, wanted) { p { (paragraph) } }
                }
            }
        }
        section {
            h2 { (words.say("privacy-again")) }
            pre dir="ltr" tabindex="0" { code {
                @for attack in &attacks {
                    "cowl audit score TRACE --attack " (attack.name()) " --adversary " (adversary.name())
                    " --seed " (card.card.seed()) " --details\n"
                    "cowl audit explain " (attack.name()) "\n"
                }
            } }
        }
    };
    layout::page(&session, words, Nav::Privacy, &heading, body)
}

fn basis(words: &Words, card: &Scorecard) -> String {
    words.with(
        "privacy-basis",
        &[
            ("configuration", card.configuration.as_str().into()),
            ("hours", format!("{:.0}", card.hours()).into()),
            ("people", card.people().to_string().into()),
            ("messages", card.messages().to_string().into()),
            ("seed", card.seed().to_string().into()),
        ],
    )
}

fn one(words: &Words, finding: &Finding) -> Markup {
    html! {
        section .finding {
            h2 {
                (finding.attack.name()) " · " bdi { (finding.variant) }
                @if !finding.headline { " " span .hint { (words.say("privacy-beside")) } }
            }
            @match &finding.outcome {
                Outcome::Measured(figure) => (measured(words, figure)),
                Outcome::NotMeasured(reason) => p .trouble { (words.say("privacy-not-measured")) ": " bdi lang="en" { (reason) } },
                Outcome::NoMechanism(reason) => p { (words.say("privacy-no-mechanism")) ": " bdi lang="en" { (reason) } },
                Outcome::NotApplicable => p { (words.say("privacy-not-applicable")) },
            }
        }
    }
}

fn measured(words: &Words, figure: &Figure) -> Markup {
    let unit = words.say(match figure.unit {
        Unit::Auc => "privacy-unit-auc",
        Unit::Share => "privacy-unit-share",
        Unit::Bits => "privacy-unit-bits",
        Unit::Metres => "privacy-unit-metres",
        Unit::Hours => "privacy-unit-hours",
        Unit::Seconds => "privacy-unit-seconds",
        Unit::Count => "privacy-unit-count",
    });
    let control = |control: &Control| {
        format!(
            "{}: {}",
            words.say(if control.passed { "privacy-passed" } else { "privacy-failed" }),
            interval(&control.measured)
        )
    };
    let rows = [
        ("privacy-advantage", interval(&figure.advantage)),
        ("privacy-estimate", format!("{} {}", interval(&figure.estimate), unit)),
        ("privacy-chance", format!("{:.3}", figure.chance)),
        (
            "privacy-cases",
            words.with(
                "privacy-cases-of",
                &[("n", figure.n.to_string().into()), ("people", figure.people.to_string().into())],
            ),
        ),
        ("privacy-positive", control(&figure.positive)),
        ("privacy-negative", control(&figure.negative)),
        ("privacy-seed", figure.seed.to_string()),
    ];
    html! {
        table .facts {
            tbody {
                @for (label, value) in rows {
                    tr { th scope="row" { (words.say(label)) } td { bdi { (value) } } }
                }
            }
        }
    }
}

/// `0.474 [0.447, 0.501]`.
fn interval(interval: &Interval) -> String {
    format!("{:.3} [{:.3}, {:.3}]", interval.value, interval.low, interval.high)
}
