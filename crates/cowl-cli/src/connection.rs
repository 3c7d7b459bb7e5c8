//! The flags of a connection to a broker, with mosquitto's letters.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use clap::{ArgAction, Args, ValueEnum};
use cowl::{
    client::anonymous_options,
    files,
    transport::{Endpoint, Fingerprint, Options, Scheme, TlsOptions, TlsOptionsError, Version},
};
use cowl_core::{Login, Manifest};
use zeroize::Zeroizing;

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The largest file of trust anchors that is read, in bytes.
const CA_LIMIT: u64 = 1 << 20;

/// Which broker, how to get there, whom to trust.
///
/// `-h` is the host, as in mosquitto's clients; help is `--help` alone.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Host name or address of the broker [default: localhost]
    #[arg(short = 'h', long, value_name = "HOST")]
    host: Option<String>,

    /// Port [default: 1883; with TLS 8883; with WebSocket 80, over TLS 443]
    #[arg(short = 'p', long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// The connection as a URL, as in mosquitto's `-L`.
    #[arg(
        help = "Host, port, login and topic at once: mqtt[s]://[user[:password]@]host[:port][/topic], also ws:// and wss://",
        short = 'L', long, value_name = "URL", conflicts_with_all = ["host", "port", "user", "password", "ws"])]
    url: Option<Url>,

    /// User name, instead of the login that came with the credential or operation
    #[arg(short = 'u', long = "username", value_name = "NAME")]
    user: Option<String>,

    /// Its password. Other users of this machine can see it while the command runs
    #[arg(short = 'P', long = "pw", value_name = "PASSWORD", requires = "user")]
    password: Option<Hidden>,

    /// Use TLS 1.3, trusting the authorities of this system unless --cafile or --pin says whom
    #[arg(long)]
    tls: bool,

    /// Use TLS 1.3, trusting the certificate authorities in this PEM file only
    #[arg(long, value_name = "FILE")]
    cafile: Option<PathBuf>,

    /// Use TLS 1.3, trusting the broker's certificate of this SHA-256 only (64 hexadecimal digits); may be repeated
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "cafile")]
    pin: Vec<Pin>,

    /// Use WebSocket
    #[arg(long)]
    ws: bool,

    /// Path of the WebSocket
    #[arg(long, value_name = "PATH", default_value = "/mqtt")]
    ws_path: String,

    /// Version of MQTT: mqttv5 or mqttv311
    #[arg(short = 'V', long, value_name = "VERSION", value_enum, default_value_t = ProtocolVersion::Mqttv5, hide_possible_values = true)]
    protocol_version: ProtocolVersion,

    /// Seconds of silence before a ping; only with the dangerous presets
    #[arg(short = 'k', long, value_name = "SECONDS")]
    keepalive: Option<u16>,

    /// Seconds that connecting may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    connect_timeout: u16,

    /// Print help
    #[arg(long, action = ArgAction::Help, help_heading = None::<&'static str>)]
    help: Option<bool>,
}

/// As mosquitto's clients call them.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProtocolVersion {
    /// MQTT 3.1.1
    #[value(alias = "311", alias = "4")]
    Mqttv311,
    /// MQTT 5
    #[value(alias = "5")]
    Mqttv5,
}

impl From<ProtocolVersion> for Version {
    fn from(version: ProtocolVersion) -> Self {
        match version {
            ProtocolVersion::Mqttv311 => Self::V311,
            ProtocolVersion::Mqttv5 => Self::V5,
        }
    }
}

impl ConnectionArgs {
    /// Where to connect. `ca` is trusted under TLS when the command line does not say whom.
    pub(crate) fn endpoint(&self, ca: Option<&Path>) -> Result<Endpoint, Failure> {
        let scheme = self.scheme();
        let host = self.url.as_ref().map(|url| &url.host).or(self.host.as_ref());
        let host = host.map_or("localhost", String::as_str);
        let port = self.url.as_ref().and_then(|url| url.port).or(self.port);
        let mut endpoint = Endpoint::new(scheme, host, port.unwrap_or_else(|| scheme.default_port()));
        endpoint.ws_path.clone_from(&self.ws_path);
        Ok(if scheme.is_encrypted() { endpoint.trusting(self.trust(ca)?) } else { endpoint })
    }

    /// The same for a place that another flag names, with the TLS flags of this one.
    pub(crate) fn endpoint_at(&self, place: &Place) -> Result<Endpoint, Failure> {
        place.endpoint(&Trust { tls: self.tls, cafile: self.cafile.as_deref(), pins: &self.pin })
    }

    /// What the broker sees of us: under preset `cowl` the same for everyone. `login` came with the credential or
    /// operation; one on the command line replaces it.
    pub(crate) fn options(&self, manifest: &Manifest, login: Option<&Login>) -> Result<Options, Failure> {
        let given = self.login();
        let mut options = anonymous_options(manifest, given.as_ref().or(login), self.version())?;
        options.connect_timeout = Duration::from_secs(self.connect_timeout.into());
        if let Some(keep_alive) = self.keepalive {
            if !manifest.preset.is_dangerous() {
                return Err(Failure::usage(
                    "-k is refused: a keep-alive of one's own sets this client apart from all others",
                )
                .hint("`keep_alive` in the operation's policy.toml is the same for everyone"));
            }
            options.keep_alive_s = keep_alive;
        }
        Ok(options)
    }

