//! The frame of every page: where one is, where one can go, in which language, and how to leave.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use cowl::consent::Language;
use cowl_core::rfc3339;
use maud::{DOCTYPE, Markup, html};

use crate::{assets, desk::DeskError, posted::CSRF, session::Session, shared::Shared, words::Words};

/// A page that the navigation leads to. `assets/console/NAME.css` and `NAME.js` go along with it, if there are such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nav {
    /// Who needs help first, and where.
    Operations,
    /// Members, and what is done about them.
    People,
    /// What the operation wrote down of itself.
    Log,
    /// Breaking glass.
    Glass,
    /// Reports in the forms of others, and zones from others.
    Export,
    /// What the broker sees, beside what this seat sees.
    Sides,
    /// What attackers can do, and what protection costs.
    Privacy,
    /// This seat: who is signed in.
    Seat,
}

impl Nav {
    /// All of them, in the order in which they are shown.
    const ALL: &[Self] = &[
        Self::Operations,
        Self::Sides,
        Self::People,
        Self::Log,
        Self::Glass,
        Self::Export,
        Self::Privacy,
        Self::Seat,
    ];

    /// What its assets and words are called.
    const fn name(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::People => "people",
            Self::Log => "log",
            Self::Glass => "glass",
            Self::Export => "export",
            Self::Sides => "sides",
            Self::Privacy => "privacy",
            Self::Seat => "seat",
        }
    }

    /// Where it is.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Operations => "/operations",
            Self::People => "/people",
            Self::Log => "/log",
            Self::Glass => "/glass",
            Self::Export => "/export",
            Self::Sides => "/sides",
            Self::Privacy => "/privacy",
            Self::Seat => "/seat",
        }
    }

    /// Whether it needs the operation's folder.
    const fn is_for_authority(self) -> bool {
        match self {
            Self::People | Self::Log => true,
            Self::Operations | Self::Sides | Self::Glass | Self::Export | Self::Privacy | Self::Seat => false,
        }
    }

    /// The page of a path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|nav| nav.path() == path)
    }

    /// What the front page is for this session.
    pub(crate) fn front(session: &Session) -> Self {
        // What the broker sees is to be shown, not what a day begins with.
        Self::for_session(session).find(|nav| *nav != Self::Sides).unwrap_or(Self::Seat)
    }

    fn for_session(session: &Session) -> impl Iterator<Item = Self> + use<> {
        let (authority, reads) = (session.authority, session.reads);
        let is_shown = move |nav: &Self| match nav {
            Self::Operations => reads,
            // A custodian's seat holds a share, and nothing else.
            Self::Sides | Self::Export | Self::Privacy => reads || authority,
            nav => authority || !nav.is_for_authority(),
        };
        Self::ALL.iter().copied().filter(is_shown)
    }

    fn label(self, words: &Words) -> String {
        words.say(&format!("frame-nav-{}", self.name()))
    }
}

/// A page of the console.
pub(crate) fn page(session: &Session, words: &Words, nav: Nav, title: &str, body: Markup) -> Response<Body> {
    page_with(session, words, nav, title, StatusCode::OK, body)
}

/// A page of the console that says that something was not done.
#[expect(clippy::needless_pass_by_value, reason = "a page is handed over, and rendered once")]
pub(crate) fn page_with(
    session: &Session,
    words: &Words,
    nav: Nav,
    title: &str,
    status: StatusCode,
    body: Markup,
) -> Response<Body> {
    let frame = html! {
        a .skip href="#main" { (words.say("frame-skip")) }
        header .bar {
            nav aria-label=(words.say("frame-nav")) {
                ul {
                    @for other in Nav::for_session(session) {
                        li {
                            @if other == nav {
                                a href=(other.path()) aria-current="page" { (other.label(words)) }
                            } @else {
                                a href=(other.path()) { (other.label(words)) }
                            }
                        }
                    }
                }
            }
            (languages(session, words, nav))
        }
        main #main tabindex="-1" {
            h1 { (title) }
            (body)
        }
    };
    document(words, nav.name(), title, status, frame)
}

