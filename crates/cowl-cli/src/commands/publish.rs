//! Not written yet.

use clap::Args;

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// Not written yet.
#[derive(Debug, Args)]
pub(crate) struct Publish {}

impl Publish {
    pub(crate) async fn run(self, _printer: &mut Printer) -> Result<Exit, Failure> {
        Err(Failure::internal("not written yet"))
    }
}
