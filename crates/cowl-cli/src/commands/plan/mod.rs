//! `cowl plan`: what a policy's schedule carries, costs and gives, before anyone depends on it.
//!
//! `schedule` lays out what follows from the policy alone, `privacy` measures what is left
//! to see, `words` writes numbers.

mod privacy;
mod schedule;
mod words;

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::{node::waits::Load, policy_file::PolicyFile};
use cowl_console::{Measure, Measured as Bounds};
use cowl_core::policy::Traffic;
use cowl_sim::Settings;

use crate::{exit::Exit, failure::Failure, printer::Printer};
use schedule::Schedule;

/// What everything is drawn from, unless told otherwise.
const SEED: u64 = 2010;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Reads policy.toml alone: no key, no broker, and it changes nothing. Delays are those of the node's real slots under \
independent random arrivals of the load that is printed; the time of the network comes on top. Bytes are estimates \
from above, with MQTT, TLS and TCP/IP. The last lines are measured: an operation with this schedule is simulated and \
attacked as `cowl simulate` and `cowl audit score` do, and the upper bounds of the 95 % intervals are printed. What \
could not be measured is said so, and has no number; more people and days narrow the intervals, which at the default are wide. A \
busy hour of a whole gateway stands by itself: the hour of the day tells nearly all of it.

Examples:
  cowl plan ops
  cowl plan ops/policy.toml --reports 60 --urgent 25 --no-measure
  cowl plan ops --people 400 --days 3";

/// The arguments of `cowl plan`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct PlanCommand {
    /// The operation's folder, or a policy file [default: policy.toml of the current folder, else the one of `cowl init`]
    #[arg(value_name = "DIR|POLICY")]
    policy: Option<PathBuf>,

    /// People behind one gateway whose reports fill its slots
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    behind: u32,

    /// Reports that each of them sends in a day
    #[arg(long, value_name = "R", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    reports: u32,

    /// How many reports of a hundred are urgent
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    urgent: u32,

    /// Gateways of the simulated operation
    #[arg(long, value_name = "N", default_value_t = privacy::GATEWAYS, value_parser = clap::value_parser!(u16).range(1..=64))]
    gateways: u16,

    /// People of the simulated operation
    #[arg(long, value_name = "N", default_value_t = privacy::PEOPLE,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(Settings::MOST_PEOPLE)))]
    people: u32,

    /// Days that it lasts
    #[arg(long, value_name = "D", default_value_t = privacy::DAYS,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(Settings::MOST_DAYS)))]
    days: u32,

    /// What everything is drawn from: the same number, the same figures
    #[arg(long, value_name = "SEED", default_value_t = SEED)]
    seed: u64,

    /// Do not simulate and attack: nothing is then said of privacy
    #[arg(long)]
    no_measure: bool,
}

impl PlanCommand {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let PolicyFile { policy, .. } = self.load(printer)?;
        let load = Load {
            per_hour: f64::from(self.behind) * f64::from(self.reports) / 24.0,
            urgent: f64::from(self.urgent) / 100.0,
            seed: self.seed,
        };
        let schedule = Schedule { policy: &policy, load, behind: self.behind, reports: self.reports };
        printer.raw(schedule.render())?;
        printer.flush()?;
        if !self.no_measure {
            let settings = Settings {
                people: self.people,
                days: self.days,
                seed: self.seed,
                victims: Settings::VICTIMS,
                timed: false,
            };
            let measured = privacy::measure(&policy.traffic, self.gateways, settings)?;
            printer.raw(measured.render(schedule.daily_bytes()))?;
        }
        Ok(Exit::Done)
    }

    fn load(&self, printer: &mut Printer) -> Result<PolicyFile, Failure> {
        let path = match &self.policy {
            Some(path) if path.is_dir() => path.join("policy.toml"),
            Some(path) => path.clone(),
            None if Path::new("policy.toml").exists() => PathBuf::from("policy.toml"),
            None => {
                printer.note("no policy.toml here: this is the policy of `cowl init`");
                return Ok(PolicyFile::default_policy()?);
            }
        };
        Ok(PolicyFile::load(&path)?)
    }
}

/// Simulates and attacks for the console's Privacy view, as `cowl plan` does by itself.
#[derive(Debug)]
pub(crate) struct Simulated;

impl Measure for Simulated {
    fn measure(&self, traffic: &Traffic) -> Result<Bounds, String> {
        let settings = Settings {
            people: privacy::PEOPLE,
            days: privacy::DAYS,
            seed: SEED,
            victims: Settings::VICTIMS,
            timed: false,
        };
        let measured = privacy::measure(traffic, privacy::GATEWAYS, settings);
        let measured = measured.map_err(|failure| failure.message().to_owned())?;
        let [detecting, linking] = measured.bounds();
        let how = format!(
            "cowl plan: {} people behind {} gateways, {} day, seed {SEED}",
            privacy::PEOPLE,
            privacy::GATEWAYS,
            privacy::DAYS
        );
        Ok(Bounds { linking, detecting, how })
    }
}
