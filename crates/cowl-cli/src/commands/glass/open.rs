//! `cowl glass open`: opens one report with the answers of enough custodians.

use std::path::PathBuf;

use clap::Args;
use cowl::{files, formats, glass::GlassError, operation::Operation};
use cowl_core::custody::Partial;
use serde_json::{Value, json};

use super::LIMIT;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Each answer is verified, and a wrong one is named. Then the log says who agreed and that the report is opened; then the \
fields are printed, as JSON. They are kept nowhere.

Example:
  cowl glass open ops glass-3f1c-88a0-91be-04d7.request glass-3f1c-88a0-91be-04d7.*.partial";

/// The arguments of `cowl glass open`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(super) struct Open {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The request
    #[arg(value_name = "REQUEST")]
    request: PathBuf,

    /// The custodians' answers
    #[arg(value_name = "PARTIAL", required = true)]
    partials: Vec<PathBuf>,
}

impl Open {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let operation = Operation::open(&self.folder)?;
        let request = files::read(&self.request, LIMIT)?;
        let read = |path: &PathBuf| -> Result<Partial, Failure> {
            let partial = Partial::from_bytes(&files::read(path, LIMIT)?);
            Ok(partial.map_err(|source| GlassError::Partial { path: path.clone(), source })?)
        };
        let partials = self.partials.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let opened = operation.open_custody(&request, &partials, machine::now())?;
        let fields = match &opened.body {
            Some(body) => Value::Object(formats::to_json(&operation.manifest().policy, body)),
            None => Value::Null,
        };
        if opened.body.is_none() {
            printer.note("it was cover: it says nothing");
        }
        printer.note("the log says that it was opened, and by how many");
        printer.data(json!({ "fields": fields, "agreed": opened.custodians }).to_string())?;
        printer.flush()?;
        Ok(Exit::Done)
    }
}
