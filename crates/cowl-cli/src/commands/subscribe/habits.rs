//! Habits from mosquitto that mean nothing, or harm, where reports are sealed: each refused with its reason.

use clap::Args;

use crate::failure::Failure;

/// Accepted by the parser so that the reason can be told.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(next_help_heading = "About retained messages: for the dangerous presets")]
pub(super) struct PointlessArgs {
    /// Do not print retained messages. Under preset `cowl` there are none
    #[arg(short = 'R', long)]
    pub(super) no_retained: bool,

    /// Print retained messages only
    #[arg(long, conflicts_with = "no_retained")]
    pub(super) retained_only: bool,

    #[arg(long, hide = true)]
    remove_retained: bool,
    #[arg(short = 'U', long, value_name = "FILTER", hide = true)]
    unsubscribe: Vec<String>,
    #[arg(short = 'I', long, value_name = "PREFIX", hide = true)]
    id_prefix: Option<String>,
    #[arg(short = 'D', long, value_names = ["PACKET", "PROPERTY", "VALUE"], num_args = 3..=4, hide = true)]
    property: Vec<String>,
    #[arg(long, value_name = "TOPIC", hide = true)]
    will_topic: Option<String>,
    #[arg(long, value_name = "PAYLOAD", hide = true)]
    will_payload: Option<String>,
    #[arg(long, hide = true)]
    pretty: bool,
}

impl PointlessArgs {
    /// Refuses what makes no sense under any preset, or under preset `cowl`.
    pub(super) fn refuse(&self, dangerous: bool) -> Result<(), Failure> {
        let will = self.will_topic.is_some() || self.will_payload.is_some();
        let refused = [
            (
                self.retained_only && !dangerous,
                "--retained-only",
                "a broker never keeps sealed reports, so nothing would ever come",
                "leave it out; -W ends after a time",
            ),
            (
                self.remove_retained,
                "--remove-retained",
                "a reader changes nothing on the broker",
                "mosquitto_sub can do so with the operator's login",
            ),
            (
                !self.unsubscribe.is_empty(),
                "-U",
                "there is one mailbox, and it is what this reads",
                "-T leaves reports out by their topic",
            ),
            (
                self.id_prefix.is_some(),
                "-I",
                "a client id that changes finds no session again",
                "use -i, or leave the id to the credential",
            ),
            (!self.property.is_empty(), "-D", "a reader has nothing to say in properties", "leave it out"),
            (will, "--will-topic", "nobody needs to learn when a reader goes silent", "leave it out"),
            (self.pretty, "--pretty", "one report is one line", "pipe the output through a tool such as jq"),
        ];
        match refused.into_iter().find(|(given, ..)| *given) {
            Some((_, flag, why, hint)) => Err(Failure::usage(format!("{flag} is refused: {why}")).hint(hint)),
            None => Ok(()),
        }
    }
}
