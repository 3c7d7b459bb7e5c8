//! A mosquitto.conf, read as it stands: what it lets others learn, and what does not go with an operation. Nothing is run.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    finding::{Finding, Topic, shell},
    words::bytes,
};
use crate::files;

/// No such file is larger.
const LIMIT: u64 = 1 << 20;
/// How deep one file may include others.
const DEPTH: usize = 3;
/// What mosquitto logs unless told (mosquitto.conf(5), `log_type`).
const LOGGED: [&str; 4] = ["error", "warning", "notice", "information"];

/// What stands in a file of rights; MAILBOX is the first part of the topics that members use.
const ACL: &str = "in that file, a line each: user device; topic write MAILBOX/r/#; topic write MAILBOX/q; topic read MAILBOX/m; \
                   topic read MAILBOX/b; topic read MAILBOX/a/#; user operator; topic readwrite MAILBOX/#; and so on. Or use \
                   `cowl broker OPS`, which needs no such file";

/// What an operation needs of a broker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// The largest packet, in bytes.
    pub(super) packet: u64,
    /// The keep-alive of all, in seconds.
    pub(super) keep_alive: u64,
}

/// A configuration: general options, and each listener with its own.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    path: PathBuf,
    general: Options,
    listeners: Vec<Listener>,
    bridges: Vec<String>,
    unread: Vec<PathBuf>,
}

type Options = BTreeMap<String, Vec<String>>;

#[derive(Debug)]
struct Listener {
    port: String,
    address: Option<String>,
    options: Options,
}

