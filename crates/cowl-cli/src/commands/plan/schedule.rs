//! What follows from the policy alone: capacity, waiting, bytes, and what another slot would give.

use std::{fmt::Write as _, time::Duration};

use cowl::node::waits::{self, Load, Wait, Waits};
use cowl_core::{
    Capacity, Layout, Mode,
    policy::{Draft, Policy, Traffic},
};

use super::words;

/// Slots that are shown beside the policy's own, in milliseconds.
const OTHERS: [u32; 10] = [1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000];
/// A share of e⁻³: so many means an exponential delay exceeds once in twenty times.
const P95_MEANS: f64 = 2.995_732;

/// A policy and the load that it is held against.
pub(super) struct Schedule<'a> {
    pub(super) policy: &'a Policy,
    pub(super) load: Load,
    /// People behind the gateway, and reports of each in a day.
    pub(super) behind: u32,
    pub(super) reports: u32,
}

impl Schedule<'_> {
    /// All of it, for people.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    /// What a node's day costs; `None` without slots.
    pub(super) fn daily_bytes(&self) -> Option<u64> {
        Some(Capacity::of(self.policy)?.daily_bytes().total())
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let traffic = &self.policy.traffic;
        match Capacity::of(self.policy) {
            None => writeln!(
                text,
                "slots are off: a gateway's reports leave at once and cost no cover, and their times and number tell"
            )?,
            Some(capacity) => {
                self.capacity(&capacity, text)?;
                self.waiting(&capacity, text)?;
                self.cost(&capacity, text)?;
            }
        }
        Self::phones(traffic, text)?;
        self.others(text)
    }

    fn capacity(&self, capacity: &Capacity, text: &mut String) -> std::fmt::Result {
        let layout = Layout::of(self.policy);
        writeln!(text, "one node, a slot every {}", words::duration(capacity.slot()))?;
        for (what, class, bytes) in [
            ("reports", Mode::Enrolled, layout.enrolled_len()),
            ("walk-ins", Mode::WalkIn, layout.walk_in_len()),
        ] {
            match capacity.every(class) {
                None => writeln!(text, "  {what:<10} none are carried")?,
                Some(every) => writeln!(
                    text,
                    "  {what:<10} one of {bytes} bytes every {}, real or cover: {} an hour at most, {} a day",
                    words::duration(every),
                    words::count(capacity.per_day(class) / 24),
                    words::count(capacity.per_day(class)),
                )?,
            }
        }
        Ok(())
    }

    fn waiting(&self, capacity: &Capacity, text: &mut String) -> std::fmt::Result {
        let Self { load, behind, reports, .. } = self;
        writeln!(text, "waiting for a slot")?;
        let nth = |n| capacity.wait(Mode::Enrolled, n).map_or_else(String::new, words::duration);
        writeln!(
            text,
            "  the n-th waiting urgent report leaves within n slots: the 1st within {}, the 10th within {}",
            nth(1),
            nth(10)
        )?;
        writeln!(
            text,
            "  all {} people urgent at once: the last leaves within {}",
            words::count((*behind).into()),
            nth(*behind)
        )?;
        if let Some(walk_in) = capacity.wait(Mode::WalkIn, 1) {
            writeln!(text, "  the n-th waiting walk-in: n times {}", words::duration(walk_in))?;
        }
        let percent = load.urgent * 100.0;
        writeln!(
            text,
            "  at {} people with {reports} reports a day each, {percent:.0} % of them urgent ({:.0} an hour):",
            words::count((*behind).into()),
            load.per_hour
        )?;
        let Some(Waits { urgent, routine }) = waits::wait(&self.policy.traffic, *load) else { return Ok(()) };
        for (what, wait) in [("urgent", urgent), ("routine", routine)] {
            match wait {
                Wait::None => writeln!(text, "    {what:<8} none")?,
                Wait::TooMany => writeln!(
                    text,
                    "    {what:<8} more than the slots carry, so the queue grows: shorten the slot, or add gateways"
                )?,
                Wait::Took(delays) => writeln!(
                    text,
                    "    {what:<8} half within {}, 95 % within {}, the worst of {} within {}",
                    words::duration(delays.median),
                    words::duration(delays.p95),
                    words::count(u64::try_from(delays.reports).unwrap_or(u64::MAX)),
                    words::duration(delays.worst)
                )?,
            }
        }
        Ok(())
    }

    fn cost(&self, capacity: &Capacity, text: &mut String) -> std::fmt::Result {
        let bytes = capacity.daily_bytes();
        writeln!(text, "cost of one node")?;
        writeln!(
            text,
            "  {} a day, whatever is reported: reports {}, walk-ins {}, beacons {}, dispatches {}, pings {}",
            words::bytes(bytes.total()),
            words::bytes(bytes.enrolled),
            words::bytes(bytes.walk_in),
            words::bytes(bytes.beacons),
            words::bytes(bytes.dispatches),
            words::bytes(bytes.pings)
        )?;
        writeln!(
            text,
            "  slots may cost {} a day (`daily_bytes`); each connection anew {}, with its beacon and its dispatch",
            words::bytes(self.policy.traffic.daily_bytes),
            words::bytes(capacity.connection_bytes())
        )?;
        writeln!(
            text,
            "  its radio is on every {}, day and night: for nodes on mains or a large battery, not for phones",
            words::duration(capacity.slot())
        )?;
        writeln!(
            text,
            "  up to {} of reports wait on its disk while there is no uplink (`queue_bytes`)",
            words::bytes(self.policy.traffic.queue_bytes)
        )
    }

    fn phones(traffic: &Traffic, text: &mut String) -> std::fmt::Result {
        if traffic.phone_delay_seconds == 0 {
            return writeln!(
                text,
                "phones that send by themselves: no delay, so the time of a report is seen to the second"
            );
        }
        let mean = f64::from(traffic.phone_delay_seconds);
        let seconds = |seconds| words::duration(Duration::try_from_secs_f64(seconds).unwrap_or_default());
        writeln!(
            text,
            "phones that send by themselves: each report, urgent or not, leaves {} later on average, half within {}, 95 % within {}",
            seconds(mean),
            seconds(mean * std::f64::consts::LN_2),
            seconds(mean * P95_MEANS)
        )
    }

    /// The same policy under other slots, at the same load.
    fn others(&self, text: &mut String) -> std::fmt::Result {
        let own = self.policy.traffic.slot_ms;
        let mut slots: Vec<u32> = OTHERS.into_iter().chain((own > 0).then_some(own)).collect();
        slots.sort_unstable();
        slots.dedup();
        writeln!(text, "other slots, at this load")?;
        writeln!(
            text,
            "  {:>10} {:>10} {:>12} {:>12} {:>12} {:>12}",
            "slot", "a day", "an hour", "1st urgent", "95 % urgent", "95 % others"
        )?;
        for slot_ms in slots {
            let mut draft: Draft = self.policy.as_draft().clone();
            draft.traffic.slot_ms = slot_ms;
            let Some(capacity) = Capacity::of(&draft) else { continue };
            let Some(Waits { urgent, routine }) = waits::wait(&draft.traffic, self.load) else { continue };
            let p95 = |wait: Wait| match wait {
                Wait::None => "none".to_owned(),
                Wait::TooMany => "too many".to_owned(),
                Wait::Took(delays) => words::duration(delays.p95),
            };
            let cost = draft.traffic.daily_cost(&Layout::of(&draft));
            let note = if slot_ms == own {
                "  this policy"
            } else if cost > draft.traffic.daily_bytes {
                "  over `daily_bytes`"
            } else {
                ""
            };
            writeln!(
                text,
                "  {:>10} {:>10} {:>12} {:>12} {:>12} {:>12}{note}",
                words::duration(capacity.slot()),
                words::bytes(capacity.daily_bytes().total()),
                words::count(capacity.per_day(Mode::Enrolled) / 24),
                capacity.wait(Mode::Enrolled, 1).map_or_else(String::new, words::duration),
                p95(urgent),
                p95(routine),
            )?;
        }
        Ok(())
    }
}
