//! Reason codes in words (MQTT 5 §2.4). The broker's own reason strings are not shown: they can quote topics
//! and client ids.

/// Of a session that somebody else resumed.
pub(in super::super) const TAKEN_OVER: &str = "another connection took over this client id";

pub(super) fn text(code: u8) -> &'static str {
    match code {
        0x81 => "malformed packet",
        0x82 => "protocol error",
        0x84 => "it does not speak this version of MQTT",
        0x85 => "client id not valid",
        0x86 => "bad user name or password",
        0x87 => "not authorized",
        0x88 => "server unavailable",
        0x89 => "server busy",
        0x8A => "banned",
        0x8B => "the broker shuts down",
        0x8C => "bad authentication method",
        0x8D => "keep-alive timeout",
        0x8E => TAKEN_OVER,
        0x8F => "topic filter not valid",
        0x90 => "topic name not valid",
        0x91 => "packet identifier in use",
        0x93 => "more messages in flight than it allows",
        0x95 => "packet too large",
        0x96 => "messages come too fast",
        0x97 => "quota exceeded",
        0x98 => "administrative action",
        0x99 => "payload format not valid",
        0x9A => "retained messages not supported",
        0x9B => "quality of service not supported",
        0x9C => "use another server",
        0x9D => "server moved",
        0x9E => "shared subscriptions not supported",
        0x9F => "too many connections in a short time",
        0xA0 => "maximum connect time",
        0xA1 => "subscription identifiers not supported",
        0xA2 => "wildcard subscriptions not supported",
        0x83 => "a rule of its implementation",
        _ => "no reason given",
    }
}

/// `None` if the code means success.
pub(super) fn refusal(code: u8) -> Option<&'static str> {
    (code >= 0x80).then(|| text(code))
}

/// Whether the login is at fault.
pub(super) fn is_login(code: u8) -> bool {
    matches!(code, 0x86 | 0x87 | 0x8C)
}
