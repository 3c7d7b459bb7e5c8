//! What the broker sees | what you see: the same messages, live, from both ends.

mod layers;

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, Response, StatusCode, header},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use cowl_core::rfc3339;
use futures_util::{future, stream};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::timeout};

use crate::{
    board::Case,
    feed,
    layout::{self, Nav},
    posted::Posted,
    seat::Seat,
    server,
    session::{Session, StreamPlace},
    shared::Shared,
    sides::{Heard, Opened, Sides, names, rows},
    views::operations,
    words::Words,
};

/// Messages that each side shows.
const SHOWN: usize = 12;
/// Bytes of a payload that are shown.
const BYTES: usize = 160;
/// Changes are gathered for so long, so that a busy broker does not keep a browser busy.
const GATHER: Duration = Duration::from_millis(400);
/// Between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route(Nav::Sides.path(), get(show))
        .route("/sides/events", get(events))
        .route("/sides/preset", post(switch))
        .route("/sides/layer", post(switch_layer))
}

/// Both sides at a moment, for the page and for its script.
#[derive(Debug, Serialize)]
struct Moment {
    left: Vec<Left>,
    right: Vec<Right>,
    /// What the left side amounts to, in a sentence.
    sum: String,
    leaks: bool,
    layers: Vec<layers::Line>,
}

#[derive(Debug, Serialize)]
struct Left {
    number: u64,
    time: String,
    topic: String,
    size: String,
    form: String,
    /// What the payload says.
    told: Vec<String>,
    /// What is said in place of that, if it says nothing or is for everybody.
    instead: String,
    /// What the topic says, in a phrase; empty: nothing.
    around: String,
    rows: Vec<Line>,
    more: String,
}

#[derive(Debug, Serialize)]
struct Line {
    at: String,
    /// Hex, text, and whether it is marked.
    pieces: Vec<(String, String, bool)>,
}

#[derive(Debug, Serialize)]
struct Right {
    time: String,
    /// Its name, its letter and its word.
    triage: Option<(&'static str, &'static str, String)>,
    fields: Vec<(String, String)>,
}

async fn show(State(shared): State<Shared>, session: Session) -> Response<Body> {
    if !session.is_desk() {
        return layout::refused(&session, &shared, StatusCode::FORBIDDEN, "frame-not-this-seat");
    }
    let words = session.words();
    let title = format!("{} | {}", words.say("sides-left"), words.say("sides-right"));
    let Some(sides) = shared.sides() else {
        let body = html! {
            p role="note" .trouble { (words.say("sides-no-ear")) }
            p { (words.say("sides-no-ear-how")) }
        };
        return layout::page(&session, words, Nav::Sides, &title, body);
    };
    let moment = moment(&shared, &session, sides, words);
    let stage = sides.stage.as_ref();
    let role = role(&shared, &session);
    let reads =
        shared.feed(session.seat).is_some() || stage.is_some_and(|stage| stage.opened(role).is_some());
    let body = html! {
        p { (words.say(if sides.hears_everything() { "sides-what" } else { "sides-what-own" })) }
        @if let Some(stage) = stage {
            (presets(&session, words, &stage.presets(), &stage.current()))
            (layers::switches(&session, words, &moment.layers))
        }
        p #sum .sum .leaks[moment.leaks] { (moment.sum) }
        p #paused .hint hidden { (words.say("sides-paused")) }
        div .sides {
            section .side .outside aria-labelledby="outside" {
                h2 #outside { (words.say("sides-left")) }
                ol #left { @for left in &moment.left { (message(left)) } }
                p .hint .waiting hidden[!moment.left.is_empty()] { (words.say("sides-waiting")) }
            }
            section .side .inside aria-labelledby="inside" {
                h2 #inside { (words.say("sides-right")) }
                @if reads {
                    ol #right { @for right in &moment.right { (report(right)) } }
                    p .hint .waiting hidden[!moment.right.is_empty()] { (words.say("sides-waiting")) }
                } @else {
                    p { (words.say("operations-no-feed")) }
                }
            }
        }
        (legend(words))
    };
    layout::page(&session, words, Nav::Sides, &title, body)
}

/// One button for each protection: without a script, and by keyboard.
fn presets(session: &Session, words: &Words, all: &[String], current: &str) -> Markup {
    html! {
        form .presets method="post" action="/sides/preset" {
            (layout::token(session))
            fieldset {
                legend { (words.say("sides-protection")) }
                @for preset in all {
                    button type="submit" name="preset" value=(preset) aria-pressed=(if preset == current { "true" } else { "false" }) {
                        (words.say(&format!("sides-preset-{preset}")))
                    }
                }
            }
            p .hint { (words.say("sides-protection-what")) }
        }
    }
}

