//! Client by client: packet identifiers and ports from one connection to the next, and what client ids are made of.

use std::collections::BTreeMap;

use super::connection::State;
use super::hash::{ByHash, HashesSeen};
use super::shape::Shape;

/// Clients whose last numbers are remembered.
const MAX_CLIENTS: usize = 229_376;
/// How far after the last packet identifier a continuation may begin.
const REACH: u16 = 16;

#[derive(Debug, Default)]
pub(super) struct Clients {
    shapes: BTreeMap<Shape, u64>,
    /// Last packet identifier of a client's last connection.
    last_ids: ByHash<u16>,
    /// Last source port of an address.
    last_ports: ByHash<u16>,
    /// Pairs of user name and password.
    logins: HashesSeen,
    /// Connections of known clients that send identifiers; those that go on where the last one ended; those that begin with 1.
    pub(super) begun: u64,
    pub(super) continued: u64,
    pub(super) from_one: u64,
    pub(super) numbered: u64,
    /// Connections whose identifiers go up by one.
    pub(super) sequential: u64,
    /// Connections of known addresses; with the same port; with a port a little higher.
    pub(super) ports: u64,
    pub(super) same_port: u64,
    pub(super) next_port: u64,
}

impl Clients {
    /// A client id that was not seen before.
    pub(super) fn shape(&mut self, id: &[u8]) {
        *self.shapes.entry(Shape::of(id)).or_default() += 1;
    }

    /// A user name with its password, hashed together.
    pub(super) fn login(&mut self, both: u64) {
        if self.logins.len() < MAX_CLIENTS {
            self.logins.insert(both);
        }
    }

    pub(super) fn logins(&self) -> usize {
        self.logins.len()
    }

    pub(super) fn shapes(&self) -> impl Iterator<Item = (Shape, u64)> {
        self.shapes.iter().map(|(shape, number)| (*shape, *number))
    }

    pub(super) fn port(&mut self, address: u64, port: u16) {
        if let Some(last) = self.last_ports.get_mut(&address) {
            self.ports += 1;
            self.same_port += u64::from(*last == port);
            self.next_port += u64::from((1..=REACH).contains(&port.wrapping_sub(*last)));
            *last = port;
        } else if self.last_ports.len() < MAX_CLIENTS {
            self.last_ports.insert(address, port);
        }
    }

    pub(super) fn end(&mut self, state: &State) {
        let (Some(first), Some(last)) = (state.first_id, state.last_id) else {
            return;
        };
        self.numbered += 1;
        self.from_one += u64::from(first == 1);
        let (by_one, otherwise) = state.id_steps;
        self.sequential += u64::from(by_one >= 4 && otherwise * 10 <= by_one);
        let Some(client) = state.client.or(state.address) else {
            return;
        };
        if let Some(before) = self.last_ids.get_mut(&client) {
            self.begun += 1;
            self.continued += u64::from(first > 1 && (1..=REACH).contains(&first.wrapping_sub(*before)));
            *before = last;
        } else if self.last_ids.len() < MAX_CLIENTS {
            self.last_ids.insert(client, last);
        }
    }
}
