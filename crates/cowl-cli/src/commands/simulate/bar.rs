//! How far the runs are, for a person who watches.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::printer::Printer;

/// Steps of one run.
const STEPS: f64 = 1_000.0;

/// A bar on standard error, if that is a terminal.
#[derive(Debug)]
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    shares: Vec<f64>,
}

impl Bar {
    /// For so many runs.
    pub(super) fn new(runs: usize) -> Self {
        let bar = Printer::is_watched().then(|| {
            let length = u64::try_from(runs).unwrap_or(0).saturating_mul(whole(STEPS));
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(4));
            let style = ProgressStyle::with_template("cowl: {percent}% {bar:40} {elapsed}, {eta} to go");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, shares: vec![0.0; runs] }
    }

    /// So much of a run is done.
    pub(super) fn at(&mut self, run: usize, share: f64) {
        if let Some(known) = self.shares.get_mut(run) {
            *known = share;
        }
        if let Some(bar) = &self.bar {
            bar.set_position(whole(self.shares.iter().sum::<f64>() * STEPS));
        }
    }

    /// Takes it away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "steps of a bar")]
fn whole(steps: f64) -> u64 {
    steps.clamp(0.0, 1e9) as u64
}
