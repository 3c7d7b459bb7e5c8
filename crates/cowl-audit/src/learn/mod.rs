//! What the attacks learn with, and how sure their numbers are.
//!
//! | need | use |
//! |---|---|
//! | features as numbers | [`Matrix`] |
//! | tell yes from no by them | [`Model`], [`Settings`] |
//! | test on people who were not trained on | [`folds()`], [`cross_fit`] |
//! | how well scores separate | [`auc()`], [`auc_interval`], [`auc_difference`] |
//! | an interval of any statistic, by person | [`bootstrap()`], [`mean_interval`], [`quantile_interval`] |
//! | an interval of a plain proportion | [`wilson`] |
//! | before → after | [`paired_difference`], [`difference`] |
//! | bits about a secret | [`leakage()`], [`leakage_interval`] |
//! | controls | [`shuffled`], [`shuffled_within`], [`at_chance`], [`near_chance`], [`at_least`] |
//! | repeatable random numbers | [`Random`] |
//!
//! ```
//! use cowl_audit::learn::{Case, Matrix, Random, Settings, auc_interval, cross_fit, folds};
//! // the longer of two messages is urgent, mostly
//! let mut random = Random::new(1);
//! let (mut matrix, mut labels, mut people) = (Matrix::new(1), Vec::new(), Vec::new());
//! for person in 0..100_u32 {
//!     for urgent in [true, false, true, false] {
//!         matrix.push(&[random.unit() + if urgent { 0.8 } else { 0.0 }]);
//!         labels.push(urgent);
//!         people.push(person);
//!     }
//! }
//! let of = folds(people.iter().map(|person| (*person, 0)), 2, 1);
//! let fold: Vec<usize> = people.iter().map(|person| of[person]).collect();
//! let scores = cross_fit(&matrix, &labels, &fold, &Settings::default(), 1);
//! let cases: Vec<Case> = (0..400)
//!     .map(|row| Case { score: scores[row], positive: labels[row], people: [people[row]; 2] })
//!     .collect();
//! let found = auc_interval(&cases, 1).unwrap();
//! assert!(found.low > 0.9 && found.value < 1.0);
//! ```

mod auc;
mod bins;
mod boost;
mod bootstrap;
mod control;
mod folds;
mod leakage;
mod matrix;
mod random;
mod tree;

pub use auc::{Case, auc, auc_difference, auc_interval};
pub use bins::Binned;
pub use boost::{Model, Settings, logistic};
pub use bootstrap::{
    RESAMPLES, Weights, advantage, bootstrap, difference, mean_interval, paired_difference, quantile,
    quantile_interval, wilson,
};
pub use control::{TOLERANCE, at_chance, at_least, near_chance, shuffled, shuffled_within};
pub use folds::{cross_fit, cross_fit_binned, folds};
pub use leakage::{Guess, Guesser, Leakage, Observed, leakage, leakage_interval, least_error};
pub use matrix::Matrix;
pub use random::Random;
