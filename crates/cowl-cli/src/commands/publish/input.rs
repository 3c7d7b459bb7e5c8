//! Where reports come from, and their readings one by one. Nothing here holds more than one line.

use std::{
    borrow::Cow,
    ffi::OsString,
    fs::File,
    io::{self, BufRead, Read},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use cowl::formats::{
    self, InputError, InputProblem, Line, Lines, Place, Readings, StreamError, StreamFormat,
};
use cowl_core::{MAX_LINE, Reading};

use super::{
    arguments::{Format, InputArgs},
    reducer::Problem,
};
use crate::{exit::Exit, failure::Failure};

/// Bytes asked of a file or pipe at a time.
const READ: usize = 256 << 10;

/// What the command line says about the input.
#[derive(Debug)]
pub(super) struct Input {
    origin: Origin,
    shape: Shape,
    repeat: u32,
    delay: Duration,
}

#[derive(Debug)]
enum Origin {
    Message(OsString),
    File(PathBuf),
    Stdin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One report, the whole of it.
    One(Format),
    /// One report a line.
    Lines(Format),
    Csv,
}

/// What is wrong with one piece of input, and where.
#[derive(Debug)]
pub(super) struct Fault {
    /// `file:line:column: what`.
    pub(super) text: String,
    /// What to do.
    pub(super) hint: Option<Cow<'static, str>>,
}

/// The next piece of input.
pub(super) enum Piece {
    /// A reading, and the line it began on.
    Reading(Reading, u64),
    /// No reading.
    Fault(Fault),
    /// There will be no more, and that is not the end of the input.
    Broken(Failure),
}

impl Input {
    /// From the command line.
    pub(super) fn of(arguments: &InputArgs) -> Result<Self, Failure> {
        let origin = match (&arguments.message, &arguments.file) {
            (Some(message), _) => Origin::Message(message.clone()),
            (_, Some(path)) => Origin::File(path.clone()),
            _ if arguments.lines || arguments.whole => Origin::Stdin,
            _ => return Err(Failure::usage("there is nothing to send").hint("use -m, -f, -l or -s")),
        };
        let format = match &origin {
            _ if arguments.csv => Format::Csv,
            Origin::File(path) if arguments.format == Format::Auto && has_ending(path, &["csv"]) => {
                Format::Csv
            }
            _ => arguments.format,
        };
        let each_line = arguments.lines
            || matches!(&origin, Origin::File(path) if has_ending(path, &["jsonl", "ndjson"]));
        let shape = match format {
            Format::Csv => Shape::Csv,
            format if each_line => Shape::Lines(format),
            format => Shape::One(format),
        };
        if !matches!(shape, Shape::One(_)) && arguments.repeat > 1 {
            return Err(Failure::usage("--repeat is for a single report"));
        }
        Ok(Self { origin, shape, repeat: arguments.repeat, delay: arguments.repeat_delay })
    }

    /// What messages call it.
    pub(super) fn name(&self) -> String {
        match &self.origin {
            Origin::Message(_) => "-m".to_owned(),
            Origin::File(path) => path.display().to_string(),
            Origin::Stdin => "standard input".to_owned(),
        }
    }

    /// Whether it is read from standard input, which then cannot answer questions.
    pub(super) const fn is_stdin(&self) -> bool {
        matches!(self.origin, Origin::Stdin)
    }

    /// Whether it is a single report that is there at once, so that faults can be told before connecting.
    pub(super) const fn is_single(&self) -> bool {
        matches!(self.shape, Shape::One(_)) && !self.is_stdin()
    }

    /// Whether it can be read at all: to be told before connecting.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match &self.origin {
            Origin::File(path) => open(path).map(drop),
            Origin::Message(_) | Origin::Stdin => Ok(()),
        }
    }

    /// Opens it. `idle` is called whenever reading on may have to wait: what was read so far should go out.
    pub(super) fn open<F: FnMut()>(&self, idle: F) -> Result<Pieces<F>, Failure> {
        let reader: Box<dyn Read> = match &self.origin {
            Origin::Message(message) => Box::new(io::Cursor::new(message.clone().into_encoded_bytes())),
            Origin::Stdin => Box::new(io::stdin().lock()),
            Origin::File(path) => Box::new(open(path)?),
        };
        let reader = Eager::new(reader, idle);
        let state = match self.shape {
            Shape::One(format) => State::One { reader, format },
            Shape::Lines(format) => State::Lines { lines: Lines::new(reader), format },
            Shape::Csv => State::Csv(Readings::new(reader, StreamFormat::Csv)),
        };
        Ok(Pieces { name: self.name(), state, repeat: self.repeat, delay: self.delay })
    }
}

/// The readings of an input.
pub(super) struct Pieces<F> {
    name: String,
    state: State<F>,
    repeat: u32,
    delay: Duration,
}

enum State<F> {
    One { reader: Eager<F>, format: Format },
    Repeat { reading: Reading, left: u32, reader: Eager<F> },
    Lines { lines: Lines<Eager<F>>, format: Format },
    Csv(Readings<Eager<F>>),
    Over,
}

