//! Where words go: data to standard output, everything for people to standard error.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use crate::failure::Failure;

/// Both outputs of a command. Output that nobody reads any more ends the command quietly, as a pipe should.
pub(crate) struct Printer {
    out: BufWriter<Box<dyn Write + Send>>,
    err: Box<dyn Write + Send>,
}

impl Printer {
    /// Standard output and standard error; colours only on a terminal that wants them.
    pub(crate) fn new() -> Self {
        let out: Box<dyn Write + Send> = Box::new(anstream::stdout());
        Self { out: BufWriter::with_capacity(64 << 10, out), err: Box::new(anstream::stderr()) }
    }

    /// One line of data.
    pub(crate) fn data(&mut self, line: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.raw(line)?;
        self.raw(b"\n")
    }

    /// Data as it is.
    pub(crate) fn raw(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.out.write_all(bytes.as_ref()).map_err(|error| output_failed(&error))
    }

    /// Hands what was printed to whoever reads it.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| output_failed(&error))
    }

    /// One line for people: prefixed, lower case, no full stop.
    pub(crate) fn note(&mut self, text: &str) {
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(self.err, "cowl: {text}");
    }

    /// A QR code for people: black on white where there are colours.
    pub(crate) fn picture(&mut self, code: &cowl::qr::Qr) {
        let colours = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
        let _ = self.err.write_all(code.to_terminal(colours).as_bytes());
    }

    /// A warning that must not be overlooked.
    pub(crate) fn warning(&mut self, text: &str) {
        let _ = writeln!(self.err, "cowl: warning: {text}");
    }

    /// Why the command ends, and what to do.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        let _ = self.out.flush();
        if failure.message().is_empty() {
            return;
        }
        let _ = writeln!(self.err, "cowl: {}", failure.message());
        if let Some(hint) = failure.hint_text() {
            let _ = writeln!(self.err, "  hint: {hint}");
        }
    }

    /// Whether somebody sits at a terminal: types, and sees both outputs. A machine that builds may have a terminal too; it says so.
    pub(crate) fn is_attended() -> bool {
        let is_build = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        !is_build && io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether a person watches standard error.
    pub(crate) fn is_watched() -> bool {
        io::stderr().is_terminal()
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        let _ = self.out.flush();
    }
}

/// A closed pipe is the reader's wish, not a fault: the command ends without a word.
fn output_failed(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::new(crate::exit::Exit::Done, "")
    } else {
        Failure::new(crate::exit::Exit::Storage, format!("cannot write output: {error}"))
    }
}
