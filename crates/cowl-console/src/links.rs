//! Sign-in links: each is for one seat and signs in once. There is always one unused link for each place, drawn anew when it was used
//! and when it grew old; the newest ones lie in the console's folder, which only its owner can read.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use cowl::files::{self, Access, FileError};

use crate::{
    seat::{Seat, SeatId},
    token::{Token, TokenHash},
};

/// The file of the newest links.
const FILE: &str = "sign-in.txt";

/// A link that signs in once.
#[derive(Debug, Clone)]
pub struct Link {
    seat: Seat,
    authority: bool,
    url: String,
}

/// Where a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) seat: SeatId,
    pub(crate) authority: bool,
    /// Whether a role's reports are read there.
    pub(crate) reads: bool,
}

/// All links of a console.
#[derive(Debug)]
pub(crate) struct Links {
    base: String,
    file: PathBuf,
    seats: Vec<Seat>,
    lasts: Duration,
    open: Mutex<Vec<Open>>,
}

/// One that was not used yet.
#[derive(Debug)]
struct Open {
    place: Place,
    token: Token,
    since: Instant,
}

impl Link {
    /// Whose seat.
    pub const fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Whether it also signs in to what needs the operation's folder.
    pub const fn is_authority(&self) -> bool {
        self.authority
    }

    /// What a browser opens. Whoever has it signs in: once.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Links {
    /// Draws a link for each seat, and one for the authority.
    pub(crate) fn draw(
        address: SocketAddr,
        state: &std::path::Path,
        seats: &[Seat],
        authority: bool,
        lasts: Duration,
    ) -> Result<Self, FileError> {
        let own = seats.iter().filter(|seat| seat.role().is_some() || seat.is_custodian());
        let mut places: Vec<_> = own
            .map(|seat| Place { seat: seat.id(), authority: false, reads: seat.role().is_some() })
            .collect();
        if let Some(first) = seats.first().filter(|_| authority) {
            places.push(Place { seat: first.id(), authority: true, reads: first.role().is_some() });
        }
        let open = places.into_iter().map(Open::draw).collect();
        let links = Self {
            base: format!("http://{address}/in/"),
            file: state.join(FILE),
            seats: seats.to_vec(),
            lasts,
            open: Mutex::new(open),
        };
        links.write()?;
        Ok(links)
    }

    /// The links that sign in now.
    pub(crate) fn all(&self) -> Vec<Link> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().filter_map(|one| self.link(one)).collect()
    }

    /// Uses a link up; `None` if there is none such, or no more.
    pub(crate) fn take(&self, said: &str) -> Result<Option<Place>, FileError> {
        let hash = TokenHash::of(said);
        let place = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(one) = open.iter_mut().find(|one| one.token.hash() == hash) else { return Ok(None) };
            let place = one.place;
            *one = Open::draw(place);
            place
        };
        self.write()?;
        Ok(Some(place))
    }

    /// Draws those anew that grew old. Says whether there were any.
    pub(crate) fn renew(&self, now: Instant) -> Result<bool, FileError> {
        let mut is_new = false;
        for one in self.open.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            if now.saturating_duration_since(one.since) >= self.lasts {
                *one = Open::draw(one.place);
                is_new = true;
            }
        }
        if is_new {
            self.write()?;
        }
        Ok(is_new)
    }

    fn link(&self, open: &Open) -> Option<Link> {
        let seat = self.seats.get(open.place.seat.index())?.clone();
        let url = format!("{}{}", self.base, open.token.text());
        Some(Link { seat, authority: open.place.authority, url })
    }

    fn write(&self) -> Result<(), FileError> {
        let mut text = zeroize::Zeroizing::new(String::new());
        for link in self.all() {
            let what = match (link.authority, link.seat.is_custodian()) {
                (true, _) => "authority",
                (false, true) => "custodian",
                (false, false) => "role",
            };
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{what}\t{}\t{}", link.seat.name(), link.url);
        }
        files::replace(&self.file, text.as_bytes(), Access::Owner)
    }
}

impl Open {
    fn draw(place: Place) -> Self {
        Self { place, token: Token::draw(), since: Instant::now() }
    }
}
