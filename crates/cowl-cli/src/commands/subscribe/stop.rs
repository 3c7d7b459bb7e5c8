//! When to end: a signal, or the time of `-W`.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use crate::failure::Failure;

/// Watches for the end.
#[derive(Debug)]
pub(super) struct Stop {
    signals: watch::Receiver<bool>,
    deadline: Option<Instant>,
}

impl Stop {
    /// From now on a signal ends the command in good order instead of at once.
    pub(super) fn listen() -> Result<Self, Failure> {
        let failed = |error| Failure::internal("cannot wait for signals").because(&error);
        let (tell, signals) = watch::channel(false);
        let mut ends = Ends::new().map_err(failed)?;
        tokio::spawn(async move {
            ends.next().await;
            // Nobody is left to be told when the command has ended already.
            let _ = tell.send(true);
        });
        Ok(Self { signals, deadline: None })
    }

    /// Ends after this time, too.
    pub(super) fn after(&mut self, wait: Option<Duration>) {
        self.deadline = wait.and_then(|wait| Instant::now().checked_add(wait));
    }

    /// Whether it is time to end.
    pub(super) fn is_due(&self) -> bool {
        *self.signals.borrow() || self.has_timed_out()
    }

    /// Whether the time of `-W` is over.
    pub(super) fn has_timed_out(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Waits for the end.
    pub(super) async fn due(&mut self) {
        let signal = async {
            if self.signals.wait_for(|is_due| *is_due).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        match self.deadline {
            None => signal.await,
            Some(deadline) => {
                tokio::select! {
                    () = signal => {}
                    () = tokio::time::sleep_until(deadline) => {}
                }
            }
        }
    }
}

#[cfg(unix)]
struct Ends {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Ends {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Ends;

#[cfg(not(unix))]
impl Ends {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
