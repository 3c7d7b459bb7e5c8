//! The policy's delay: reports wait for a random time before they leave, so that their times tell less.

use std::future;

use cowl::{client::Delayed, random::SystemRng};
use cowl_core::{Report, policy::Traffic};

use super::send::{SealedOutlet, Voice};
use crate::{exit::Exit, failure::Failure, machine::Stop};

/// How many reports wait at a time; then no more input is read.
const MOST: usize = 4_096;

/// Reports that wait, and the wish to end, which must not lose them.
pub(super) struct Held {
    pub(super) reports: Delayed<(usize, Report)>,
    /// Only with a delay: else a signal ends the process, as it always did.
    stop: Option<Stop>,
}

impl Held {
    /// By a policy.
    pub(super) fn by(traffic: &Traffic) -> Result<Self, Failure> {
        let reports = Delayed::new(traffic, SystemRng::new(), MOST);
        let stop = reports.is_delaying().then(Stop::new).transpose()?;
        Ok(Self { reports, stop })
    }

    /// Nothing waits, whatever the policy says.
    pub(super) fn none() -> Self {
        let off = Traffic { phone_delay_seconds: 0, ..Traffic::default() };
        Self { reports: Delayed::new(&off, SystemRng::new(), MOST), stop: None }
    }

    /// What happens next. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Next {
        let Self { reports, stop } = self;
        let stopped = async {
            match stop {
                Some(stop) => stop.wanted().await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            () = stopped => Next::Stop,
            (identity, report) = reports.next() => Next::Due(identity, report),
        }
    }
}

/// What happens to what is held.
pub(super) enum Next {
    /// Someone wants the command to end.
    Stop,
    /// The time of a report has come.
    Due(usize, Report),
}

impl SealedOutlet<'_> {
    /// Seals a report and hands it over.
    pub(super) async fn send_now(&mut self, identity: usize, report: Report) -> Result<(), Failure> {
        let Self { sealer, outbox, .. } = self;
        let mut seal = |identity: usize, report: &Report| sealer.seal(identity, report);
        Ok(outbox.send(identity, report, &mut seal).await?)
    }

    /// Nothing more comes in: sends what still waits, each in its time. A second wish to end gives them up, and so does a
    /// connection that failed; then it is told how many.
    pub(super) async fn send_held(
        &mut self,
        mut end: Result<(), Failure>,
        voice: &mut Voice<'_>,
    ) -> Result<(), Failure> {
        if !self.held.reports.is_empty() && end.is_ok() {
            let waiting = self.held.reports.len();
            voice.debug(&format!("{waiting} still to be sent, each after its delay"));
        }
        while end.is_ok() && !self.held.reports.is_empty() {
            match self.held.next().await {
                Next::Stop => break,
                Next::Due(identity, report) => end = self.send_now(identity, report).await,
            }
        }
        let unsent = self.held.reports.drain().count();
        if unsent == 0 {
            return end;
        }
        let lost = Failure::new(
            Exit::Input,
            format!("{unsent} of the reports were still waiting, and were not sent"),
        );
        end.and(Err(lost.hint("they waited by the policy's phone_delay; send them again")))
    }
}

/// Waits before a single report is even connected for: the connection would tell what the delay hides. `false`: someone wanted the
/// command to end before.
pub(super) async fn wait(traffic: &Traffic, quiet: bool, voice: &mut Voice<'_>) -> Result<bool, Failure> {
    let mut stop = Stop::new()?;
    if !quiet {
        voice.note(&format!(
            "waiting before sending, {} on the average, as the policy wants; --now sends at once",
            about(traffic.phone_delay_seconds)
        ));
    }
    let mut timer = Delayed::new(traffic, SystemRng::new(), 1);
    timer.hold(());
    Ok(tokio::select! {
        () = timer.next() => true,
        () = stop.wanted() => false,
    })
}

fn about(seconds: u32) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}