impl Configuration {
    /// Reads a file and those of its `include_dir`.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut configuration = Self { path: path.to_owned(), ..Self::default() };
        configuration.include(path, 0)?;
        Ok(configuration)
    }

    fn include(&mut self, path: &Path, depth: usize) -> io::Result<()> {
        let text = files::read(path, LIMIT).map_err(|error| match error {
            files::FileError::Read { source, .. } => source,
            other => io::Error::other(other.to_string()),
        })?;
        for line in String::from_utf8_lossy(&text).lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let value = value.trim();
            match key {
                "listener" => {
                    let mut words = value.split_whitespace();
                    let port = words.next().unwrap_or_default().to_owned();
                    let address = words.next().map(str::to_owned);
                    self.listeners.push(Listener { port, address, options: Options::new() });
                }
                "connection" => self.bridges.push(value.to_owned()),
                "include_dir" if depth < DEPTH => self.include_all(Path::new(value), depth),
                _ if !self.bridges.is_empty() && is_of_bridge(key) => {}
                _ => self.options_of(key).entry(key.to_owned()).or_default().push(value.to_owned()),
            }
        }
        Ok(())
    }

    fn include_all(&mut self, folder: &Path, depth: usize) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<_> =
            entries.filter(|path| path.extension().is_some_and(|ending| ending == "conf")).collect();
        paths.sort();
        if !folder.is_dir() {
            self.unread.push(folder.to_owned());
        }
        for path in paths {
            if self.include(&path, depth + 1).is_err() {
                self.unread.push(path);
            }
        }
    }

    /// Where an option belongs: some are a listener's, and with `per_listener_settings` so are those of logins and rights.
    fn options_of(&mut self, key: &str) -> &mut Options {
        let each = self.flag_of(&self.general, "per_listener_settings", false);
        let own = is_of_listener(key) || (each && is_of_security(key));
        match self.listeners.last_mut() {
            Some(listener) if own => &mut listener.options,
            _ => &mut self.general,
        }
    }

    #[expect(clippy::unused_self, reason = "reads as a question to the configuration")]
    fn flag_of(&self, options: &Options, key: &str, default: bool) -> bool {
        options
            .get(key)
            .and_then(|values| values.last())
            .map_or(default, |value| value == "true" || value == "1")
    }

    fn flag(&self, key: &str, default: bool) -> bool {
        self.flag_of(&self.general, key, default)
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.general.get(key)?.last().map(String::as_str)
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.value(key)?.parse().ok()
    }

    /// What may be wrong with it.
    pub(super) fn check(&self, needs: Option<Needs>) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.unread.iter().map(|path| {
            Topic::Configuration.notice(
                format!("{} is included and cannot be read", path.display()),
                "what it says may undo what is right here",
                format!("ls -l {}", shell(path)),
            )
        }));
        self.admission(&mut findings);
        self.logs(&mut findings);
        self.listening(&mut findings);
        self.others(&mut findings);
        self.limits(needs, &mut findings);
        if findings.is_empty() {
            findings.push(Topic::Configuration.ok(
                format!(
                    "{} lets nobody in without a login, logs no client and sends nothing in clear",
                    self.path.display()
                ),
                "a broker's habits are what its reader, its disk and its network learn of everyone",
            ));
        }
        findings
    }

    /// Writes a line, and lets mosquitto read it again.
    fn write(&self, line: &str) -> String {
        format!("echo '{line}' | sudo tee -a {} && sudo systemctl restart mosquitto", shell(&self.path))
    }

    fn replace(&self, key: &str, line: &str) -> String {
        format!(
            r"sudo sed -i 's|^ *{key}\b.*|{line}|' {} && sudo systemctl restart mosquitto",
            shell(&self.path)
        )
    }

    fn admission(&self, findings: &mut Vec<Finding>) {
        let has = |options: &Options, keys: &[&str]| keys.iter().any(|key| options.contains_key(*key));
        let plugins = ["plugin", "auth_plugin", "global_plugin"];
        let each = self.flag("per_listener_settings", false);
        let all: Vec<&Options> = match self.listeners.as_slice() {
            listeners if each && !listeners.is_empty() => listeners.iter().map(|one| &one.options).collect(),
            _ => vec![&self.general],
        };
        // Without any listener mosquitto 2 listens on loopback only, and lets everyone in.
        let default = self.listeners.is_empty() && !self.general.contains_key("port");
        if all.iter().any(|options| self.flag_of(options, "allow_anonymous", default)) {
            findings.push(Topic::Configuration.problem(
                "allow_anonymous: whoever reaches the broker is let in, without a login",
                "anybody can then follow when and how much is reported, and send junk",
                if self.general.contains_key("allow_anonymous") {
                    self.replace("allow_anonymous", "allow_anonymous false")
                } else {
                    self.write("allow_anonymous false")
                },
            ));
        }
        if all.iter().any(|options| !has(options, &["acl_file"]) && !has(options, &plugins)) {
            findings.push(Topic::Configuration.problem(
                "acl_file is missing: every login may read and write every topic",
                "each phone's login is shared by all phones: one of them is then enough to follow all traffic, and to put a false beacon \
                 or manifest in the place of the true one (nobody believes it, but nobody hears the true one either)",
                format!("{}    ({ACL})", self.write("acl_file /etc/mosquitto/cowl.acl")),
            ));
        }
    }

    fn logs(&self, findings: &mut Vec<Finding>) {
        let destinations: Vec<_> = self.general.get("log_dest").into_iter().flatten().collect();
        if destinations.iter().any(|destination| destination.starts_with("topic")) {
            findings.push(Topic::Configuration.problem(
                "log_dest topic: the log is published below $SYS/broker/log",
                "who may read $SYS reads the addresses and names of all clients",
                self.replace("log_dest topic", "log_dest none"),
            ));
        }
        if destinations.iter().any(|destination| *destination == "none") && destinations.len() == 1 {
            return;
        }
        let chosen: Vec<&str> =
            self.general.get("log_type").into_iter().flatten().map(String::as_str).collect();
        let types = if chosen.is_empty() { LOGGED.to_vec() } else { chosen };
        if types.contains(&"none") {
            return;
        }
        let each_message = ["all", "debug", "subscribe", "unsubscribe"];
        if let Some(kind) = types.iter().find(|kind| each_message.contains(kind)) {
            let remedy = if self.general.contains_key("log_type") {
                self.replace("log_type", "log_type error")
            } else {
                self.write("log_type error")
            };
            findings.push(Topic::Configuration.warning(
                format!("log_type {kind}: each message or subscription is logged, with the client's name"),
                "the log says to the second who sent when; it stays on the disk, and is the first thing that is asked for",
                remedy,
            ));
        }
        if self.flag("connection_messages", true) && types.iter().any(|kind| ["all", "notice"].contains(kind))
        {
            let remedy = if self.general.contains_key("connection_messages") {
                self.replace("connection_messages", "connection_messages false")
            } else {
                self.write("connection_messages false")
            };
            findings.push(Topic::Configuration.warning(
                "connection_messages: each connection is logged, with the client's name, login and internet address",
                "the log says from where and when each phone reported, long after",
                remedy,
            ));
        }
    }

    fn listening(&self, findings: &mut Vec<Finding>) {
        let mut all: Vec<(String, Option<&str>, &Options)> = self
            .listeners
            .iter()
            .map(|one| (one.port.clone(), one.address.as_deref(), &one.options))
            .collect();
        if let Some(port) = self.value("port") {
            all.push((port.to_owned(), self.value("bind_address"), &self.general));
        }
        for (port, address, options) in all {
            let secure = ["certfile", "psk_hint", "psk_file"].iter().any(|key| options.contains_key(*key));
            let inside = port == "0"
                || address.is_some_and(|address| {
                    address == "localhost" || address.starts_with("127.") || address == "::1"
                });
            if !secure && !inside {
                findings.push(Topic::Configuration.problem(
                    format!("listener {port} speaks without TLS to other machines"),
                    "logins, topics and the rhythm of messages can be read on the way, in the camp's Wi-Fi for instance",
                    self.replace(&format!("listener {port}"), &format!("listener {port} 127.0.0.1")),
                ));
            }
            if options
                .get("tls_version")
                .and_then(|values| values.last())
                .is_some_and(|version| version != "tlsv1.3")
            {
                findings.push(Topic::Configuration.notice(
                    format!("listener {port} also speaks an older TLS than 1.3"),
                    "Cowl's own clients never do, but older ones show the certificate in clear and can be talked down",
                    self.replace("tls_version", "tls_version tlsv1.3"),
                ));
            }
            if self.flag_of(options, "use_identity_as_username", false)
                || self.flag_of(options, "use_subject_as_username", false)
            {
                findings.push(Topic::Configuration.warning(
                    format!("listener {port} takes names from client certificates"),
                    "a certificate of one's own tells each client from all others, to the broker and in its log",
                    self.replace("use_identity_as_username", "use_identity_as_username false"),
                ));
            }
        }
    }

    fn others(&self, findings: &mut Vec<Finding>) {
        for bridge in &self.bridges {
            findings.push(Topic::Configuration.warning(
                format!("connection {bridge}: this broker is bridged to another one"),
                "whoever runs or watches the other one sees what this one sees",
                format!("sudo sed -i 's|^ *connection {bridge}|# &|' {}", shell(&self.path)),
            ));
        }
        if !self.flag("persistence", false) {
            findings.push(Topic::Configuration.warning(
                "persistence is off: a restart forgets what waits, and the retained manifest and beacon",
                "reports for a responder who is away are lost, and phones hear nothing until `cowl serve` publishes again",
                self.write("persistence true"),
            ));
        } else if !self.flag("autosave_on_changes", false)
            && self.number("autosave_interval").unwrap_or(1_800) > 300
        {
            findings.push(Topic::Configuration.notice(
                "persistence saves every half hour: what came since is lost in a power cut",
                "mosquitto acknowledges before it writes to the disk, so a report can be acknowledged and gone",
                self.write("autosave_interval 60"),
            ));
        }
    }

    fn limits(&self, needs: Option<Needs>, findings: &mut Vec<Finding>) {
        if !self.flag("retain_available", true) {
            findings.push(Topic::Configuration.problem(
                "retain_available false: the broker keeps no manifest and no beacon",
                "phones that connect hear nothing of the operation, and stay in the last epoch they know",
                self.replace("retain_available", "retain_available true"),
            ));
        }
        let Some(needs) = needs else { return };
        for key in ["max_packet_size", "message_size_limit"] {
            let Some(limit) = self.number(key).filter(|limit| *limit > 0 && *limit < needs.packet) else {
                continue;
            };
            findings.push(Topic::Configuration.problem(
                format!("{key} {limit}: the operation's largest message has {}", bytes(needs.packet)),
                "the manifest does not get through, so nobody hears of new keys or a changed policy",
                self.replace(key, &format!("{key} {}", needs.packet.next_power_of_two())),
            ));
        }
        if let Some(limit) =
            self.number("max_keepalive").filter(|limit| *limit > 0 && *limit < needs.keep_alive)
        {
            findings.push(Topic::Configuration.problem(
                format!("max_keepalive {limit}: all members ask for {} s", needs.keep_alive),
                "clients of MQTT 3.1.1 are then turned away",
                self.replace("max_keepalive", &format!("max_keepalive {}", needs.keep_alive)),
            ));
        }
    }
}