fn message(left: &Left) -> Markup {
    html! {
        li data-number=(left.number) .telling[left.instead.is_empty()] {
            p .line {
                time { (left.time) } " " span .size { (left.size) } " " bdi .topic dir="ltr" { (left.topic) }
            }
            p .told {
                @if !left.instead.is_empty() {
                    span .good { (left.instead) }
                } @else {
                    @for told in &left.told { mark { (told) } " " }
                }
                " " span .hint { (left.form) " " (left.around) }
            }
            pre .dump dir="ltr" tabindex="0" {
                @for line in &left.rows {
                    span .at { (line.at) } "  "
                    @for (hex, _, marked) in &line.pieces { (piece(hex, *marked)) }
                    " "
                    @for (_, text, marked) in &line.pieces { (piece(text, *marked)) }
                    "\n"
                }
                @if !left.more.is_empty() { span .hint { (left.more) } }
            }
        }
    }
}

fn piece(text: &str, marked: bool) -> Markup {
    html! { @if marked { mark { (text) } } @else { (text) } }
}

fn report(right: &Right) -> Markup {
    html! {
        li {
            p .line {
                time { (right.time) }
                @if let Some((name, _, word)) = &right.triage { " " (operations::tag(name)) " " span .word { (word) } }
            }
            dl {
                @for (name, value) in &right.fields {
                    div { dt { bdi { (name) } } dd { bdi { (value) } } }
                }
            }
        }
    }
}

fn legend(words: &Words) -> Markup {
    html! {
        p .hint { mark { (words.say("sides-marked")) } " " (words.say("sides-marked-what")) }
        p .hint { (words.say("sides-not-here")) }
    }
}

fn moment(shared: &Shared, session: &Session, sides: &Sides, words: &Words) -> Moment {
    let (shape, since) = (sides.ear.shape(), sides.ear.since());
    let left: Vec<Left> = sides.ear.last(SHOWN).iter().map(|heard| left(words, heard)).collect();
    let role = role(shared, session);
    let right = match sides.stage.as_ref().and_then(|stage| stage.opened(role)) {
        Some(opened) => opened.into_iter().take(SHOWN).map(everybodys).collect(),
        None => shared.feed(session.seat).map(|view| boards(words, &view, since.at)).unwrap_or_default(),
    };
    let number = |id: &str, n: u64| words.with(id, &[("n", n.into())]);
    let sum = if shape.is_listening {
        words.with(
            "sides-sum",
            &[
                ("since", clock_of(since.at).into()),
                ("messages", number("sides-messages", shape.messages).into()),
                ("topics", number("sides-topics", many(shape.topics)).into()),
                ("sizes", number("sides-sizes", many(shape.sizes)).into()),
                ("telling", number("sides-telling", shape.telling).into()),
            ],
        )
    } else {
        words.say("sides-away")
    };
    Moment { left, right, sum, leaks: shape.telling > 0, layers: layers::lines(words, sides) }
}

/// The role of a session's seat, if it has one.
fn role<'a>(shared: &'a Shared, session: &Session) -> Option<&'a str> {
    shared.seat(session.seat).and_then(Seat::role)
}

