//! What stands around the payload: topic levels, client id, user name, user properties, source address.

use crate::payload::field::{FieldRef, Kind, Precision, Source};
use crate::payload::recognise::{self, Meaning, Value, kind_of_key};
use crate::payload::scan::Scan;
use crate::payload::sighting::Sighting;

/// Levels of one topic that are looked at.
const MAX_LEVELS: usize = 32;

/// First levels of well-known topic layouts, and what the following levels hold.
const LAYOUTS: [(&[u8], &[Option<Kind>]); 7] = [
    (b"owntracks", &[Some(Kind::UserId), Some(Kind::DeviceId)]),
    (b"zigbee2mqtt", &[Some(Kind::DeviceId)]),
    (b"tele", &[Some(Kind::DeviceId)]),
    (b"stat", &[Some(Kind::DeviceId)]),
    (b"cmnd", &[Some(Kind::DeviceId)]),
    (b"homie", &[Some(Kind::DeviceId)]),
    (b"tasmota", &[None, Some(Kind::DeviceId)]),
];

/// Hands every metadata field of a message to `sink`.
pub(crate) fn walk(seen: &Sighting<'_>, sink: &mut dyn FnMut(&FieldRef<'_>)) {
    topic(seen.topic, sink);
    if let Some(client_id) = seen.client_id {
        name(client_id, Source::ClientId, Kind::ClientId, sink);
    }
    if let Some(user_name) = seen.user_name {
        name(user_name, Source::UserName, Kind::UserId, sink);
    }
    for (key, value) in seen.user_properties {
        Scan::new(Source::UserProperty, sink).leaf(Some(key), Value::Text(value), 0, None);
    }
    if let Some(ip) = seen.ip {
        let text = ip.to_string();
        let span = 0..text.len();
        sink(&FieldRef {
            kind: Kind::IpAddress,
            precision: Precision::Exact,
            source: Source::Connection,
            key: None,
            value: text.as_bytes(),
            span,
            layers: 0,
            of_envelope: false,
        });
    }
}

fn topic(topic: &[u8], sink: &mut dyn FnMut(&FieldRef<'_>)) {
    let first = topic.split(|byte| *byte == b'/').find(|level| !level.is_empty()).unwrap_or_default();
    let layout = LAYOUTS.iter().find(|(name, _)| first == *name).map_or(&[][..], |(_, levels)| *levels);
    let mut scan = Scan::new(Source::Topic, sink);
    let mut before: Option<Kind> = None;
    let mut at = 0;
    for (place, level) in topic.split(|byte| *byte == b'/').take(MAX_LEVELS).enumerate() {
        let by_layout = place.checked_sub(1).and_then(|place| layout.get(place)).copied().flatten();
        let own = kind_of_key(level);
        if let Some(meaning) = level_meaning(level, by_layout, before, own) {
            scan.emit(meaning, None, level, at);
        }
        before = own.filter(|_| by_layout.is_none());
        at += level.len() + 1;
    }
}

/// A level says something by the layout, by the level before it (`user/970`, `zone/north`), by its shape, or by being a
/// word for a sort of data (`temperature`).
fn level_meaning(
    level: &[u8],
    by_layout: Option<Kind>,
    before: Option<Kind>,
    own: Option<Kind>,
) -> Option<Meaning> {
    if level.is_empty() {
        return None;
    }
    if let Some(kind) = by_layout {
        return Some(recognise::exact(kind));
    }
    let shape = recognise::by_shape(level).filter(|meaning| meaning.kind != Kind::Number);
    let named = before.filter(|kind| own.is_none() && names_next(*kind));
    shape
        .or_else(|| {
            named.map(
                |kind| if kind == Kind::PlaceName { recognise::coarse(kind) } else { recognise::exact(kind) },
            )
        })
        .or_else(|| own.map(|_| recognise::exact(Kind::Subject)))
        .or_else(|| numbered(level).then_some(recognise::coarse(Kind::Id)))
}

/// Kinds whose word says what the next level is; `phone/event` is a phone's event, not a number.
const fn names_next(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::UserId | Kind::DeviceId | Kind::Id | Kind::Pseudonym | Kind::PersonName | Kind::PlaceName
    )
}

/// A level with a digit and four characters or more, or a long random one: probably somebody's or something's number.
fn numbered(level: &[u8]) -> bool {
    let digits = level.iter().filter(|byte| byte.is_ascii_digit()).count();
    recognise::looks_random(level) || (level.len() >= 4 && digits * 3 >= level.len())
}

/// A client id or user name is one field whatever it says; coarse when it is a random value or a code.
fn name(value: &[u8], source: Source, otherwise: Kind, sink: &mut dyn FnMut(&FieldRef<'_>)) {
    if value.is_empty() {
        return;
    }
    let shape = recognise::by_shape(value).filter(|meaning| meaning.kind.identifies());
    let meaning = shape.unwrap_or(if recognise::looks_random(value) {
        recognise::coarse(otherwise)
    } else {
        recognise::exact(otherwise)
    });
    Scan::new(source, sink).emit(meaning, None, value, 0);
}
