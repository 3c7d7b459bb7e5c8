//! `cowl glass approve`: a custodian sees who asks for what and why, and agrees.

use std::path::PathBuf;

use clap::Args;
use cowl::{files, glass::Custodian, random::SystemRng};

use super::{LIMIT, words, write};
use crate::{commands::publish::confirm::Terminal, exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Shows the request and asks. On a yes it writes the answer, which opens nothing alone and nothing else, and remembers in \
SHARE.answered that you agreed. Refused: what the authority did not sign, what was altered, what is over, what belongs to no \
message of the operation, and a second request for a message that you agreed to open already.

Example:
  cowl glass approve anna.share glass-3f1c-88a0-91be-04d7.request";

/// The arguments of `cowl glass approve`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(super) struct Approve {
    /// Your share
    #[arg(value_name = "SHARE")]
    share: PathBuf,

    /// The request
    #[arg(value_name = "REQUEST")]
    request: PathBuf,

    /// Agree without being asked
    #[arg(long)]
    yes: bool,

    /// Agree although you agreed to open the same message by another request
    #[arg(long)]
    again: bool,

    /// Where to write the answer [default: glass-ID.NAME.partial]
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Approve {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let now = machine::now();
        let custodian = Custodian::open(&self.share)?;
        let request = custodian.read(&files::read(&self.request, LIMIT)?, now)?;
        let share = custodian.share();
        let mut text = vec![
            format!("request {} of {}", request.id(), share.operation_name),
            format!("to you     {}, custodian {} of {}", share.name, share.number(), share.key.custodians()),
        ];
        text.extend(words(&request));
        if let Some(before) = custodian.answered_before(&request)? {
            text.push(format!("before     you agreed to open the same message by request {before}"));
        }
        for line in &text {
            printer.note(line);
        }
        if !self.yes {
            let mut terminal = Terminal::any().ok_or_else(|| {
                Failure::usage("there is no terminal to ask on; nothing was agreed to")
                    .hint("--yes agrees without being asked")
            })?;
            let agreed = terminal
                .ask("", "do you agree that this is opened?")
                .map_err(|error| Failure::new(Exit::Storage, "cannot ask").because(&error))?;
            if !agreed {
                return Err(Failure::new(Exit::Refused, "not agreed; nothing was written"));
            }
        }
        let partial = custodian.answer(&request, self.again, now, &mut SystemRng::new())?;
        let name = self
            .output
            .clone()
            .unwrap_or_else(|| PathBuf::from(format!("glass-{}.{}.partial", request.id(), share.name)));
        printer.note("agreed; the answer goes to the authority");
        write(&name, &partial.to_bytes(), printer)?;
        Ok(Exit::Done)
    }
}
