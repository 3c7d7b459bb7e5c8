//! Habits from mosquitto that tell people apart: refused under preset `cowl`, each with what it would give away.

use clap::Args;
use cowl::transport::{ClientId, Options, Properties, Publication, Qos, Topic, Will};

use crate::failure::Failure;

/// What a client can say of itself, its connection and its messages in clear.
#[derive(Debug, Args)]
#[command(next_help_heading = "Refused under preset `cowl`, because they identify")]
pub(super) struct IdentifyingArgs {
    /// Client id
    #[arg(short = 'i', long, value_name = "ID")]
    id: Option<String>,

    /// Beginning of the client id
    #[arg(short = 'I', long, value_name = "PREFIX", conflicts_with = "id")]
    id_prefix: Option<String>,

    /// Let the broker keep the message
    #[arg(short = 'r', long)]
    retain: bool,

    /// MQTT 5 property: `publish user-property NAME VALUE`, `publish content-type VALUE`, `connect user-property …`
    #[arg(short = 'D', long, value_names = ["PACKET", "PROPERTY", "VALUE"], num_args = 3..=4)]
    property: Vec<String>,

    /// What the broker publishes when this client goes silent
    #[arg(long, value_name = "PAYLOAD", requires = "will_topic")]
    will_payload: Option<String>,

    /// Where
    #[arg(long, value_name = "TOPIC")]
    will_topic: Option<String>,

    /// At which quality of service
    #[arg(long, value_name = "QOS", requires = "will_topic", value_parser = clap::value_parser!(u8).range(..=2))]
    will_qos: Option<u8>,

    /// Whether the broker keeps it
    #[arg(long, requires = "will_topic")]
    will_retain: bool,
}

/// What single messages carry besides their payload, under a dangerous preset.
#[derive(Debug, Clone, Default)]
pub(super) struct Extras {
    retain: bool,
    properties: Option<Properties>,
}

impl IdentifyingArgs {
    /// Refuses all of them.
    pub(super) fn refuse(&self) -> Result<(), Failure> {
        let will = self.will_topic.is_some() || self.will_payload.is_some();
        let refused = [
            (self.id.is_some(), "-i", "a client id of one's own joins all connections that use it"),
            (self.id_prefix.is_some(), "-I", "a client id of one's own joins all connections that use it"),
            (self.retain, "-r", "the broker would keep the report, and hand it to whoever subscribes later"),
            (!self.property.is_empty(), "-D", "properties stand in clear beside the sealed report"),
            (will, "--will-topic", "a will tells everyone when its sender went silent"),
        ];
        match refused.into_iter().find(|(given, ..)| *given) {
            Some((_, flag, why)) => Err(Failure::usage(format!("{flag} is refused: {why}"))
                .hint("leave it out; all clients of an operation look the same to the broker")),
            None => Ok(()),
        }
    }

    /// Applies them to a connection under a dangerous preset.
    pub(super) fn apply(&self, options: &mut Options) -> Result<Extras, Failure> {
        if let Some(id) = &self.id {
            options.client_id = ClientId::named(id.clone())?;
        } else if let Some(prefix) = &self.id_prefix {
            options.client_id = ClientId::named(format!("{prefix}{}", std::process::id()))?;
        }
        options.will = self.will()?;
        let mut properties = None;
        let mut rest = self.property.as_slice();
        while let [packet, property, after @ ..] = rest {
            rest = match (packet.as_str(), property.as_str(), after) {
                ("connect", "user-property", [name, value, rest @ ..]) => {
                    options.user_properties.push((name.clone(), value.clone()));
                    rest
                }
                ("publish", "user-property", [name, value, rest @ ..]) => {
                    let properties = properties.get_or_insert_with(Properties::default);
                    properties.user.push((name.clone(), value.clone()));
                    rest
                }
                ("publish", property, [value, rest @ ..]) => {
                    set(properties.get_or_insert_with(Properties::default), property, value)?;
                    rest
                }
                _ => return Err(unknown_property()),
            };
        }
        Ok(Extras { retain: self.retain, properties })
    }

    fn will(&self) -> Result<Option<Will>, Failure> {
        let Some(topic) = &self.will_topic else { return Ok(None) };
        let payload = self.will_payload.clone().unwrap_or_default().into_bytes();
        let qos = Qos::try_from(self.will_qos.unwrap_or(0))?;
        let mut publication = Publication::new(Topic::new(topic.clone())?, payload, qos);
        publication.retain = self.will_retain;
        Ok(Some(Will { publication, delay_s: 0 }))
    }
}

impl Extras {
    /// Adds them to a message.
    pub(super) fn add(&self, publication: Publication) -> Publication {
        let publication = if self.retain { publication.retained() } else { publication };
        match &self.properties {
            Some(properties) => publication.with_properties(properties.clone()),
            None => publication,
        }
    }

    /// Whether the broker keeps the messages.
    pub(super) const fn retain(&self) -> bool {
        self.retain
    }
}

fn set(properties: &mut Properties, name: &str, value: &str) -> Result<(), Failure> {
    let value = value.to_owned();
    match name {
        "content-type" => properties.content_type = Some(value),
        "response-topic" => properties.response_topic = Some(value),
        "correlation-data" => properties.correlation = Some(value.into_bytes().into()),
        "payload-format-indicator" => properties.utf8 = value == "1",
        "message-expiry-interval" => {
            let seconds =
                value.parse().map_err(|_| Failure::usage("-D: an expiry is a number of seconds from 1"))?;
            properties.expiry_s = Some(seconds);
        }
        _ => return Err(unknown_property()),
    }
    Ok(())
}

fn unknown_property() -> Failure {
    Failure::usage("-D: no such property here").hint(
        "publish: user-property, content-type, response-topic, correlation-data, payload-format-indicator, \
         message-expiry-interval; connect: user-property",
    )
}
