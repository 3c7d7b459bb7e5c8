//! The formats of `-F`: `mosquitto_sub`'s sequences, as far as they mean something for a report.

/// A format, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Template(Vec<Piece>);

/// One piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands.
    Text(Vec<u8>),
    /// `%p`
    Payload,
    /// `%j`, `%J`
    Object {
        /// The payload is an object of its own, not text.
        nested: bool,
    },
    /// `%t`
    Topic,
    /// `%l`
    Length,
    /// `%x`
    Hex,
    /// `%X`
    HexUpper,
    /// `%I`
    Time,
    /// `%U`
    UnixTime,
    /// `%q`
    Qos,
    /// `%r`
    Retain,
    /// `%i`
    Report,
    /// `%e`
    Epoch,
    /// `%f`
    From,
}

impl Template {
    /// Reads a format.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = Vec::new();
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            match char {
                '%' => match chars.next() {
                    Some('%') => plain.push(b'%'),
                    next => {
                        let piece = sequence(next)?;
                        if !plain.is_empty() {
                            pieces.push(Piece::Text(std::mem::take(&mut plain)));
                        }
                        pieces.push(piece);
                    }
                },
                '\\' => plain.push(escape(chars.next())?),
                other => plain.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0
    }
}

fn sequence(letter: Option<char>) -> Result<Piece, String> {
    Ok(match letter {
        Some('p') => Piece::Payload,
        Some('j') => Piece::Object { nested: false },
        Some('J') => Piece::Object { nested: true },
        Some('t') => Piece::Topic,
        Some('l') => Piece::Length,
        Some('x') => Piece::Hex,
        Some('X') => Piece::HexUpper,
        Some('I') => Piece::Time,
        Some('U') => Piece::UnixTime,
        Some('q') => Piece::Qos,
        Some('r') => Piece::Retain,
        Some('i') => Piece::Report,
        Some('e') => Piece::Epoch,
        Some('f') => Piece::From,
        Some(letter @ ('A' | 'C' | 'D' | 'E' | 'F' | 'P' | 'R' | 'S')) => {
            return Err(format!("%{letter} is an MQTT 5 property, and reports carry none; leave it out"));
        }
        Some('m') => {
            return Err("%m, MQTT's message id, means nothing here; %i is the report's own id".to_owned());
        }
        Some('@') => {
            return Err("%@ is not here; %I is the UTC time and %U the Unix time of receipt".to_owned());
        }
        Some(digit) if digit.is_ascii_digit() || matches!(digit, '-' | '.') => {
            return Err(
                "widths and paddings are not here; pipe the output through printf or column".to_owned()
            );
        }
        Some(letter) => {
            return Err(format!(
                "%{} is not a sequence; there are %p %j %J %t %l %x %X %I %U %q %r %i %e %f %%",
                letter.escape_default()
            ));
        }
        None => return Err("a format does not end with %; write %% for the sign itself".to_owned()),
    })
}

fn escape(letter: Option<char>) -> Result<u8, &'static str> {
    Ok(match letter {
        Some('0') => 0,
        Some('a') => 7,
        Some('e') => 27,
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('v') => 11,
        Some('\\') => b'\\',
        _ => return Err("a backslash is followed by one of 0 a e n r t v \\"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_sequences_alternate() {
        let pieces = Template::parse("é%t\\n100%% %p").unwrap().0;
        let text = |text: &str| Piece::Text(text.as_bytes().to_vec());
        assert_eq!(pieces, [text("é"), Piece::Topic, text("\n100% "), Piece::Payload]);
        assert_eq!(Template::parse("").unwrap().0, []);
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for format in ["%", "%z", "%C", "%m", "%@H", "%05l", "%-5t", "\\", "\\x", "%\u{1b}"] {
            let why = Template::parse(format).unwrap_err();
            assert!(!why.chars().any(char::is_control), "{why:?}");
        }
    }
}
