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
    privacy::{PARTS, part},
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
        p { (basis(words, &card.card)) " " (words.say("privacy-read")) }
        @for attack in &attacks {
            section {
                (explained(words, *attack))
                @for finding in findings.iter().filter(|finding| finding.attack == *attack) {
                    (one(words, finding))
                }
                (technical(words, *attack))
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

/// What was measured on, in words that take the forms of their numbers.
fn basis(words: &Words, card: &Scorecard) -> String {
    let hours = words.with("frame-hours", &[("n", card.hours().round().into())]);
    let people = words.with("privacy-people", &[("n", card.people().into())]);
    let messages = words.with("sides-messages", &[("n", card.messages().into())]);
    words.with(
        "privacy-basis",
        &[
            ("configuration", card.configuration.as_str().into()),
            ("hours", hours.into()),
            ("people", people.into()),
            ("messages", messages.into()),
            ("seed", card.seed().to_string().into()),
        ],
    )
}

/// What an attack asks, what its number means and what would lower it, in plain words.
fn explained(words: &Words, attack: Attack) -> Markup {
    let id = format!("attacks-{}", attack.name().to_ascii_lowercase());
    html! {
        h2 { bdi { (attack.name()) } (words.say("privacy-colon")) " " (words.say(&id)) }
        p { (words.say(&format!("{id}-what"))) }
        p { strong { (words.say("attacks-lower")) } " " (words.say(&format!("{id}-lower"))) }
    }
}

/// What `cowl audit explain` says of it, which is written in one language only.
fn technical(words: &Words, attack: Attack) -> Markup {
    html! {
        details {
            summary { (words.say("attacks-technical")) }
            div .panel lang="en" dir="ltr" {
                @for wanted in PARTS {
                    h3 { (wanted) }
                    @for paragraph in part(attack, wanted) { p { (paragraph) } }
                }
            }
        }
    }
}

fn one(words: &Words, finding: &Finding) -> Markup {
    html! {
        section .finding {
            h3 {
                bdi { (finding.attack.name()) " · " (finding.variant) }
                @if !finding.headline { " " span .hint { (words.say("privacy-beside")) } }
            }
            @match &finding.outcome {
                Outcome::Measured(figure) => (measured(words, figure)),
                Outcome::NotMeasured(reason) => p .trouble { (words.say("privacy-not-measured")) (words.say("privacy-colon")) " " bdi lang="en" { (reason) } },
                Outcome::NoMechanism(reason) => p { (words.say("privacy-no-mechanism")) (words.say("privacy-colon")) " " bdi lang="en" { (reason) } },
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
        let word = words.say(if control.passed { "privacy-passed" } else { "privacy-failed" });
        html! { (word) (words.say("privacy-colon")) " " (interval(&control.measured)) }
    };
    let rows = [
        ("privacy-advantage", interval(&figure.advantage)),
        ("privacy-estimate", html! { (interval(&figure.estimate)) " " (unit) }),
        ("privacy-chance", html! { (format!("{:.3}", figure.chance)) }),
        ("privacy-cases", html! { (cases(words, figure)) }),
        ("privacy-positive", control(&figure.positive)),
        ("privacy-negative", control(&figure.negative)),
        ("privacy-seed", html! { (figure.seed) }),
    ];
    html! {
        table .facts {
            tbody {
                @for (label, value) in rows {
                    tr { th scope="row" { (words.say(label)) } td { (value) } }
                }
            }
        }
    }
}

/// `192 cases of 16 people`.
fn cases(words: &Words, figure: &Figure) -> String {
    let cases = words.with("privacy-cases-n", &[("n", figure.n.into())]);
    let people = words.with("privacy-of-people", &[("n", figure.people.into())]);
    words.with("privacy-cases-of", &[("cases", cases.into()), ("people", people.into())])
}

/// `0.474 [0.447, 0.501]`, from left to right in every language.
fn interval(interval: &Interval) -> Markup {
    let text = format!("{:.3} [{:.3}, {:.3}]", interval.value, interval.low, interval.high);
    html! { bdi dir="ltr" { (text) } }
}

#[cfg(test)]
mod tests {
    use cowl::{consent::Language, records::Audit};

    use super::*;
    use crate::privacy::title;

    /// A scorecard as an auditor wrote it.
    const CARD: &[u8] = include_bytes!("../../../../cowl/src/records/golden/scorecard.json");

    #[test]
    fn every_attack_is_explained_in_every_language() {
        for attack in Attack::ALL {
            let id = format!("attacks-{}", attack.name().to_ascii_lowercase());
            for language in Language::ALL {
                let words = Words::of(language);
                let said = |end: &str| {
                    words.known(&format!("{id}{end}"), &[]).unwrap_or_else(|| panic!("{id}{end}"))
                };
                let shown = explained(words, attack).into_string();
                for text in [said(""), said("-what"), said("-lower")] {
                    assert!(shown.contains(&text), "{}: {text}", language.tag());
                }
            }
            // The page and the auditor ask the same, and each language in its own words.
            let questions = Language::ALL.map(|language| Words::of(language).say(&id));
            assert_eq!(questions[0], title(attack));
            assert!(questions[1..].iter().all(|question| *question != questions[0]), "{questions:?}");
        }
    }

    #[test]
    fn what_is_in_english_only_is_folded_and_said_to_be() {
        let text = technical(Words::of(Language::Arabic), Attack::N1).into_string();
        assert!(text.starts_with("<details><summary>الوصف التقني (بالإنجليزية)</summary>"), "{text}");
        assert!(
            text.contains("<div class=\"panel\" lang=\"en\" dir=\"ltr\"><h3>What it asks</h3>"),
            "{text}"
        );
    }

    #[test]
    fn what_was_counted_takes_the_forms_of_its_number() {
        let audit = Audit::parse(CARD, "scorecard.json").unwrap();
        let card = &audit.scorecards[0];
        let said = |language| basis(Words::of(language), card).replace(['\u{2068}', '\u{2069}'], "");
        let seed = card.seed();
        assert_eq!(
            said(Language::English),
            format!("Measured on cowl: 12 hours, 16 people, 192 messages, seed {seed}.")
        );
        assert_eq!(
            said(Language::Arabic),
            format!("قيس على cowl: 12 ساعة، 16 شخصًا، 192 رسالة، البذرة {seed}.")
        );
        let figure = card.findings(Category::Linking, Adversary::Broker).find_map(|finding| {
            if let Outcome::Measured(figure) = &finding.outcome { Some((**figure).clone()) } else { None }
        });
        let figure = figure.unwrap();
        let said = |language, n, people| {
            let text = cases(Words::of(language), &Figure { n, people, ..figure.clone() });
            text.replace(['\u{2068}', '\u{2069}'], "")
        };
        assert_eq!(said(Language::English, 1, 1), "one case of one person");
        assert_eq!(said(Language::French, 1, 2), "un cas de 2 personnes");
        assert_eq!(said(Language::HaitianCreole, 2, 1), "2 ka pou yon moun");
        assert_eq!(said(Language::Spanish, 12, 1), "12 casos de una persona");
        let arabic = [(1, 1), (2, 2), (3, 3), (11, 11), (100, 100)];
        assert_eq!(
            arabic.map(|(n, people)| said(Language::Arabic, n, people)),
            [
                "حالة واحدة من شخص واحد",
                "حالتين من شخصين",
                "3 حالات من 3 أشخاص",
                "11 حالة من 11 شخصًا",
                "100 حالة من 100 شخص",
            ]
        );
    }
}
