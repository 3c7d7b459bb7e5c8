//! One case: everything that the role may read of it, and what is done about it.

use maud::{Markup, html};

use super::row;
use crate::{
    board::{Case, CaseKey, Status},
    layout,
    session::Session,
    words::Words,
};

/// `glass`: where custodians can be asked for more of it.
pub(super) fn body(session: &Session, key: CaseKey, case: &Case, glass: Option<String>, now: u64) -> Markup {
    let words = session.words();
    html! {
        div .one .(case.triage.name()) {
            p .headline {
                (row::tag(case.triage.name()))
                strong { (words.say(&format!("operations-{}", case.triage.name()))) }
                " " (words.with("operations-for", &[("age", row::age(words, now.saturating_sub(case.since)).into())]))
            }
            @if case.whose.from.is_none() {
                p .hint { (words.say("operations-unverified")) }
            }
            dl {
                dt { (words.say("operations-zone")) }
                dd {
                    bdi { (row::place(words, case)) }
                    @if let Some(zone) = &case.zone { " (" bdi { (zone.level) } ")" }
                }
                @for field in &case.fields {
                    dt { (field.name) }
                    dd {
                        bdi { (field.value) }
                        @if let Some(precision) = &field.precision {
                            " " span .hint { (words.with("operations-precision", &[("step", precision.to_string().into())])) }
                        }
                    }
                }
                dt { (words.say("operations-reports")) }
                dd { (case.reports) }
                dt { (words.say("operations-first")) }
                dd { (row::moment(case.first)) }
                dt { (words.say("operations-last")) }
                dd { (row::moment(case.last)) }
                dt { (words.say("operations-status")) }
                dd { (standing(words, case)) }
            }
        }
        h2 { (words.say("operations-do")) }
        div .deeds {
            @if case.waits() {
                form method="post" action="/operations/case" {
                    (hidden(session, key, Status::Assigned))
                    label for="to" { (words.say("operations-assign-to")) }
                    input #to type="text" name="to" maxlength="60" required autocomplete="off" autofocus;
                    button type="submit" { (words.say("operations-assign")) }
                }
            }
            @for (status, id) in [
                (Status::Attended, "operations-attend"),
                (Status::Closed, "operations-close"),
                (Status::Open, "operations-reopen"),
            ] {
                @if status != case.status() {
                    form method="post" action="/operations/case" {
                        (hidden(session, key, status))
                        button .quiet[status == Status::Open] type="submit" { (words.say(id)) }
                    }
                }
            }
        }
        @if let Some(address) = glass {
            p .no-print { a href=(address) { (words.say("glass-case")) } }
        }
        p .no-print { a href="/operations" { (words.say("operations-back")) } }
    }
}

fn hidden(session: &Session, key: CaseKey, status: Status) -> Markup {
    html! {
        (layout::token(session))
        input type="hidden" name="key" value=(key.text());
        input type="hidden" name="status" value=(status.name());
    }
}

/// What was done, by whom and when.
fn standing(words: &Words, case: &Case) -> Markup {
    let said = words.say(&format!("operations-status-{}", case.status().name()));
    html! {
        (said)
        @if let Some(standing) = &case.standing {
            @if !standing.to.is_empty() { ": " bdi { (standing.to) } }
            " " span .hint { (words.say("operations-noted-by")) " " bdi { (standing.by) } ", " (row::moment(standing.at)) }
        }
    }
}
