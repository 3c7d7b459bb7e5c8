//! The page.

use maud::{Markup, html};

use super::{Asked, address, row, row::Row, side, tiles};
use crate::{
    base_map::BaseMap,
    board::{Case, CaseKey, Counts, Filter, StatusFilter, Triage},
    feed,
    words::Words,
};

/// Rows of a page: more on demand.
pub(super) const ROWS: usize = 200;

/// What is read from the board in one look: the feed waits no longer than that.
struct Looked {
    seq: u64,
    counts: Counts,
    rows: Vec<Row>,
    has_more: bool,
    oldest: Option<(CaseKey, Case)>,
    left_out: u64,
    k: u32,
}

pub(super) fn body(
    words: &Words,
    view: &feed::View,
    base: Option<&BaseMap>,
    asked: &Asked,
    now: u64,
) -> Markup {
    let filter = asked.filter();
    let is_wall = asked.wall.is_some();
    let looked = view.board.look(|board| {
        let (page, has_more) = board.page(&filter, asked.skip, if is_wall { 0 } else { ROWS });
        Looked {
            seq: board.seq(),
            counts: board.counts(now),
            rows: page.into_iter().map(|(key, case)| Row::of(words, key, case, now)).collect(),
            has_more,
            oldest: board.oldest_red().map(|(key, case)| (key, case.clone())),
            left_out: board.left_out(),
            k: board.rule().k(),
        }
    });
    let health = view.health();
    html! {
        div #operations .wall[is_wall] data-since=(view.board.event_id(looked.seq)) data-rows=(ROWS) data-skip=(asked.skip)
            data-triage=(filter.triage.map_or("", Triage::name)) data-zone=[filter.zone.as_deref()]
            data-status=(filter.status.name()) data-now=(now)
            data-minutes=(pattern(words, "operations-minutes")) data-hours=(pattern(words, "operations-hours"))
            data-days=(pattern(words, "operations-days")) {
            (side::health_line(words, &health, now))
            p #live .trouble role="status" hidden { (words.say("operations-not-live")) }
            (tiles::tiles(words, &looked.counts, filter.triage))
            (oldest(words, looked.oldest.as_ref(), now, is_wall))
            div .columns {
                @if !is_wall {
                    section .queue aria-labelledby="queue" {
                        div .head {
                            h2 #queue { (words.say("operations-queue")) }
                            (filters(words, &filter, &looked.counts))
                        }
                        ol #cases aria-labelledby="queue" {
                            @for row in &looked.rows { (row.markup(words)) }
                        }
                        p #empty hidden[!looked.rows.is_empty()] { (words.say("operations-queue-empty")) }
                        (pages(words, &filter, asked.skip, looked.has_more))
                        (Row::templates(words))
                    }
                }
                div .side {
                    (side::map(words, view, base, &looked.counts))
                    (side::zones(words, &looked.counts, looked.k))
                    @if !is_wall {
                        (side::silent(words, view, health.epoch, now))
                        (side::sources(words, view, &health, looked.left_out, now))
                    }
                }
            }
            p .no-print .views {
                @if is_wall {
                    a href="/operations" { (words.say("operations-leave-wall")) }
                } @else {
                    a href="/operations?wall" { (words.say("operations-wall")) }
                }
            }
        }
    }
}

/// A message as the script fills it in.
fn pattern(words: &Words, id: &str) -> String {
    words.with(id, &[("n", "{n}".into()), ("m", "{m}".into())])
}

/// A single person is on no wall.
fn oldest(words: &Words, oldest: Option<&(CaseKey, Case)>, now: u64, is_wall: bool) -> Markup {
    html! {
        p #oldest .oldest data-since=[oldest.map(|(_, case)| case.since)] {
            (row::tag(Triage::Immediate.name()))
            span .label { (words.say("operations-oldest")) }
            strong .age { (oldest.map_or_else(|| words.say("operations-none"), |(_, case)| row::age(words, now.saturating_sub(case.since)))) }
            @if !is_wall {
                a href=[oldest.map(|(key, _)| format!("/operations/case/{}", key.text()))] hidden[oldest.is_none()] {
                    (words.say("operations-look"))
                }
            }
        }
    }
}

fn filters(words: &Words, filter: &Filter, counts: &Counts) -> Markup {
    html! {
        form .filters method="get" action="/operations" {
            label { span { (words.say("operations-colour")) }
                select name="triage" {
                    option value="" { (words.say("operations-any")) }
                    @for triage in Triage::ALL {
                        option value=(triage.name()) selected[filter.triage == Some(triage)] {
                            (words.say(&format!("operations-{}", triage.name())))
                        }
                    }
                }
            }
            label { span { (words.say("operations-zone")) }
                select name="zone" {
                    option value="*" { (words.say("operations-any")) }
                    @for label in labels(filter, counts) {
                        option value=(label) selected[filter.zone.as_deref() == Some(label)] {
                            @if label.is_empty() { (words.say("operations-no-zone")) } @else { (label) }
                        }
                    }
                }
            }
            label { span { (words.say("operations-status")) }
                select name="status" {
                    @for status in StatusFilter::ALL {
                        option value=(status.name()) selected[filter.status == status] {
                            (words.say(&format!("operations-status-{}", status.name())))
                        }
                    }
                }
            }
            button .quiet type="submit" { (words.say("operations-apply")) }
        }
    }
}

/// The zones that there are, and the one that is asked for.
fn labels<'a>(filter: &'a Filter, counts: &'a Counts) -> Vec<&'a str> {
    let mut labels: Vec<_> =
        counts.zones.iter().map(|zone| zone.zone.as_ref().map_or("", |zone| &*zone.label)).collect();
    labels.extend(filter.zone.as_deref());
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn pages(words: &Words, filter: &Filter, skip: usize, has_more: bool) -> Markup {
    html! {
        p .pages .no-print {
            @if skip > 0 {
                a rel="prev" href=(address(filter, skip.saturating_sub(ROWS))) { (words.say("operations-before")) }
            }
            a #more rel="next" href=(address(filter, skip + ROWS)) hidden[!has_more] { (words.say("operations-more")) }
        }
    }
}
