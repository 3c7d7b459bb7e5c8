//! A member that is lost, and what it held.

use cowl_core::{Calendar, rfc3339};

use crate::{
    log::{Blinded, Event},
    operation::{Entry, Exposure, Kind as Member, Standing},
    records::{document::Text, members::devices, words},
};

/// One member that is lost.
#[derive(Debug)]
pub(super) struct Held<'a> {
    pub(super) entry: &'a Entry,
    pub(super) exposure: Exposure,
    /// Entries of the log about it, by their numbers.
    pub(super) logged: Vec<u64>,
}

impl Held<'_> {
    /// What it was, and of which roles.
    pub(super) fn what(&self) -> String {
        let roles: Vec<_> = self.entry.roles.iter().map(|role| crate::consent::printable(role)).collect();
        match self.entry.kind {
            Member::Device => "a device that sends its own reports".to_owned(),
            Member::Gateway => {
                format!("a gateway for {}", words::count(devices(self.entry), "device", "devices"))
            }
            Member::Relay => "a relay".to_owned(),
            Member::Responder => format!("a responder's machine, of {}", roles.join(", ")),
        }
    }

    /// When it was revoked, in Unix seconds.
    pub(super) const fn revoked_at(&self) -> Option<u64> {
        match self.entry.standing {
            Standing::Revoked { at, .. } => Some(at),
            _ => None,
        }
    }

    /// What its keys open and send, and until when.
    pub(super) fn keys(&self, calendar: Calendar) -> String {
        let exposure = &self.exposure;
        let mut said = Vec::new();
        if let (Some(first), Some(last)) = (exposure.opens.first(), exposure.opens.last()) {
            said.push(format!(
                "opens epochs {} to {}: reports from {} to {}",
                first.0,
                last.0,
                rfc3339(calendar.start_of(*first)),
                rfc3339(calendar.end_of(*last))
            ));
        }
        if let Some(from) = exposure.opens_from {
            said.push(format!(
                "if it was copied or last at work earlier, with messages that somebody recorded, from {} on",
                rfc3339(calendar.start_of(from))
            ));
        }
        if let Some(until) = exposure.keys_until {
            said.push(format!(
                "keys to send until {}; it opens no report of others",
                rfc3339(calendar.end_of(until))
            ));
        }
        if let Some(until) = exposure.tokens_until.filter(|_| exposure.keys_until.is_some()) {
            said.push(format!("unspent tokens to connect until {}", rfc3339(until)));
        }
        if said.is_empty() {
            "no keys: it was invited and never joined, or never got any".to_owned()
        } else {
            said.join("; ")
        }
    }

    /// That and when it was revoked, or that it was not.
    pub(super) fn revocation(&self) -> Text {
        let what = self.what();
        let Some(at) = self.revoked_at() else {
            return Text::from(format!("Not revoked yet: {what}. "))
                .and_fill_in("revoke it, then draw this up again");
        };
        let refused = self
            .exposure
            .refused_by
            .map(|by| format!("; receivers in reach refuse what it sends by {}", rfc3339(by)));
        format!("Revoked at {}: {what}{}.", rfc3339(at), refused.unwrap_or_default()).into()
    }
}

/// Whom an entry is about.
pub(super) const fn member(event: &Event) -> Option<Blinded> {
    match event {
        Event::Enrolled { member, .. }
        | Event::Retracted { member }
        | Event::Joined { member }
        | Event::Revoked { member, .. } => Some(*member),
        _ => None,
    }
}
