//! The layers of a demonstration's protection: a switch for each, and in words what it changes for whoever listens.

use maud::{Markup, html};
use serde::Serialize;

use crate::{
    layout,
    session::Session,
    sides::{Figures, Layer, LayerState, Sides, names},
    words::Words,
};

/// A layer and its figure at a moment, for the page and for its script.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    name: &'static str,
    on: bool,
    /// What it keeps flat, counted on the left: before it was taken away, and now. Empty: it cannot be taken away.
    figure: String,
}

/// All layers of what is on.
pub(super) fn lines(words: &Words, sides: &Sides) -> Vec<Line> {
    let layers = sides.stage.as_ref().map(|stage| stage.layers()).unwrap_or_default();
    let now = sides.ear.figures();
    let before = sides.ear.whole().filter(|_| !sides.is_whole());
    let line = |layer: Layer| Line {
        name: layer.name,
        on: layer.state != LayerState::Off,
        figure: if layer.state == LayerState::Fixed {
            String::new()
        } else {
            figure(words, layer.name, before.as_ref(), &now)
        },
    };
    layers.into_iter().map(line).collect()
}

/// One form for each, so that it works without a script and by keyboard.
pub(super) fn switches(session: &Session, words: &Words, lines: &[Line]) -> Markup {
    if lines.is_empty() {
        return html! { p .hint { (words.say("sides-layers-none")) } };
    }
    html! {
        section #layers aria-labelledby="layers-title" {
            h2 #layers-title { (words.say("sides-layers")) }
            p .hint { (words.say("sides-layers-what")) }
            ul .layers {
                @for line in lines { li data-layer=(line.name) { (switch(session, words, line)) } }
            }
        }
    }
}

fn switch(session: &Session, words: &Words, line: &Line) -> Markup {
    let (name, is_fixed) = (words.say(&format!("sides-layer-{}", line.name)), line.figure.is_empty());
    let (what, why) = (format!("sides-what-{}", line.name), format!("what-{}", line.name));
    html! {
        @if is_fixed {
            button type="button" disabled aria-pressed="true" aria-describedby=(why) { (name) }
        } @else {
            form .presets method="post" action="/sides/layer" {
                (layout::token(session))
                input type="hidden" name="layer" value=(line.name);
                button type="submit" name="to" value=(if line.on { "off" } else { "on" })
                    aria-pressed=(if line.on { "true" } else { "false" }) aria-describedby=(why) { (name) }
            }
        }
        p #(why) .hint { (words.say(&what)) }
        @if !is_fixed { p .figure { (line.figure) } }
    }
}

/// What a layer keeps flat, in words.
fn figure(words: &Words, layer: &str, before: Option<&Figures>, now: &Figures) -> String {
    let value = |figures: &Figures| match layer {
        "padding" => figures.sizes.to_string(),
        "slots" => figures.rhythm.map_or("…".to_owned(), |(fewest, most)| format!("{fewest}–{most}")),
        "tags" => format!("{} / {}", figures.alike, figures.messages),
        "topics" => figures.topics.to_string(),
        "reducing" => figures.longest.to_string(),
        _ if figures.kinds.is_empty() => words.say("sides-tells-nothing"),
        _ => {
            let kinds: Vec<String> = figures.kinds.iter().map(|kind| names::kind(words, kind)).collect();
            super::list(words, &kinds)
        }
    };
    let now = value(now);
    let value = match before.map(value) {
        Some(before) => words.with("sides-change", &[("before", before.into()), ("now", now.into())]),
        None => now,
    };
    words.with(&format!("sides-figure-{layer}"), &[("value", value.into())])
}

#[cfg(test)]
mod tests {
    use cowl::consent::Language;

    use super::*;

    #[test]
    fn every_layer_says_what_changed() {
        let words = Words::of(Language::English);
        let before = Figures { messages: 9, sizes: 1, topics: 1, rhythm: Some((4, 6)), ..Figures::default() };
        let now = Figures {
            messages: 30,
            sizes: 7,
            longest: 900,
            topics: 12,
            alike: 20,
            kinds: vec!["latitude".to_owned(), "zone".to_owned()],
            rhythm: Some((0, 11)),
        };
        let said = ["padding", "slots", "tags", "topics", "reducing", "sealing"]
            .map(|layer| figure(words, layer, Some(&before), &now));
        for (said, change) in said.iter().zip([
            "1 → 7",
            "4–6 → 0–11",
            "0 / 9 → 20 / 30",
            "1 → 12",
            "0 → 900",
            "nothing → latitude, zone",
        ]) {
            assert!(said.ends_with(change), "{said}");
        }
        assert!(figure(words, "slots", None, &Figures::default()).ends_with(": …"));
        // In Arabic each value keeps its own direction, and the arrow points the way that is read.
        let arabic = figure(Words::of(Language::Arabic), "padding", Some(&before), &now);
        assert!(arabic.contains('←') && arabic.contains('\u{2068}'), "{arabic}");
        // What contents tell is told in the page's language.
        let kinds = vec!["latitude".to_owned(), "temperature".to_owned()];
        let arabic = figure(Words::of(Language::Arabic), "sealing", None, &Figures { kinds, ..now });
        assert!(arabic.contains("خط العرض، درجة الحرارة"), "{arabic}");
    }
}
