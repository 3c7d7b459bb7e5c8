//! `cowl audit score`: every attack by every adversary, before and after.

use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
    sync::Mutex,
};

use clap::Args;
use cowl_audit::{
    attack::{self, Attack, Truth},
    evidence::{self, Evidence},
    report::{Document, html, sarif, terminal},
    score::{AttackId, Baseline, Limit, Scorecard, Violation, score},
    trace::Reader,
    truth::MessageKind,
    view::{Adversary, Projection},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
TRACE is a file of `cowl simulate`, `cowl audit tap` or `cowl audit subscribe`, with its truth beside it: `plain.trace` goes with \
`plain.truth`. The first trace is the one that the others are compared with; limits and the baseline judge the last. \
`cowl audit explain` says what the numbers mean.";

/// The arguments of `cowl audit score`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct ScoreCommand {
    /// Traces, before first
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,

    /// The truth, if it does not stand beside the trace (one trace only)
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,

    /// Evidence of notices, withdrawals, erasures and signed commands, which no trace shows; for the last trace
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,

    /// Only this attack; may be repeated
    #[arg(long = "attack", value_name = "ID", value_parser = attack_id)]
    attacks: Vec<AttackId>,

    /// Only this adversary; may be repeated
    #[arg(long = "adversary", value_name = "NAME", value_parser = adversary)]
    adversaries: Vec<Adversary>,

    /// Only messages of the size of these, real or cover: reports, or walk-ins, who are a size class of their own; scored by themselves
    #[arg(long, value_name = "CLASS", value_parser = class)]
    class: Option<MessageKind>,

    /// Seed of split, training and bootstrap
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Print JSON, as spec/audit.schema.json says
    #[arg(long)]
    json: bool,

    /// Print also the variants that no cell counts, and what does not apply
    #[arg(long, conflicts_with = "json")]
    details: bool,

    /// Write a page that needs nothing but itself
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Write SARIF 2.1.0 of the last trace
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,

    /// Fail with exit code 8 when the upper bound of an advantage is over the limit, or was not measured; may be repeated
    #[arg(long = "fail-above", value_name = "CATEGORY[:ADVERSARY]=LIMIT", value_parser = limit)]
    limits: Vec<Limit>,

    /// Fail with exit code 8 when a cell became worse than in this file
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write the cells of the last trace to the baseline's file, and print what changed
    #[arg(long, requires = "baseline")]
    record: bool,
}

