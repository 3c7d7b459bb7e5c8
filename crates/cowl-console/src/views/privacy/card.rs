//! The scorecard: LINDDUN's seven categories by adversary, before and after.

use cowl::records::{Adversary, Category, Cell, Scorecard};
use maud::{Markup, html};

use crate::{privacy::Privacy, words::Words};

/// Below this an upper bound is little, above the other it is much.
const LITTLE: f64 = 0.15;
const MUCH: f64 = 0.5;

/// The choice of two configurations, and the table.
pub(super) fn table(words: &Words, privacy: &Privacy, before: usize, after: usize) -> Markup {
    let cards = &privacy.cards;
    let (Some(first), Some(second)) = (cards.get(before), cards.get(after)) else { return html! {} };
    let (first, second) = (&first.card, &second.card);
    let seen: Vec<Adversary> = Adversary::ALL
        .into_iter()
        .filter(|adversary| [first, second].into_iter().any(|card| knows(card, *adversary)))
        .collect();
    html! {
        @if cards.all().len() > 1 {
            form .compare method="get" action="/privacy" {
                (choice(words, privacy, "before", "privacy-before", before))
                (choice(words, privacy, "after", "privacy-after", after))
                button type="submit" { (words.say("privacy-compare")) }
            }
        }
        div .scroll tabindex="0" role="region" aria-label=(words.say("privacy-card")) {
            table .card {
                caption { (words.with("privacy-card-caption", &[
                    ("before", first.configuration.as_str().into()),
                    ("after", second.configuration.as_str().into()),
                ])) }
                thead {
                    tr {
                        th scope="col" { (words.say("privacy-threat")) }
                        @for adversary in &seen {
                            th scope="col" { (words.say(&format!("privacy-by-{}", adversary.name()))) }
                        }
                    }
                }
                tbody {
                    @for category in Category::ALL {
                        tr {
                            th scope="row" { (words.say(&format!("privacy-{}", category.name()))) }
                            @for adversary in &seen {
                                td {
                                    @if before != after {
                                        (cell(words, first, before, category, *adversary))
                                        span .arrow aria-hidden="true" { " → " }
                                        span .sr { (words.say("privacy-then")) }
                                    }
                                    (cell(words, second, after, category, *adversary))
                                }
                            }
                        }
                    }
                }
            }
        }
        ul .legend {
            @for (class, word) in [("little", "privacy-little"), ("some", "privacy-some"), ("much", "privacy-much"), ("unknown", "privacy-unknown")] {
                li { span .cell .(class) { (mark(class)) } " " (words.say(word)) }
            }
        }
    }
}

fn choice(words: &Words, privacy: &Privacy, name: &str, label: &str, chosen: usize) -> Markup {
    html! {
        label for=(name) { (words.say(label)) }
        select id=(name) name=(name) {
            @for (index, card) in privacy.cards.all().iter().enumerate() {
                option value=(index) selected[index == chosen] {
                    (card.card.configuration)
                    " (" (card.file) ")"
                }
            }
        }
    }
}

fn cell(words: &Words, card: &Scorecard, index: usize, category: Category, adversary: Adversary) -> Markup {
    let link =
        format!("/privacy/evidence?card={index}&category={}&adversary={}", category.name(), adversary.name());
    let (class, text) = match card.cell(category, adversary) {
        Cell::Measured { high, .. } => (class(high), format!("≤ {:.2}", high.clamp(0.0, 1.0))),
        Cell::NotMeasured { leak: Some(high), .. } if high > MUCH => {
            ("much", format!("≤ {:.2}?", high.clamp(0.0, 1.0)))
        }
        Cell::NotMeasured { .. } => ("unknown", words.say("privacy-not-measured")),
        Cell::NoMechanism { .. } => ("unknown", words.say("privacy-no-mechanism")),
        Cell::NotApplicable => return html! { span .none { "–" } },
    };
    html! {
        a .cell .(class) href=(link) { (mark(class)) " " (text) }
    }
}

fn class(high: f64) -> &'static str {
    if high < LITTLE {
        "little"
    } else if high < MUCH {
        "some"
    } else {
        "much"
    }
}

/// What says the same as the colour.
fn mark(class: &str) -> &'static str {
    match class {
        "little" => "○",
        "some" => "◐",
        "much" => "●",
        _ => "?",
    }
}

fn knows(card: &Scorecard, adversary: Adversary) -> bool {
    Category::ALL.into_iter().any(|category| card.cell(category, adversary) != Cell::NotApplicable)
}
