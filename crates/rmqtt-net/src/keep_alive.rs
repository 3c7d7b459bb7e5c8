//! How long a client may be silent.

use std::future::Future;
use std::num::NonZeroU16;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The keep-alive that a client gets, in seconds. Zero asks for none, which nobody gets.
pub fn granted(asked: u16, longest: NonZeroU16) -> u16 {
    if asked == 0 { longest.get() } else { asked.min(longest.get()) }
}

/// Silence after which a client is taken for gone, in seconds: half as long again as its keep-alive (MQTT 5 §3.1.2.10),
/// at least three more, for the slowest links.
fn patience(keep_alive: u16) -> u16 {
    keep_alive.saturating_add((keep_alive / 2).max(3))
}

/// Notices that a client has been silent for too long.
///
/// RMQTT has such a clock too, but it starts again only with a packet that RMQTT sees.
#[derive(Debug)]
pub(crate) struct Silence {
    longest: Duration,
    since: Instant,
    // A timer is large, and there is none before CONNECT.
    timer: Pin<Box<Sleep>>,
}

impl Silence {
    /// Of a client that was granted this, from now on.
    pub(crate) fn new(keep_alive: u16) -> Self {
        let longest = Duration::from_secs(patience(keep_alive).into());
        let since = Instant::now();
        Self { longest, since, timer: Box::pin(sleep_until(since + longest)) }
    }

    /// The client was heard, or could not be.
    pub(crate) fn broken(&mut self) {
        self.since = Instant::now();
    }

    /// Whether it has lasted too long.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let until = self.since + self.longest;
            if until <= Instant::now() {
                return Poll::Ready(());
            }
            // Moved only when it fires: a client that talks costs no work on timers.
            self.timer.as_mut().reset(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[test]
    fn no_client_is_waited_for_longer_than_the_limit_says() {
        let longest = NonZeroU16::new(600).unwrap();
        let pairs = [(0, 900), (1, 4), (60, 90), (600, 900), (601, 900), (u16::MAX, 900)];
        for (asked, waits) in pairs {
            assert_eq!(patience(granted(asked, longest)), waits, "asked {asked}");
        }
        assert_eq!(patience(u16::MAX), u16::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_counts_from_the_last_that_was_heard() {
        let began = Instant::now();
        let mut silence = Silence::new(60);
        tokio::time::advance(Duration::from_secs(89)).await;
        silence.broken();
        poll_fn(|cx| silence.poll(cx)).await;
        assert_eq!(began.elapsed().as_secs(), 179);
    }
}
