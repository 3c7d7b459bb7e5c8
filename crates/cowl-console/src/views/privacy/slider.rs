//! The plan's slider: each position a slot, with what it costs and what it leaves to see. All positions stand in the table below it,
//! so that nothing depends on a script.

use std::time::Duration;

use cowl_core::Policy;
use maud::{Markup, html};

use crate::{
    layout,
    privacy::{Answer, Budget, Plan},
    session::Session,
    words::Words,
};

/// The slots of the slider's positions, in milliseconds.
pub(super) fn slots(policy: &Policy) -> Vec<u32> {
    let mut slots = crate::privacy::SLOTS.to_vec();
    slots.push(policy.traffic.slot_ms);
    slots.sort_unstable();
    slots.dedup();
    slots
}

pub(super) fn form(
    session: &Session,
    words: &Words,
    plan: &Plan,
    policy: &Policy,
    asked: Option<usize>,
) -> Markup {
    let budgets = Plan::budgets(policy);
    let own = budgets.iter().position(|budget| budget.slot_ms == policy.traffic.slot_ms).unwrap_or(0);
    let chosen = asked.filter(|index| *index < budgets.len()).unwrap_or(own);
    let most = budgets.len().saturating_sub(1);
    let Some(budget) = budgets.get(chosen) else { return html! {} };
    let answer = plan.answer(policy, budget.slot_ms);
    html! {
        form #slider .slider method="get" action="/privacy#plan" {
            label for="slot" { (words.say("privacy-slot")) }
            span .ends {
                span { (words.say("privacy-fast")) }
                input #slot name="slot" type="range" min="0" max=(most) step="1" value=(chosen) aria-describedby="slot-now";
                span { (words.say("privacy-cheap")) }
            }
            button type="submit" { (words.say("privacy-show")) }
        }
        p #slot-now .now role="status" { strong { (slot(words, budget.slot_ms)) } ": " (said(words, budget, &answer)) }
        @if plan.can_measure() && matches!(answer, Answer::Unasked | Answer::Failed) {
            form method="post" action="/privacy/measure" {
                (layout::token(session))
                input type="hidden" name="slot" value=(chosen);
                button type="submit" { (words.with("privacy-measure", &[("slot", slot(words, budget.slot_ms).into())])) }
                p .hint { (words.say("privacy-measure-how")) }
            }
        }
        @if let Answer::Known(measured) = &answer {
            p .hint { (words.say("privacy-measured-how")) " " bdi lang="en" dir="ltr" { (measured.how) } }
        }
        div .scroll tabindex="0" role="region" aria-label=(words.say("privacy-plan")) {
            table #slots {
                caption { (words.say("privacy-plan-caption")) }
                thead {
                    tr {
                        @for head in ["privacy-slot", "privacy-day", "privacy-urgent", "privacy-routine", "privacy-linking", "privacy-detecting"] {
                            th scope="col" { (words.say(head)) }
                        }
                    }
                }
                tbody {
                    @for (index, budget) in budgets.iter().enumerate() {
                        (row(words, plan, policy, budget, index, index == chosen, index == own))
                    }
                }
            }
        }
        p .hint { (words.say("privacy-plan-load")) }
    }
}

fn row(
    words: &Words,
    plan: &Plan,
    policy: &Policy,
    budget: &Budget,
    index: usize,
    chosen: bool,
    own: bool,
) -> Markup {
    let answer = plan.answer(policy, budget.slot_ms);
    let now = format!("{}: {}", slot(words, budget.slot_ms), said(words, budget, &answer));
    html! {
        tr .chosen[chosen] data-now=(now) data-measuring[answer == Answer::Asked] {
            th scope="row" {
                a href={ "/privacy?slot=" (index) "#plan" } aria-current=[chosen.then_some("true")] { (slot(words, budget.slot_ms)) }
                @if own { " " span .hint { (words.say("privacy-own")) } }
                @if budget.is_over { " " span .hint { (words.say("privacy-over")) } }
            }
            td { (day(words, budget)) }
            td { (leaves(words, budget.slot_ms, budget.urgent)) }
            td { (leaves(words, budget.slot_ms, budget.routine)) }
            @for pick in [linking, detecting] {
                td { (bound(words, &answer, pick)) }
            }
        }
    }
}

/// All of it in a sentence, for the slider and for who hears it read.
fn said(words: &Words, budget: &Budget, answer: &Answer) -> String {
    words.with(
        "privacy-now",
        &[
            ("day", day(words, budget).into()),
            ("urgent", leaves(words, budget.slot_ms, budget.urgent).into()),
            ("linking", bound(words, answer, linking).into()),
            ("detecting", bound(words, answer, detecting).into()),
        ],
    )
}

fn linking(measured: &crate::privacy::Measured) -> Option<f64> {
    measured.linking
}

fn detecting(measured: &crate::privacy::Measured) -> Option<f64> {
    measured.detecting
}

fn bound(words: &Words, answer: &Answer, pick: fn(&crate::privacy::Measured) -> Option<f64>) -> String {
    match answer {
        Answer::Known(measured) => pick(measured).map_or_else(
            || words.say("privacy-not-measured"),
            |high| format!("≤ {:.2}", high.clamp(0.0, 1.0)),
        ),
        Answer::Asked => words.say("privacy-measuring"),
        Answer::Unasked => words.say("privacy-not-yet"),
        Answer::Failed => words.say("privacy-failed-to-measure"),
    }
}

fn slot(words: &Words, slot_ms: u32) -> String {
    match slot_ms {
        0 => words.say("privacy-off"),
        ms if ms < 60_000 => {
            words.with("privacy-seconds", &[("n", (f64::from(ms) / 1_000.0).to_string().into())])
        }
        ms => words.with("privacy-minutes", &[("n", (f64::from(ms) / 60_000.0).to_string().into())]),
    }
}

fn day(words: &Words, budget: &Budget) -> String {
    match budget.daily_bytes {
        None => words.say("privacy-as-reported"),
        Some(bytes) => {
            let tenths = bytes.div_ceil(100_000);
            words.with("privacy-megabytes", &[("n", format!("{}.{}", tenths / 10, tenths % 10).into())])
        }
    }
}

fn leaves(words: &Words, slot_ms: u32, within: Option<Duration>) -> String {
    match within {
        _ if slot_ms == 0 => words.say("privacy-at-once"),
        None => words.say("privacy-never"),
        Some(within) if within < Duration::from_mins(2) => {
            words.with("privacy-seconds", &[("n", within.as_millis().div_ceil(1_000).to_string().into())])
        }
        Some(within) => {
            words.with("privacy-minutes", &[("n", within.as_secs().div_ceil(60).to_string().into())])
        }
    }
}
