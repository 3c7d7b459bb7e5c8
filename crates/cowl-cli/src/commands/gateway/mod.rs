//! `cowl gateway`: one end of the operation for things that know nothing of it. `--devices` takes what devices say and sends it
//! sealed; `--responders` opens what a role may read for the tools of the helpers.

mod devices;
mod responders;

use std::path::PathBuf;

use clap::Args;

use super::node::UplinkArgs;
use crate::{exit::Exit, failure::Failure, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
With --devices, what waits, the devices that were seen and a certificate that was made lie beside the credential, encrypted but for
the certificate. Devices get their acknowledgement when their report is on disk. They hear the authority's alerts on `cowl/alert`, each
once, and those that stand, retained, on `cowl/alerts`. Runs until Ctrl-C or SIGTERM, and ends well; what waits leaves after the next
start.

Examples:
  cowl gateway --devices ward.cowl --listen 1883 --anonymous --uplink broker.example --uplink-cafile ca.pem
  cowl gateway --devices ward.cowl --listen-tls 0.0.0.0:8883 --name ward.example --logins logins.txt \\
      --uplink broker.example --uplink-cafile ca.pem
  cowl gateway --responders medic.cowl --role medical --uplink broker.example --uplink-cafile ca.pem --local localhost
  cowl gateway --responders desk.cowl --role triage --uplink broker.example --uplink-cafile ca.pem \\
      --local-listen 1884 --topic 'relief/{role}/{zone}/{pseudonym}' --retain --home-assistant";

/// The arguments of `cowl gateway`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Gateway {
    #[command(flatten)]
    mode: Mode,

    /// Folder of this gateway's own state; made if it is not there. The credential is copied into it, so that several
    /// gateways can share one credential [default: beside the credential]
    #[arg(long, value_name = "DIR", conflicts_with = "devices")]
    state: Option<PathBuf>,

    #[command(flatten)]
    uplink: UplinkArgs,

    #[command(flatten)]
    devices: devices::DeviceArgs,

    #[command(flatten)]
    responders: responders::ResponderArgs,
}

/// Which end.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Mode {
    /// Take reports from devices that cannot change, and send them sealed: credential of a gateway
    #[arg(long = "devices", value_name = "CREDENTIAL")]
    devices: Option<PathBuf>,

    /// Open reports and publish them to a local broker: credential of a responder
    #[arg(long = "responders", value_name = "CREDENTIAL")]
    responders: Option<PathBuf>,
}

impl Gateway {
    /// Whether it is the end that devices talk to.
    pub(crate) const fn is_for_devices(&self) -> bool {
        self.mode.devices.is_some()
    }

    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        if let Some(credential) = &self.mode.devices {
            return self.devices.run(credential, &self.uplink, printer).await;
        }
        let Some(credential) = &self.mode.responders else {
            return Err(Failure::usage("it is not said which end: --devices or --responders"));
        };
        self.responders.run(credential, self.state.as_deref(), &self.uplink, printer).await
    }
}
