//! Asking a person before anything leaves.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _},
};

use crate::failure::Failure;

/// The most reports that one question is asked about: nobody reads more.
pub(super) const MOST: usize = 1_000;

/// A terminal with somebody in front of it.
#[derive(Debug)]
pub(super) enum Terminal {
    /// The process's own, whatever its standard streams are.
    Own(File),
    /// Standard input and standard error.
    Standard,
}

impl Terminal {
    /// Finds one. `stdin_is_data`: standard input cannot answer.
    pub(super) fn find(stdin_is_data: bool) -> Result<Self, Failure> {
        #[cfg(unix)]
        if let Ok(own) = OpenOptions::new().read(true).write(true).open("/dev/tty") {
            return Ok(Self::Own(own));
        }
        if !stdin_is_data && io::stdin().is_terminal() {
            return Ok(Self::Standard);
        }
        Err(Failure::usage("--confirm needs a terminal to ask on, and there is none; nothing was sent")
            .hint("use --preview to see what would be sent"))
    }

    /// Shows a text and asks. Only a yes is a yes.
    pub(super) fn ask(&mut self, text: &str, question: &str) -> io::Result<bool> {
        let prompt = format!("{text}\n{question} [y/N] ");
        let mut answer = String::new();
        match self {
            Self::Own(terminal) => {
                terminal.write_all(prompt.as_bytes())?;
                BufReader::new(terminal).read_line(&mut answer)?;
            }
            Self::Standard => {
                io::stderr().write_all(prompt.as_bytes())?;
                io::stdin().lock().read_line(&mut answer)?;
            }
        }
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}
