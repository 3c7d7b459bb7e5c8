//! Runs configurations side by side. Which thread runs what does not show in the files.

use std::{
    collections::VecDeque,
    io::{BufWriter, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use cowl_sim::{Configuration, Simulation, SimulationError, Summary};
use tempfile::NamedTempFile;

use crate::{exit::Exit, failure::Failure};

/// How much of a run has to pass before it is told again.
const STEP: f64 = 0.005;

/// A configuration to be run, and where its files go.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) configuration: Configuration,
    folder: PathBuf,
}

/// A run that is done.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) summary: Summary,
    pub(super) took: Duration,
}

/// What happens to the jobs, by their numbers.
pub(super) enum Event {
    /// So much of a run's time has passed.
    Passed { job: usize, share: f64 },
    /// It is done, or failed.
    Done { job: usize, outcome: Result<Run, Failure> },
}

impl Job {
    pub(super) fn new(configuration: Configuration, folder: &Path) -> Self {
        Self { configuration, folder: folder.to_owned() }
    }

    /// Both files appear when the run is over, or none of them.
    fn run(&self, simulation: &Simulation, progress: impl FnMut(f64)) -> Result<Run, Failure> {
        let begun = Instant::now();
        let (trace, truth) = (self.file()?, self.file()?);
        let (to_trace, to_truth) = (self.writer(&trace)?, self.writer(&truth)?);
        let run = simulation.run(&self.configuration, to_trace, to_truth, progress);
        let summary = run.map_err(|error| self.failed(&error))?;
        self.keep(trace, "trace")?;
        self.keep(truth, "truth")?;
        Ok(Run { summary, took: begun.elapsed() })
    }

    fn file(&self) -> Result<NamedTempFile, Failure> {
        let file = tempfile::Builder::new().prefix(".cowl-").tempfile_in(&self.folder);
        file.map_err(|error| self.unwritable(&error))
    }

    fn writer(&self, file: &NamedTempFile) -> Result<Box<dyn Write + Send>, Failure> {
        let file = file.reopen().map_err(|error| self.unwritable(&error))?;
        Ok(Box::new(BufWriter::with_capacity(1 << 18, file)))
    }

    fn keep(&self, file: NamedTempFile, kind: &str) -> Result<(), Failure> {
        let path = self.folder.join(format!("{}.{kind}", self.configuration.name()));
        file.persist(&path).map(drop).map_err(|error| self.unwritable(&error.error))
    }

    fn unwritable(&self, error: &std::io::Error) -> Failure {
        Failure::new(Exit::Storage, format!("cannot write to {}: {error}", self.folder.display()))
    }

    fn failed(&self, error: &SimulationError) -> Failure {
        let name = self.configuration.name();
        match error {
            SimulationError::Io(_) | SimulationError::File(_) | SimulationError::Truth(_) => {
                Failure::new(Exit::Storage, format!("configuration {name}: {error}"))
            }
            _ => Failure::internal(format!("configuration {name}: {error}")),
        }
    }
}

/// Runs all jobs, on as many threads as there are cores, and tells what happens.
pub(super) fn all(simulation: &Simulation, jobs: &[Job], mut tell: impl FnMut(Event)) {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(jobs.len());
    // The last ones take longest: they begin first.
    let queue: Mutex<VecDeque<(usize, &Job)>> = Mutex::new(jobs.iter().enumerate().rev().collect());
    let (send, receive) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, queue) = (send.clone(), &queue);
            scope.spawn(move || {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some((job, one)) = next() {
                    let mut told = 0.0;
                    let outcome = one.run(simulation, |share| {
                        if share >= told + STEP {
                            told = share;
                            let _ = send.send(Event::Passed { job, share });
                        }
                    });
                    if send.send(Event::Done { job, outcome }).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        receive.iter().for_each(&mut tell);
    });
}
