//! What the recording commands share: the file, the limits, the progress, the end.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use cowl_audit::{
    live::{Progress, Recorder, Recording},
    trace::{Observer, WriteError},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::{exit::Exit, failure::Failure, machine::Stop, printer::Printer};

/// How often the count is looked at and the progress shown.
const TICK: Duration = Duration::from_millis(50);

/// Where a recording goes, and when it ends.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recording")]
pub(super) struct RecordingArgs {
    /// Write the trace to this new file, readable by its owner only
    #[arg(short = 'o', long, value_name = "FILE")]
    output: PathBuf,

    /// End after at least so many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,

    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,

    /// Keep these words in the trace, for its reports
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

/// A recording that goes on.
pub(super) struct Running {
    pub(super) recorder: Arc<Recorder>,
    recording: Recording,
    path: PathBuf,
}

impl RecordingArgs {
    /// Makes the file and begins.
    pub(super) fn start(&self, observer: Observer, point: String) -> Result<Running, Failure> {
        let file = create(&self.output)?;
        let (recorder, recording) = Recorder::start(file, observer, point, self.note.clone())
            .map_err(|error| storage(&self.output, &error))?;
        Ok(Running { recorder: Arc::new(recorder), recording, path: self.output.clone() })
    }

    /// Completes when a signal, the time or the count says so. Shows how far it is, and says at once when the disk refuses.
    pub(super) async fn until_done(&self, recorder: &Recorder, stop: &mut Stop, printer: &mut Printer) {
        let end = self.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        let bar = bar();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut warned = false;
        loop {
            tokio::select! {
                () = stop.wanted() => break,
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break,
                () = recorder.failed(), if !warned => {
                    warned = true;
                    bar.suspend(|| printer.warning(&format!(
                        "{} cannot be written: nothing is recorded any more; what passes through goes on until this ends",
                        self.output.display()
                    )));
                }
                _ = ticks.tick() => {
                    let progress = recorder.progress();
                    bar.set_message(format!(
                        "{} messages, {} connections open, {} bytes",
                        progress.messages, progress.open, progress.bytes
                    ));
                    if self.count.is_some_and(|count| progress.messages >= count) {
                        break;
                    }
                }
            }
        }
        bar.finish_and_clear();
    }
}

impl Running {
    /// Ends the file and says what is in it.
    pub(super) async fn finish(self, printer: &mut Printer) -> Result<Progress, Failure> {
        let Self { recorder, recording, path } = self;
        drop(recorder);
        let ended = tokio::task::spawn_blocking(|| recording.finish()).await;
        let ended = ended.map_err(|error| Failure::internal("the recorder failed").because(&error))?;
        let done = ended.map_err(|error| {
            storage(&path, &error).hint("what the file has up to then can be read: `cowl audit read`")
        })?;
        let mut said = format!(
            "recorded {} in {} on {}",
            counted(done.messages, "message"),
            counted(done.packets, "packet"),
            counted(done.connections, "connection")
        );
        if done.sealed > 0 {
            said = format!("{said}, and {} sealed TLS records", done.sealed);
        }
        printer.note(&said);
        if done.dropped > 0 {
            let missing = done.dropped;
            printer.warning(&format!("{missing} events are missing: the disk was slower than the traffic"));
        }
        if done.lost > 0 {
            printer.warning(&format!("{} bytes could not be recorded as MQTT or TLS", done.lost));
        }
        Ok(done)
    }
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn create(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::new(Exit::Storage, format!("{} exists and is not overwritten", path.display()))
                .hint("choose another name, or move the old file away")
        }
        _ => Failure::new(Exit::Storage, format!("cannot create {}", path.display())).because(&error),
    })
}

fn storage(path: &Path, error: &WriteError) -> Failure {
    let failure = Failure::new(Exit::Storage, format!("{} cannot be written", path.display()));
    match error {
        WriteError::Io(error) => failure.because(error),
        error => failure.because(error),
    }
}

/// Shown only where a person watches.
fn bar() -> ProgressBar {
    let target =
        if Printer::is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.set_style(
        ProgressStyle::with_template("{elapsed} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar
}
