//! The defender: an operation as Cowl runs it, in virtual time.
//!
//! `ground` makes the operation and enrols its members; `authority` publishes manifest and beacons; `phone` is an app on the client
//! library; `page` hears for browsers; `gateway` or `relay` stands between it and the broker, with a `watched` load; `office` is where messages arrive, and `desk` a responder of one role; `thief` reads with a device's keys; `forger` is
//! what a responder seals in somebody's name; `records` writes the truth.

pub(crate) mod authority;
mod desk;
pub(crate) mod forger;
pub(crate) mod gateway;
pub(crate) mod ground;
pub(crate) mod office;
pub(crate) mod page;
pub(crate) mod phone;
pub(crate) mod records;
pub(crate) mod relay;
mod thief;
mod watched;
