//! What an operation with this schedule gives away: simulated and attacked here and now, or no number at all.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufReader, BufWriter, Seek as _, Write},
    thread,
};

use cowl_audit::{
    attack::{self, Attack, Truth},
    score::{AttackId, Category, Cell, Figure, Finding, Outcome, Scorecard, score},
    trace::Reader,
    truth::MessageKind,
    view::{Adversary, Projection},
};
use cowl_core::policy::Traffic;
use cowl_sim::{Configuration, Settings, Simulation};

use super::words;
use crate::{exit::Exit, failure::Failure};

/// People and days of the simulation, unless told otherwise: seconds on two cores, with wide intervals.
pub(super) const PEOPLE: u32 = 80;
pub(super) const DAYS: u32 = 1;
/// Gateways that they are behind.
pub(super) const GATEWAYS: u16 = 4;

/// Who looks: whoever is outside and has no key.
const WHO: [Adversary; 3] = [Adversary::Broker, Adversary::Subscriber, Adversary::Network];
/// The variant of De1 that asks about a place.
const PLACE: &str = "place";
/// What slots are there for.
const WHAT: [(Category, &str); 2] = [(Category::Detecting, "Detecting"), (Category::Linking, "Linking")];

/// What was measured.
pub(super) struct Measured {
    card: Scorecard,
    /// What tells a busy hour of a whole gateway: nearly all of that is the hour of the day, so what is left above it has no narrow bound.
    places: Vec<Finding>,
    settings: Settings,
    gateways: u16,
}

/// Simulates an operation behind gateways with this schedule, and attacks it.
pub(super) fn measure(traffic: &Traffic, gateways: u16, settings: Settings) -> Result<Measured, Failure> {
    let configuration = Configuration::behind_gateways(gateways, traffic);
    let (trace, truth) = (temporary()?, temporary()?);
    let (to_trace, to_truth) = (writer(&trace)?, writer(&truth)?);
    // On a thread of its own: it has a runtime of its own.
    let ran = thread::scope(|scope| {
        let run = move || Simulation::new(settings).run(&configuration, to_trace, to_truth, |_| ());
        scope.spawn(run).join()
    });
    let failed = |error: &dyn std::error::Error| Failure::internal("the simulation failed").because(error);
    ran.map_err(|_| Failure::internal("the simulation failed"))?.map_err(|error| failed(&error))?;
    let truth = Truth::load(BufReader::new(rewound(truth)?)).map_err(|error| failed(&error))?.truth;
    let mut reader = Reader::new(rewound(trace)?).map_err(|error| failed(&error))?;
    let partial = Projection::read(&mut reader);
    if let Some(error) = partial.error {
        return Err(failed(&error));
    }
    let mut scene = partial.projection.scene(truth);
    // Nobody here is a walk-in, so what has their size is cover, as its size says.
    scene.keep_size_of(MessageKind::Report);
    let wanted = |attack: &&dyn Attack| WHAT.iter().any(|(category, _)| attack.id().category() == *category);
    let attacks: Vec<&dyn Attack> = attack::all().iter().copied().filter(wanted).collect();
    let mut card = score(&scene, &attacks, &WHO, settings.seed, &|_| ());
    let is_place = |finding: &mut Finding| finding.attack == AttackId::De1 && finding.variant == PLACE;
    let places = card.findings.extract_if(.., is_place).collect();
    Ok(Measured { card, places, settings, gateways })
}

impl Measured {
    /// The worst upper bounds of detecting and of linking; `None` where something was not measured.
    pub(super) fn bounds(&self) -> [Option<f64>; 2] {
        WHAT.map(|(category, _)| self.worst(category))
    }

    /// The line that sums it up, and what stands behind it. `daily_bytes` are the schedule's, of one node.
    pub(super) fn render(&self, daily_bytes: Option<u64>) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(daily_bytes, &mut text);
        text
    }

    fn write(&self, daily_bytes: Option<u64>, text: &mut String) -> std::fmt::Result {
        let Settings { people, days, seed, .. } = self.settings;
        writeln!(
            text,
            "measured: {people} people behind {} gateways, {days} {}, seed {seed}; upper bounds of 95 % intervals, 0 is chance, which for \
             an urgent hour is what the calendar alone tells, 1 is certainty",
            self.gateways,
            if days == 1 { "day" } else { "days" }
        )?;
        let worst = WHAT.map(|(category, name)| (category, name, self.worst(category)));
        for (category, name, _) in &worst {
            for who in WHO {
                let cell = Bound::of(self.card.cell(*category, who));
                writeln!(text, "  {name:<9} by {:<10} {cell}", who.name())?;
            }
        }
        for finding in &self.places {
            let name = finding.adversary.name();
            match &finding.outcome {
                Outcome::Measured(Figure { estimate, chance, n, .. }) => writeln!(
                    text,
                    "  a gateway's hour by {name:<10} AUC {:.2} [{:.2}, {:.2}], the calendar alone {chance:.2} (n = {})",
                    estimate.value,
                    estimate.low,
                    estimate.high,
                    words::count(*n)
                )?,
                _ => writeln!(text, "  a gateway's hour by {name:<10} not measured")?,
            }
        }
        write!(text, "this budget gives ")?;
        for (_, name, bound) in &worst {
            match bound {
                Some(bound) => write!(text, "{name} ≤ {bound:.2}, ")?,
                None => write!(text, "{name} not measured, ")?,
            }
        }
        match self.card.utility.urgent_worst_s {
            Some(seconds) => write!(text, "urgent delay ≤ {seconds:.0} s for 95 %")?,
            None => write!(text, "urgent delay not measured")?,
        }
        match daily_bytes {
            Some(bytes) => writeln!(text, ", {} a day", words::bytes(bytes)),
            None => writeln!(text, ", no cover"),
        }
    }

    /// The worst bound of a category; `None` if any of them was not measured.
    fn worst(&self, category: Category) -> Option<f64> {
        WHO.iter().try_fold(0.0, |worst: f64, who| match Bound::of(self.card.cell(category, *who)) {
            Bound::Measured(figure, _) => Some(worst.max(figure.advantage.high)),
            Bound::Not(_) => None,
        })
    }
}

/// What a cell of the scorecard says of a bound.
enum Bound<'a> {
    Measured(&'a Figure, &'a Finding),
    Not(&'a str),
}

impl<'a> Bound<'a> {
    fn of(cell: Cell<'a>) -> Self {
        match cell {
            Cell::Measured { finding, figure } => Self::Measured(figure, finding),
            Cell::NotMeasured { reason, .. } | Cell::NoMechanism { reason } => Self::Not(reason),
            Cell::NotApplicable => Self::Not("does not apply"),
        }
    }
}

impl std::fmt::Display for Bound<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Measured(figure, finding) => {
                write!(
                    f,
                    "≤ {:.2} ({:?} {}, n = {})",
                    figure.advantage.high,
                    finding.attack,
                    finding.variant,
                    words::count(figure.n)
                )
            }
            Self::Not(reason) => write!(f, "not measured: {reason}"),
        }
    }
}

fn temporary() -> Result<File, Failure> {
    tempfile::tempfile().map_err(|error| unwritable(&error))
}

fn writer(file: &File) -> Result<Box<dyn Write + Send>, Failure> {
    let file = file.try_clone().map_err(|error| unwritable(&error))?;
    Ok(Box::new(BufWriter::with_capacity(1 << 18, file)))
}

fn rewound(mut file: File) -> Result<File, Failure> {
    file.rewind().map_err(|error| unwritable(&error))?;
    Ok(file)
}

fn unwritable(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Storage, format!("cannot use a temporary file: {error}"))
}
