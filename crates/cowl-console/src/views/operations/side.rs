//! Beside the queue: the map, the zones with their trends, who is silent, and where reports come from.

use cowl_core::Epoch;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{address, base, row};
use crate::{
    base_map::BaseMap,
    board::{Bars, Counts, Filter, Shown, Triage, ZoneCounts},
    feed::{self, Health, Link},
    map::{Drawn, Map, shade},
    words::Words,
};

/// Silent devices that are named.
const SILENT: usize = 12;

pub(super) fn map(words: &Words, view: &feed::View, base: Option<&BaseMap>, counts: &Counts) -> Markup {
    let Some(map) = Map::of(&view.manifest().policy, counts) else { return html! {} };
    let under = base.map(|base| map.under(base)).unwrap_or_default();
    html! {
        section .map aria-labelledby="map-title" {
            h2 #map-title { (words.say("operations-map")) }
            svg #map class=[base.map(|base| base::class(base, &under))]
                viewBox={ "0 0 1000 " (map.height) } role="group" aria-label=(words.say("operations-map"))
                data-nobody=(words.with("operations-map-nobody", &[("zone", "{zone}".into())])) {
                @if base.is_some() { (base::pictures(&under)) }
                @for zone in &map.zones {
                    @let filter = Filter { zone: Some(zone.label.clone()), ..Filter::default() };
                    a .zone .{ "s" (zone.shade) } href=(address(&filter, 0)) data-level=(zone.level) data-zone=(zone.label) data-room=[zone.has_room.then_some("")]
                        data-x=(zone.x) data-y=(zone.y) aria-label=(said(words, zone)) {
                        title { (said(words, zone)) }
                        path d=(zone.path) {}
                        @if let Some(text) = inside(zone) {
                            text x=(zone.x) y=(zone.y) { (text) }
                        }
                    }
                }
            }
            p .legend .hint { (words.say("operations-map-legend")) }
            @if let Some(base) = base { (base::credit(words, base, under.is_empty())) }
        }
    }
}

/// What the script draws when a zone turns up that the page did not have.
pub(super) fn map_json(words: &Words, view: &feed::View, base: Option<&BaseMap>, now: u64) -> Value {
    let counts = view.board.look(|board| board.counts(now));
    let Some(map) = Map::of(&view.manifest().policy, &counts) else {
        return json!({ "height": 300, "base": [], "zones": [] });
    };
    let zones = map.zones.iter().map(|zone| {
        let filter = Filter { zone: Some(zone.label.clone()), ..Filter::default() };
        json!({
            "level": zone.level, "zone": zone.label, "href": address(&filter, 0), "path": zone.path, "x": zone.x, "y": zone.y,
            "shade": zone.shade, "said": said(words, zone), "text": inside(zone), "room": zone.has_room,
        })
    });
    let under = base.map(|base| map.under(base)).unwrap_or_default();
    json!({ "height": map.height, "base": base::json(&under), "zones": zones.collect::<Vec<_>>() })
}

/// What the script changes on the map: the zones in which somebody waits.
pub(super) fn shades(words: &Words, counts: &Counts) -> Value {
    let zones = counts.zones.iter().filter_map(|row| {
        let zone = row.zone.as_ref()?;
        let (red, total) = (row.of_colour(Triage::Immediate), row.row.total);
        let text = (red != Shown::Exact(0)).then(|| red.to_string());
        let said = counted(words, &zone.label, red, total);
        Some(json!({ "level": &*zone.level, "zone": &*zone.label, "shade": shade(red, counts), "said": said, "text": text }))
    });
    zones.collect()
}

fn said(words: &Words, zone: &Drawn) -> String {
    match (zone.red, zone.total) {
        (Some(red), Some(total)) => counted(words, &zone.label, red, total),
        _ => words.with("operations-map-nobody", &[("zone", zone.label.as_str().into())]),
    }
}

fn counted(words: &Words, label: &str, red: Shown, total: Shown) -> String {
    let counts =
        [("zone", label.into()), ("red", red.to_string().into()), ("total", total.to_string().into())];
    words.with("operations-map-zone", &counts)
}

/// The count, where somebody waits and there is room for it.
fn inside(zone: &Drawn) -> Option<String> {
    let red = zone.red.filter(|red| *red != Shown::Exact(0))?;
    zone.has_room.then(|| red.to_string())
}

