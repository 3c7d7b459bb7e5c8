//! What a report would say, and to whom: the very parts that would be sealed, read back as their readers read them.

use alloc::{format, string::String};

use cowl_core::{
    Body, FieldIndex, Policy, Reading, Reduced, Surroundings, Value, Zone,
    policy::{FieldKind, Precision, Read, RoleKind},
    rfc3339,
};

use crate::{about, fault::Fault, input::Input, operation::Operation, reply::Reply};

/// Reduces a reading and writes what comes of it. Nothing is sealed, and nothing is kept.
pub(crate) fn write(operation: &Operation, input: Input, now: u64, reply: &mut Reply) -> Result<(), Fault> {
    let policy = &operation.manifest.policy;
    let Input { reading, dropped } = input;
    let reduced = policy.reduce(reading.clone(), &Surroundings { counts: None, now })?;
    let report = Shown { policy, reading: &reading, reduced: &reduced };
    reply.map();
    reply.key("bytes").count(operation.layout.walk_in_len());
    reply.key("urgent").flag(reduced.is_urgent());
    reply.key("dropped").list();
    for name in &dropped {
        reply.text(name);
    }
    reply.end();
    report.roles(reply);
    report.zone(reply);
    report.withheld(reply);
    reply.end();
    Ok(())
}

/// A report and what became of it.
struct Shown<'a> {
    policy: &'a Policy,
    reading: &'a Reading,
    reduced: &'a Reduced,
}

impl Shown<'_> {
    fn roles(&self, reply: &mut Reply) {
        reply.key("roles").list();
        for (role, body) in self.bodies() {
            let Some(rules) = self.policy.role(role) else { continue };
            reply.map().key("role").text(&rules.name);
            self.fields(&rules.reads, &body, reply);
            reply.end();
        }
        reply.end();
        let custody = self.policy.custody_role();
        let body = Body::decode_custody(self.policy, self.reduced.custody()).ok();
        match custody.zip(body) {
            Some((custody, body)) => {
                reply.key("custody").map();
                self.fields(&custody.reads, &body, reply);
                reply.end();
            }
            None => _ = reply.key("custody").null(),
        }
    }

    fn fields(&self, reads: &[Read], body: &Body, reply: &mut Reply) {
        reply.key("fields").list();
        for (index, value) in body.iter() {
            let (Some(field), Some(read)) =
                (self.policy.field(index), reads.iter().find(|read| read.field == index))
            else {
                continue;
            };
            reply.map().key("name").text(&field.name);
            self.value(value, &field.kind, reply);
            reply.key("precision");
            about::precision(self.policy, read, reply);
            if let (Precision::Level { level, .. }, Value::Zone(zone)) = (read.precision, value)
                && zone.level > level
            {
                reply.key("raised").text(self.level(zone));
            }
            reply.end();
        }
        reply.end();
    }

    /// The value as text for people, and as the page may want to draw it.
    fn value(&self, value: &Value, kind: &FieldKind, reply: &mut Reply) {
        match (value, kind) {
            (Value::Number(number), _) => {
                reply.key("shown").text(&format!("{number}")).key("value").number(number.to_f64());
            }
            (Value::Choice(choice), FieldKind::Choice { names, .. }) => {
                let name = names.get(usize::from(*choice)).map(String::as_str).unwrap_or_default();
                reply.key("shown").text(name).key("value").text(name);
            }
            (Value::Flag(flag), _) => {
                reply.key("shown").text(if *flag { "true" } else { "false" }).key("value").flag(*flag);
            }
            (Value::Text(text), _) => _ = reply.key("shown").text(text).key("value").text(text),
            (Value::Zone(zone), _) => {
                reply.key("shown").text(zone.label.as_str()).key("value").map();
                reply.key("zone").text(zone.label.as_str()).key("level").text(self.level(zone)).end();
            }
            (Value::Exact(position), _) => {
                let (latitude, longitude) = (position.latitude, position.longitude);
                reply.key("shown").text(&format!("{latitude}, {longitude}")).key("value").map();
                reply.key("lat").number(latitude.to_f64()).key("lon").number(longitude.to_f64());
                reply.key("decimals").uint(latitude.decimals).end();
            }
            (Value::Time(seconds), _) => {
                reply.key("shown").text(&rfc3339(*seconds)).key("value").uint(*seconds);
            }
            // No role that reads reports gets these.
            (Value::Zones(_) | Value::Choice(_), _) => _ = reply.key("shown").text("").key("value").null(),
        }
    }

    /// The finest zone that any reader gets.
    fn zone(&self, reply: &mut Reply) {
        let zones = self.bodies().filter_map(|(_, body)| match body.get(self.policy.position_field()?) {
            Some(Value::Zone(zone)) => Some(*zone),
            _ => None,
        });
        match zones.min_by_key(|zone| zone.level) {
            Some(zone) => {
                reply.key("zone").map().key("name").text(zone.label.as_str());
                reply.key("level").text(self.level(&zone)).end();
            }
            None => _ = reply.key("zone").null(),
        }
    }

    /// What the person filled in and a reader does not get, though the policy lets it read that field.
    fn withheld(&self, reply: &mut Reply) {
        reply.key("withheld").list();
        for (index, field) in (0_u8..).map(FieldIndex).zip(&self.policy.fields) {
            if !Input::has(self.policy, self.reading, index) {
                continue;
            }
            if self.policy.is_choice(index) && !self.reading.chooses(index) {
                reply.map().key("field").text(&field.name).key("role").null();
                reply.key("why").text("not-chosen").end();
                continue;
            }
            for (role, _) in self.bodies().filter(|(_, body)| body.get(index).is_none()) {
                let Some(rules) = self.policy.role(role) else { continue };
                let Some(read) = rules.reads.iter().find(|read| read.field == index) else { continue };
                let why =
                    if field.kind == FieldKind::Position { self.why_no_zone(read) } else { "with-position" };
                reply.map().key("field").text(&field.name).key("role").text(&rules.name);
                reply.key("why").text(why).end();
            }
        }
        reply.end();
    }

    fn why_no_zone(&self, read: &Read) -> &'static str {
        let Precision::Level { level: wanted, .. } = read.precision else { return "outside-zones" };
        let position = self.policy.place_of(self.reading);
        let mut zones = position.into_iter().flat_map(|position| self.policy.zones.locate_all(position));
        if zones.any(|zone| zone.level >= wanted) { "too-few" } else { "outside-zones" }
    }

    /// The body of each role that reads walk-ins.
    fn bodies(&self) -> impl Iterator<Item = (cowl_core::RoleIndex, Body)> {
        self.policy.role_indices().filter(|(_, role)| role.kind == RoleKind::Reports).filter_map(
            |(index, _)| Some((index, Body::decode(self.policy, index, self.reduced.part(index)?).ok()?)),
        )
    }

    fn level(&self, zone: &Zone) -> &str {
        let level = self.policy.zones.levels().get(usize::from(zone.level.0));
        level.map(|level| level.name.as_str()).unwrap_or_default()
    }
}
