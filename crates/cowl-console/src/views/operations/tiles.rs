//! How many wait, colour by colour: what is seen from across the room.

use maud::{Markup, html};

use super::{address, row};
use crate::{
    board::{Counts, Filter, Triage},
    words::Words,
};

pub(super) fn tiles(words: &Words, counts: &Counts, chosen: Option<Triage>) -> Markup {
    html! {
        ul .tiles aria-label=(words.say("operations-now")) {
            @for triage in Triage::ALL {
                @let filter = Filter { triage: Some(triage), ..Filter::default() };
                li {
                    a .tile .(triage.name()) href=(address(&filter, 0)) aria-current=[(chosen == Some(triage)).then_some("true")] {
                        (row::tag(triage.name()))
                        span .count dir="ltr" data-triage=(triage.name()) { (counts.of_colour(triage)) }
                        span .word { (words.say(&format!("operations-{}", triage.name()))) }
                        span .colour { (words.say(&format!("operations-{}-colour", triage.name()))) }
                    }
                }
            }
        }
    }
}