pub(super) fn zones(words: &Words, counts: &Counts, k: u32) -> Markup {
    html! {
        section .zones aria-labelledby="zones-title" {
            h2 #zones-title { (words.say("operations-zones")) }
            div .scroll {
                table {
                    thead {
                        tr {
                            th scope="col" { (words.say("operations-zone")) }
                            @for triage in Triage::ALL {
                                th scope="col" {
                                    (row::tag(triage.name()))
                                    span .sr { (words.say(&format!("operations-{}", triage.name()))) }
                                }
                            }
                            th scope="col" { (words.say("operations-all")) }
                            th scope="col" { (words.say("operations-trend")) }
                        }
                    }
                    tbody #zones {
                        @for zone in &counts.zones {
                            (zone_row(words, zone))
                        }
                    }
                    tfoot {
                        tr {
                            th scope="row" { (words.say("operations-all")) }
                            @for triage in Triage::ALL {
                                td dir="ltr" data-triage=(triage.name()) { (counts.of_colour(triage)) }
                            }
                            td #total dir="ltr" { (counts.total) }
                            td {}
                        }
                    }
                }
            }
            @if k > 1 {
                p .hint { (words.with("operations-hidden", &[("k", k.into())])) }
            }
        }
    }
}

fn zone_row(words: &Words, zone: &ZoneCounts) -> Markup {
    let (label, level) = zone.zone.as_ref().map_or(("", ""), |zone| (&*zone.label, &*zone.level));
    let filter = Filter { zone: Some(label.to_owned()), ..Filter::default() };
    html! {
        tr data-zone=(label) data-level=(level) {
            th scope="row" {
                a href=(address(&filter, 0)) {
                    @if label.is_empty() { (words.say("operations-no-zone")) } @else { bdi { (label) } }
                }
            }
            @for triage in Triage::ALL {
                td dir="ltr" { (zone.of_colour(triage)) }
            }
            td dir="ltr" { (zone.row.total) }
            td { (trend(words, zone.trend.as_ref())) }
        }
    }
}

/// What the script makes of the table.
pub(super) fn zones_json(words: &Words, counts: &Counts) -> Value {
    let zones = counts.zones.iter().map(|zone| {
        let label = zone.zone.as_ref().map_or("", |zone| &*zone.label);
        let filter = Filter { zone: Some(label.to_owned()), ..Filter::default() };
        let cells: Vec<_> = Triage::ALL.iter().map(|triage| zone.of_colour(*triage).to_string()).collect();
        let name = if label.is_empty() { words.say("operations-no-zone") } else { label.to_owned() };
        json!({
            "zone": label, "name": name, "href": address(&filter, 0), "cells": cells, "total": zone.row.total.to_string(),
            "trend": trend_json(words, zone.trend.as_ref()),
        })
    });
    zones.collect()
}

/// Bars in letters, and the direction in a word: without a picture, and in print.
fn trend(words: &Words, bars: Option<&Bars>) -> Markup {
    let (said, drawn) = trend_said(words, bars);
    html! { span .trend { span .bars dir="ltr" aria-hidden="true" { (drawn) } " " span .sr { (said) } } }
}

fn trend_json(words: &Words, bars: Option<&Bars>) -> Value {
    let (said, drawn) = trend_said(words, bars);
    json!([drawn, said])
}

fn trend_said(words: &Words, bars: Option<&Bars>) -> (String, String) {
    let Some(bars) = bars else { return (words.say("operations-trend-hidden"), "–".to_owned()) };
    let most = bars.counts.iter().max().copied().unwrap_or(0).max(1);
    let block = |count: &u32| {
        let height = usize::try_from(u64::from(*count) * 7 / u64::from(most)).unwrap_or(7);
        if *count == 0 { '·' } else { "▁▂▃▄▅▆▇█".chars().nth(height).unwrap_or('█') }
    };
    let arrow = match bars.rises() {
        Some(std::cmp::Ordering::Greater) => ("operations-rising", " ↗"),
        Some(std::cmp::Ordering::Less) => ("operations-falling", " ↘"),
        _ => ("operations-steady", " →"),
    };
    let drawn: String = bars.counts.iter().map(block).collect();
    let counts: Vec<_> = bars.counts.iter().map(ToString::to_string).collect();
    let said = words.with(
        "operations-trend-said",
        &[("hours", bars.hours.to_string().into()), ("counts", counts.join(", ").into())],
    );
    (format!("{} {said}", words.say(arrow.0)), drawn + arrow.1)
}