fn is_of_listener(key: &str) -> bool {
    [
        "certfile",
        "keyfile",
        "cafile",
        "capath",
        "psk_hint",
        "tls_version",
        "require_certificate",
        "protocol",
        "use_identity_as_username",
        "use_subject_as_username",
        "use_username_as_clientid",
        "mount_point",
        "http_dir",
        "ciphers",
        "ciphers_tls1.3",
        "crlfile",
        "dhparamfile",
        "socket_domain",
        "bind_interface",
        "max_connections",
        "tls_engine",
        "tls_keyform",
    ]
    .contains(&key)
}

fn is_of_security(key: &str) -> bool {
    [
        "allow_anonymous",
        "password_file",
        "acl_file",
        "psk_file",
        "plugin",
        "auth_plugin",
        "allow_zero_length_clientid",
    ]
    .contains(&key)
}

fn is_of_bridge(key: &str) -> bool {
    ["address", "addresses", "topic", "try_private", "start_type", "cleansession", "clientid", "idle_timeout"]
        .contains(&key)
        || ["bridge_", "remote_", "local_", "notification", "keepalive_", "restart_", "threshold"]
            .iter()
            .any(|start| key.starts_with(start))
}

#[cfg(test)]
#[path = "mosquitto_tests.rs"]
mod tests;