    /// The login of the command line, if there is one.
    pub(crate) fn login(&self) -> Option<Login> {
        let url = self.url.as_ref();
        let user = url.and_then(|url| url.user.as_ref()).or(self.user.as_ref())?;
        let password = url.and_then(|url| url.password.as_ref()).or(self.password.as_ref());
        let password = password.map_or_else(String::new, |password| (*password.0).clone());
        Some(Login { user: user.clone(), password })
    }

    /// Whether any of these flags says which broker, or how to get there.
    pub(crate) fn is_named(&self) -> bool {
        let trust = self.tls || self.cafile.is_some() || !self.pin.is_empty();
        self.host.is_some() || self.port.is_some() || self.url.is_some() || trust || self.ws
    }

    /// Seconds that connecting may take.
    pub(crate) const fn timeout_seconds(&self) -> u16 {
        self.connect_timeout
    }

    /// The topic in the URL of `-L`.
    pub(crate) fn url_topic(&self) -> Option<&str> {
        self.url.as_ref()?.topic.as_deref()
    }

    /// The version of MQTT.
    pub(crate) fn version(&self) -> Version {
        self.protocol_version.into()
    }

    /// Says so when the login goes out in clear to another machine.
    #[expect(clippy::unused_self, reason = "asked of the connection, like all else about it")]
    pub(crate) fn warn_if_exposed(&self, endpoint: &Endpoint, printer: &mut Printer) {
        if !endpoint.scheme.is_encrypted() && !is_loopback(&endpoint.host) {
            printer.warning(
                "no TLS: the login, the topics and the rhythm of the messages can be read on the way; use --cafile",
            );
        }
    }

    fn scheme(&self) -> Scheme {
        let tls = self.tls || self.cafile.is_some() || !self.pin.is_empty();
        let (tls, ws) = match self.url.as_ref().map(|url| url.scheme) {
            Some(scheme) => (tls || scheme.is_encrypted(), matches!(scheme, Scheme::Ws | Scheme::Wss)),
            None => (tls, self.ws),
        };
        match (tls, ws) {
            (false, false) => Scheme::Tcp,
            (true, false) => Scheme::Tls,
            (false, true) => Scheme::Ws,
            (true, true) => Scheme::Wss,
        }
    }

    fn trust(&self, ca: Option<&Path>) -> Result<TlsOptions, Failure> {
        Trust { tls: true, cafile: self.cafile.as_deref().or(ca), pins: &self.pin }
            .anchors("--cafile or --pin")
    }
}

/// Whom to trust that he is the broker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trust<'a> {
    /// TLS is wanted, whoever is trusted.
    pub(crate) tls: bool,
    pub(crate) cafile: Option<&'a Path>,
    pub(crate) pins: &'a [Pin],
}

impl Trust<'_> {
    const fn is_tls(&self) -> bool {
        self.tls || self.cafile.is_some() || !self.pins.is_empty()
    }

    fn anchors(&self, flags: &str) -> Result<TlsOptions, Failure> {
        if !self.pins.is_empty() {
            return Ok(TlsOptions::pinned(self.pins.iter().map(|pin| pin.0)));
        }
        let Some(path) = self.cafile else {
            return TlsOptions::from_system().map_err(|error| {
                Failure::new(Exit::Keys, error.to_string()).hint(format!("say whom to trust with {flags}"))
            });
        };
        let pem = files::read(path, CA_LIMIT)?;
        TlsOptions::from_pem(&pem)
            .map_err(|error| Failure::new(Exit::Keys, format!("{} cannot be used: {error}", path.display())))
    }
}

/// A broker in one word: `HOST[:PORT]` or a URL.
#[derive(Debug, Clone)]
pub(crate) struct Place(Url);

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Url = if text.contains("://") { text.parse()? } else { format!("mqtt://{text}").parse()? };
        if url.topic.is_some() {
            Err("it names a topic, but the operation has its own")
        } else {
            Ok(Self(url))
        }
    }
}

impl Place {
    /// Where to connect.
    pub(crate) fn endpoint(&self, trust: &Trust<'_>) -> Result<Endpoint, Failure> {
        let Self(url) = self;
        let scheme = match (url.scheme, trust.is_tls()) {
            (Scheme::Tcp, true) => Scheme::Tls,
            (Scheme::Ws, true) => Scheme::Wss,
            (scheme, _) => scheme,
        };
        let endpoint = Endpoint::new(scheme, &url.host, url.port.unwrap_or_else(|| scheme.default_port()));
        Ok(if scheme.is_encrypted() {
            endpoint.trusting(trust.anchors("--uplink-cafile or --uplink-pin")?)
        } else {
            endpoint
        })
    }

