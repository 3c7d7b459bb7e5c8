//! A person's choice: what she was told, what she chose, and the code by which she takes it back (spec §consent).

mod code;

pub use code::{NotACode, WithdrawalCode};
