//! Ratios, not seconds: two pieces of work in turn, many times, in one run, so that a machine whose speed
//! drifts slows both.

pub(crate) mod world;

use std::{hint::black_box, time::Instant};

/// Rounds of A B A B …; the fastest of each is taken, as other work on the machine only adds (and as Python's `timeit`
/// does, which the Fernet of Python is measured by).
const ROUNDS: usize = 41;

/// Nanoseconds of each of two works in its fastest round, `per_round` calls a round.
pub(crate) struct Pair {
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
}

impl Pair {
    /// Measures two works in turn.
    pub(crate) fn of<A, B>(
        per_round: u32,
        mut ours: impl FnMut() -> A,
        mut theirs: impl FnMut() -> B,
    ) -> Self {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            a.push(time(per_round, &mut ours));
            b.push(time(per_round, &mut theirs));
        }
        Self { ours: fastest(&a), theirs: fastest(&b) }
    }

    /// Ours over theirs.
    pub(crate) fn ratio(&self) -> f64 {
        self.ours / self.theirs
    }

    /// One line: what was compared, both times, the ratio and the target.
    pub(crate) fn print(&self, what: &str, target: &str) {
        println!(
            "{what:<58} {:>9.0} ns  {:>9.0} ns  ratio {:>6.2}  (target {target})",
            self.ours,
            self.theirs,
            self.ratio()
        );
    }
}

fn time<T>(calls: u32, work: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn fastest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
