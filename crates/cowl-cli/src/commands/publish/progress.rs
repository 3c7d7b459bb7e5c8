//! How far it is, for a person who watches, once it takes long enough to wonder.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::printer::Printer;

/// Shorter runs show nothing.
const AFTER: Duration = Duration::from_secs(2);

/// A line on standard error that counts, if standard error is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    started: Instant,
    bar: Option<ProgressBar>,
    wanted: bool,
}

impl Progress {
    /// Nothing is shown yet; never with `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        Self { started: Instant::now(), bar: None, wanted: !quiet && Printer::is_watched() }
    }

    /// So many reports went out in all.
    pub(super) fn at(&mut self, reports: u64) {
        if !self.wanted || self.started.elapsed() < AFTER {
            return;
        }
        let started = self.started;
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
            let style = ProgressStyle::with_template("cowl: {human_pos} reports, {per_sec}, {elapsed}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
                .with_elapsed(started.elapsed())
        });
        bar.set_position(reports);
    }

    /// Lets something else be printed.
    pub(super) fn aside(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the line away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
