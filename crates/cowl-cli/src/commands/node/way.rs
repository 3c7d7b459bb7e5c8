//! Where a node's messages go.

use std::{num::NonZeroU8, path::PathBuf};

use clap::Args;
use cowl::{client::anonymous_options, node::Way, transport::Version};
use cowl_core::{Login, Manifest};

use crate::{
    connection::{Pin, Place, ProtocolVersion, Trust, is_loopback},
    failure::Failure,
    printer::Printer,
};

/// The flags.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where messages go")]
pub(crate) struct UplinkArgs {
    #[arg(
        long,
        value_name = "HOST[:PORT]",
        help = "The operation's broker: HOST[:PORT], or mqtt[s]://[user[:password]@]host[:port], also ws:// and wss://"
    )]
    uplink: Option<Place>,

    /// Use TLS 1.3, trusting the authorities of this system unless --uplink-cafile or --uplink-pin says whom
    #[arg(long)]
    uplink_tls: bool,

    /// Use TLS 1.3, trusting the certificate authorities in this PEM file only
    #[arg(long, value_name = "FILE")]
    uplink_cafile: Option<PathBuf>,

    /// Use TLS 1.3, trusting the broker's certificate of this SHA-256 only; may be repeated
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "uplink_cafile")]
    uplink_pin: Vec<Pin>,

    /// Version of MQTT: mqttv5 or mqttv311
    #[arg(long, value_name = "VERSION", value_enum, default_value_t = ProtocolVersion::Mqttv5, hide_possible_values = true)]
    uplink_version: ProtocolVersion,

    /// Connections that messages go over in turn: more go on when one breaks, and cost a greeting each
    #[arg(long, value_name = "N", default_value = "1")]
    connections: NonZeroU8,
}

impl UplinkArgs {
    /// Whether the URL names a login, which then is the one that is used.
    pub(crate) fn names_login(&self) -> bool {
        self.uplink.as_ref().is_some_and(|place| place.login().is_some())
    }

    /// The way to the operation's broker. `login` came with the credential; one of the URL replaces it.
    pub(crate) fn way(
        &self,
        manifest: &Manifest,
        login: &Login,
        printer: &mut Printer,
    ) -> Result<Way, Failure> {
        let Some(place) = &self.uplink else {
            return Err(Failure::usage("it is not said where messages go")
                .hint("name the operation's broker: --uplink broker.example:8883 --uplink-cafile ca.pem"));
        };
        let trust =
            Trust { tls: self.uplink_tls, cafile: self.uplink_cafile.as_deref(), pins: &self.uplink_pin };
        let endpoint = place.endpoint(&trust)?;
        if !endpoint.scheme.is_encrypted() && !is_loopback(&endpoint.host) {
            printer.warning(
                "no TLS to the uplink: the login and the topics can be read on the way; use --uplink-cafile",
            );
        }
        let version = Version::from(self.uplink_version);
        let own = place.login();
        let options = anonymous_options(manifest, Some(own.as_ref().unwrap_or(login)), version)?;
        Ok(Way { connections: self.connections, ..Way::new(endpoint, options) })
    }
}
