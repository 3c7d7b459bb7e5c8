//! A person's choice: what she was told, what she chose, and the code by which she takes it back (spec §15).
//!
//! A [`Notice`] is made from the policy that runs, in her language. The authority signs the notices' hashes with its
//! manifest, so a [`Receipt`] can say whether what she read is what the organisation stands for.

mod language;
mod notice;
mod own_words;
mod receipt;
mod render;

pub use cowl_core::{NotACode, WithdrawalCode};
pub use language::{Language, Messages};
pub(crate) use notice::Block;
pub use notice::{Notice, notice_hashes, precision_words};
pub use own_words::own_words;
pub(crate) use own_words::printable;
pub use receipt::{Answer, Asked, NotAReceipt, RECEIPT_LIMIT, Receipt};
