//! Scenes for the tests of attacks: people with homes, movement and needs, messages with truth, and the view of each adversary, without any
//! network. One [`Recipe`] makes what leaks and what does not.
//!
//! ```
//! use cowl_audit::testing::scene::{Life, Recipe};
//! use cowl_audit::view::Adversary;
//! let quiet = Recipe::protected().build();
//! let loud = Recipe { client_id: Life::Person, ..Recipe::protected() }.build();
//! assert_eq!(quiet.truth.people.len(), 90);
//! assert!(loud.view(Adversary::Broker).is_ok() && loud.view(Adversary::Relay).is_err());
//! ```

mod build;
mod content;
mod mixing;
mod recipe;
#[cfg(test)]
mod scene_tests;
mod views;
mod world;

pub use recipe::{Forged, Form, Life, Mixing, Position, Reads, Recipe, Rhythm, Topics};
