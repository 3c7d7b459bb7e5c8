//! What a command takes from the machine: its clock, and its wish to end.

use std::time::{SystemTime, UNIX_EPOCH};

use cowl_core::rfc3339;

use crate::failure::Failure;

/// Unix seconds by this machine's clock; 0 when that stands before 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

/// A time for people, to the minute: `2026-11-03 14:05 UTC`.
pub(crate) fn date(unix_seconds: u64) -> String {
    let text = rfc3339(unix_seconds);
    let minute = text.get(..16).unwrap_or(&text);
    format!("{} UTC", minute.replacen('T', " ", 1))
}

/// Completes when someone wants the command to end: Ctrl-C, or SIGTERM from a service manager.
pub(crate) struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    /// Listens from now on: a signal that comes before [`Self::wanted`] is awaited is not lost.
    pub(crate) fn new() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let failed =
                |error: std::io::Error| Failure::internal("cannot listen to signals").because(&error);
            Ok(Self {
                terminate: signal(SignalKind::terminate()).map_err(failed)?,
                interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for it.
    pub(crate) async fn wanted(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_short() {
        assert_eq!(date(1_800_000_000), "2027-01-15 08:00 UTC");
    }
}
