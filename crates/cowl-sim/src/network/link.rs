//! What radio does to a connection.
//!
//! Assumed: latencies of a loaded 3G cell, drawn anew for each connection, the same for all phones (a phone's own would be one more
//! thing to know it by, and none was measured); one report in five breaks its connection, as the prototype's 20 % loss: half of these
//! before the broker has the report, half before the phone has the acknowledgement. TCP hides single lost packets. What happens then
//! is the client's own rule: it learns it from its system after seconds, connects again, and sends again.

use crate::dice::Dice;
use crate::plan::micros;

use super::{Access, CallerId, NoNetwork};

/// Median of the way there, in seconds, and the deviation of its logarithm.
const WAY: (f64, f64) = (0.08, 0.4);
/// Mean of what comes on top for each packet.
const JITTER: f64 = 0.015;
/// The way of those on wires.
const WIRE: f64 = 0.01;
/// How often sending a report breaks the connection.
const LOSS: f64 = 0.2;
/// How often there is no network at all, and how long it takes to notice, in seconds.
const NO_NETWORK: f64 = 0.03;
const NOTICE_S: (f64, f64) = (3.0, 9.0);
/// After how many seconds a phone's system says that its connection is gone.
const BREAKS_S: (f64, f64) = (0.5, 8.0);
/// One and a half keep-alives: after that a broker gives a client up (MQTT 5 §3.1.2.10).
const FORGETS_S: f64 = 90.0;

/// The way of one connection.
#[derive(Debug)]
pub(super) struct Link {
    caller: CallerId,
    access: Access,
    way: f64,
    /// The last arrivals: nothing overtakes.
    there: u64,
    back: u64,
    cut: bool,
    ended: bool,
}

/// What becomes of bytes.
#[derive(Debug, Default)]
pub(super) struct Fate {
    /// When the broker has them.
    pub(super) arrives: Option<u64>,
    /// The connection ends by this.
    pub(super) breaks: Option<Breaks>,
}

/// When a broken connection is noticed.
#[derive(Debug)]
pub(super) struct Breaks {
    pub(super) client: u64,
    pub(super) broker: u64,
}

impl Link {
    /// A way, if there is one.
    pub(super) fn new(caller: CallerId, access: Access, dice: &mut Dice) -> Result<Self, NoNetwork> {
        let way = match access {
            Access::Wire => WIRE,
            Access::Radio if dice.chance(NO_NETWORK) => {
                return Err(NoNetwork { wait: micros(dice.between(NOTICE_S.0, NOTICE_S.1)) });
            }
            Access::Radio => WAY.0 * libm::exp(WAY.1 * dice.normal()),
        };
        Ok(Self { caller, access, way, there: 0, back: 0, cut: false, ended: false })
    }

    /// Whose it is.
    pub(super) const fn caller(&self) -> CallerId {
        self.caller
    }

    /// Microseconds of one way.
    pub(super) fn latency(&self, dice: &mut Dice) -> u64 {
        let jitter = match self.access {
            Access::Wire => JITTER / 10.0,
            Access::Radio => JITTER,
        };
        micros(self.way + dice.exponential(jitter))
    }

    /// Bytes from the client.
    pub(super) fn send(&mut self, now: u64, is_report: bool, dice: &mut Dice) -> Fate {
        if self.cut {
            return Fate::default();
        }
        let mut fate = Fate::default();
        if is_report && self.access == Access::Radio && dice.chance(LOSS) {
            self.cut = true;
            let client = now + micros(dice.between(BREAKS_S.0, BREAKS_S.1));
            fate.breaks = Some(Breaks { client, broker: now + micros(FORGETS_S) });
            if dice.chance(0.5) {
                return fate;
            }
        }
        self.there = self.there.max(now + self.latency(dice));
        fate.arrives = Some(self.there);
        fate
    }

    /// The client says no more: when the broker learns it, once.
    pub(super) fn end(&mut self, now: u64) -> Option<u64> {
        if self.cut || std::mem::replace(&mut self.ended, true) {
            return None;
        }
        self.there = self.there.max(now + micros(self.way));
        Some(self.there)
    }

    /// When the client has what the broker says.
    pub(super) fn back(&mut self, now: u64, dice: &mut Dice) -> u64 {
        self.back = self.back.max(now + self.latency(dice));
        self.back
    }

    /// Whether nothing passes any more.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(access: Access, dice: &mut Dice) -> Link {
        std::iter::repeat_with(|| Link::new(CallerId(0), access, dice)).find_map(Result::ok).unwrap()
    }

    #[test]
    fn one_report_in_five_breaks_its_connection_and_half_of_these_arrive() {
        let mut dice = Dice::new(1, 1);
        let (mut broken, mut arrived) = (0, 0);
        for _ in 0..10_000 {
            let mut link = link(Access::Radio, &mut dice);
            assert!(link.send(0, false, &mut dice).breaks.is_none(), "only reports break it");
            let fate = link.send(1_000_000, true, &mut dice);
            if let Some(breaks) = fate.breaks {
                broken += 1;
                arrived += u32::from(fate.arrives.is_some());
                assert!(link.is_cut() && breaks.client < breaks.broker);
                let after = link.send(2_000_000, true, &mut dice);
                assert!(after.arrives.is_none() && after.breaks.is_none(), "nothing passes any more");
            }
        }
        assert!((1_850..2_150).contains(&broken), "{broken}");
        assert!((900..1_150).contains(&arrived), "{arrived}");
    }

    #[test]
    fn nothing_overtakes_and_wires_lose_nothing() {
        let mut dice = Dice::new(2, 1);
        let mut link = link(Access::Wire, &mut dice);
        let mut before = 0;
        for sent in 0..1_000 {
            let fate = link.send(sent, true, &mut dice);
            assert!(fate.breaks.is_none() && fate.arrives.is_some_and(|at| at >= before));
            before = fate.arrives.unwrap_or(before);
        }
        assert!(link.end(1_000).is_some_and(|at| at >= before));
        assert!(link.end(1_000).is_none(), "once");
    }

    #[test]
    fn sometimes_there_is_no_network() {
        let mut dice = Dice::new(3, 1);
        let none = (0..10_000).filter(|_| Link::new(CallerId(0), Access::Radio, &mut dice).is_err()).count();
        assert!((240..360).contains(&none), "{none}");
    }
}
