//! One report, as it is about to be printed, and how.

use std::time::SystemTime;

use cowl_core::{Epoch, HelpKey, ReportId, rfc3339};

use super::{
    arguments::OutputArgs,
    json::quote,
    template::{Piece, Template},
};

/// A report that was opened.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// What only sealed reports have.
    pub(super) sealed: Option<Origin<'a>>,
    /// The topic that it was sent for, as far as the role may know it.
    pub(super) topic: Option<&'a str>,
    /// Its fields: JSON members without braces.
    pub(super) fields: &'a [u8],
    /// When it was received.
    pub(super) received: &'a Received,
    /// Of the message that brought it.
    pub(super) qos: u8,
    /// Of the message that brought it.
    pub(super) retain: bool,
}

/// Where a sealed report comes from.
#[derive(Debug)]
pub(super) struct Origin<'a> {
    /// Its id.
    pub(super) report: ReportId,
    /// When it was sealed.
    pub(super) epoch: Epoch,
    /// The sender's pseudonym, or `walk-in`.
    pub(super) from: &'a str,
    /// By what its reporter is told that help is coming, if that is to be printed.
    pub(super) help: Option<&'a HelpKey>,
}

/// A point in time, written out once for all reports of the same second.
#[derive(Debug, Default)]
pub(super) struct Received {
    seconds: u64,
    nanoseconds: u32,
    text: String,
}

/// How reports are printed.
#[derive(Debug)]
pub(super) struct Output {
    form: Form,
    line_break: bool,
    payload: Vec<u8>,
}

#[derive(Debug)]
enum Form {
    Json,
    Verbose,
    Template(Template),
}

impl Output {
    /// As the command line asks.
    pub(super) fn of(arguments: &OutputArgs) -> Self {
        let form = match &arguments.format {
            Some(template) => Form::Template(template.clone()),
            None if arguments.verbose => Form::Verbose,
            None => Form::Json,
        };
        Self { form, line_break: !arguments.no_line_break, payload: Vec::new() }
    }

    /// Appends a report.
    pub(super) fn write(&mut self, line: &Line<'_>, out: &mut Vec<u8>) {
        match &self.form {
            Form::Json => line.object(out),
            Form::Verbose => {
                plain(line.topic.unwrap_or("-"), out);
                out.push(b' ');
                line.payload(out);
            }
            Form::Template(template) => {
                self.payload.clear();
                line.payload(&mut self.payload);
                for piece in template.pieces() {
                    line.piece(piece, &self.payload, out);
                }
            }
        }
        if self.line_break {
            out.push(b'\n');
        }
    }
}

impl Line<'_> {
    /// Everything, flat.
    fn object(&self, out: &mut Vec<u8>) {
        if let Some(origin) = &self.sealed {
            out.extend_from_slice(b"{\"report\":\"");
            hexadecimal(&origin.report.0, HEX, out);
            out.extend_from_slice(b"\",\"epoch\":");
            decimal(origin.epoch.0.into(), out);
            out.extend_from_slice(b",\"from\":\"");
            out.extend_from_slice(origin.from.as_bytes());
            out.extend_from_slice(b"\",\"received\":\"");
            out.extend_from_slice(self.received.text.as_bytes());
            if let Some(help) = origin.help {
                out.extend_from_slice(b"\",\"help_key\":\"");
                hexadecimal(help.secret().expose(), HEX, out);
            }
            out.push(b'"');
        } else {
            out.extend_from_slice(b"{\"received\":\"");
            out.extend_from_slice(self.received.text.as_bytes());
            out.extend_from_slice(b"\",\"topic\":");
            quote(self.topic.unwrap_or(""), out);
        }
        if !self.fields.is_empty() {
            out.push(b',');
            out.extend_from_slice(self.fields);
        }
        out.push(b'}');
    }

    /// The fields alone, as an object.
    fn payload(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        out.extend_from_slice(self.fields);
        out.push(b'}');
    }

    fn piece(&self, piece: &Piece, payload: &[u8], out: &mut Vec<u8>) {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text),
            Piece::Payload => out.extend_from_slice(payload),
            Piece::Object { nested } => self.described(payload, *nested, out),
            Piece::Topic => plain(self.topic.unwrap_or(""), out),
            Piece::Length => decimal(payload.len() as u64, out),
            Piece::Hex => hexadecimal(payload, HEX, out),
            Piece::HexUpper => hexadecimal(payload, HEX_UPPER, out),
            Piece::Time => out.extend_from_slice(self.received.text.as_bytes()),
            Piece::UnixTime => {
                let Received { seconds, nanoseconds, .. } = self.received;
                out.extend_from_slice(format!("{seconds}.{nanoseconds:09}").as_bytes());
            }
            Piece::Qos => decimal(self.qos.into(), out),
            Piece::Retain => decimal(self.retain.into(), out),
            Piece::Report => {
                if let Some(origin) = &self.sealed {
                    hexadecimal(&origin.report.0, HEX, out);
                }
            }
            Piece::Epoch => {
                if let Some(origin) = &self.sealed {
                    decimal(origin.epoch.0.into(), out);
                }
            }
            Piece::From => {
                out.extend_from_slice(self.sealed.as_ref().map_or("", |origin| origin.from).as_bytes());
            }
        }
    }

    /// As `mosquitto_sub` describes a message in JSON.
    fn described(&self, payload: &[u8], nested: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"tst\":\"");
        out.extend_from_slice(self.received.text.as_bytes());
        out.extend_from_slice(b"\",\"topic\":");
        match self.topic {
            Some(topic) => quote(topic, out),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"qos\":");
        decimal(self.qos.into(), out);
        out.extend_from_slice(b",\"retain\":");
        decimal(self.retain.into(), out);
        out.extend_from_slice(b",\"payloadlen\":");
        decimal(payload.len() as u64, out);
        if let Some(origin) = &self.sealed {
            out.extend_from_slice(b",\"report\":\"");
            hexadecimal(&origin.report.0, HEX, out);
            out.extend_from_slice(b"\",\"epoch\":");
            decimal(origin.epoch.0.into(), out);
            out.extend_from_slice(b",\"from\":\"");
            out.extend_from_slice(origin.from.as_bytes());
            out.push(b'"');
        }
        out.extend_from_slice(b",\"payload\":");
        if nested {
            out.extend_from_slice(payload);
        } else {
            quote(&String::from_utf8_lossy(payload), out);
        }
        out.push(b'}');
    }
}

impl Received {
    /// Sets it to now.
    pub(super) fn refresh(&mut self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if now.as_secs() != self.seconds || self.text.is_empty() {
            self.text = rfc3339(now.as_secs());
        }
        (self.seconds, self.nanoseconds) = (now.as_secs(), now.subsec_nanos());
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";
const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";

fn hexadecimal(bytes: &[u8], digits: &[u8; 16], out: &mut Vec<u8>) {
    let digit = |nibble: u8| digits.get(usize::from(nibble)).copied().unwrap_or(b'0');
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

fn decimal(number: u64, out: &mut Vec<u8>) {
    use std::io::Write as _;
    // Writing to a vector cannot fail.
    let _ = write!(out, "{number}");
}

/// Text that is not JSON: control characters, which a terminal would obey, are replaced.
fn plain(text: &str, out: &mut Vec<u8>) {
    for char in text.chars() {
        let shown = if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
        out.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
