//! A zero-copy, lenient reader of MQTT 3.1, 3.1.1 and 5 control packets.
//!
//! It is for those who look on, so it is not a conformance checker: what can be read of a bad packet is read, and
//! [`Packet::flaws`] says what was wrong. Nothing is allocated; every field borrows from the packet.
//!
//! | need | use |
//! |---|---|
//! | bytes of one direction → whole packets | [`Framer`] |
//! | one packet → its fields | [`Packet::read`] |
//! | a connection's packets, with its level and topic aliases remembered | [`Dialogue`] |
//! | whether bytes could be MQTT at all | [`plausible`] |
//! | which software a client is | [`fingerprint`] |
//!
//! ```
//! use cowl_audit::mqtt::{Body, Dialogue, Frame, Framer};
//! use cowl_audit::trace::Way;
//!
//! let stream = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03bee\x30\x06\x00\x02t/hi";
//! let (mut framer, mut dialogue) = (Framer::new(), Dialogue::new());
//! let mut seen = Vec::new();
//! framer.push(stream, |frame| {
//!     if let Frame::Packet(bytes) = frame
//!         && let Some(packet) = dialogue.read(Way::ToServer, bytes)
//!         && let Body::Publish(publish) = packet.body
//!     {
//!         seen.push((publish.topic.to_vec(), publish.payload.to_vec()));
//!     }
//! });
//! assert_eq!(seen, [(b"t/".to_vec(), b"hi".to_vec())]);
//! ```
//!
//! Sources: MQTT V3.1 (IBM/Eurotech, 2010), MQTT 3.1.1 and MQTT 5.0 (OASIS); sections are those of MQTT 5.0.

mod connect;
mod cursor;
mod dialogue;
#[cfg(test)]
mod differential_tests;
mod fingerprint;
mod flaw;
mod framer;
#[cfg(test)]
mod framer_tests;
mod header;
mod level;
mod packet;
#[cfg(test)]
mod packet_tests;
mod properties;
mod publish;
mod rest;
mod sniff;

pub use connect::{Connect, ConnectFlags, Will};
pub use dialogue::{ALIAS_BYTES, Dialogue};
pub use fingerprint::fingerprint;
pub use flaw::{Flaw, Flaws};
pub use framer::{Frame, Framer, MAX_PACKET};
pub use header::{Header, HeaderError, PacketType};
pub use level::Level;
pub use packet::{Body, Packet};
pub use properties::{Properties, Property, Value, property};
pub use publish::Publish;
pub use rest::{Ack, Acks, Connack, Filter, Filters, Reasoned, Subscribe};
pub use sniff::plausible;
