//! Reports on scorecards: for a terminal, for machines, for paper, for code scanning.

mod document;
pub mod explain;
mod html;
mod sarif;
mod terminal;
pub(crate) mod text;
mod words;

pub use document::Document;
pub use html::html;
pub use sarif::sarif;
pub use terminal::terminal;

#[cfg(test)]
mod tests;
