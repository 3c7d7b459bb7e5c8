//! Enrolling by a ticket: a QR code that lets one machine join once. It is shown for ten minutes to the session that made it, and is
//! kept nowhere.

use std::time::Instant;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, Response, StatusCode, header},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use cowl::{
    operation::{Kind, NewMember, OperationError},
    qr::Qr,
    random::SystemRng,
};
use cowl_core::{ServiceAddress, Ticket};
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::{PATH, date, failed, kind, page};
use crate::{
    desk, layout,
    posted::Posted,
    server,
    session::{Authority, Session},
    shared::Shared,
};

/// The longest name of a member, in bytes.
const NAME: usize = 100;
/// The most devices of a gateway that a form asks for.
const DEVICES: u32 = 10_000;
/// How long a ticket may be good, in hours, as the form offers.
const HOURS: [(u64, &str); 4] = [
    (1, "people-valid-hour"),
    (24, "people-valid-day"),
    (168, "people-valid-week"),
    (672, "people-valid-month"),
];

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/people/enrol", get(ask).post(enrol))
        .route("/people/ticket/{id}", get(show))
        .route("/people/ticket/{id}/qr.svg", get(picture))
        .route("/people/ticket/{id}/hide", post(hide))
}

/// A ticket that was just made.
#[derive(Debug)]
pub(crate) struct NewTicket {
    name: String,
    kind: Kind,
    link: Zeroizing<String>,
    picture: Zeroizing<String>,
    until: u64,
}

/// What the form says, as it was typed.
#[derive(Debug, Clone, Default)]
struct Form {
    name: String,
    kind: String,
    roles: Vec<String>,
    devices: String,
    at: String,
    hours: String,
}

/// What is wrong with a form; each has a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Name,
    Taken,
    Roles,
    Devices,
    At,
    Service,
}

/// What is to be made.
struct Wanted {
    member: NewMember,
    at: ServiceAddress,
    seconds: u64,
}

impl Form {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "name" => form.name = value,
                "kind" => form.kind = value,
                "role" => form.roles.push(value),
                "devices" => form.devices = value,
                "at" => form.at = value,
                "hours" => form.hours = value,
                _ => {}
            }
        }
        form
    }

    fn wanted(&self) -> Result<Wanted, Wrong> {
        let name = self.name.trim();
        if name.is_empty() || name.len() > NAME || name.chars().any(char::is_control) {
            return Err(Wrong::Name);
        }
        let member = match self.kind.as_str() {
            "responder" if self.roles.is_empty() => return Err(Wrong::Roles),
            "responder" => NewMember::responder(name, &self.roles),
            "gateway" => {
                let devices =
                    self.devices.trim().parse().ok().filter(|devices| (1..=DEVICES).contains(devices));
                // One more identity than devices: cover is sealed as nobody's.
                NewMember::gateway(name, devices.ok_or(Wrong::Devices)?.saturating_add(1))
            }
            "relay" => NewMember::relay(name),
            _ => NewMember::device(name),
        };
        let at = self.at.trim().parse().map_err(|_| Wrong::At)?;
        let offered = HOURS.into_iter().find(|(hours, _)| self.hours == hours.to_string());
        let (hours, _) = offered.unwrap_or((168, ""));
        Ok(Wanted { member, at, seconds: hours * 3_600 })
    }
}

impl Wrong {
    const fn message(self) -> &'static str {
        match self {
            Self::Name => "people-wrong-name",
            Self::Taken => "people-wrong-taken",
            Self::Roles => "people-wrong-roles",
            Self::Devices => "people-wrong-devices",
            Self::At => "people-wrong-at",
            Self::Service => "people-wrong-service",
        }
    }

    /// The field that it is about.
    const fn field(self) -> &'static str {
        match self {
            Self::Name | Self::Taken => "name",
            Self::Roles => "roles",
            Self::Devices => "devices",
            Self::At | Self::Service => "at",
        }
    }
}

async fn ask(
    State(shared): State<Shared>,
    Authority(session): Authority,
    crate::posted::Asked(pairs): crate::posted::Asked<Vec<(String, String)>>,
) -> Response<Body> {
    form_page(&shared, &session, &Form::of(pairs), None).await
}

