//! `cowl simulate`: whole operations in virtual time, for the audit.
//!
//! `work` runs configurations on as many threads as there are cores; `bar` shows how far they are; `table` is what is printed.

mod bar;
mod table;
mod work;

use std::{num::NonZeroU32, path::PathBuf};

use clap::Args;
use cowl::files::{self, Access};
use cowl_sim::{Configuration, Settings, Simulation};

use crate::{exit::Exit, failure::Failure, printer::Printer};
use bar::Bar;
use work::{Event, Job};

/// What `cowl simulate --help` adds below the options.
const AFTER: &str = "\
People with homes, movement and needs report for days, in virtual time: through the same client code as `cowl pub`, over a \
network in memory that loses one connection in five, to a broker, responders and the operation's service. For each configuration \
there are two files: NAME.trace, all that passed the broker, and NAME.truth, who really sent what; `cowl audit score` takes both. \
The same people and reports in all configurations; the same seed, the same bytes.

Configurations: plain, fernet, minimised, fernet-minimised (the study's); cowl; cowl-shared-address (all phones behind one address), \
cowl-delay (phones wait a random time, 10 minutes in the mean), cowl-relay (phones wrap for one of four relays), cowl-relay-walk-ins (one person in eight \
is not enrolled, and enters there at a rate, in a size of her own: `cowl audit score --class walk-in`), cowl-gateway (ordinary \
devices behind four gateways), cowl-gateway-walk-ins (which carry messages of walk-ins' size, too), cowl-gateway-lossy (one message in \
five breaks the gateway's connection), cowl-gateway-hostile (the broker withholds, delays and replays), cowl-page (nobody is enrolled: all \
report on the victims' page, whose server carries their connections).

Examples:
  cowl simulate -o runs
  cowl simulate -o runs --people 60 --days 1 --configuration plain --configuration cowl
  cowl audit score runs/plain.trace runs/cowl.trace
  cowl simulate -o runs --configuration cowl --evidence
  cowl audit score runs/cowl.trace --evidence runs/evidence.jsonl --attack U1 --attack N1 --details";

/// Simulate an operation, for the audit
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Simulate {
    /// How many people use the service; a quarter as many more do not
    #[arg(long, value_name = "N", default_value_t = 400,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(Settings::MOST_PEOPLE)))]
    people: u32,

    /// How many days it lasts
    #[arg(long, value_name = "D", default_value_t = 3,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(Settings::MOST_DAYS)))]
    days: u32,

    /// What everything is drawn from: the same number, the same bytes
    #[arg(long, value_name = "SEED", default_value_t = 2010)]
    seed: u64,

    /// Only this configuration; may be repeated [default: all]
    #[arg(long, value_name = "NAME", value_parser = configuration)]
    configuration: Vec<Configuration>,

    /// Where to put the files; what is there under their names is replaced
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Slots of gateways and relays last so long, as in the policy's `slot`: shorter simulations have longer ones
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    slot: u32,

    /// Somebody reports in the name of one person in so many, with a second phone and one role's keys: N1 of `cowl audit score` judges
    /// these, the more the more exactly
    #[arg(long, value_name = "N", default_value_t = Settings::VICTIMS)]
    victims: NonZeroU32,

    /// Write evidence.jsonl too: what the people were told before they reported, and whether a third party can tell the authority's
    /// commands from others; for `cowl audit score --evidence`, of configurations that seal
    #[arg(long)]
    evidence: bool,

    /// Let the truth say how long messages take to make and open: then it is not the same again
    #[arg(long)]
    timed: bool,
}

impl Simulate {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        std::fs::create_dir_all(&self.output).map_err(|error| {
            Failure::new(Exit::Storage, format!("cannot make {}: {error}", self.output.display()))
        })?;
        let Self { people, days, seed, victims, timed, .. } = *self;
        let simulation = Simulation::new(Settings { people, days, seed, victims, timed });
        let jobs: Vec<Job> = self.configurations().map(|one| Job::new(one, &self.output)).collect();
        let mut bar = Bar::new(jobs.len());
        let mut rows = Vec::new();
        let mut failed = None;
        work::all(&simulation, &jobs, |event| match event {
            Event::Passed { job, share } => bar.at(job, share),
            Event::Done { job, outcome: Ok(run) } => {
                bar.at(job, 1.0);
                rows.push((job, run));
            }
            Event::Done { outcome: Err(failure), .. } => {
                failed.get_or_insert(failure);
            }
        });
        bar.finish();
        if let Some(failure) = failed {
            return Err(failure);
        }
        if self.evidence {
            self.write_evidence(&simulation)?;
        }
        rows.sort_by_key(|(job, _)| *job);
        let named = rows.iter().filter_map(|(job, run)| Some((jobs.get(*job)?.configuration.name(), run)));
        printer.raw(table::render(named))?;
        Ok(Exit::Done)
    }

    fn write_evidence(&self, simulation: &Simulation) -> Result<(), Failure> {
        let mut lines = Vec::new();
        simulation.evidence(&mut lines).map_err(|error| Failure::internal(error.to_string()))?;
        let path = self.output.join("evidence.jsonl");
        Ok(files::replace(&path, &lines, Access::All)?)
    }

    /// In their own order, each once.
    fn configurations(&self) -> impl Iterator<Item = Configuration> {
        Configuration::ALL
            .into_iter()
            .filter(|one| self.configuration.is_empty() || self.configuration.contains(one))
            .map(|one| one.in_slots(self.slot.saturating_mul(1_000)))
    }
}

fn configuration(name: &str) -> Result<Configuration, String> {
    let names = || Configuration::ALL.map(|one| one.name()).join(", ");
    Configuration::named(name).ok_or_else(|| format!("there are: {}", names()))
}
