//! `cowl audit read`: what a capture or a trace says without ground truth.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Cursor, Read},
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Args;
use cowl_audit::{
    capture::{Capture, CaptureError, CaptureSummary, Stop, is_capture},
    report::survey,
    survey::{Options, Report, Rotation, Survey, terminal},
    trace::{Event, Header, ReadError, Reader, WriteError, Writer},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
FILE is a pcap or pcapng capture, or a trace of `cowl audit tap`, `cowl audit subscribe` or `cowl simulate`; `-` is standard input. The report \
counts every stable identifier, the fields and personal data that can be read, encryption, sizes and rhythm, and what equal values join. It \
needs no ground truth; with it, `cowl audit score` measures attacks. If something is missing in FILE, the report says so first, and the exit \
code is 3.";

/// Shorter runs show no bar.
const AFTER: Duration = Duration::from_secs(2);
/// Events between two looks at the clock.
const LOOK: u64 = 1 << 16;

/// The arguments of `cowl audit read`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct ReadCommand {
    /// A capture or a trace; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Write what was read as a trace, for `cowl audit score` and faster reading
    #[arg(short, long, value_name = "TRACE")]
    output: Option<PathBuf>,

    /// Print JSON, as spec/survey.schema.json says
    #[arg(long)]
    json: bool,

    /// Write a page that needs nothing but itself
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Write what stands out as SARIF 2.1.0
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,

    /// Identifiers are supposed to change every so many seconds (since 1970, or since the beginning where the date is unknown)
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    rotation: Option<u64>,

    /// Identifiers are supposed to change so many seconds after the beginning; several with commas
    #[arg(long, value_name = "SECONDS", value_delimiter = ',', conflicts_with = "rotation")]
    rotation_at: Vec<u64>,
}

/// Where events go.
struct Sink {
    survey: Survey,
    writer: Option<Writer<BufWriter<File>>>,
    failed: Option<WriteError>,
    watch: Watch,
}

/// A bar that appears when it takes long.
struct Watch {
    bar: ProgressBar,
    started: Instant,
    events: u64,
    shown: bool,
}

