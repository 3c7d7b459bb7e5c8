//! `cowl demo`: a simulated crisis over a real broker, once with each preset, in everyone's eyes.
//!
//! One file each: `day` is what happens; `ground` an operation and its broker; `phone`, `authority` and `desk` its members and the
//! eavesdropper; `tap` and `packets` what the broker is shown; `round` a day under one preset; `findings`, `planted` and `study`
//! what the attacker makes of it; `show`, `table` and `columns` print; `document` is the JSON; `keep` stays, and
//! `stage` is what its console shows.

mod authority;
mod columns;
mod day;
mod desk;
mod document;
mod findings;
mod ground;
mod keep;
mod packets;
mod phone;
mod planted;
mod round;
mod show;
mod stage;
mod study;
mod table;
mod tap;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use clap::Args;
use cowl::policy_file::PolicyFile;
use cowl_core::Preset;
use tokio::time::timeout;

use crate::{exit::Exit, failure::Failure, printer::Printer};
use day::Day;
use document::Document;
use findings::Findings;
use planted::Search;
use round::Rest;

/// How long a message may take from one end of this process to the other. It takes a millisecond.
const PATIENCE: Duration = Duration::from_mins(1);

/// What `cowl demo --help` adds below the options.
const AFTER: &str = "\
A simulated day of a crisis: people with phones report through the embedded broker, once under each of the study's \
presets and once under Cowl's, with responders of every role and an eavesdropper who sees what the broker sees. It takes \
less than a minute and listens on loopback only.

In a terminal, and with --keep, it then opens the console of the last operation and prints its links: there the people go on \
reporting, and each protection, whole or layer by layer, can be taken away to watch what the broker sees. That stays until \
Ctrl-C. Without a terminal, where CI is set, and with --no-console, it ends by itself.

Everything that is printed is measured in the run itself: the fields by an extractor that knows nothing of Cowl, the \
people by the identifiers in the traffic, sizes and times from the messages. Nothing leaves this machine, and nothing is \
left behind. If a planted name, number or position comes through under preset `cowl`, or a report is lost, it ends with \
exit code 1.

The JSON holds `version`, `crisis`, `presets` (for each: messages, roles, fields, people, bytes, microseconds, key, \
left_out, planted, study_message, example), `study`, `counting_rule`, `brute_force_assumption` and `seconds`.

Examples:
  cowl demo
  cowl demo --preset plain --preset cowl --people 1000
  cowl demo --json | jq '.presets[] | {preset, fields, people}'
  cowl demo --no-console
  cowl demo --keep";

/// Show before and after on live traffic.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Demo {
    /// How many people there are
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(2..=4000))]
    people: u32,

    /// What the crisis is drawn from: the same number, the same people and reports
    #[arg(long, value_name = "SEED", default_value_t = 2010)]
    seed: u64,

    /// Only this preset; may be repeated [default: all]
    #[arg(long, value_name = "PRESET", value_parser = preset)]
    preset: Vec<Preset>,

    /// One JSON document instead of text
    #[arg(long)]
    json: bool,

    /// Leave the last operation and its broker running until Ctrl-C, open its console, and say what to try. In a terminal it does so anyway
    #[arg(long, conflicts_with = "json")]
    keep: bool,

    /// Open no console: end when the table is printed, or with --keep stay without it
    #[arg(long)]
    no_console: bool,
}

impl Demo {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let begun = Instant::now();
        let policy = PolicyFile::default_policy()?.policy;
        let day = Day::new(self.people, self.seed, policy.epoch_seconds);
        let search = Search::new(&day);
        let search =
            search.map_err(|error| Failure::internal("the people cannot be searched for").because(&error))?;
        if !self.json {
            show::opening(&day, printer)?;
        }
        let mut all = Vec::new();
        let mut last = None;
        for preset in self.presets() {
            self.progress(preset, printer);
            // The round before hands its ports, files and memory back first.
            Box::pin(close(last.take())).await;
            let (round, rest) = Box::pin(round::run(preset, &day)).await?;
            let findings = Findings::of(&round, day.reporters(), search.run(&round));
            drop(round);
            if !self.json {
                show::block(&findings, printer)?;
            }
            all.push(findings);
            last = Some(rest);
        }
        let document = Document::new(&day, all, begun.elapsed());
        if self.json {
            printer.data(document.to_json()?)?;
        } else {
            show::closing(&document, printer)?;
        }
        printer.flush()?;
        let faults = document.faults();
        // Somebody at a terminal is shown the console; a script goes on.
        let is_shown = Printer::is_attended() && !self.json && !self.no_console;
        let stays = |rest: &Rest| self.keep || is_shown && !rest.ground.preset.is_dangerous();
        if let Some(rest) = last.filter(|rest| stays(rest) && faults.is_empty()) {
            Box::pin(keep::keep(rest, &day, !self.no_console, printer)).await?;
        }
        match faults.as_slice() {
            [] => Ok(Exit::Done),
            faults => Err(Failure::internal(format!("the demo failed: {}", faults.join("; ")))),
        }
    }

    /// In the study's order, Cowl's last, each once.
    fn presets(&self) -> impl Iterator<Item = Preset> {
        Preset::ALL.into_iter().filter(|preset| self.preset.is_empty() || self.preset.contains(preset))
    }

    fn progress(&self, preset: Preset, printer: &mut Printer) {
        if self.json && Printer::is_watched() {
            printer.note(&format!("the day under preset {}", preset.name()));
        }
    }
}

fn preset(name: &str) -> Result<Preset, String> {
    let names = || Preset::ALL.map(Preset::name).join(", ");
    Preset::named(name).ok_or_else(|| format!("there are: {}", names()))
}

async fn close(rest: Option<Rest>) {
    if let Some(rest) = rest {
        rest.ground.broker.shutdown().await;
    }
}

/// Waits, but not for ever: a message that does not come is a lost one.
async fn patience<T, E>(who: &str, wait: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
where
    Failure: From<E>,
{
    match timeout(PATIENCE, wait).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Failure::internal(format!("{who}: nothing came for {} seconds", PATIENCE.as_secs()))),
    }
}