    /// The login that stands in it.
    pub(crate) fn login(&self) -> Option<Login> {
        let Self(url) = self;
        let password = url.password.as_ref().map_or_else(String::new, |password| (*password.0).clone());
        Some(Login { user: url.user.clone()?, password })
    }
}

/// Whether traffic to a host stays on this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A secret of the command line: in no debug output.
#[derive(Clone)]
struct Hidden(Zeroizing<String>);

impl FromStr for Hidden {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A certificate's SHA-256.
#[derive(Debug, Clone)]
pub(crate) struct Pin(Fingerprint);

impl FromStr for Pin {
    type Err = TlsOptionsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// `mqtt[s]://[user[:password]@]host[:port][/topic]`, as in mosquitto's `-L`.
#[derive(Debug, Clone)]
struct Url {
    scheme: Scheme,
    user: Option<String>,
    password: Option<Hidden>,
    host: String,
    port: Option<u16>,
    topic: Option<String>,
}

impl FromStr for Url {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) =
            text.split_once("://").ok_or("it begins with mqtt://, mqtts://, ws:// or wss://")?;
        let scheme = match scheme {
            "mqtt" => Scheme::Tcp,
            "mqtts" => Scheme::Tls,
            "ws" => Scheme::Ws,
            "wss" => Scheme::Wss,
            _ => return Err("it begins with mqtt://, mqtts://, ws:// or wss://"),
        };
        let (authority, topic) = match rest.split_once('/') {
            Some((authority, topic)) => (authority, Some(topic).filter(|topic| !topic.is_empty())),
            None => (rest, None),
        };
        // A password may hold an @; a host does not.
        let (login, authority) = match authority.rsplit_once('@') {
            Some((login, authority)) => (Some(login), authority),
            None => (None, authority),
        };
        let (user, password) =
            match login.map(|login| login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)))) {
                Some((user, password)) => {
                    (Some(user.to_owned()), password.map(|p| Hidden(Zeroizing::new(p.to_owned()))))
                }
                None => (None, None),
            };
        let (host, port) = host_and_port(authority)?;
        Ok(Self { scheme, user, password, host, port, topic: topic.map(str::to_owned) })
    }
}

fn host_and_port(authority: &str) -> Result<(String, Option<u16>), &'static str> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or("a port follows a colon")?)),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let port =
        port.map(|port| port.parse::<u16>().ok().filter(|port| *port != 0).ok_or("a port is 1 to 65535"));
    if host.is_empty() { Err("it names no host") } else { Ok((host.to_owned(), port.transpose()?)) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        connection: ConnectionArgs,
    }

    fn parse(arguments: &str) -> Result<ConnectionArgs, clap::Error> {
        Command::try_parse_from(std::iter::once("cowl").chain(arguments.split_whitespace()))
            .map(|c| c.connection)
    }

    #[test]
    fn the_port_follows_the_scheme() {
        for (arguments, scheme, port) in [
            ("", Scheme::Tcp, 1883),
            ("--ws", Scheme::Ws, 80),
            ("-p 9001 --ws", Scheme::Ws, 9001),
            ("-L mqtt://broker", Scheme::Tcp, 1883),
            ("-L ws://[::1]:8083", Scheme::Ws, 8083),
        ] {
            let endpoint = parse(arguments).unwrap().endpoint(None).unwrap();
            assert_eq!((endpoint.scheme, endpoint.port), (scheme, port), "{arguments}");
        }
        let pin = "ab".repeat(32);
        for (arguments, scheme, port) in [("", Scheme::Tls, 8883), ("--ws", Scheme::Wss, 443)] {
            let endpoint = parse(&format!("--pin {pin} {arguments}")).unwrap().endpoint(None).unwrap();
            assert_eq!((endpoint.scheme, endpoint.port), (scheme, port), "{arguments}");
        }
    }

    #[test]
    fn h_is_the_host_and_help_has_no_letter() {
        assert_eq!(parse("-h broker.example").unwrap().endpoint(None).unwrap().host, "broker.example");
        assert_eq!(parse("--help").unwrap_err().kind(), clap::error::ErrorKind::DisplayHelp);
    }

    #[test]
    fn a_url_holds_everything() {
        let connection = parse("-L mqtt://ann:p@w@broker.example:1884/a/b@c").unwrap();
        let endpoint = connection.endpoint(None).unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.port), ("broker.example", 1884));
        let login = connection.login().unwrap();
        assert_eq!((login.user.as_str(), login.password.as_str()), ("ann", "p@w"));
        assert_eq!(connection.url_topic(), Some("a/b@c"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for arguments in [
            "-p 0",
            "-P secret",
            "-V 31",
            "--pin abc",
            "-L http://broker",
            "-L mqtt://",
            "-L mqtt://broker:0",
            "-L mqtt://broker -h other",
        ] {
            assert!(parse(arguments).is_err(), "{arguments}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let connection = parse("-L mqtt://ann:swordfish@broker").unwrap();
        assert!(!format!("{connection:?}").contains("swordfish"));
    }
}