pub(super) fn silent(words: &Words, view: &feed::View, epoch: Epoch, now: u64) -> Markup {
    let silent: Vec<_> = view.board.look(|board| {
        let silent = board.silent(now, epoch, SILENT).into_iter();
        silent
            .map(|(key, case, since)| {
                (key, case.triage, row::name(words, case), row::place(words, case), since)
            })
            .collect()
    });
    html! {
        section .silent aria-labelledby="silent-title" {
            h2 #silent-title { (words.say("operations-silent")) }
            @if silent.is_empty() {
                p { (words.say("operations-silent-none")) }
            } @else {
                ul {
                    @for (key, triage, name, place, since) in silent {
                        li {
                            (row::tag(triage.name()))
                            a href={ "/operations/case/" (key.text()) } { bdi { (name) } }
                            " " bdi { (place) } " "
                            span .age { (row::age(words, now.saturating_sub(since))) }
                        }
                    }
                }
            }
            p .hint { (words.say("operations-silent-why")) }
        }
    }
}

/// Where reports come from, as far as this role can know.
pub(super) fn sources(words: &Words, view: &feed::View, health: &Health, left_out: u64, now: u64) -> Markup {
    let ago = |seconds: u64| row::age(words, now.saturating_sub(seconds));
    let slot = u64::from(view.manifest().policy.traffic.slot_ms) / 1_000;
    html! {
        section .sources aria-labelledby="sources-title" {
            h2 #sources-title { (words.say("operations-sources")) }
            @if let Some(since) = health.silent_since(now, slot) {
                p .trouble { (words.with("operations-gateways-silent", &[("age", ago(since).into())])) }
            }
            dl {
                dt { (words.say("operations-last-report")) }
                dd { (health.last_report.map_or_else(|| words.say("operations-none"), ago)) }
                dt { (words.say("operations-last-cover")) }
                dd { (health.last_cover.map_or_else(|| words.say("operations-none"), ago)) }
                @for (what, count) in [
                    ("operations-looked-for", u64::try_from(health.waiting).unwrap_or(u64::MAX)),
                    ("operations-refused", health.refused),
                    ("operations-withdrawn", health.withdrawn),
                    ("operations-left-out", left_out),
                ] {
                    @if count > 0 {
                        dt { (words.say(what)) }
                        dd { (count) }
                    }
                }
            }
            p .hint { (words.say("operations-gateways-why")) }
        }
    }
}

/// One line above all: whether what is seen is what there is.
pub(super) fn health_line(words: &Words, health: &Health, now: u64) -> Markup {
    let (is_trouble, said) = link_said(words, health, now);
    html! {
        p #health .link .trouble[is_trouble] role="status" { (said) }
        @if let Link::Lost(why) | Link::Ended(why) = &health.link {
            p .hint lang="en" dir="ltr" { (why) }
        }
        @if let Some(until) = health.reads_until {
            p .trouble { (words.with("operations-revoked", &[("epoch", until.0.to_string().into())])) }
        }
        @if health.forged > 0 {
            p .trouble { (words.say("operations-forged")) }
        }
    }
}

/// The same for the script.
pub(super) fn health_json(words: &Words, health: &Health, now: u64) -> Value {
    let (is_trouble, said) = link_said(words, health, now);
    json!([is_trouble, said])
}

/// Whether it is trouble, and what to say.
fn link_said(words: &Words, health: &Health, now: u64) -> (bool, String) {
    let age = row::age(words, now.saturating_sub(health.since));
    match &health.link {
        Link::Ended(_) => (true, words.with("operations-ended", &[("age", age.into())])),
        _ if health.is_loading => (false, words.say("operations-loading")),
        Link::Connecting => (false, words.say("operations-connecting")),
        Link::Connected => (false, words.say("operations-connected")),
        Link::Lost(_) => (true, words.with("operations-lost", &[("age", age.into())])),
    }
}
