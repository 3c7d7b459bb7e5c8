//! The attacks: one file each, with a section of `docs/audits.md`, a test on a leaking and one on a protected trace.

mod cast;
mod classes;
mod clues;
mod clusters;
mod crowd;
mod dd1;
mod de1;
mod de3;
mod fields;
mod guess;
mod i1;
mod i2;
mod judge;
mod places;
mod scene;
mod traffic;

pub use dd1::Disclosure;
pub use de1::De1;
pub use de3::De3;
pub use i1::SinglingOut;
pub use i2::PlaceGuess;
pub use scene::{Absent, Scene, Truth};

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
