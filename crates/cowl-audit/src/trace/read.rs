//! Reads a trace file.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::ops::Range;
use std::io::{self, Read};

use super::format::{
    Code, MAGIC, MAX_NAME, MAX_NOTE, MAX_PACKET, MAX_POINTS, MAX_RECORD, tag, take_number, unzigzag,
};
use super::lz4::{BlockError, Blocks, FRAME, take};
use super::{ConnectionId, Event, Header, Point, PointId, TlsHello, Way};

/// Why a trace cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file begins otherwise.
    #[error("not a trace file")]
    NotATrace,
    /// A version that this reader does not know.
    #[error("trace file of version {0}, this reader knows version 1")]
    Version(u8),
    /// The file ends before its end record: its writer was killed, or the file was cut. All events before were given out.
    #[error("the trace is cut off after {events} events")]
    Truncated {
        /// Events that could be read.
        events: u64,
    },
    /// A checksum is wrong, or the compression is not as specified.
    #[error("the trace is damaged after {events} events")]
    Damaged {
        /// Events that could be read.
        events: u64,
    },
    /// A record is not as specified.
    #[error("record {record} of the trace is malformed: {what}")]
    Malformed {
        /// Its number, the header's being 0.
        record: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The file cannot be read.
    #[error("cannot read the trace")]
    Io(#[source] io::Error),
}

/// Reads a trace file event by event, in constant memory: one block and one record, 21 MiB at the very most.
///
/// After an error there are no further events.
#[derive(Debug)]
pub struct Reader<R> {
    records: Records<R>,
    header: Header,
    before: u64,
    events: u64,
    over: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn new(mut input: R) -> Result<Self, ReadError> {
        let magic: [u8; 8] = take(&mut input).map_err(|error| match error {
            BlockError::Io(error) => ReadError::Io(error),
            BlockError::Cut | BlockError::Damaged => ReadError::NotATrace,
        })?;
        let ([known @ .., version], [claimed @ .., seen]) = (MAGIC, magic);
        if claimed != known {
            return Err(ReadError::NotATrace);
        }
        if seen != version {
            return Err(ReadError::Version(seen));
        }
        let fail = |error| failed(error, 0);
        let frame: [u8; 4] = take(&mut input).map_err(fail)?;
        if frame != FRAME {
            return Err(ReadError::Damaged { events: 0 });
        }
        let mut records = Records::new(Blocks::new(input).map_err(fail)?);
        let range = records.next(0)?;
        let header = header(records.get(range)).map_err(|what| ReadError::Malformed { record: 0, what })?;
        Ok(Self { records, header, before: 0, events: 0, over: false })
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Events so far.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError`], once; then `None`.
    pub fn event(&mut self) -> Result<Option<Event<'_>>, ReadError> {
        if self.over {
            return Ok(None);
        }
        // until this event is known to be whole
        self.over = true;
        let range = loop {
            let range = self.records.next(self.events)?;
            match self.records.get(range.clone()).first() {
                Some(&tag::END) => return self.end(range),
                Some(&kind) if kind >= tag::OPTIONAL => {}
                _ => break range,
            }
        };
        let record = self.events + 1;
        let points = self.header.points.len();
        let event = event(self.records.get(range), &mut self.before, points)
            .map_err(|what| ReadError::Malformed { record, what })?;
        self.over = false;
        self.events += 1;
        Ok(Some(event))
    }

    fn end(&self, range: Range<usize>) -> Result<Option<Event<'_>>, ReadError> {
        let mut bytes = self.records.get(range).get(1..).unwrap_or(&[]);
        if take_number(&mut bytes) == Some(self.events) {
            Ok(None)
        } else {
            Err(ReadError::Malformed { record: self.events + 1, what: "another number of events at the end" })
        }
    }
}

/// Cuts the blocks into records.
#[derive(Debug)]
struct Records<R> {
    blocks: Blocks<R>,
    clear: Vec<u8>,
    waiting: Range<usize>,
}

impl<R: Read> Records<R> {
    const fn new(blocks: Blocks<R>) -> Self {
        Self { blocks, clear: Vec::new(), waiting: 0..0 }
    }

    /// Where the next record is, without its length.
    fn next(&mut self, events: u64) -> Result<Range<usize>, ReadError> {
        let malformed = |what| ReadError::Malformed { record: events + 1, what };
        loop {
            let waiting = self.get(self.waiting.clone());
            let mut rest = waiting;
            match take_number(&mut rest) {
                Some(length) => {
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    if length == 0 || length > MAX_RECORD {
                        return Err(malformed("its length is 0 or over the limit"));
                    }
                    if rest.len() >= length {
                        let start = self.waiting.end - rest.len();
                        self.waiting.start = start + length;
                        return Ok(start..start + length);
                    }
                }
                None if waiting.len() >= 10 => return Err(malformed("its length is no number")),
                None => {}
            }
            self.more().map_err(|error| failed(error, events))?;
        }
    }

    fn get(&self, range: Range<usize>) -> &[u8] {
        self.clear.get(range).unwrap_or(&[])
    }

    fn more(&mut self) -> Result<(), BlockError> {
        self.clear.copy_within(self.waiting.clone(), 0);
        self.waiting = 0..self.waiting.len();
        let room = self.waiting.end + self.blocks.most();
        if self.clear.len() < room {
            self.clear.resize(room, 0);
        }
        let out = self.clear.get_mut(self.waiting.end..).unwrap_or(&mut []);
        let length = self.blocks.next(out)?.ok_or(BlockError::Cut)?;
        self.waiting.end += length;
        Ok(())
    }
}

fn failed(error: BlockError, events: u64) -> ReadError {
    match error {
        BlockError::Cut => ReadError::Truncated { events },
        BlockError::Damaged => ReadError::Damaged { events },
        BlockError::Io(error) => ReadError::Io(error),
    }
}

fn header(record: &[u8]) -> Result<Header, &'static str> {
    let Some((&tag::HEADER, mut bytes)) = record.split_first() else { return Err("not a header") };
    let bytes = &mut bytes;
    let observer = code(bytes).ok_or("an observer that is not known")?;
    let start_us = take_number(bytes).ok_or("its start is not whole")?;
    let note = text(bytes, MAX_NOTE).ok_or("its note is not text within the limit")?.to_owned();
    let count = take_number(bytes).and_then(|count| usize::try_from(count).ok());
    let count =
        count.filter(|count| (1..=MAX_POINTS).contains(count)).ok_or("no points, or over the limit")?;
    let mut points = Vec::new();
    for _ in 0..count {
        let kind = code(bytes).ok_or("a point that is not known")?;
        let name = text(bytes, MAX_NAME).ok_or("a point's name is not text within the limit")?.to_owned();
        points.push(Point { kind, name });
    }
    Ok(Header { observer, start_us, points, note })
}

fn event<'a>(record: &'a [u8], before: &mut u64, points: usize) -> Result<Event<'a>, &'static str> {
    let (&kind, mut bytes) = record.split_first().ok_or("it is empty")?;
    let bytes = &mut bytes;
    let connection = ConnectionId(take_number(bytes).ok_or("its connection is not whole")?);
    let at = unzigzag(*before, take_number(bytes).ok_or("its time is not whole")?);
    *before = at;
    let way = if kind & 1 == 0 { Way::ToServer } else { Way::ToClient };
    Ok(match kind {
        tag::OPEN => {
            let point = take_number(bytes).and_then(|point| u16::try_from(point).ok());
            let point =
                point.filter(|point| usize::from(*point) < points).ok_or("a point that is not there")?;
            let from = address(bytes).ok_or("its address is not whole")?;
            let to = address(bytes).ok_or("its address is not whole")?;
            let carrier = code(bytes).ok_or("a carrier that is not known")?;
            Event::Open { connection, at, point: PointId(point), from, to, carrier }
        }
        tag::HELLO => {
            Event::Hello { connection, at, hello: hello(bytes).ok_or("its handshake is not whole")? }
        }
        tag::CLOSE => {
            Event::Close { connection, at, cause: code(bytes).ok_or("a kind of end that is not known")? }
        }
        _ => match kind & !1 {
            tag::PACKET if bytes.len() > MAX_PACKET => return Err("its packet is over the limit"),
            tag::PACKET => Event::Packet { connection, at, way, bytes },
            tag::SEALED => {
                let length = take_number(bytes).and_then(|length| u32::try_from(length).ok());
                Event::Sealed { connection, at, way, length: length.ok_or("its length is not whole")? }
            }
            tag::LOST => {
                let lost = take_number(bytes).ok_or("its length is not whole")?;
                let cause = code(bytes).ok_or("a cause that is not known")?;
                Event::Lost { connection, at, way, bytes: lost, cause }
            }
            _ => return Err("a kind that is not known"),
        },
    })
}

fn hello<'a>(bytes: &mut &'a [u8]) -> Option<TlsHello<'a>> {
    let version = u16::from_be_bytes(array(bytes)?);
    let cipher = u16::from_be_bytes(array(bytes)?);
    let group = u16::from_be_bytes(array(bytes)?);
    let fingerprint = u64::from_be_bytes(array(bytes)?);
    let [resumption] = array(bytes)?;
    let server_name = text(bytes, MAX_NAME)?;
    Some(TlsHello { version, cipher, group, server_name, fingerprint, resumption: resumption != 0 })
}

/// Outer `None`: not whole or of no known family.
#[expect(clippy::option_option, reason = "an address may be absent, and may be malformed")]
fn address(bytes: &mut &[u8]) -> Option<Option<SocketAddr>> {
    let [family] = array(bytes)?;
    let address: IpAddr = match family {
        0 => return Some(None),
        4 => Ipv4Addr::from(array::<4>(bytes)?).into(),
        6 => Ipv6Addr::from(array::<16>(bytes)?).into(),
        _ => return None,
    };
    Some(Some(SocketAddr::new(address, u16::from_be_bytes(array(bytes)?))))
}

fn code<C: Code>(bytes: &mut &[u8]) -> Option<C> {
    let [code] = array(bytes)?;
    C::from_code(code)
}

fn text<'a>(bytes: &mut &'a [u8], most: usize) -> Option<&'a str> {
    let length = take_number(bytes).and_then(|length| usize::try_from(length).ok())?;
    let (text, rest) = bytes.split_at_checked(length).filter(|_| length <= most)?;
    *bytes = rest;
    core::str::from_utf8(text).ok()
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (array, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*array)
}
