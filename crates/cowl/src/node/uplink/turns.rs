//! Turns: a slot, or without slots whatever waits; and what is looked after between them.

use std::{future::Future, pin::Pin, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{Event, Line, Stopped, Uplink, happening::happening, shape::mode};
use crate::node::{Lane, Load};

/// Messages handed over without slots before anything else is looked at.
const BATCH: usize = 64;
/// How long nothing is tried, without slots, when something waits and nothing can be made of it.
const AGAIN: Duration = Duration::from_secs(1);

impl<L: Load, T: FnMut(Event)> Uplink<L, T> {
    /// One slot: waits for it, and sends what it carries.
    pub(super) async fn slot(&mut self, stop: Pin<&mut impl Future<Output = ()>>) -> Option<Stopped> {
        let now = self.now();
        let slots = self.slots.as_mut()?;
        let (slot, lead) = (slots.next(now), slots.lead());
        let at = self.way.since + slot.at;
        let version = self.shape.version;
        if let Some(stopped) = self.attend(at.checked_sub(lead).unwrap_or(at), stop).await {
            return Some(stopped);
        }
        if version != self.shape.version {
            // A newer policy may have other slots; this one is spared.
            return None;
        }
        let place = usize::try_from(slot.number % self.lines.len() as u64).unwrap_or(0);
        let is_open = self.lines.get(place).is_some_and(Line::has_room);
        // The epoch is that of the instant, not of the moment before it.
        let monotonic = slot.at.as_secs();
        let lanes = Lane::ALL.map(|lane| (is_open && slot.carries(mode(lane))).then_some(lane));
        let ready = lanes.map(|lane| self.make(lane?, monotonic));
        sleep_until(at).await;
        let now = self.now();
        let is_late = self.slots.as_ref().is_some_and(|slots| slots.is_too_late(&slot, now));
        let mut sent = 0;
        for ready in ready.into_iter().flatten() {
            if is_late {
                self.put_back(ready);
            } else if self.send(place, ready) {
                sent += 1;
            }
        }
        self.counts.silent += u64::from(sent == 0);
        None
    }

    /// Without slots: all that waits and finds room; then waits for more of either.
    pub(super) async fn batch(&mut self, stop: Pin<&mut impl Future<Output = ()>>) -> Option<Stopped> {
        let monotonic = self.now().as_secs();
        let (mut sent, mut is_open) = (0, true);
        let mut before = usize::MAX;
        while is_open && sent < BATCH && sent != before {
            before = sent;
            for lane in self.shape.lanes() {
                let Some(place) = self.open_line() else {
                    is_open = false;
                    break;
                };
                if let Some(ready) = self.make_real(lane, monotonic) {
                    sent += usize::from(self.send(place, ready));
                }
            }
        }
        let was_ready = std::mem::take(&mut self.is_ready);
        if sent >= BATCH {
            return self.glance(stop).await;
        }
        if sent == 0 && is_open && was_ready {
            // What waits cannot be read or sealed now: asking again and again would not help.
            return self.attend(Instant::now() + AGAIN, stop).await;
        }
        self.await_work(stop).await
    }

    /// Looks after connections and notices until a moment.
    async fn attend(
        &mut self,
        until: Instant,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Option<Stopped> {
        loop {
            tokio::select! {
                // The moment before the connections: a broker that never stops talking must not move it.
                biased;
                () = stop.as_mut() => return Some(Stopped),
                () = sleep_until(until) => return None,
                happening = happening(&mut self.lines, &mut self.fetch) => self.happened(happening),
                () = sleep_until(self.next_minute) => self.minute(),
            }
        }
    }

    /// The same until something waits and can be sent.
    async fn await_work(&mut self, mut stop: Pin<&mut impl Future<Output = ()>>) -> Option<Stopped> {
        loop {
            let is_open = self.lines.iter().any(Line::is_eager);
            let carried = |lane| is_open && self.shape.lanes().any(|carried| carried == lane);
            tokio::select! {
                biased;
                () = stop.as_mut() => return Some(Stopped),
                happening = happening(&mut self.lines, &mut self.fetch) => self.happened(happening),
                () = sleep_until(self.next_minute) => self.minute(),
                () = self.queue.ready(Lane::Enrolled), if carried(Lane::Enrolled) => break,
                () = self.queue.ready(Lane::WalkIn), if carried(Lane::WalkIn) => break,
            }
        }
        self.is_ready = true;
        None
    }

    /// The same for what has happened already, while there is work to go on with.
    async fn glance(&mut self, mut stop: Pin<&mut impl Future<Output = ()>>) -> Option<Stopped> {
        for _ in 0..BATCH {
            tokio::select! {
                biased;
                () = stop.as_mut() => return Some(Stopped),
                happening = happening(&mut self.lines, &mut self.fetch) => self.happened(happening),
                () = sleep_until(self.next_minute) => self.minute(),
                () = tokio::task::yield_now() => return None,
            }
        }
        None
    }

    /// The next connection in turn that has room.
    fn open_line(&mut self) -> Option<usize> {
        let count = self.lines.len();
        let mut places = (0..count).map(|step| (self.turn + step) % count);
        let place = places.find(|place| self.lines.get(*place).is_some_and(Line::is_eager))?;
        self.turn = (place + 1) % count;
        Some(place)
    }
}
