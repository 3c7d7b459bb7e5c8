//! The command line: clap and nothing else.

use clap::{Parser, Subcommand};

use crate::{
    commands::{
        archive, audit, broker, command, console, demo, doctor, enrol, erase, gateway, glass, help_is_coming,
        init, inspect, join, lock, log, members, notice, page, plan, publish, records, recover, relay, renew,
        revoke, rotate, serve, shares, simulate, subscribe, tokens, withdraw, zone,
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
  5   the broker or service cannot be reached, or the connection was lost
  6   the broker or service refused: login, ticket, permission or protocol
  7   a file or disk could not be read or written
  8   an audit's limit is not kept, or was not measured (`audit score --fail-above`)
  9   `doctor` found something that needs to be done
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
    /// Take a member's keys away: a lost phone, a seized laptop
    Revoke(revoke::Revoke),
    /// List the members and how they stand
    Members(members::Members),
    /// Close keys with a passphrase
    Lock(lock::Lock),
    /// Take the passphrase away again
    Unlock(lock::Unlock),
    /// Split the key of an operation's recovery file among people
    Shares(shares::Shares),
    /// Rebuild an operation from shares, on a new machine
    Recover(recover::Recover),
    /// Save an operation or a credential, encrypted
    Backup(recover::Backup),
    /// Put a backup back
    Restore(recover::Restore),
    /// Become a member with a ticket: over the local network, or from a stick
    Join(join::Join),
    /// Get keys of further epochs, without a new credential
    Renew(renew::Renew),
    /// Get, count and judge tokens to connect with
    Tokens(tokens::TokensCommand),
    /// Draw all keys anew, in an emergency
    Rotate(rotate::Rotate),
    /// Publish the operation's manifest and beacons, and take its census
    Serve(serve::Serve),
    /// Run the embedded broker
    Broker(broker::BrokerCommand),
    /// Show people a page in their browser on which they report, and take back what they reported
    Page(Box<page::PageCommand>),
    /// Send reports
    Pub(Box<publish::Publish>),
    /// Read the reports that a role may read
    Sub(Box<subscribe::Subscribe>),
    /// Look up, export and check what `sub --archive` kept
    Archive(archive::ArchiveCommand),
    /// Make of a person's twelve words what the authority needs to erase her reports
    Withdraw(withdraw::Withdraw),
    /// Order that something be erased everywhere, and look whether it was
    Erase(Box<erase::Erase>),
    /// Stand between the operation and what knows nothing of it: devices, or the tools of helpers
    Gateway(Box<gateway::Gateway>),
    /// Take the wrap off what phones send, and publish it among cover
    Relay(Box<relay::RelayCommand>),
    /// Tell people, or the devices of all gateways, something, signed by the authority
    #[command(name = "command")]
    Tell(command::CommandCommand),
    /// Say to reporters, and to nobody else, that help is coming
    HelpIsComing(help_is_coming::HelpIsComing),
    /// Look whether help is coming to what one reported
    AwaitHelp(Box<publish::AwaitHelp>),
    /// Break glass: custodians together open what no role reads of one report
    Glass(glass::GlassCommand),
    /// Show, verify and prove what the operation wrote down of itself
    Log(log::LogCommand),
    /// Show what people are told before they send, in their language
    Notice(notice::NoticeCommand),
    /// Draw up the records that the law asks for: ropa, dpia, notice, isp, label, breach
    Records(records::RecordsCommand),
    /// Explain a payload, with or without keys
    Inspect(inspect::Inspect),
    /// Look up zones: by position or by name
    Zone(zone::ZoneCommand),
    /// Say what a policy's schedule carries, costs and gives away
    Plan(plan::PlanCommand),
    /// Look at this machine, an operation and its broker, and say what to do
    Doctor(Box<doctor::Doctor>),
    /// Look at an operation in a browser: people and keys, log, break glass
    Console(Box<console::ConsoleCommand>),
    /// Measure what each adversary can do, on any MQTT system
    Audit(audit::Audit),
    /// Show before and after on live traffic
    Demo(demo::Demo),
    /// Simulate an operation, for the audit
    Simulate(simulate::Simulate),
}

impl Cli {
    /// Whether the command does one thing after the other on few connections.
    pub(crate) fn is_one_stream(&self) -> bool {
        match &self.command {
            Command::Sub(_) => true,
            Command::Gateway(gateway) => gateway.is_for_devices(),
            _ => false,
        }
    }

    /// Runs the chosen command.
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        match self.command {
            Command::Init(command) => command.run(printer),
            Command::Enrol(command) => command.run(printer),
            Command::Revoke(command) => command.run(printer),
            Command::Members(command) => command.run(printer),
            Command::Lock(command) => command.run(printer),
            Command::Unlock(command) => command.run(printer),
            Command::Shares(command) => command.run(printer),
            Command::Recover(command) => command.run(printer),
            Command::Backup(command) => command.run(printer),
            Command::Restore(command) => command.run(printer),
            Command::Join(command) => Box::pin(command.run(printer)).await,
            Command::Renew(command) => Box::pin(command.run(printer)).await,
            Command::Tokens(command) => Box::pin(command.run(printer)).await,
            Command::Rotate(command) => command.run(printer),
            Command::Serve(command) => Box::pin(command.run(printer)).await,
            Command::Broker(command) => command.run(printer).await,
            Command::Page(command) => Box::pin(command.run(printer)).await,
            Command::Pub(command) => command.run(printer).await,
            Command::Sub(command) => Box::pin(command.run(printer)).await,
            Command::Archive(command) => command.run(printer),
            Command::Withdraw(command) => command.run(printer),
            Command::Erase(command) => command.run(printer),
            Command::Gateway(command) => Box::pin(command.run(printer)).await,
            Command::Relay(command) => Box::pin(command.run(printer)).await,
            Command::Tell(command) => command.run(printer),
            Command::HelpIsComing(command) => Box::pin(command.run(printer)).await,
            Command::AwaitHelp(command) => Box::pin(command.run(printer)).await,
            Command::Glass(command) => command.run(printer),
            Command::Log(command) => command.run(printer),
            Command::Notice(command) => command.run(printer),
            Command::Records(command) => command.run(printer),
            Command::Inspect(command) => command.run(printer),
            Command::Zone(command) => command.run(printer),
            Command::Plan(command) => command.run(printer),
            Command::Doctor(command) => Box::pin(command.run(printer)).await,
            Command::Console(command) => Box::pin(command.run(printer)).await,
            Command::Audit(command) => command.run(printer).await,
            Command::Demo(command) => Box::pin(command.run(printer)).await,
            Command::Simulate(command) => command.run(printer),
        }
    }
}
