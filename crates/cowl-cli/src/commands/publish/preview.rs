//! What would be sent: to whom, how precisely, what is left out and why, and what the broker would see of it.

use std::sync::Arc;

use cowl::{
    client::Topics,
    dangerous::Exposed,
    formats,
    keyring::WalkInSender,
    random::SystemRng,
    transport::{Options, Qos, Version},
};
use cowl_core::{
    Body, Counter, DeviceKeys, Epoch, Notice, Notices, Place, Report, RoleIndex, Sealed, SignedManifest,
    policy::{Role, RoleKind},
    schedule::RoleRoot,
};
use serde_json::{Map, Value, json};

use super::{
    habits::Extras,
    member::Protection,
    reducer::{Outcome, Taken},
    tally::meaning,
};
use crate::{exit::Exit, failure::Failure};

/// Bytes of a sealed payload that are shown.
const HEAD: usize = 24;
const DAY: u32 = 86_400;

/// What is the same for every report of a run.
pub(super) struct Preview<'a> {
    pub(super) manifest: &'a SignedManifest,
    pub(super) protection: &'a Protection,
    pub(super) login: Option<String>,
    pub(super) options: &'a Options,
    pub(super) extras: &'a Extras,
    pub(super) qos: Qos,
}

/// One report, shown.
pub(super) struct Shown(Map<String, Value>);

impl Preview<'_> {
    /// Shows a report. Uses no counter and no key of the sender's: the sealed bytes are an example under a key that
    /// is thrown away, and look like any others.
    pub(super) fn show(&self, taken: &Taken) -> Result<Shown, Failure> {
        let mut shown = Map::new();
        let mut broker = match &taken.outcome {
            Outcome::Report(_, report) => {
                shown.insert("roles".to_owned(), self.roles(report)?.into());
                if let Some(custody) = self.custody(report)? {
                    shown.insert("custody".to_owned(), custody);
                }
                self.sealed(report)?
            }
            Outcome::Exposed(exposed) => exposed_to_broker(exposed),
        };
        shown.insert("left_out".to_owned(), left_out(taken.notices, taken.identity_dropped));
        broker.insert("login".to_owned(), json!(self.login));
        let fresh = format!("{:?}", self.options.client_id).contains("fresh");
        broker.insert("client_id".to_owned(), json!(if fresh { "fresh" } else { "named" }));
        broker.insert("keep_alive_seconds".to_owned(), json!(self.options.keep_alive_s));
        broker.insert("qos".to_owned(), json!(u8::from(self.qos)));
        broker.insert("retained".to_owned(), json!(self.extras.retain()));
        let version = if self.options.version == Version::V5 { "5" } else { "3.1.1" };
        broker.insert("mqtt".to_owned(), json!(version));
        shown.insert("broker".to_owned(), broker.into());
        Ok(Shown(shown))
    }

    /// What each role would read, from the very bytes that would be sealed for it.
    fn roles(&self, report: &Report) -> Result<Map<String, Value>, Failure> {
        let policy = &self.manifest.policy;
        let mut roles = Map::new();
        for (index, bytes) in report.reduced().parts() {
            let Some(role) = policy.role(index).filter(|role| self.reaches(index, role)) else { continue };
            let body = Body::decode(policy, index, bytes).map_err(|error| {
                Failure::internal("the reduced report does not read back").because(&error)
            })?;
            roles.insert(
                role.name.clone(),
                json!({
                    "fields": formats::to_json(policy, &body),
                    "purpose": role.purpose,
                    "retention_seconds": role.retention_seconds,
                }),
            );
        }
        Ok(roles)
    }

    /// What custodians could open, if there are any.
    fn custody(&self, report: &Report) -> Result<Option<Value>, Failure> {
        let policy = &self.manifest.policy;
        let Some(custody) = policy.custody.as_ref().filter(|_| self.manifest.custody.is_some()) else {
            return Ok(None);
        };
        let body = Body::decode_custody(policy, report.reduced().custody())
            .map_err(|error| Failure::internal("the reduced report does not read back").because(&error))?;
        Ok(Some(json!({
            "fields": formats::to_json(policy, &body),
            "purpose": custody.purpose,
            "threshold": custody.threshold,
            "custodians": custody.custodians,
        })))
    }

    /// A walk-in's message has parts only for the roles that read walk-ins.
    fn reaches(&self, index: RoleIndex, role: &Role) -> bool {
        match self.protection {
            Protection::WalkIn => {
                role.kind == RoleKind::Reports
                    && self.manifest.layout().roles().any(|(its, part)| its == index && part.walk_in)
            }
            _ => true,
        }
    }

    fn sealed(&self, report: &Report) -> Result<Map<String, Value>, Failure> {
        let example = self
            .example(report)
            .ok_or_else(|| Failure::new(Exit::Keys, "the manifest has no keys to seal this report with"))?;
        let topic = Topics::of(self.manifest).report(&example)?;
        let head = example.bytes().get(..HEAD).unwrap_or(example.bytes());
        let mut broker = Map::new();
        broker.insert("topic".to_owned(), json!(topic.as_str()));
        broker.insert("bytes".to_owned(), json!(example.bytes().len()));
        broker.insert("example".to_owned(), json!(hex::encode(head)));
        Ok(broker)
    }

    fn example(&self, report: &Report) -> Option<Sealed> {
        if matches!(self.protection, Protection::WalkIn) {
            return WalkInSender::new(self.manifest.clone()).seal(report, None).ok();
        }
        let mut rng = SystemRng::new();
        let layout = Arc::new(self.manifest.layout());
        let root = |role| {
            let root = RoleRoot::new(rng.secret());
            root.device(self.manifest.operation, role, Epoch(0), Place(0))
        };
        let roots: Vec<_> = layout.roles().map(|(role, _)| role).map(root).collect();
        let keys = DeviceKeys::new(self.manifest.operation, Epoch(0), Arc::clone(&layout), &roots).ok()?;
        keys.seal(Counter(0), report, &mut rng).ok()
    }
}

