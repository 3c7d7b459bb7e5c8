//! The bytes to be explained, and where they come from.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::page::Page;
use crate::{exit::Exit, failure::Failure};

/// No input is larger: that of the largest credential.
const LIMIT: u64 = 256 << 20;
/// Hexadecimal text from this length on is also taken for the bytes that it spells.
const SPELLED: usize = 64;

/// What the input is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Unknown,
    Hex,
    Base64,
}

/// The input.
pub(super) struct Input {
    source: Source,
    encoding: Encoding,
    bytes: Zeroizing<Vec<u8>>,
    /// What the bytes spell, where they are hexadecimal by themselves.
    spelled: Option<Vec<u8>>,
}

enum Source {
    CommandLine,
    StandardInput,
    File(PathBuf),
}

impl Input {
    /// Reads a file of this name, standard input for `-`, or takes the argument itself.
    pub(super) fn read(argument: &str, encoding: Encoding) -> Result<Self, Failure> {
        let path = Path::new(argument);
        let (source, bytes) = if argument == "-" {
            (Source::StandardInput, standard_input()?)
        } else if path.is_file() {
            (Source::File(path.to_owned()), file(path)?)
        } else if path.is_dir() {
            return Err(Failure::usage(format!("{argument} is a folder")).hint("name a file in it"));
        } else {
            (Source::CommandLine, argument.as_bytes().to_vec())
        };
        let bytes = Zeroizing::new(bytes);
        let bytes = match encoding {
            Encoding::Unknown => bytes,
            Encoding::Hex => Zeroizing::new(hex::decode(compact(&bytes)).map_err(|_| wrong("hexadecimal"))?),
            Encoding::Base64 => Zeroizing::new(from_base64(&compact(&bytes)).map_err(|_| wrong("base64"))?),
        };
        let spelled = match encoding {
            Encoding::Unknown if bytes.len() >= SPELLED => hex::decode(compact(&bytes)).ok(),
            _ => None,
        };
        Ok(Self { source, encoding, bytes, spelled })
    }

    /// The bytes as they came.
    pub(super) fn as_given(&self) -> &[u8] {
        &self.bytes
    }

    /// The file that they came from.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            Source::CommandLine | Source::StandardInput => None,
        }
    }

    /// The bytes as they came, then what they spell.
    pub(super) fn readings(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.as_given()).chain(self.spelled.as_deref())
    }

    pub(super) fn describe(&self, page: &mut Page) {
        let source = match &self.source {
            Source::CommandLine => "the command line".to_owned(),
            Source::StandardInput => "standard input".to_owned(),
            Source::File(path) => path.display().to_string(),
        };
        page.entry("from", source);
        page.entry("bytes", self.bytes.len());
        match self.encoding {
            Encoding::Unknown => {}
            Encoding::Hex => page.entry("decoded from", "hexadecimal"),
            Encoding::Base64 => page.entry("decoded from", "base64"),
        }
    }
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    Ok(cowl::files::read(path, LIMIT)?)
}

fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(Exit::Storage, "cannot read standard input").because(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(Failure::new(Exit::Input, format!("standard input is longer than {LIMIT} bytes")));
    }
    Ok(bytes)
}

fn compact(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

fn from_base64(text: &[u8]) -> Result<Vec<u8>, base64::DecodeError> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let url_safe = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let alphabet = if url_safe { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, lenient).decode(text)
}

/// Without the decoder's own words, which quote the input.
fn wrong(what: &str) -> Failure {
    Failure::new(Exit::Input, format!("the input is not {what}"))
        .hint("leave the flag out if it is something else")
}

/// Whether a file stands at this place.
pub(super) fn exists(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}