impl ReadCommand {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let (mut source, length) = self.open()?;
        let mut beginning = [0_u8; 8];
        let got = fill(&mut source, &mut beginning).map_err(|error| self.unreadable(&error))?;
        let known = beginning.get(..got).unwrap_or_default();
        let watch = Watch::new(length);
        let whole = watch.bar.wrap_read(Cursor::new(known.to_vec()).chain(source));
        let report = if is_capture(known) { self.capture(whole, watch)? } else { self.trace(whole, watch)? };
        self.print(&report, printer)?;
        self.write_files(&report)?;
        if report.about.partial {
            printer.warning("something is missing in what was read: figures are too low");
            return Ok(Exit::Input);
        }
        Ok(Exit::Done)
    }

    fn capture(&self, source: impl Read, watch: Watch) -> Result<Report, Failure> {
        let capture = Capture::open(source).map_err(|error| self.bad_capture(&error))?;
        let mut sink = self.sink(capture.header(), watch)?;
        let summary = capture.read(|event| sink.take(event)).map_err(|error| self.bad_capture(&error))?;
        let mut report = self.finish(sink)?;
        for remark in remarks(&summary) {
            report.missing(remark);
        }
        Ok(report)
    }

    fn trace(&self, source: impl Read, watch: Watch) -> Result<Report, Failure> {
        let mut reader = Reader::new(source).map_err(|error| self.bad_trace(&error))?;
        let mut sink = self.sink(reader.header().clone(), watch)?;
        let end = loop {
            match reader.event() {
                Ok(Some(event)) if sink.take(&event).is_continue() => {}
                Ok(_) => break None,
                Err(error) => break Some(error),
            }
        };
        let mut report = self.finish(sink)?;
        if let Some(error) = end {
            report.missing(error.to_string());
        }
        Ok(report)
    }

    fn sink(&self, header: Header, watch: Watch) -> Result<Sink, Failure> {
        let writer = match &self.output {
            None => None,
            Some(path) => {
                let file = self.create(path)?;
                let writer = Writer::new(BufWriter::new(file), &header);
                Some(writer.map_err(|error| cannot_write(path, &error))?)
            }
        };
        let rotation = match (self.rotation, self.rotation_at.as_slice()) {
            (Some(seconds), _) => Rotation::Every(seconds.saturating_mul(1_000_000)),
            (None, []) => Rotation::Unknown,
            (None, instants) => {
                Rotation::At(instants.iter().map(|seconds| seconds.saturating_mul(1_000_000)).collect())
            }
        };
        let options = Options { rotation };
        Ok(Sink { survey: Survey::new(header, options), writer, failed: None, watch })
    }

    fn finish(&self, sink: Sink) -> Result<Report, Failure> {
        sink.watch.bar.finish_and_clear();
        let path = self.output.as_deref().unwrap_or_else(|| Path::new("the trace"));
        if let Some(error) = sink.failed {
            return Err(cannot_write(path, &error));
        }
        if let Some(writer) = sink.writer {
            writer.finish().map_err(|error| cannot_write(path, &error))?;
        }
        Ok(sink.survey.finish())
    }

    fn print(&self, report: &Report, printer: &mut Printer) -> Result<(), Failure> {
        if self.json {
            let text = serde_json::to_string_pretty(report)
                .map_err(|error| Failure::internal("the report cannot be written as JSON").because(&error))?;
            return printer.data(text);
        }
        let mut text = String::new();
        terminal(report, &self.title(), &mut text)
            .map_err(|_| Failure::internal("the report cannot be laid out"))?;
        printer.raw(text)
    }

    fn write_files(&self, report: &Report) -> Result<(), Failure> {
        let write = |path: &Path, text: &str| {
            fs::write(path, text).map_err(|error| {
                Failure::new(Exit::Storage, format!("cannot write {}: {error}", path.display()))
            })
        };
        if let Some(path) = &self.html {
            let mut page = String::new();
            survey::html(report, &self.title(), &mut page)
                .map_err(|_| Failure::internal("the page cannot be laid out"))?;
            write(path, &page)?;
        }
        if let Some(path) = &self.sarif {
            write(path, &survey::sarif(report, &self.file.display().to_string()).to_string())?;
        }
        Ok(())
    }

    fn open(&self) -> Result<(Box<dyn Read>, Option<u64>), Failure> {
        if self.is_standard_input() {
            return Ok((Box::new(io::stdin().lock()), None));
        }
        let file = File::open(&self.file).map_err(|error| self.unreadable(&error))?;
        let length = file.metadata().ok().filter(fs::Metadata::is_file).map(|data| data.len());
        Ok((Box::new(BufReader::with_capacity(1 << 18, file)), length))
    }

    /// Never the file that is being read.
    fn create(&self, path: &Path) -> Result<File, Failure> {
        let same = !self.is_standard_input()
            && path.canonicalize().is_ok_and(|to| self.file.canonicalize().is_ok_and(|from| from == to));
        if same {
            return Err(Failure::usage("the trace would take the place of the file that is read")
                .hint("choose another name for -o"));
        }
        File::create(path)
            .map_err(|error| Failure::new(Exit::Storage, format!("cannot write {}: {error}", path.display())))
    }

    fn is_standard_input(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    /// The file's name without its folders.
    fn title(&self) -> String {
        let name = self.file.file_name().filter(|_| !self.is_standard_input());
        name.map_or_else(|| self.name(), |name| name.to_string_lossy().into_owned())
    }

    fn name(&self) -> String {
        if self.is_standard_input() { "standard input".to_owned() } else { self.file.display().to_string() }
    }

    fn unreadable(&self, error: &io::Error) -> Failure {
        Failure::new(Exit::Storage, format!("cannot read {}: {error}", self.name()))
    }

    fn bad_capture(&self, error: &CaptureError) -> Failure {
        match error {
            CaptureError::Io { source, .. } => self.unreadable(source),
            _ => Failure::new(Exit::Input, format!("{}: {error}", self.name())),
        }
    }

    fn bad_trace(&self, error: &ReadError) -> Failure {
        match error {
            ReadError::Io(source) => self.unreadable(source),
            ReadError::NotATrace => {
                Failure::new(Exit::Input, format!("{}: neither a capture nor a trace", self.name())).hint(
                    "pcap and pcapng files can be read, and traces of `cowl audit tap`, `cowl audit subscribe` and \
                     `cowl simulate`",
                )
            }
            _ => Failure::new(Exit::Input, format!("{}: {error}", self.name())),
        }
    }
}

impl Sink {
    fn take(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        self.survey.add(event);
        self.watch.look();
        if let Some(Err(error)) = self.writer.as_mut().map(|writer| writer.write(event)) {
            self.failed = Some(error);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

impl Watch {
    fn new(length: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        let template = match length {
            Some(_) => "cowl: {bytes}/{total_bytes} {wide_bar} {bytes_per_sec}, {eta} left",
            None => "cowl: {bytes}, {bytes_per_sec}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, started: Instant::now(), events: 0, shown: false }
    }

    fn look(&mut self) {
        self.events += 1;
        if self.shown || !self.events.is_multiple_of(LOOK) || self.started.elapsed() < AFTER {
            return;
        }
        self.shown = true;
        if Printer::is_watched() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
        }
    }
}

/// What a capture lacks that its events do not tell.
fn remarks(summary: &CaptureSummary) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(Stop::Damage { offset, damage }) = &summary.stopped {
        found.push(format!("the file cannot be read from byte {offset} on, {damage}"));
    }
    let unread = &summary.unread;
    for (link, frames) in &unread.link_types {
        found.push(format!("{frames} frames of link type {link}, which is not known"));
    }
    for (number, what) in [
        (unread.blocks, "frames not described or too large"),
        (unread.fragments, "fragments without the others"),
        (unread.malformed, "frames malformed or cut off"),
        (summary.tcp.evicted, "connections given up, too many at once"),
    ] {
        if number > 0 {
            found.push(format!("{number} {what}"));
        }
    }
    found
}

/// As many bytes as there are, up to the buffer's length.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn cannot_write(path: &Path, error: &WriteError) -> Failure {
    Failure::new(Exit::Storage, format!("cannot write {}: {error}", path.display()))
}
