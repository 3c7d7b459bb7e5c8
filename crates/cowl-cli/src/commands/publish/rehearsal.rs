//! Going through the input without sending: what `--preview` shows and `--confirm` asks about.

use cowl::consent::Messages;

use super::{
    confirm::{self, Terminal},
    feed::Batch,
    input::{Fault, Input, Piece},
    preview::{Preview, Shown},
    reducer::{Reducer, Taken},
    send::Voice,
};
use crate::{exit::Exit, failure::Failure};

/// The input of a run, and what it is shown by.
pub(super) struct Rehearsal<'a> {
    pub(super) input: &'a Input,
    pub(super) topic: Option<&'a str>,
    pub(super) preview: Preview<'a>,
}

/// One piece of input, gone through.
enum Rehearsed {
    Shown(Box<Taken>, Shown, String),
    Fault(Fault),
}

impl Rehearsal<'_> {
    /// Shows every report, and sends nothing.
    pub(super) fn print(
        &self,
        reducer: &mut Reducer,
        json: bool,
        voice: &mut Voice<'_>,
    ) -> Result<Exit, Failure> {
        let mut refused = false;
        self.each(reducer, |rehearsed| match rehearsed {
            Rehearsed::Shown(_, shown, title) => {
                voice.data(&if json { shown.to_json() } else { shown.to_text(&title) })
            }
            Rehearsed::Fault(fault) => {
                refused = true;
                voice.fault(fault);
                Ok(())
            }
        })?;
        if !json {
            voice.data("nothing was sent")?;
        }
        Ok(if refused { Exit::Input } else { Exit::Done })
    }

    /// Shows every report and asks once. `None`: they are not to be sent.
    pub(super) fn confirm(
        &self,
        reducer: &mut Reducer,
        terminal: &mut Terminal,
        messages: &Messages,
    ) -> Result<Option<Batch>, Failure> {
        let mut batch = Batch::default();
        let mut texts = Vec::new();
        self.each(reducer, |rehearsed| {
            match rehearsed {
                Rehearsed::Shown(taken, shown, title) => {
                    texts.push(shown.to_text(&title));
                    batch.add(*taken);
                }
                Rehearsed::Fault(fault) => batch.faults.push(fault),
            }
            if texts.len() > confirm::MOST {
                return Err(Failure::usage(format!(
                    "more than {} reports to confirm at once",
                    confirm::MOST
                ))
                .hint("send them in smaller files"));
            }
            Ok(())
        })?;
        if texts.is_empty() {
            return Ok(Some(batch));
        }
        let question = messages.with("question-send", &[("count", texts.len().into())]);
        let yes = terminal
            .ask_in(&texts.join("\n"), &question, messages)
            .map_err(|error| Failure::new(Exit::Storage, format!("cannot ask on the terminal: {error}")))?;
        Ok(yes.then_some(batch))
    }

    fn each(
        &self,
        reducer: &mut Reducer,
        mut each: impl FnMut(Rehearsed) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut pieces = self.input.open(|| ())?;
        while let Some(piece) = pieces.next() {
            each(match piece {
                Piece::Broken(failure) => return Err(failure),
                Piece::Fault(fault) => Rehearsed::Fault(fault),
                Piece::Reading(reading, line) => match reducer.take(reading, self.topic) {
                    Err(problem) => Rehearsed::Fault(pieces.fault(line, problem)),
                    Ok(taken) => {
                        let shown = self.preview.show(&taken)?;
                        Rehearsed::Shown(
                            Box::new(taken),
                            shown,
                            format!("the report of {}:{line}", self.input.name()),
                        )
                    }
                },
            })?;
        }
        Ok(())
    }
}
