//! Asking a person before anything leaves.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _},
};

use cowl::consent::Messages;

use crate::failure::Failure;

/// The most reports that one question is asked about: nobody reads more.
pub(super) const MOST: usize = 1_000;

/// A terminal with somebody in front of it.
#[derive(Debug)]
pub(in crate::commands) enum Terminal {
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

    /// Any terminal, if there is one.
    pub(in crate::commands) fn any() -> Option<Self> {
        Self::find(false).ok()
    }

    /// Shows a text and asks. Only a yes is a yes.
    pub(in crate::commands) fn ask(&mut self, text: &str, question: &str) -> io::Result<bool> {
        self.ask_for(&format!("{text}\n{question} [y/N] "), &[])
    }

    /// The same in a person's language; an English yes is one too.
    pub(super) fn ask_in(&mut self, text: &str, question: &str, messages: &Messages) -> io::Result<bool> {
        let (yes, no) = (messages.say("answer-yes"), messages.say("answer-no"));
        let first = yes.chars().next().map(String::from).unwrap_or_default();
        self.ask_for(&format!("{text}\n{question} [{yes}/{no}] "), &[&yes, &first])
    }

    /// Shows a text.
    pub(super) fn show(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Own(terminal) => writeln!(terminal, "{text}"),
            Self::Standard => writeln!(io::stderr(), "{text}"),
        }
    }

    fn ask_for(&mut self, prompt: &str, words: &[&str]) -> io::Result<bool> {
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
        let answer = answer.trim().to_lowercase();
        Ok(matches!(answer.as_str(), "y" | "yes") || words.contains(&answer.as_str()))
    }
}