async fn form_page(shared: &Shared, session: &Session, form: &Form, wrong: Option<Wrong>) -> Response<Body> {
    let roles = desk::work(shared, |desk| {
        let roles = desk.operation.manifest().policy.roles.iter();
        Ok(roles.map(|role| (role.name.clone(), role.purpose.clone())).collect::<Vec<_>>())
    });
    let roles = match roles.await {
        Ok(roles) => roles,
        Err(error) => return failed(session, &error),
    };
    let words = session.words();
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = html! {
        p { (words.say("people-enrol-how")) }
        @if let Some(wrong) = wrong { p #wrong role="alert" .trouble { (words.say(wrong.message())) } }
        (form_fields(session, form, &roles, wrong.map(Wrong::field)))
    };
    let nav = layout::Nav::People;
    layout::page_with(session, words, nav, &words.say("people-enrol"), status, body)
}

fn form_fields(session: &Session, form: &Form, roles: &[(String, String)], wrong: Option<&str>) -> Markup {
    let words = session.words();
    let about = |field: &str| (wrong == Some(field)).then_some("wrong");
    let kinds = [
        ("device", Kind::Device, "people-device-help"),
        ("responder", Kind::Responder, "people-responder-help"),
        ("gateway", Kind::Gateway, "people-gateway-help"),
        ("relay", Kind::Relay, "people-relay-help"),
    ];
    let chosen =
        if kinds.iter().any(|(value, ..)| *value == form.kind) { form.kind.as_str() } else { "device" };
    html! {
        form method="post" action="/people/enrol" {
            (layout::token(session))
            div .field {
                label for="name" { (words.say("people-name")) }
                input #name name="name" value=(form.name) required maxlength=(NAME) autocomplete="off"
                    aria-describedby=[about("name").or(Some("name-help"))] aria-invalid=[about("name").map(|_| "true")];
                p #name-help .hint { (words.say("people-name-help")) }
            }
            fieldset {
                legend { (words.say("people-what")) }
                @for (value, of, help) in kinds {
                    div .field {
                        label {
                            input type="radio" name="kind" value=(value) checked[value == chosen];
                            (kind(words, of))
                        }
                        p .hint { (words.say(help)) }
                    }
                }
            }
            fieldset aria-describedby=[about("roles")] {
                legend { (words.say("people-enrol-roles")) }
                @for (role, purpose) in roles {
                    div .field {
                        label {
                            input type="checkbox" name="role" value=(role) checked[form.roles.contains(role)];
                            (role)
                        }
                        p .hint { (purpose) }
                    }
                }
            }
            div .field {
                label for="devices" { (words.say("people-enrol-devices")) }
                input #devices name="devices" inputmode="numeric" value=(if form.devices.is_empty() { "10" } else { &form.devices })
                    aria-describedby=[about("devices")] aria-invalid=[about("devices").map(|_| "true")];
            }
            div .field {
                label for="at" { (words.say("people-enrol-at")) }
                input #at name="at" value=(form.at) required placeholder="192.0.2.7:8080" dir="ltr" autocomplete="off"
                    aria-describedby=[about("at").or(Some("at-help"))] aria-invalid=[about("at").map(|_| "true")];
                p #at-help .hint { (words.say("people-enrol-at-help")) }
            }
            div .field {
                label for="hours" { (words.say("people-enrol-valid")) }
                select #hours name="hours" {
                    @for (hours, label) in HOURS {
                        @let is_chosen = form.hours == hours.to_string() || (form.hours.is_empty() && hours == 168);
                        option value=(hours) selected[is_chosen] { (words.say(label)) }
                    }
                }
            }
            button type="submit" { (words.say("people-enrol-now")) } " "
            a href=(PATH) { (words.say("people-cancel")) }
        }
    }
}

