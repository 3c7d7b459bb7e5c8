//! The command line: clap and nothing else.

use clap::{Parser, Subcommand};

use crate::{
    commands::{
        audit, broker, command, demo, enrol, gateway, init, inspect, plan, publish, relay, serve, simulate,
        subscribe, zone,
    },
    exit::Exit,
    failure::Failure,
    printer::Printer,
};

/// What the exit codes mean, at the end of `cowl --help`.
const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   something that should not happen did
  2   the command line is wrong
  3   some input was refused; what was good went through
  4   a policy, manifest, credential or key cannot be used
  5   the broker cannot be reached, or the connection was lost
  6   the broker refused: login, permission or protocol
  7   a file or disk could not be read or written
  8   an audit's limit is not kept, or was not measured (`audit score --fail-above`)
  27  nothing came in the time allowed (`sub -W`)";

/// A privacy layer for MQTT in disaster relief: the broker learns nothing, responders read what their role may read.
#[derive(Debug, Parser)]
#[command(name = "cowl", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an operation: policy, keys, logins, signed manifest
    Init(init::Init),
    /// Enrol a device, a responder, a gateway or a relay: write its credential
    Enrol(enrol::Enrol),
    /// Publish the operation's manifest and beacons, and take its census
    Serve(serve::Serve),
    /// Run the embedded broker
    Broker(broker::BrokerCommand),
    /// Send reports
    Pub(Box<publish::Publish>),
    /// Read the reports that a role may read
    Sub(Box<subscribe::Subscribe>),
    /// Stand between the operation and what knows nothing of it: devices, or the tools of helpers
    Gateway(Box<gateway::Gateway>),
    /// Take the wrap off what phones send, and publish it among cover
    Relay(Box<relay::RelayCommand>),
    /// Tell the devices of all gateways something, signed by the authority
    #[command(name = "command")]
    Tell(command::CommandCommand),
    /// Explain a payload, with or without keys
    Inspect(inspect::Inspect),
    /// Look up zones: by position or by name
    Zone(zone::ZoneCommand),
    /// Say what a policy's schedule carries, costs and gives away
    Plan(plan::PlanCommand),
    /// Measure what each adversary can do, on any MQTT system
    Audit(audit::Audit),
    /// Show before and after on live traffic
    Demo(demo::Demo),
    /// Simulate an operation, for the audit
    Simulate(simulate::Simulate),
}

impl Cli {
    /// Runs the chosen command.
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        match self.command {
            Command::Init(command) => command.run(printer),
            Command::Enrol(command) => command.run(printer),
            Command::Serve(command) => command.run(printer).await,
            Command::Broker(command) => command.run(printer).await,
            Command::Pub(command) => command.run(printer).await,
            Command::Sub(command) => Box::pin(command.run(printer)).await,
            Command::Gateway(command) => Box::pin(command.run(printer)).await,
            Command::Relay(command) => Box::pin(command.run(printer)).await,
            Command::Tell(command) => command.run(printer),
            Command::Inspect(command) => command.run(printer),
            Command::Zone(command) => command.run(printer),
            Command::Plan(command) => command.run(printer),
            Command::Audit(command) => command.run(printer).await,
            Command::Demo(command) => Box::pin(command.run(printer)).await,
            Command::Simulate(command) => command.run(printer),
        }
    }
}
