//! The board of a seat: what its role's keys opened, sorted so that whoever needs help first stands first.
//!
//! Pure: time is an argument, and nothing here reads a file or a socket. [`Board`] holds the newest cases in memory, at most
//! [`Board::MOST`]; the archive holds the rest. A *case* is what one enrolled device sent under one pseudonym and withdrawal handle, or
//! one walk-in's report: as far as the policy lets a role follow anybody. In the next epoch the same device is another case.

mod case;
mod counts;
mod filter;
mod reading;
mod ring;
mod shared;
mod store;
mod suppress;
mod trend;
mod triage;

pub(crate) use case::{Arrival, Case, CaseKey, FieldShown, Standing, Status, Whose, ZoneName};
pub(crate) use counts::{Counts, ZoneCounts};
pub(crate) use filter::{Filter, StatusFilter};
pub(crate) use reading::{Reading, Told};
pub(crate) use ring::Changes;
pub(crate) use shared::SharedBoard;
pub(crate) use store::Board;
pub(crate) use suppress::{Rule, Shown};
pub(crate) use trend::Bars;
pub(crate) use triage::{Scale, Triage};

#[cfg(test)]
pub(crate) mod testing;
