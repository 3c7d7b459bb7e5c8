//! A stream of lines as readings. A bad line is an error of its own; the next one goes on.

use std::io::{self, BufRead};

use cowl_core::Reading;

use super::csv::Header;
use super::{BOM, InputError, InputProblem, Line, Lines, Place, parse};

/// What the lines of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StreamFormat {
    /// Each a payload of its own: JSON or `key: value` text, even mixed.
    #[default]
    Lines,
    /// CSV: the first names the columns.
    Csv,
}

/// Why there is no reading.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The stream itself failed; there will be no more.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// This line is no reading. With a bad CSV header there will be no more, else the next line may be good.
    #[error(transparent)]
    Input(#[from] InputError),
}

/// Reads one reading a line.
#[derive(Debug)]
pub struct Readings<R> {
    lines: Lines<R>,
    state: State,
}

#[derive(Debug)]
enum State {
    Lines,
    Header,
    Rows(Header),
    Over,
}

impl<R: BufRead> Readings<R> {
    /// Starts at the first line.
    pub const fn new(input: R, format: StreamFormat) -> Self {
        let state = match format {
            StreamFormat::Lines => State::Lines,
            StreamFormat::Csv => State::Header,
        };
        Self { lines: Lines::new(input), state }
    }

    /// The number of the line read last, from 1.
    pub const fn line(&self) -> u64 {
        self.lines.number()
    }

    fn advance(&mut self) -> Result<Option<Reading>, StreamError> {
        if matches!(self.state, State::Header) {
            self.state = State::Over;
            let line = match self.lines.next_line()? {
                Some(Line::Whole(line)) => line,
                Some(Line::TooLong) => return Err(InputProblem::TooLong.at(Place::START).into()),
                None => return Err(InputProblem::Empty.at(Place::START).into()),
            };
            self.state = State::Rows(Header::parse(line.strip_prefix(BOM).unwrap_or(line))?);
        }
        if matches!(self.state, State::Over) {
            return Ok(None);
        }
        let above = self.lines.number();
        let line = match self.lines.next_line()? {
            Some(Line::Whole(line)) => line,
            Some(Line::TooLong) => return Err(InputProblem::TooLong.at(Place::START).below(above).into()),
            None => return Ok(None),
        };
        let reading = match &self.state {
            State::Rows(header) => header.row(line),
            _ => parse(line),
        };
        reading.map(Some).map_err(|error| error.below(above).into())
    }
}

impl<R: BufRead> Iterator for Readings<R> {
    type Item = Result<Reading, StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.advance();
        if matches!(item, Ok(None) | Err(StreamError::Io(_))) {
            self.state = State::Over;
        }
        item.transpose()
    }
}
