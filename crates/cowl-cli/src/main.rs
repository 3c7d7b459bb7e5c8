//! The command `cowl`: see `cowl --help`.

mod cli;
mod commands;
mod connection;
mod exit;
mod failure;
mod machine;
mod passphrase;
mod printer;
mod stranger;

use std::process::ExitCode;

use clap::Parser as _;

use cli::Cli;
use failure::Failure;
use printer::Printer;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut printer = Printer::new();
    if let Err(failure) = passphrase::prepare() {
        printer.failure(&failure);
        return failure.code().into();
    }
    // Where one message after the other takes the same way, waking other threads for it costs a sixth of the throughput
    // (`cargo bench -p cowl-cli --bench gateway`).
    let mut threads = if cli.is_one_stream() {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let runtime = threads.enable_all().build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(cli.run(&mut printer));
            // A thread that waits for standard input must not keep the process.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(Failure::internal("cannot start threads").because(&error)),
    };
    match done {
        Ok(code) => code.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.code().into()
        }
    }
}
