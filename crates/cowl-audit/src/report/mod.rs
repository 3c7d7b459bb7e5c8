//! Reports: for a terminal, for machines, for paper, for code scanning. Those of a survey are in [`survey`] and, for a terminal, in
//! [`crate::survey::terminal`].

mod document;
pub mod explain;
mod html;
mod page;
mod sarif;
pub mod survey;
mod terminal;
pub(crate) mod text;
mod whom;
mod words;

pub use document::Document;
pub use html::html;
pub use sarif::sarif;
pub use terminal::terminal;

#[cfg(test)]
mod tests;
