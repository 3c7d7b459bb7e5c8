//! Where in a reading a field is found.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::reading::MAX_DEPTH;

/// The longest source, in bytes.
const MAX_SOURCE: usize = 96;

/// Why a text is no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing there.
    #[error("an input name is empty")]
    Empty,
    /// Longer than 96 bytes.
    #[error("an input name is longer than {MAX_SOURCE} bytes")]
    TooLong,
    /// A pointer with more steps than a reading may be deep.
    #[error("a pointer goes deeper than a reading may be")]
    TooDeep,
    /// `~` not followed by 0 or 1 (RFC 6901 §3).
    #[error("in a pointer `~` must be written `~0` and `/` within a name `~1`")]
    Escape,
    /// A `$` input that does not exist.
    #[error("the only special inputs are $topic, $topic/N and $time")]
    Special,
}

/// One place in a reading, written as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `name`: a member of the reading.
    Name(String),
    /// `/a/b/0`: a JSON pointer (RFC 6901) into it. At least one step.
    Pointer(Vec<String>),
    /// `$topic`: the MQTT topic; `$topic/1`: its second level.
    Topic(Option<u8>),
    /// `$time`: when the reading was taken or, if that was not said, now.
    Time,
}

impl Source {
    /// The member of the reading that it starts from, unless special.
    pub(crate) fn root(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Pointer(steps) => steps.first().map(String::as_str),
            Self::Topic(_) | Self::Time => None,
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if text.is_empty() || text == "/" {
            return Err(SourceError::Empty);
        }
        if text.len() > MAX_SOURCE {
            return Err(SourceError::TooLong);
        }
        if let Some(pointer) = text.strip_prefix('/') {
            let steps = pointer.split('/').map(unescape).collect::<Result<Vec<_>, _>>()?;
            return if steps.len() > MAX_DEPTH {
                Err(SourceError::TooDeep)
            } else {
                Ok(Self::Pointer(steps))
            };
        }
        match text.strip_prefix('$') {
            None => Ok(Self::Name(text.to_string())),
            Some("time") => Ok(Self::Time),
            Some("topic") => Ok(Self::Topic(None)),
            Some(special) => special
                .strip_prefix("topic/")
                .and_then(|level| level.parse().ok())
                .map(|level| Self::Topic(Some(level)))
                .ok_or(SourceError::Special),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Pointer(steps) => {
                steps.iter().try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
            }
            Self::Topic(None) => f.write_str("$topic"),
            Self::Topic(Some(level)) => write!(f, "$topic/{level}"),
            Self::Time => f.write_str("$time"),
        }
    }
}

impl<C> Encode<C> for Source {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.to_string())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Source {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(|_| minicbor::decode::Error::message("no such input"))
    }
}

/// Where a field's value is: one place, or for a position the places of its two coordinates.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Input {
    /// The value itself. For a position: text, `18.54,-72.34` or `geo:18.54,-72.34` (RFC 5870).
    #[n(0)]
    One(#[n(0)] Source),
    /// A position in two numbers, in degrees.
    #[n(1)]
    Pair {
        /// Where the latitude is.
        #[n(0)]
        latitude: Source,
        /// Where the longitude is.
        #[n(1)]
        longitude: Source,
    },
}

impl Input {
    /// The places that it names.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let (first, second) = match self {
            Self::One(source) => (source, None),
            Self::Pair { latitude, longitude } => (latitude, Some(longitude)),
        };
        core::iter::once(first).chain(second)
    }
}

fn unescape(step: &str) -> Result<String, SourceError> {
    let mut text = String::with_capacity(step.len());
    let mut rest = step.chars();
    while let Some(char) = rest.next() {
        text.push(match char {
            '~' => match rest.next() {
                Some('0') => '~',
                Some('1') => '/',
                _ => return Err(SourceError::Escape),
            },
            char => char,
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pointers_follow_rfc_6901() {
        assert_eq!("/a~1b/m~0n/0".parse(), Ok(Source::Pointer(["a/b", "m~n", "0"].map(String::from).into())));
        assert_eq!("/a~".parse::<Source>(), Err(SourceError::Escape));
        assert_eq!("$topic/2".parse(), Ok(Source::Topic(Some(2))));
        assert_eq!("$ip".parse::<Source>(), Err(SourceError::Special));
        assert_eq!("".parse::<Source>(), Err(SourceError::Empty));
    }

    proptest! {
        #[test]
        fn writes_what_it_read(text in "\\PC{1,30}") {
            if let Ok(source) = text.parse::<Source>() {
                prop_assert_eq!(source.to_string().parse::<Source>(), Ok(source));
            }
        }
    }
}
