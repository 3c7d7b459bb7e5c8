//! Where people look: the console of a coordination centre, `cowl console`.
//!
//! Everything is rendered here and served from files that are built in, and map tiles from the operator's own disk: there is no script,
//! font, image or map tile from anywhere else, because each such request would tell a stranger where the disaster teams look. Scripts only refresh what is there without them.
//!
//! Who does what:
//!
//! - A **seat** ([`Seat`]) is one role of one responder's credential, a custodian's share, or the authority's place. Whoever is signed in
//!   at a seat sees what that role's keys opened, and nothing else.
//! - A **session** belongs to one seat. It begins with a one-time link ([`Console::sign_in_links`]) and ends by itself.
//! - A **view** is one page of the console, `views/`: a router of its own, merged in `server.rs`, rendered through `layout`.
//!
//! To run one: [`Console::bind`], hand out its links, [`Console::run`].

mod assets;
mod base_map;
mod board;
mod brief;
mod cases;
mod clock;
mod config;
mod desk;
mod error;
mod events;
mod feed;
mod layout;
mod links;
mod map;
mod multipart;
pub mod page;
mod posted;
mod privacy;
mod seat;
mod server;
mod session;
mod shared;
mod sides;
mod token;
mod views;
mod words;

#[cfg(test)]
#[path = "../examples/console_day/world.rs"]
mod world;

pub use base_map::{ArchiveError, BaseMapError};
pub use config::{ConsoleConfig, ConsoleLimits, RoleSeat};
pub use cowl::consent::Language;
pub use error::ConsoleError;
pub use feed::FeedError;
pub use links::Link;
pub use privacy::{CardsError, Measure, Measured};
pub use seat::{Seat, SeatId};
pub use server::Console;
pub use sides::{Exposed, Layer, LayerState, Opened, Outsider, SidesConfig, Stage, Told};