impl ScoreCommand {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        if self.truth.is_some() && self.traces.len() > 1 {
            return Err(Failure::usage("--truth goes with one trace").hint("put each truth beside its trace"));
        }
        // What cannot be read is said before minutes are spent on attacks.
        let evidence = self.evidence.as_deref().map(read_evidence).transpose()?;
        let baseline = self.baseline.as_deref().filter(|_| !self.record).map(read_baseline).transpose()?;
        let attacks: Vec<&dyn Attack> = attack::all()
            .iter()
            .copied()
            .filter(|attack| self.attacks.is_empty() || self.attacks.contains(&attack.id()))
            .collect();
        let adversaries =
            if self.adversaries.is_empty() { Adversary::ALL.to_vec() } else { self.adversaries.clone() };
        let mut cards = Vec::with_capacity(self.traces.len());
        for (index, trace) in self.traces.iter().enumerate() {
            let evidence = evidence.clone().filter(|_| index + 1 == self.traces.len());
            cards.push(self.measure(trace, evidence, &attacks, &adversaries, printer)?);
        }
        let document = Document::new(cards);
        self.print(&document, printer)?;
        let Some(last) = document.scorecards.last() else { return Ok(Exit::Done) };
        let violations: Vec<Violation> = self.limits.iter().flat_map(|limit| limit.judge(last)).collect();
        self.write_files(&document, last, &violations)?;
        printer.flush()?;
        let worse = match (&self.baseline, baseline) {
            (Some(path), None) => record(path, last, printer)?,
            (Some(path), Some(baseline)) => hold(path, &baseline, last, printer)?,
            (None, _) => 0,
        };
        for violation in &violations {
            let by = violation.adversary.map_or("any adversary", Adversary::name);
            printer.note(&format!("{}, {by}: {}", violation.limit, violation.found));
        }
        if violations.is_empty() && worse == 0 {
            return Ok(Exit::Done);
        }
        let cells = |count: usize| if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") };
        let mut parts = Vec::new();
        if !violations.is_empty() {
            parts.push(format!("{} over the limit", cells(violations.len())));
        }
        if worse > 0 {
            parts.push(format!("{} worse than recorded", cells(worse)));
        }
        Err(Failure::new(Exit::OverLimit, parts.join(", "))
            .hint("`cowl audit explain ATTACK` says what would lower it"))
    }

    fn measure(
        &self,
        path: &Path,
        evidence: Option<Evidence>,
        attacks: &[&dyn Attack],
        adversaries: &[Adversary],
        printer: &mut Printer,
    ) -> Result<Scorecard, Failure> {
        let beside = path.with_extension("truth");
        let truth = read_truth(self.truth.as_deref().unwrap_or(&beside), printer)?;
        let projection = read_trace(path, printer)?;
        if projection.without_content() > 0 {
            printer.warning(&format!(
                "{} messages were too much to hold; they count without content",
                projection.without_content()
            ));
        }
        let mut scene = projection.scene(truth);
        scene.evidence = evidence;
        if let Some(kind) = self.class {
            scene.keep_size_of(kind);
        }
        let bar = Mutex::new(bar());
        let card = score(&scene, attacks, adversaries, self.seed, &|progress| {
            if let Ok(bar) = bar.lock() {
                bar.set_length(u64::try_from(progress.of).unwrap_or(u64::MAX));
                bar.set_message(format!("{:?} by {}", progress.attack, progress.adversary.name()));
                bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
            }
        });
        if let Ok(bar) = bar.lock() {
            bar.finish_and_clear();
        }
        Ok(card)
    }

    fn print(&self, document: &Document, printer: &mut Printer) -> Result<(), Failure> {
        if self.json {
            let text = serde_json::to_string_pretty(document).map_err(|error| {
                Failure::internal("the scorecard cannot be written as JSON").because(&error)
            })?;
            return printer.data(text);
        }
        let mut text = String::new();
        terminal(document, self.details, &mut text)
            .map_err(|_| Failure::internal("the report cannot be laid out"))?;
        printer.raw(text)
    }

    fn write_files(
        &self,
        document: &Document,
        last: &Scorecard,
        violations: &[Violation],
    ) -> Result<(), Failure> {
        if let Some(path) = &self.html {
            let mut page = String::new();
            html(document, &mut page).map_err(|_| Failure::internal("the page cannot be laid out"))?;
            write(path, page.as_bytes())?;
        }
        if let Some(path) = &self.sarif {
            let artifact = self.traces.last().map_or_else(String::new, |trace| trace.display().to_string());
            write(path, sarif(last, violations, &artifact).to_string().as_bytes())?;
        }
        Ok(())
    }
}

fn read_truth(path: &Path, printer: &mut Printer) -> Result<Truth, Failure> {
    let file = File::open(path).map_err(|error| {
        storage("cannot read the truth", path, &error)
            .hint("a truth stands beside its trace: `plain.truth` beside `plain.trace`; without one, use `cowl audit read`")
    })?;
    let loaded = Truth::load(BufReader::new(file)).map_err(|error| {
        Failure::new(Exit::Input, format!("{}: {error}", path.display()))
            .hint("spec/trace.md says what a truth file holds")
    })?;
    let doubts = loaded.doubts;
    let loose = doubts.unknown_people + doubts.unknown_zones + doubts.unknown_messages;
    if loose > 0 {
        printer.warning(&format!("{loose} lines of {} refer to what is not in it", path.display()));
    }
    Ok(loaded.truth)
}

