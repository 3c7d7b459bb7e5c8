//! The attacks: one file each, with a section of `docs/audits.md`, a test on a leaking and one on a protected trace.

mod all;
mod bayes;
mod cast;
mod classes;
mod clues;
mod clusters;
mod crowd;
mod dd1;
mod dd2;
mod de1;
mod de2;
mod de3;
mod features;
mod fields;
mod flows;
mod guess;
mod i1;
mod i2;
mod judge;
mod l1;
mod l2;
mod linking;
mod n1;
mod nc1;
mod places;
mod scene;
mod traffic;
mod u1;

pub use all::all;
pub use dd1::DD1;
pub use dd2::DD2;
pub use de1::De1;
pub use de2::De2;
pub use de3::De3;
pub use i1::I1;
pub use i2::I2;
pub use l1::L1;
pub use l2::L2;
pub use n1::N1;
pub use nc1::Nc1;
pub use scene::{Absent, Scene, Truth};
pub use u1::U1;

use crate::score::{AttackId, Finding};
use crate::view::Adversary;

/// An attack.
pub trait Attack: Sync {
    /// Its stable id.
    fn id(&self) -> AttackId;

    /// Counts up whenever the attack gets stronger or measures otherwise, so that figures of two versions are not compared by mistake.
    fn version(&self) -> u32 {
        1
    }

    /// Attacks a scene as this adversary: trains on some people, tests on others, runs both controls. Same arguments, same result.
    ///
    /// At least one finding; where the adversary is not in the trace, [`crate::score::Outcome::NotApplicable`].
    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding>;
}

#[cfg(test)]
mod planted_tests;
