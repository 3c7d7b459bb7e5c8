//! A case in the queue: what it says, once for the page and once for the script.

use maud::{Markup, html};
use serde::Serialize;

use crate::{
    board::{Case, CaseKey, Status, Triage},
    words::Words,
};

/// A row, in words.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) key: String,
    pub(super) triage: &'static str,
    /// Its place among the colours.
    pub(super) rank: usize,
    /// Unix seconds.
    pub(super) since: u64,
    pub(super) age: String,
    pub(super) name: String,
    /// The zone as it is filtered by; empty: none.
    pub(super) zone: String,
    pub(super) place: String,
    pub(super) urgent: bool,
    pub(super) fields: Vec<(String, String)>,
    pub(super) status: &'static str,
    pub(super) state: String,
    pub(super) to: String,
}

impl Row {
    pub(super) fn of(words: &Words, key: CaseKey, case: &Case, now: u64) -> Self {
        let status = case.status();
        let sent = case.standing.as_ref().map(|standing| standing.to.to_string());
        Self {
            key: key.text(),
            triage: case.triage.name(),
            rank: case.triage.column(),
            since: case.since,
            age: age(words, now.saturating_sub(case.since)),
            name: name(words, case),
            zone: case.zone.as_ref().map(|zone| zone.label.to_string()).unwrap_or_default(),
            place: place(words, case),
            urgent: case.urgent && case.triage != Triage::Immediate,
            fields: case
                .fields
                .iter()
                .map(|field| (field.name.to_string(), field.value.to_string()))
                .collect(),
            status: status.name(),
            state: words.say(&format!("operations-status-{}", status.name())),
            to: sent.unwrap_or_default(),
        }
    }

    pub(super) fn markup(&self, words: &Words) -> Markup {
        html! {
            li .case .(self.triage) .urgent[self.urgent] data-key=(self.key) data-rank=(self.rank) data-since=(self.since)
                data-zone=(self.zone) data-status=(self.status) {
                (tag(self.triage))
                div .what {
                    a .name href={ "/operations/case/" (self.key) } {
                        span .sr { (words.say(&format!("operations-{}", self.triage))) " · " }
                        bdi { (self.name) }
                    }
                    span .place { bdi { (self.place) } }
                    span .fields {
                        @for (name, value) in &self.fields {
                            span { b { (name) } " " bdi { (value) } }
                        }
                    }
                }
                div .state {
                    time .age { (self.age) }
                    span .status { (self.state) }
                    span .to { bdi { (self.to) } }
                }
            }
        }
    }

    /// What the script clones: a row of each colour with nothing in it.
    pub(super) fn templates(words: &Words) -> Markup {
        html! {
            @for triage in Triage::ALL {
                template id={ "case-" (triage.name()) } { (Self::empty(triage).markup(words)) }
            }
        }
    }

    fn empty(triage: Triage) -> Self {
        Self {
            key: String::new(),
            triage: triage.name(),
            rank: triage.column(),
            since: 0,
            age: String::new(),
            name: String::new(),
            zone: String::new(),
            place: String::new(),
            urgent: false,
            fields: Vec::new(),
            status: Status::Open.name(),
            state: String::new(),
            to: String::new(),
        }
    }
}

/// A colour's shape with its letter; the word stands beside it.
pub(crate) fn tag(triage: &str) -> Markup {
    let letter = Triage::named(triage).map_or("?", Triage::letter);
    html! { span .tag .(triage) aria-hidden="true" { span { (letter) } } }
}

/// Who it is: the pseudonym that all roles know, or that nobody vouches for it.
pub(crate) fn name(words: &Words, case: &Case) -> String {
    case.whose.from.map_or_else(|| words.say("operations-walk-in"), |from| from.to_string())
}

/// Where it is, as finely as the role may know.
pub(super) fn place(words: &Words, case: &Case) -> String {
    case.zone.as_ref().map_or_else(|| words.say("operations-no-zone"), |zone| zone.label.to_string())
}

/// How long ago, in the two largest units.
pub(super) fn age(words: &Words, seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let say = |id, one: u64, other: u64| {
        words.with(id, &[("n", one.to_string().into()), ("m", other.to_string().into())])
    };
    if days > 0 {
        say("operations-days", days, hours % 24)
    } else if hours > 0 {
        say("operations-hours", hours, minutes % 60)
    } else {
        say("operations-minutes", minutes, 0)
    }
}

/// When, in UTC: the clock of the room may be anyone's.
pub(super) fn moment(seconds: u64) -> Markup {
    let text = cowl_core::rfc3339(seconds);
    html! { time datetime=(text) dir="ltr" { (text.replace('T', " ").replace('Z', " UTC")) } }
}
