//! What holds for any input: nothing panics, what was sealed opens, what was altered does not, and messages look like
//! random bytes.

#[path = "props/bytes.rs"]
mod bytes;
#[path = "props/looks.rs"]
mod looks;
mod reference;
#[path = "props/sealing.rs"]
mod sealing;
