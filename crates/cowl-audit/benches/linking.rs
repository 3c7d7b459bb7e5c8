//! How well timing alone links, under which defence, and what an attack on 80,000 messages costs.
//!
//! `cargo bench -p cowl-audit --features testing --bench linking`: 400 people for three days, each with an interval of her own between
//! 10 and 60 minutes, a fifth of the messages lost, one more in an urgent hour. Payloads are random but for a pseudonym that changes
//! every 12 hours, so that what links across its change is when messages are sent.

use std::io::{Write, stdout};
use std::time::Instant;

use cowl_audit::attack::{Attack, L1, L2, Scene};
use cowl_audit::learn::Random;
use cowl_audit::score::{Finding, Outcome};
use cowl_audit::testing::scene::{Form, Life, Recipe};
use cowl_audit::view::{Adversary, View};

const MINUTE: f64 = 60e6;

/// What happens to a message on its way.
#[derive(Clone, Copy)]
enum Delay {
    None,
    Uniform(f64),
    Exponential(f64),
    Batches(f64),
}

fn base() -> Recipe {
    Recipe {
        people: 400,
        controls: 0,
        days: 3,
        epoch: 12,
        session: 0,
        address: Life::Shared,
        client_id: Life::Fresh,
        form: Form::Random(256),
        token: Life::Epoch,
        ..Recipe::leaking()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "microseconds of a few days")]
fn delayed(view: &View, delay: Delay) -> View {
    let mut random = Random::new(5);
    let mut view = view.clone();
    for message in &mut view.messages {
        message.at = match delay {
            Delay::None => message.at,
            Delay::Uniform(most) => message.at + (random.unit() * most * MINUTE) as u64,
            Delay::Exponential(mean) => message.at + random.exponential(mean * MINUTE) as u64,
            // a batch arrives as a whole, in random order within a second
            Delay::Batches(length) => {
                let length = (length * MINUTE) as u64;
                (message.at / length + 1) * length + random.next() % 1_000_000
            }
        };
    }
    view.messages.sort_by_key(|message| message.at);
    view
}

fn line(out: &mut impl Write, name: &str, findings: &[Finding]) -> std::io::Result<()> {
    write!(out, "{name:<22}")?;
    for finding in findings {
        match &finding.outcome {
            Outcome::Measured(figure) => {
                let estimate = figure.estimate;
                write!(
                    out,
                    " {} {:.3} [{:.3}, {:.3}]",
                    finding.variant, estimate.value, estimate.low, estimate.high
                )?;
            }
            Outcome::NotMeasured { reason, figure } => {
                write!(out, " {} NOT MEASURED ({reason}; {figure:?})", finding.variant)?;
            }
            _ => {}
        }
    }
    writeln!(out)
}

fn main() -> std::io::Result<()> {
    let mut out = stdout().lock();
    let scene = base().build();
    let Ok(view) = scene.view(Adversary::Subscriber) else { return Ok(()) };
    writeln!(out, "{} messages", view.messages.len())?;
    let defences = [
        ("none", Delay::None),
        ("uniform 0-5 min", Delay::Uniform(5.0)),
        ("uniform 0-15 min", Delay::Uniform(15.0)),
        ("exponential 10 min", Delay::Exponential(10.0)),
        ("batches of 5 min", Delay::Batches(5.0)),
        ("batches of 15 min", Delay::Batches(15.0)),
        ("batches of 60 min", Delay::Batches(60.0)),
    ];
    for (name, delay) in defences {
        let view = delayed(view, delay);
        let scene = Scene::new(scene.truth.clone(), [(Adversary::Subscriber, Ok(view))]);
        let start = Instant::now();
        let findings = L1.measure(&scene, Adversary::Subscriber, 1);
        let linked = start.elapsed();
        let chains = L2.measure(&scene, Adversary::Subscriber, 1);
        line(&mut out, name, &findings)?;
        line(&mut out, "", &chains)?;
        writeln!(out, "  L1 {linked:.2?}, L2 {:.2?}", start.elapsed() - linked)?;
    }
    for (name, recipe) in [("leaking", Recipe::leaking()), ("protected", Recipe::protected())] {
        let scene = Recipe { people: 400, days: 3, interval: 20, ..recipe }.build();
        for adversary in [Adversary::Broker, Adversary::NetworkTls] {
            let start = Instant::now();
            let findings = L1.measure(&scene, adversary, 1);
            let linked = start.elapsed();
            let chains = L2.measure(&scene, adversary, 1);
            line(&mut out, &format!("{name}, {}", adversary.name()), &findings)?;
            line(&mut out, "", &chains)?;
            writeln!(out, "  L1 {linked:.2?}, L2 {:.2?}", start.elapsed() - linked)?;
        }
    }
    Ok(())
}