/// The same form for each language: without a script, and by keyboard.
fn languages(session: &Session, words: &Words, nav: Nav) -> Markup {
    html! {
        form .languages method="post" action="/language" {
            (token(session))
            input type="hidden" name="from" value=(nav.path());
            label for="language" { (words.say("frame-language")) }
            select #language name="language" {
                @for language in Language::ALL {
                    option value=(language.tag()) lang=(language.tag()) selected[language == session.language] {
                        (Words::of(language).say("frame-own-name"))
                    }
                }
            }
            button type="submit" { (words.say("frame-switch")) }
        }
    }
}

/// What every form carries.
pub(crate) fn token(session: &Session) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(session.csrf.text()); }
}

/// Says to somebody who is signed in that something was not done. `why` is the id of a message.
pub(crate) fn refused(session: &Session, _shared: &Shared, status: StatusCode, why: &str) -> Response<Body> {
    let words = session.words();
    let body = html! {
        p role="alert" .trouble { (words.say(why)) }
        p { a href="/" { (words.say("frame-back")) } }
    };
    page_with(session, words, Nav::Seat, &words.say("frame-refused"), status, body)
}

/// Says to somebody who is signed in that it takes the authority's link.
pub(crate) fn not_authority(session: &Session, shared: &Shared) -> Response<Body> {
    refused(session, shared, StatusCode::FORBIDDEN, "frame-not-authority")
}

/// Says that something was not done with the operation's folder, and why.
pub(crate) fn failed(session: &Session, nav: Nav, error: &DeskError) -> Response<Body> {
    let words = session.words();
    let status = match error {
        DeskError::Operation(error) if error.is_input() => StatusCode::UNPROCESSABLE_ENTITY,
        DeskError::Operation(_) | DeskError::Broken => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let body = html! {
        p role="alert" .trouble { (words.say("frame-failed")) }
        p lang="en" dir="ltr" { code { (error) } }
        p { a href=(nav.path()) { (words.say("frame-back")) } }
    };
    page_with(session, words, nav, &words.say("frame-refused"), status, body)
}

/// A time, to the minute.
pub(crate) fn time(unix_seconds: u64) -> Markup {
    let text = rfc3339(unix_seconds);
    html! { time datetime=(text) dir="ltr" { (text.get(..16).unwrap_or(&text).replacen('T', " ", 1)) " UTC" } }
}

/// Says something to somebody who is not signed in. `what` is the id of a message.
pub(crate) fn stranger(status: StatusCode, language: Language, what: &str) -> Response<Body> {
    let words = Words::of(language);
    let title = words.say("frame-name");
    let body = html! {
        main #main {
            h1 { (title) }
            p role="status" { (words.say(what)) }
            p { (words.say("frame-how-to-sign-in")) }
        }
    };
    document(words, "", &title, status, body)
}

/// What a link that signed in shows for an instant. The next request is this page's own, with which browsers send the new cookie: that
/// of a link in somebody's mail is another site's.
pub(crate) fn welcome(language: Language) -> Response<Body> {
    let words = Words::of(language);
    let title = words.say("frame-name");
    let body = html! {
        main #main {
            h1 { (title) }
            p role="status" { (words.say("frame-signed-in")) }
            p { a href="/" { (words.say("frame-continue")) } }
        }
    };
    let mut response = document(words, "", &title, StatusCode::OK, body);
    response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("0; url=/"));
    response
}

#[expect(clippy::needless_pass_by_value, reason = "a page is handed over, and rendered once")]
fn document(words: &Words, view: &str, title: &str, status: StatusCode, body: Markup) -> Response<Body> {
    let language = words.language();
    let direction = if language.is_right_to_left() { "rtl" } else { "ltr" };
    let style = format!("{view}.css");
    let script = format!("{view}.js");
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) dir=(direction) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Cowl" }
                link rel="icon" type="image/svg+xml" href="/assets/icon.svg";
                link rel="stylesheet" href="/assets/console.css";
                @if assets::exists(&style) {
                    link rel="stylesheet" href={ "/assets/" (style) };
                }
                @if assets::exists(&script) {
                    script type="module" src={ "/assets/" (script) } {}
                }
            }
            body { (body) }
        }
    };
    let mut response = Response::new(Body::from(page.into_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