async fn enrol(State(shared): State<Shared>, posted: Posted<Vec<(String, String)>>) -> Response<Body> {
    let Posted { session, form: pairs } = posted;
    if !session.authority {
        return layout::not_authority(&session, &shared);
    }
    let form = Form::of(pairs);
    let Wanted { member, at, seconds } = match form.wanted() {
        Ok(wanted) => wanted,
        Err(wrong) => return form_page(&shared, &session, &form, Some(wrong)).await,
    };
    let done = desk::work(&shared, move |desk| {
        let mut rng = SystemRng::new();
        desk.operation.refresh(desk.epoch, &mut rng)?;
        if desk.operation.manifest().service.is_none() {
            return Err(OperationError::NoService);
        }
        let until = desk.time.saturating_add(seconds);
        let tokens = desk.operation.invite(std::slice::from_ref(&member), until, desk.epoch, &mut rng)?;
        let manifest = desk.operation.manifest();
        let authority = manifest.authority().fingerprint();
        let ticket = |token| Ticket { address: Some(at), authority, lowest: manifest.version, token };
        let link = tokens.into_iter().next().map(ticket).map(|ticket| ticket.to_link());
        Ok(link.map(|link| NewTicket {
            picture: Zeroizing::new(Qr::new(&link).map(|qr| qr.to_svg()).unwrap_or_default()),
            name: member.name,
            kind: member.kind,
            link,
            until,
        }))
    });
    let ticket = match done.await {
        Ok(Some(ticket)) => ticket,
        Ok(None) => {
            return layout::refused(&session, &shared, StatusCode::INTERNAL_SERVER_ERROR, "people-no-ticket");
        }
        Err(desk::DeskError::Operation(OperationError::NameTaken)) => {
            return form_page(&shared, &session, &form, Some(Wrong::Taken)).await;
        }
        Err(desk::DeskError::Operation(OperationError::NoSuchRole(_))) => {
            return form_page(&shared, &session, &form, Some(Wrong::Roles)).await;
        }
        Err(desk::DeskError::Operation(OperationError::NoService)) => {
            return form_page(&shared, &session, &form, Some(Wrong::Service)).await;
        }
        Err(error) => return failed(&session, &error),
    };
    let id = shared.tickets().keep(&session, ticket, Instant::now());
    Redirect::to(&format!("/people/ticket/{}", id.text())).into_response()
}

async fn show(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Path(id): Path<String>,
) -> Response<Body> {
    let words = session.words();
    let Some(seen) = shared.tickets().see(&session, &id, Instant::now()) else {
        return layout::refused(&session, &shared, StatusCode::GONE, "people-ticket-gone");
    };
    let ticket = &seen.what;
    let minutes = seen.left.as_secs().div_ceil(60);
    let body = html! {
        p .done role="status" { (words.with("people-ticket-made", &[("name", ticket.name.clone().into())])) }
        p { (kind(words, ticket.kind)) ". " (words.with("people-ticket-until", &[("time", date(ticket.until).into())])) }
        p { (words.say("people-ticket-scan")) }
        p { img .qr src={ "/people/ticket/" (id) "/qr.svg" } alt=(words.say("people-ticket-alt")); }
        p { label for="link" { (words.say("people-ticket-type")) } }
        p { input #link readonly value=(ticket.link.as_str()) dir="ltr" size="60"; }
        p .trouble role="note" { (words.say("people-ticket-secret")) }
        p { (words.with("people-ticket-gone-in", &[("n", minutes.into())])) }
        form method="post" action={ "/people/ticket/" (id) "/hide" } .no-print {
            (layout::token(&session))
            button type="submit" { (words.say("people-ticket-hide")) }
        }
    };
    let mut response = page(&session, "people-ticket", body);
    leave(&mut response, seen.left, PATH);
    response
}

/// Takes the page away when the server forgets what is on it, without a script.
pub(crate) fn leave(response: &mut Response<Body>, left: std::time::Duration, to: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("{}; url={to}", left.as_secs())) {
        response.headers_mut().insert(header::REFRESH, value);
    }
}

async fn picture(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Path(id): Path<String>,
) -> Response<Body> {
    let Some(seen) = shared.tickets().see(&session, &id, Instant::now()) else {
        return server::plain(StatusCode::GONE, "");
    };
    let mut response = Response::new(Body::from(seen.what.picture.as_str().to_owned()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    response
}

async fn hide(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    posted: Posted<Vec<(String, String)>>,
) -> Response<Body> {
    shared.tickets().hide(&posted.session, &id);
    Redirect::to(PATH).into_response()
}
