//! For tests and benchmarks: repeatable bytes, and scenes made up without any network.

mod random;
pub mod scene;

pub use random::Random;

/// Hexadecimal digits of bytes.
#[cfg(test)]
pub(crate) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
