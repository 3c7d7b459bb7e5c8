//! What messages say, to whom.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::recipe::{Forged, Form, Life, Position, Reads, Recipe, Topics};
use super::world::{HOUR, SEVERITIES, Sent, World, name};
use crate::convert::float;
use crate::testing::Random;

/// A number that is as stable as a life says; `fresh` is what is new each time.
pub(super) fn stable(life: Life, salt: u64, sent: (u32, u32), fresh: u64) -> Option<u64> {
    let (person, epoch) = (u64::from(sent.0), u64::from(sent.1));
    let seed = match life {
        Life::Absent => return None,
        Life::Shared => 0,
        Life::Fresh => fresh ^ 0x00f5_e5a1,
        Life::Epoch => 1 + person * 1_000_003 + epoch * 7_919,
        Life::Person => 1 + person * 1_000_003,
    };
    Some(Random::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(salt)).next())
}

/// The epoch of an instant.
pub(super) fn epoch(recipe: &Recipe, at: u64) -> u32 {
    let number = at.checked_div(u64::from(recipe.epoch) * HOUR).unwrap_or(0);
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn topic(recipe: &Recipe, world: &World, sent: &Sent) -> String {
    match recipe.topics {
        Topics::One => "srv/temperature".to_owned(),
        Topics::Zone => format!("srv/{}/temperature", world.zone(sent.place).unwrap_or_default()),
        Topics::Person => format!("srv/{}/temperature", sent.person),
    }
}

/// What the device knew, as text.
pub(super) fn fields(recipe: &Recipe, world: &World, sent: &Sent) -> BTreeMap<String, String> {
    let altitude = altitude(sent.person);
    let mut fields = vec![
        ("temperature", temperature(sent)),
        ("severity", severity(sent).to_owned()),
        ("lat", format!("{:.5}", sent.place.lat)),
        ("lon", format!("{:.5}", sent.place.lon)),
        ("altitude", format!("{altitude:.1}")),
        ("zone", world.zone(sent.place).unwrap_or_default().to_owned()),
        ("name", name(sent.person)),
    ];
    if let Some(token) = user(recipe, sent, 0) {
        fields.push(("userId", token));
    }
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The payload of a message.
pub(super) fn payload(recipe: &Recipe, world: &World, sent: &Sent, random: &mut Random) -> Vec<u8> {
    let mut payload = match recipe.form {
        Form::Random(length) => sealed(recipe, sent, length, random),
        Form::Text | Form::Json => text(recipe, world, sent, random).into_bytes(),
        Form::Fernet => fernet(text(recipe, world, sent, random).len(), sent.written, random),
    };
    if recipe.length_tells {
        payload.extend(random.bytes(24 * sent.severity));
    }
    if sent.forged && recipe.forged == Forged::Tells {
        payload.truncate(payload.len().saturating_sub(16));
    }
    payload
}

/// What a holder of keys reads.
pub(super) fn opened(reads: Reads, recipe: &Recipe, world: &World, sent: &Sent) -> Option<String> {
    let mut text = format!("severity: {}, temperature: {}", severity(sent), temperature(sent));
    match reads {
        Reads::Nothing => return None,
        Reads::Needs => {}
        Reads::Zone => text = format!("{text}, zone: {}", world.zone(sent.place).unwrap_or_default()),
        Reads::All => {
            let (lat, lon) = (sent.place.lat, sent.place.lon);
            let zone = world.zone(sent.place).unwrap_or_default();
            text = format!("{text}, zone: {zone}, lat: {lat:.5}, lon: {lon:.5}, name: {}", name(sent.person));
        }
    }
    if sent.forged && recipe.forged == Forged::Tells {
        text.push_str(", unsigned");
    }
    Some(text)
}

pub(super) fn severity(sent: &Sent) -> &'static str {
    SEVERITIES.get(sent.severity).copied().unwrap_or("low")
}

fn temperature(sent: &Sent) -> String {
    (24 + (sent.at / 7_000_003) % 16).to_string()
}

fn altitude(person: u32) -> f64 {
    float(Random::new(u64::from(person)).below(9_000)) / 10.0
}

fn user(recipe: &Recipe, sent: &Sent, fresh: u64) -> Option<String> {
    let token = stable(recipe.token, 3, (sent.person, epoch(recipe, sent.at)), fresh)?;
    Some((100_000 + token % 900_000).to_string())
}

fn text(recipe: &Recipe, world: &World, sent: &Sent, random: &mut Random) -> String {
    let mut fields =
        vec![("temperature", temperature(sent), false), ("severity", severity(sent).to_owned(), true)];
    let decimals = if recipe.position == Position::Exact { 5 } else { 1 };
    match recipe.position {
        Position::Absent => {}
        Position::Zone => fields.push(("zone", world.zone(sent.place).unwrap_or_default().to_owned(), true)),
        Position::Exact | Position::Coarse | Position::CoarseWithAltitude => {
            fields.push(("lat", format!("{:.decimals$}", sent.place.lat), false));
            fields.push(("lon", format!("{:.decimals$}", sent.place.lon), false));
        }
    }
    if recipe.position == Position::CoarseWithAltitude {
        fields.push(("altitude", format!("{:.1}", altitude(sent.person)), false));
    }
    if let Some(user) = user(recipe, sent, random.next()) {
        fields.push(("userId", user, false));
    }
    let json = recipe.form == Form::Json;
    let parts = fields.into_iter().map(|(key, value, word)| match (json, word) {
        (true, true) => format!("\"{key}\":\"{value}\""),
        (true, false) => format!("\"{key}\":{value}"),
        (false, _) => format!("{key}: {value}"),
    });
    let parts = parts.collect::<Vec<_>>();
    if json { format!("{{{}}}", parts.join(",")) } else { parts.join(", ") }
}

/// Random bytes with what may stand among them.
fn sealed(recipe: &Recipe, sent: &Sent, length: usize, random: &mut Random) -> Vec<u8> {
    let mut bytes = random.bytes(length);
    let mut put = |at: usize, value: &[u8]| {
        if let Some(place) = bytes.get_mut(at..at + value.len()) {
            place.copy_from_slice(value);
        }
    };
    if let Some(token) = stable(recipe.token, 4, (sent.person, epoch(recipe, sent.at)), random.next()) {
        put(0, &Random::new(token).bytes(16));
    }
    if recipe.hidden_token {
        put(length / 2, &Random::new(0xc0 + u64::from(sent.person)).bytes(8));
    }
    if recipe.counter {
        let start = Random::new(0xc1 + u64::from(sent.person)).below(1 << 30);
        let count = u32::try_from(start).unwrap_or(0) + sent.ordinal;
        put(length.saturating_sub(4), &count.to_be_bytes());
    }
    bytes
}

/// A token of Fernet's specification: version, time, vector, blocks of 16, HMAC.
fn fernet(clear: usize, written: u64, random: &mut Random) -> Vec<u8> {
    let mut token = vec![0x80];
    token.extend((1_700_000_000 + written / 1_000_000).to_be_bytes());
    token.extend(random.bytes(16 + (clear / 16 + 1) * 16 + 32));
    URL_SAFE.encode(token).into_bytes()
}