impl<F: FnMut()> Pieces<F> {
    /// The next one; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Piece> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::One { mut reader, format } => {
                let parsed = match reader.whole() {
                    Ok(bytes) => parse(&bytes, format).map_err(StreamError::Input),
                    Err(error) => Err(error.into()),
                };
                if let (Ok(reading), Some(left @ 1..)) = (&parsed, self.repeat.checked_sub(1)) {
                    self.state = State::Repeat { reading: reading.clone(), left, reader };
                }
                Some(self.piece(parsed, 1))
            }
            State::Repeat { reading, left, mut reader } => {
                (reader.idle)();
                thread::sleep(self.delay);
                if let Some(left @ 1..) = left.checked_sub(1) {
                    self.state = State::Repeat { reading: reading.clone(), left, reader };
                }
                Some(Piece::Reading(reading, 1))
            }
            State::Lines { mut lines, format } => {
                let above = lines.number();
                let parsed = match lines.next_line() {
                    Ok(None) => return None,
                    Ok(Some(Line::Whole(line))) => {
                        parse(line, format).map_err(|error| below(error, above).into())
                    }
                    Ok(Some(Line::TooLong)) => Err(below(start(InputProblem::TooLong), above).into()),
                    Err(error) => Err(StreamError::Io(error)),
                };
                self.state = State::Lines { lines, format };
                Some(self.piece(parsed, above + 1))
            }
            State::Csv(mut readings) => {
                let parsed = readings.next()?;
                let line = readings.line();
                self.state = State::Csv(readings);
                Some(self.piece(parsed, line))
            }
            State::Over => None,
        }
    }

    /// What is wrong with a reading of this input that began on a line.
    pub(super) fn fault(&self, line: u64, problem: Problem) -> Fault {
        Fault { text: format!("{}:{line}: {}", self.name, problem.text), hint: problem.hint }
    }

    fn piece(&mut self, parsed: Result<Reading, StreamError>, line: u64) -> Piece {
        match parsed {
            Ok(reading) => Piece::Reading(reading, line),
            Err(StreamError::Input(error)) => {
                let hint = Some(error.hint().into());
                Piece::Fault(Fault { text: format!("{}:{error}", self.name), hint })
            }
            Err(StreamError::Io(error)) => {
                self.state = State::Over;
                Piece::Broken(Failure::new(Exit::Storage, format!("cannot read {}: {error}", self.name)))
            }
        }
    }
}

/// A buffered reader that tells before it may have to wait.
struct Eager<F> {
    reader: Box<dyn Read>,
    buffer: Box<[u8]>,
    from: usize,
    to: usize,
    idle: F,
}

impl<F: FnMut()> Eager<F> {
    fn new(reader: Box<dyn Read>, idle: F) -> Self {
        Self { reader, buffer: vec![0; READ].into(), from: 0, to: 0, idle }
    }

    /// All of it, or one byte more than can be read.
    fn whole(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.take(MAX_LINE as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl<F: FnMut()> Read for Eager<F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let waiting = self.fill_buf()?;
        let count = waiting.len().min(out.len());
        if let (Some(out), Some(waiting)) = (out.get_mut(..count), waiting.get(..count)) {
            out.copy_from_slice(waiting);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<F: FnMut()> BufRead for Eager<F> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.from >= self.to {
            (self.idle)();
            self.to = self.reader.read(&mut self.buffer)?;
            self.from = 0;
        }
        Ok(self.buffer.get(self.from..self.to).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.from += count;
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path)
        .map_err(|error| Failure::new(Exit::Storage, format!("cannot read {}: {error}", path.display())))
}

fn parse(bytes: &[u8], format: Format) -> Result<Reading, InputError> {
    let is_json = || matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[' | 0xef) | None);
    match format {
        Format::Json if !is_json() => Err(start(InputProblem::NotAnObject)),
        Format::Text if is_json() && !bytes.trim_ascii().is_empty() => Err(start(InputProblem::NoColon)),
        _ => formats::parse(bytes),
    }
}

const fn start(problem: InputProblem) -> InputError {
    InputError { place: Place::START, problem }
}

/// The same error so many lines further down.
fn below(error: InputError, lines: u64) -> InputError {
    InputError { place: Place { line: error.place.line + lines, column: error.place.column }, ..error }
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|its| endings.iter().any(|ending| its.eq_ignore_ascii_case(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, shape: Shape, idle: impl FnMut()) -> Vec<Piece> {
        let origin = Origin::Message(text.into());
        let input = Input { origin, shape, repeat: 1, delay: Duration::ZERO };
        let mut pieces = input.open(idle).unwrap();
        std::iter::from_fn(|| pieces.next()).collect()
    }

    fn texts(pieces: &[Piece]) -> Vec<String> {
        let text = |piece: &Piece| match piece {
            Piece::Reading(_, line) => line.to_string(),
            Piece::Fault(fault) => fault.text.clone(),
            Piece::Broken(failure) => failure.message().to_owned(),
        };
        pieces.iter().map(text).collect()
    }

    #[test]
    fn a_bad_line_does_not_stop_the_good_ones() {
        let read = pieces("{\"a\":1}\n{\"a\":NaN}\na: 1\n", Shape::Lines(Format::Auto), || ());
        let texts = texts(&read);
        assert_eq!(texts.len(), 3);
        assert_eq!((texts[0].as_str(), texts[2].as_str()), ("1", "3"));
        assert!(texts[1].starts_with("-m:2:6: not JSON"), "{}", texts[1]);
    }

    #[test]
    fn a_format_that_was_asked_for_holds() {
        assert_eq!(
            texts(&pieces("a: 1", Shape::One(Format::Json), || ())),
            ["-m:1:1: JSON, but not an object"]
        );
        let refused = texts(&pieces("{\"a\":1}", Shape::One(Format::Text), || ()));
        assert_eq!(refused, ["-m:1:1: no colon between name and value"]);
    }

    #[test]
    fn says_when_reading_on_may_have_to_wait() {
        let mut idle = 0;
        assert_eq!(pieces("a,b\n1,2\n3,4\n", Shape::Csv, || idle += 1).len(), 2);
        assert_eq!(idle, 2, "before the first byte and before the end");
    }
}