fn left(words: &Words, heard: &Heard) -> Left {
    let shown = heard.size.min(BYTES);
    let marked = if heard.is_notice { &[] } else { heard.exposed.fields.as_slice() };
    let rows = rows(&heard.head, marked, BYTES).into_iter().map(|row| Line {
        at: format!("{:04x}", row.at),
        pieces: row.pieces.into_iter().map(|piece| (piece.hex, piece.text, piece.is_marked)).collect(),
    });
    let kinds = |of_payload: bool| {
        let mut kinds: Vec<String> = Vec::new();
        for field in heard.exposed.fields.iter().filter(|told| told.span.is_some() == of_payload) {
            let kind = names::kind(words, &field.kind);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    };
    let (told, around) = (kinds(true), kinds(false));
    let instead = if heard.is_notice {
        words.say("sides-public")
    } else if told.is_empty() {
        words.say("sides-nothing")
    } else {
        String::new()
    };
    let more = heard.size - shown;
    Left {
        number: heard.number,
        time: clock_of(heard.at),
        topic: heard.topic.clone(),
        size: words.with("sides-bytes", &[("n", many(heard.size).into())]),
        form: names::form(words, &heard.exposed.form),
        instead,
        told,
        around: if around.is_empty() {
            String::new()
        } else {
            format!("· {} {}", words.say("sides-in-topic"), list(words, &around))
        },
        rows: rows.collect(),
        more: if more > 0 { words.with("sides-more", &[("n", many(more).into())]) } else { String::new() },
    }
}

/// What the seat's keys opened since then, as its board has it.
fn boards(words: &Words, view: &feed::View, since: u64) -> Vec<Right> {
    let of = |case: &Case| {
        let zone = case.zone.as_ref().map(|zone| (words.say("operations-zone"), zone.label.to_string()));
        let fields = case.fields.iter().map(|field| (field.name.to_string(), field.value.to_string()));
        let name = case.triage.name();
        Right {
            time: clock_of(case.last),
            triage: Some((name, case.triage.letter(), words.say(&format!("operations-{name}")))),
            fields: zone.into_iter().chain(fields).collect(),
        }
    };
    view.board.look(|board| board.newest(since, SHOWN).into_iter().map(of).collect())
}

/// What everybody opened.
fn everybodys(opened: Opened) -> Right {
    Right { time: clock_of(opened.at), triage: None, fields: opened.fields }
}

/// One after the other, with the comma of the language.
fn list(words: &Words, all: &[String]) -> String {
    all.join(&format!("{} ", words.say("sides-comma")))
}

/// As words take numbers.
fn many(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// `16:45:07`, UTC.
fn clock_of(seconds: u64) -> String {
    rfc3339(seconds).get(11..19).unwrap_or_default().to_owned()
}

#[derive(Debug, Deserialize)]
struct Switch {
    preset: String,
}

async fn switch(State(shared): State<Shared>, Posted { session, form }: Posted<Switch>) -> Response<Body> {
    if !session.is_desk() {
        return layout::refused(&session, &shared, StatusCode::FORBIDDEN, "frame-not-this-seat");
    }
    // Where there is no stage, nothing can be switched off.
    if let Some(sides) = shared.sides() {
        sides.switch(&form.preset);
    }
    Redirect::to(Nav::Sides.path()).into_response()
}

#[derive(Debug, Deserialize)]
struct SwitchLayer {
    layer: String,
    to: String,
}

async fn switch_layer(
    State(shared): State<Shared>,
    Posted { session, form }: Posted<SwitchLayer>,
) -> Response<Body> {
    if !session.is_desk() {
        return layout::refused(&session, &shared, StatusCode::FORBIDDEN, "frame-not-this-seat");
    }
    // Only a demonstration has a stage: nothing of a real operation can be switched off.
    let is_on = match form.to.as_str() {
        "on" => true,
        "off" => false,
        _ => return layout::refused(&session, &shared, StatusCode::BAD_REQUEST, "frame-not-a-form"),
    };
    if let Some(sides) = shared.sides() {
        sides.switch_layer(&form.layer, is_on);
    }
    Redirect::to("/sides#layers").into_response()
}

/// Both sides anew whenever something changed. Each event is whole, so that a stream that was cut off misses nothing that still shows.
async fn events(State(shared): State<Shared>, session: Session) -> Response<Body> {
    let Some(sides) = shared.sides().filter(|_| session.is_desk()) else {
        return server::plain(StatusCode::NOT_FOUND, "nobody listens to the broker here\n");
    };
    let Some(place) = session.stream(&shared) else {
        return server::plain(StatusCode::SERVICE_UNAVAILABLE, "too many streams are open\n");
    };
    let board = shared.feed(session.seat).map(|view| view.board.watch());
    let changed = [Some(sides.ear.watch()), board, sides.stage.as_ref().map(|stage| stage.watch())];
    let changed = changed.into_iter().flatten().collect();
    let stream = Stream { shared, session, changed, _place: place, is_new: true, is_over: false };
    let body = stream::unfold(stream, |mut stream| async move {
        let text = stream.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), stream))
    });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

struct Stream {
    shared: Shared,
    session: Session,
    /// Both sides and the stage.
    changed: Vec<watch::Receiver<u64>>,
    _place: StreamPlace,
    is_new: bool,
    is_over: bool,
}

impl Stream {
    /// What to say next; `None`: nothing more.
    async fn next(&mut self) -> Option<String> {
        if self.is_over {
            return None;
        }
        let is_news = std::mem::take(&mut self.is_new) || self.wait().await;
        if !self.shared.sessions().is_open(&self.session, Instant::now()) {
            self.is_over = true;
            return Some("event: signed-out\ndata: {}\n\n".to_owned());
        }
        if !is_news {
            return Some(": still here\n\n".to_owned());
        }
        // What comes from here on is in the next event, if it is not in this one.
        self.changed.iter_mut().for_each(watch::Receiver::mark_unchanged);
        let moment = moment(&self.shared, &self.session, self.shared.sides()?, self.session.words());
        Some(format!("data: {}\n\n", serde_json::to_string(&moment).ok()?))
    }

    /// Whether something changed before a sign of life is due.
    async fn wait(&mut self) -> bool {
        let any = future::select_all(self.changed.iter_mut().map(|changed| Box::pin(changed.changed())));
        // A side whose feed has ended tells no more; the sign of life says when to look at the session again.
        let is_news = matches!(timeout(HEARTBEAT, any).await, Ok((Ok(()), ..)));
        tokio::time::sleep(GATHER).await;
        is_news
    }
}