fn read_trace(path: &Path, printer: &mut Printer) -> Result<Projection, Failure> {
    let file = File::open(path).map_err(|error| storage("cannot read the trace", path, &error))?;
    let mut reader = Reader::new(file).map_err(|error| {
        Failure::new(Exit::Input, format!("{}: {error}", path.display()))
            .hint("a capture is made into a trace by `cowl audit read CAPTURE -o TRACE`")
    })?;
    let partial = Projection::read(&mut reader);
    if let Some(error) = partial.error {
        printer.warning(&format!("{}: {error}; what comes before it is measured", path.display()));
    }
    Ok(partial.projection)
}

fn read_evidence(path: &Path) -> Result<Evidence, Failure> {
    let file = File::open(path).map_err(|error| storage("cannot read the evidence", path, &error))?;
    evidence::read(BufReader::new(file)).map_err(|error| {
        Failure::new(Exit::Input, format!("{}: {error}", path.display()))
            .hint("spec/evidence.md says what an evidence file holds")
    })
}

fn read_baseline(path: &Path) -> Result<Baseline, Failure> {
    let text = fs::read(path)
        .map_err(|error| storage("cannot read the baseline", path, &error).hint("make it with --record"))?;
    serde_json::from_slice(&text).map_err(|error| {
        Failure::new(Exit::Input, format!("{}: not a recorded scorecard", path.display()))
            .because(&error)
            .hint("make it with --record")
    })
}

/// Writes the baseline anew and says what changed, for the changelog.
fn record(path: &Path, card: &Scorecard, printer: &mut Printer) -> Result<usize, Failure> {
    let new = Baseline::of(card);
    if let Ok(old) = read_baseline(path) {
        for line in old.changes(&new) {
            printer.note(&line);
        }
    }
    let text = serde_json::to_string_pretty(&new)
        .map_err(|error| Failure::internal("the baseline cannot be written as JSON").because(&error))?;
    write(path, format!("{text}\n").as_bytes())?;
    Ok(0)
}

/// How many cells became worse.
fn hold(path: &Path, baseline: &Baseline, card: &Scorecard, printer: &mut Printer) -> Result<usize, Failure> {
    let changes = baseline.hold(card).map_err(|error| {
        Failure::new(Exit::OverLimit, format!("{}: {error}", path.display()))
            .hint("record it anew with --record, and say why")
    })?;
    for change in &changes {
        let word = if change.worse { "worse" } else { "better, so the file may be recorded anew" };
        printer.note(&format!("{change}: {word}"));
    }
    Ok(changes.iter().filter(|change| change.worse).count())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| storage("cannot write", path, &error))
}

fn storage(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Storage, format!("{what} {}: {error}", path.display()))
}

fn bar() -> ProgressBar {
    let target =
        if Printer::is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("cowl: {pos}/{len} attacks {wide_bar} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn class(name: &str) -> Result<MessageKind, String> {
    match name {
        "report" => Ok(MessageKind::Report),
        "walk-in" => Ok(MessageKind::WalkIn),
        _ => Err("there are: report, walk-in".to_owned()),
    }
}

fn attack_id(text: &str) -> Result<AttackId, String> {
    let all = AttackId::ALL;
    all.into_iter().find(|one| format!("{one:?}").eq_ignore_ascii_case(text)).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|one| format!("{one:?}")).collect();
        format!("there are {}", names.join(", "))
    })
}

fn adversary(text: &str) -> Result<Adversary, String> {
    let all = Adversary::ALL;
    all.into_iter().find(|one| one.name() == text).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| one.name()).collect();
        format!("there are {}", names.join(", "))
    })
}

fn limit(text: &str) -> Result<Limit, String> {
    text.parse().map_err(|error: cowl_audit::score::LimitError| error.to_string())
}