impl Shown {
    /// For machines.
    pub(super) fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// For people: `title`, then a paragraph for each role, what is left out, and what the broker sees.
    pub(super) fn to_text(&self, title: &str) -> String {
        let mut lines = vec![title.to_owned()];
        for (name, role) in self.0.get("roles").and_then(Value::as_object).into_iter().flatten() {
            let purpose = role.get("purpose").and_then(Value::as_str).unwrap_or_default();
            let seconds = role.get("retention_seconds").and_then(Value::as_u64).unwrap_or_default();
            lines.push(format!(
                "  {name} reads, to {}, and keeps for {}:",
                lower_first(purpose),
                duration(seconds)
            ));
            push_fields(role, &mut lines);
        }
        if let Some(custody) = self.0.get("custody") {
            let part = |name: &str| custody.get(name).map(words).unwrap_or_default();
            lines.push(format!(
                "  {} of {} custodians together can open, to {}, with a reason that is logged:",
                part("threshold"),
                part("custodians"),
                lower_first(&part("purpose"))
            ));
            push_fields(custody, &mut lines);
        }
        let left_out = self.0.get("left_out").and_then(Value::as_object);
        if left_out.is_some_and(|left_out| !left_out.is_empty()) {
            lines.push("  left out:".to_owned());
        }
        for (name, times) in left_out.into_iter().flatten() {
            let meaning = Notice::ALL.into_iter().find(|notice| notice.name() == name).map_or("", meaning);
            lines.push(format!("    {name}: {times} {meaning}"));
        }
        lines.push("  the broker sees:".to_owned());
        self.broker(&mut lines);
        lines.join("\n")
    }

    fn broker(&self, lines: &mut Vec<String>) {
        let broker = self.0.get("broker");
        let part = |name: &str| broker.and_then(|broker| broker.get(name)).map(words).unwrap_or_default();
        let sealed = broker.and_then(|broker| broker.get("example")).is_some();
        let mut line = |name: &str, value: String| lines.push(format!("    {name:<14} {value}"));
        if sealed {
            line("topic", format!("{} (the same for everyone)", part("topic")));
            line(
                "payload",
                format!("{} bytes, as in every report: {}… (an example)", part("bytes"), part("example")),
            );
        } else {
            line("topic", part("topic"));
            line("payload", format!("{} bytes: {}", part("bytes"), part("payload")));
        }
        let login = part("login");
        line("login", if login.is_empty() { "none".to_owned() } else { login });
        let named = part("client_id") == "named";
        let client =
            if named { "your own: it joins all your connections" } else { "a fresh random one each time" };
        line("client id", client.to_owned());
        let retained = if part("retained") == "true" { "retained" } else { "not retained" };
        let (qos, mqtt, seconds) = (part("qos"), part("mqtt"), part("keep_alive_seconds"));
        line(
            "connection",
            format!(
                "MQTT {mqtt}, QoS {qos}, {retained}, keep-alive {seconds} s; your address, and when you send"
            ),
        );
    }
}

/// The fields of a role or of custodians.
fn push_fields(reader: &Value, lines: &mut Vec<String>) {
    let fields = reader.get("fields").and_then(Value::as_object);
    if fields.is_none_or(Map::is_empty) {
        lines.push("    nothing".to_owned());
    }
    for (field, value) in fields.into_iter().flatten() {
        lines.push(format!("    {field:<14} {}", words(value)));
    }
}

fn exposed_to_broker(exposed: &Exposed) -> Map<String, Value> {
    let mut broker = Map::new();
    broker.insert("topic".to_owned(), json!(exposed.topic().as_str()));
    broker.insert("bytes".to_owned(), json!(exposed.payload().len()));
    broker.insert("payload".to_owned(), json!(String::from_utf8_lossy(exposed.payload())));
    broker
}

fn left_out(notices: Notices, identity_dropped: bool) -> Value {
    let times = |(notice, times): (Notice, u32)| {
        let used = notice == Notice::UnknownField && identity_dropped;
        (notice, times.saturating_sub(u32::from(used)))
    };
    let counts = notices.iter().map(times).filter(|(_, times)| *times > 0);
    Value::Object(counts.map(|(notice, times)| (notice.name().to_owned(), json!(times))).collect())
}

/// A value as a person reads it.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(members) => match (members.get("zone"), members.get("lat"), members.get("lon")) {
            (Some(zone), ..) => {
                format!("{} ({})", words(zone), members.get("level").map(words).unwrap_or_default())
            }
            (_, Some(lat), Some(lon)) => format!("{}, {}", words(lat), words(lon)),
            _ => value.to_string(),
        },
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn duration(seconds: u64) -> String {
    let day = u64::from(DAY);
    match seconds / day {
        0 => format!("{} h", seconds / 3600),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}
