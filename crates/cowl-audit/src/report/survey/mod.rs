//! What a survey found, on a page and for code scanning.

mod html;
mod sarif;

pub use html::html;
pub use sarif::sarif;

#[cfg(test)]
mod tests;
