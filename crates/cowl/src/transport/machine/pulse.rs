//! Keep-alive (MQTT 5 §3.1.2.10): when to ping, and when to give the broker up.

use std::time::Duration;

use tokio::time::Instant;

/// The clock of one connection.
#[derive(Debug)]
pub(super) struct Pulse {
    interval: Option<Duration>,
    last_sent: Instant,
    last_heard: Instant,
    ping_since: Option<Instant>,
}

/// What time asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Nothing,
    Ping,
    /// No sign of life for so many seconds after a ping.
    Dead(u64),
}

impl Pulse {
    pub(super) fn new(keep_alive_s: u16, now: Instant) -> Self {
        let interval = (keep_alive_s != 0).then(|| Duration::from_secs(keep_alive_s.into()));
        Self { interval, last_sent: now, last_heard: now, ping_since: None }
    }

    pub(super) fn sent(&mut self, now: Instant) {
        self.last_sent = now;
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.last_heard = now;
        self.ping_since = None;
    }

    /// `listening` is false while the caller is behind and nothing is read: the broker's answer could not
    /// be seen, but must still hear from us.
    pub(super) fn beat(&mut self, now: Instant, listening: bool) -> Beat {
        let Some(interval) = self.interval else { return Beat::Nothing };
        if !listening {
            self.ping_since = None;
            self.last_heard = now;
        }
        if let Some(since) = self.ping_since {
            let silent = now.duration_since(self.last_heard);
            return if now >= since + interval { Beat::Dead(silent.as_secs()) } else { Beat::Nothing };
        }
        if now < self.last_sent.min(self.last_heard) + interval {
            return Beat::Nothing;
        }
        self.ping_since = listening.then_some(now);
        // The ping is as good as sent: otherwise a full socket would ask for one ping after the other.
        self.last_sent = now;
        Beat::Ping
    }

    /// When to ask for the next beat.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let interval = self.interval?;
        Some(self.ping_since.unwrap_or_else(|| self.last_sent.min(self.last_heard)) + interval)
    }
}
